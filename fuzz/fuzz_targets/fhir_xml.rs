//! The reader of FHIR in XML: any bytes, and edits of a bundle.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;
use ooievaar::tree::{Tree, write_xml};
use ooievaar_fuzz::{edits, is_document, read_and_write, seed};

static SEEDS: LazyLock<[Tree; 2]> = LazyLock::new(seed::bundles);

fuzz_target!(|bytes: &[u8]| {
    if is_document(bytes) {
        return read_and_write(bytes, &[Format::FhirXml]);
    }
    let mut text = String::new();
    write_xml(&edits::tree(&SEEDS[usize::from(bytes[0] % 8 == 7)], &bytes[1..]), &mut text);
    read_and_write(text.as_bytes(), &[Format::FhirXml]);
});
