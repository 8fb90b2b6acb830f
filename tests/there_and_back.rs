//! There and back: a message that goes through FHIR comes back as the same case, and as the same message but for what
//! `docs/hl7v3-notes.md` explains.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use ooievaar::{Converter, Format};
use support::{Sample, differences, fixtures, published, read, structure, through};

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
    // The other message of the test set is really of release 2.2.
    let test = published("kernset-2.3.5-test", "hl7v3");
    samples.extend(test.into_iter().filter(|sample| !sample.name.ends_with("/hl7-result")));
    if !samples.is_empty() {
        assert_eq!(samples.len(), 18);
        insta::assert_snapshot!(there_and_back(&samples));
    }
}
