//! Documents that edits begin with, made from our own messages.

use ooievaar::Format;
use ooievaar::tree::{Limits, Tree, parse_json};

use crate::CONVERTER;

const MESSAGES: [&str; 2] = [
    include_str!("../../fixtures/kernset-2.3/minimal.xml"),
    include_str!("../../fixtures/kernset-2.3/early-loss.xml"),
];

/// Bundles, the smaller one first.
pub fn bundles() -> [Tree; 2] {
    converted(Format::FhirJson).map(|text| parse_json(text.as_bytes(), &Limits::default()).expect("it is JSON").0)
}

/// ADA documents, the smaller one first.
pub fn ada() -> [String; 2] {
    converted(Format::Ada)
}

fn converted(format: Format) -> [String; 2] {
    MESSAGES.map(|message| {
        let outcome = CONVERTER.convert(message.as_bytes(), format).expect("a fixture is converted");
        String::from_utf8(outcome.output).expect("it is UTF-8")
    })
}
