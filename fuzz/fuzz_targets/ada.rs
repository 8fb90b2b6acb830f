//! The reader of ADA documents: any bytes, and edits of a document.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;
use ooievaar_fuzz::{edits, is_document, read_and_write, seed};

static SEEDS: LazyLock<[String; 2]> = LazyLock::new(seed::ada);

fuzz_target!(|bytes: &[u8]| {
    if is_document(bytes) {
        return read_and_write(bytes, &[Format::Ada]);
    }
    let text = edits::xml(&SEEDS[usize::from(bytes[0] % 8 == 7)], &bytes[1..]);
    read_and_write(text.as_bytes(), &[Format::Ada]);
});
