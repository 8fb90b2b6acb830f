//! Reading is right: what is read from a published message is what is read from the published instance of the same
//! case, where the machine has them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use ooievaar::{Converter, Format};
use support::{Difference, differences, published, read, reference_day, through};

/// Samples whose two sides do not say the same, and why. A name that ends with `/` stands for all samples.
const EXPLAINED: &[(&str, &[&str], &str)] = &[
    (
        "",
        &["83377"],
        "the message has the postnatal data within the child, so with its rank; the instance leaves it out",
    ),
    ("kernset-2.3.5-test/Minimaal", &["20670"], "the message says no; the instance says nothing"),
    ("kernset-2.3.5-test/", &["10023", "10030"], "the instance has a placeholder, or nothing, for the namespace"),
    (
        "kernset-2.3.5-test/999.1_Test_NL",
        &["10022", "82335"],
        "the instance has a placeholder, or nothing, for the namespace",
    ),
    ("kernset-2.3.5-test/999.1_Test_NL", &["40025"], "the message says 2, the instance 1"),
    (
        "kernset-2.3.5-test/999.1_Test_NL",
        &["82511", "82512", "82513", "82545"],
        "not in the message, which has no losses there",
    ),
    ("kernset-2.3.5/scenario1-23", &["84196"], "not in the message: an identifier of a local system stands there"),
];

#[test]
fn a_message_holds_what_its_instance_holds() {
    let mut lines = Vec::new();
    let mut compared = 0;
    for kind in ["kernset-2.3.6", "kernset-2.3.5", "kernset-2.3.5-test"] {
        let converter = Converter::new().unwrap().with_reference_day(reference_day(kind));
        for sample in published(kind, "hl7v3") {
            // One file of the test set has no instance beside it.
            let Some(ada) = sample.twin("ada") else { continue };
            let message = read(&converter, &sample.bytes(), &sample.name);
            let ada = read(&converter, &ada, &sample.name);
            let differences = differences(message.dataset(), &message.instance, &ada.instance);
            for difference in differences.iter().filter(|difference| !is_envelope(difference)) {
                lines.push(format!("{}{}: {}", sample.name, difference.path, explain(&sample.name, difference)));
            }
            compared += 1;
        }
    }
    if compared > 0 {
        assert_eq!(compared, 18, "pairs");
        insta::assert_snapshot!(lines.join("\n"));
    }
}

/// A message made from an instance is the same case, and lacks nothing but its envelope.
#[test]
fn an_instance_is_written_as_a_message() {
    for kind in ["kernset-2.3.6", "kernset-2.3.5"] {
        let converter = Converter::new().unwrap().with_reference_day(reference_day(kind));
        for sample in published(kind, "ada") {
            let ada = read(&converter, &sample.bytes(), &sample.name);
            let (message, _) = through(&converter, ada.clone(), Format::Hl7v3, &sample.name);
            let mut differences = differences(ada.dataset(), &ada.instance, &message.instance);
            // Postnatal data are within the child, and so get its rank.
            differences.retain(|difference| difference.concept != "83377" || difference.left.is_some());
            assert_eq!(differences, [], "{}", sample.name);
            let missing = message.instance.missing(ada.dataset(), &[]);
            let numbers: Vec<_> = missing.iter().map(|ix| ada.dataset().get(*ix).number.as_str()).collect();
            assert_eq!(numbers, ["W11", "W12", "W21", "W31", "W51", "W71"], "{}", sample.name);
        }
    }
}

/// The instances have no envelope, or (in one of the test files) in a form of its own.
fn is_envelope(difference: &Difference) -> bool {
    difference.concept.starts_with('W') && difference.right.is_none()
}

fn explain(sample: &str, difference: &Difference) -> &'static str {
    let known = EXPLAINED.iter().find(|(samples, concepts, _)| {
        (*samples == sample || samples.is_empty() || (samples.ends_with('/') && sample.starts_with(samples)))
            && concepts.contains(&difference.concept.as_str())
    });
    known.unwrap_or_else(|| panic!("{sample}: {difference:#?}")).2
}
