//! The reader of messages: any bytes, and edits of a message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ooievaar::Format;
use ooievaar_fuzz::{edits, is_document, read_and_write};

const SEED: &str = include_str!("../../fixtures/kernset-2.3/minimal.xml");

fuzz_target!(|bytes: &[u8]| {
    if is_document(bytes) {
        read_and_write(bytes, &[Format::Hl7v3]);
    } else {
        let large = bytes[0] % 8 == 7;
        let seed = if large { include_str!("../../fixtures/kernset-2.3/early-loss.xml") } else { SEED };
        read_and_write(edits::xml(seed, &bytes[1..]).as_bytes(), &[Format::Hl7v3]);
    }
});
