//! The reader of ADA documents: any bytes, and edits of a document.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;
use ooievaar_fuzz::edits::Xml;
use ooievaar_fuzz::{Input, input, read_and_write, seed};

static SEEDS: LazyLock<Vec<Xml>> = LazyLock::new(|| seed::xml(Format::Ada));

fuzz_target!(|bytes: &[u8]| match input(bytes) {
    Input::Document(bytes) => read_and_write(bytes, Some(Format::Ada)),
    Input::Edits(which, written, script) => {
        let text = SEEDS[which % SEEDS.len()].edited(script);
        read_and_write(text.as_bytes(), written.then_some(Format::Ada));
    }
});
