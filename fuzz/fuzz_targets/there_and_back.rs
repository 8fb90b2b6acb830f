//! Instances drawn from the tables, there and back: the first byte chooses what was drawn, the second the format, and
//! each two that follow a leaf.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;
use ooievaar_fuzz::{Drawn, there_and_back};

const FORMATS: [Format; 4] = [Format::Hl7v3, Format::FhirJson, Format::FhirXml, Format::Ada];

fuzz_target!(|bytes: &[u8]| {
    let [drawn, format, leaves @ ..] = bytes else { return };
    let (leaves, _) = leaves.as_chunks::<2>();
    let leaves = leaves.iter().take(64).map(|leaf| usize::from(u16::from_be_bytes(*leaf)));
    there_and_back(&Drawn::some(usize::from(*drawn), leaves), FORMATS[usize::from(*format) % FORMATS.len()]);
});
