//! There and back: a message of any kind that goes through another format comes back as the same case, and as the same message but
//! for what `docs/hl7v3-notes.md` explains.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use ooievaar::convert::MessageKind;
use ooievaar::{Converter, Format, Reading, Target};
use support::{
    Sample, as_kind, differences, ends_before_it_begins, every_kind, formats, is_of_another_release, published, read,
    structure, through,
};

/// Takes a message of a kind to another format and back: it is the same case, there and here. The structural differences are
/// counted.
fn by_way_of(converter: &Converter, kind: &MessageKind, sample: &Sample, way: Format, counts: &mut Counts) {
    let bytes = sample.bytes();
    let what = format!("{} by {way}", sample.name);
    let original = read(converter, &bytes, &sample.name);
    assert_eq!(original.message(), kind.name, "{what}");
    let same = |other: &Reading| {
        assert_eq!(differences(&kind.dataset, &original.instance, &as_kind(other, kind, &what)), [], "{what}");
    };
    let (there, _) = through(converter, original.clone(), way, &what);
    same(&there);
    let (back, written) = through(converter, there, Target::new(&kind.name, original.format), &what);
    same(&back);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    structure::compare(&text(bytes), &text(written), counts);
}

type Counts = BTreeMap<String, u32>;

fn shown(counts: &Counts) -> String {
    let lines: Vec<String> = counts.iter().map(|(what, count)| format!("{count:>4}  {what}")).collect();
    lines.join("\n")
}

/// Each of our own messages, of every kind, by way of each other format that the tables have of its kind.
#[test]
fn fixtures_there_and_back() {
    let converter = Converter::new().unwrap();
    let mut said = Vec::new();
    for (kind, samples) in every_kind(&converter) {
        // Where FHIR could be of several kinds, it is of this one.
        let converter = converter.clone().with_message(&kind.name).unwrap();
        for way in formats(kind) {
            let others = samples.iter().filter(|sample| converter.detect(&sample.bytes()).unwrap() != way);
            let (mut counts, mut tried) = (Counts::new(), 0);
            for sample in others {
                by_way_of(&converter, kind, sample, way, &mut counts);
                tried += 1;
            }
            if tried > 0 {
                said.push(format!("{} by {way}: {tried}\n{}", kind.name, shown(&counts)));
            }
        }
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn published_messages_there_and_back() {
    let mut samples = published("kernset-2.3.6", "hl7v3");
    samples.extend(published("kernset-2.3.5", "hl7v3"));
    samples.extend(published("kernset-2.3.5-test", "hl7v3"));
    samples.retain(|sample| !is_of_another_release(sample) && !ends_before_it_begins(sample));
    if !samples.is_empty() {
        assert_eq!(samples.len(), 17);
        let converter = Converter::new().unwrap();
        let mut counts = Counts::new();
        for sample in &samples {
            let kind = converter.kind(read(&converter, &sample.bytes(), &sample.name).message()).unwrap();
            by_way_of(&converter, kind, sample, Format::FhirJson, &mut counts);
        }
        insta::assert_snapshot!(shown(&counts));
    }
}

/// What FHIR cannot say is lost and named, and nothing else with it: but for the number of the child, which in this message is
/// that of the woman.
#[test]
fn a_published_record_that_ends_before_it_begins_loses_its_end() {
    let converter = Converter::new().unwrap();
    for sample in published("kernset-2.3.5-test", "hl7v3").into_iter().filter(ends_before_it_begins) {
        let original = read(&converter, &sample.bytes(), &sample.name);
        let outcome = converter.write(original.clone(), Format::FhirJson).unwrap();
        let rules: Vec<&str> = outcome.ledger.losses.iter().filter_map(|loss| loss.rule.as_deref()).collect();
        assert_eq!(rules, ["per-1"]);
        let back = read(&converter, &outcome.output, &sample.name);
        let differences = differences(original.dataset(), &original.instance, &back.instance);
        let gone: Vec<&str> = differences.iter().map(|difference| difference.concept.as_str()).collect();
        assert_eq!(gone, ["20340", "40010"], "{differences:?}");
    }
}
