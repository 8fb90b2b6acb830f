//! Any bytes, converted to a format that their length chooses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;

const FORMATS: [Format; 5] = [Format::Hl7v3, Format::FhirJson, Format::FhirXml, Format::FhirNdjson, Format::Ada];

fuzz_target!(|bytes: &[u8]| {
    ooievaar_fuzz::read_and_write(bytes, Some(FORMATS[bytes.len() % FORMATS.len()]));
});
