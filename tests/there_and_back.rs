//! There and back: a message that goes through FHIR comes back as the same case, and as the same message but for what
//! `docs/hl7v3-notes.md` explains.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use ooievaar::{Converter, Format};
use support::{
    Sample, differences, ends_before_it_begins, fixtures, is_of_another_release, published, read, structure, through,
};

/// Takes each message to FHIR and back; the structural differences, counted.
fn there_and_back(samples: &[Sample]) -> String {
    let converter = Converter::new().unwrap();
    let mut counts = BTreeMap::new();
    for sample in samples {
        let bytes = sample.bytes();
        let original = read(&converter, &bytes, &sample.name);
        let (fhir, _) = through(&converter, original.clone(), Format::FhirJson, &sample.name);
        assert_eq!(differences(original.dataset(), &original.instance, &fhir.instance), [], "{}", sample.name);
        let (back, written) = through(&converter, fhir, Format::Hl7v3, &sample.name);
        assert_eq!(differences(original.dataset(), &original.instance, &back.instance), [], "{}", sample.name);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        structure::compare(&text(bytes), &text(written), &mut counts);
    }
    let lines: Vec<String> = counts.iter().map(|(what, count)| format!("{count:>4}  {what}")).collect();
    lines.join("\n")
}

#[test]
fn fixtures_there_and_back() {
    let samples = fixtures("kernset-2.3");
    assert!(samples.len() >= 7);
    insta::assert_snapshot!(there_and_back(&samples));
}

#[test]
fn published_messages_there_and_back() {
    let mut samples = published("kernset-2.3.6", "hl7v3");
    samples.extend(published("kernset-2.3.5", "hl7v3"));
    samples.extend(published("kernset-2.3.5-test", "hl7v3"));
    samples.retain(|sample| !is_of_another_release(sample) && !ends_before_it_begins(sample));
    if !samples.is_empty() {
        assert_eq!(samples.len(), 17);
        insta::assert_snapshot!(there_and_back(&samples));
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
