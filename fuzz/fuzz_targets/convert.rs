//! Any bytes, converted to every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;

fuzz_target!(|bytes: &[u8]| {
    ooievaar_fuzz::read_and_write(bytes, &[Format::Hl7v3, Format::FhirJson, Format::FhirXml, Format::FhirNdjson, Format::Ada]);
});
