//! The reader of FHIR in JSON: any bytes, and edits of a bundle.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;
use ooievaar::tree::{Tree, write_json};
use ooievaar_fuzz::{Input, edits, input, read_and_write, seed};

static SEEDS: LazyLock<Vec<Tree>> = LazyLock::new(seed::bundles);

fuzz_target!(|bytes: &[u8]| match input(bytes) {
    Input::Document(bytes) => read_and_write(bytes, Some(Format::FhirJson)),
    Input::Edits(which, written, script) => {
        let edited = edits::tree(&SEEDS[which % SEEDS.len()], script);
        let mut text = String::new();
        write_json(&edited, false, &mut text);
        read_and_write(text.as_bytes(), written.then_some(Format::FhirJson));
    }
});
