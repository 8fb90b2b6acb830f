//! What the fuzz targets share: the converter, what must hold of any input, and edits that get past a parser.

pub mod edits;
pub mod seed;

use std::sync::LazyLock;

use ooievaar::convert::MessageKind;
use ooievaar::dataset::Instance;
use ooievaar::{Converter, Format};

/// With the built-in tables.
pub static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().expect("the built-in tables are sound"));

/// The kind of message that is bound to every format.
pub fn kind() -> &'static MessageKind {
    let mut kinds = CONVERTER.kinds().iter();
    kinds.find(|kind| kind.fhir.is_some() && kind.hl7v3.is_some()).expect("a kind has both bindings")
}

/// Any bytes: an error or an account that adds up. What is written of them can be read, and says the same.
pub fn read_and_write(bytes: &[u8], formats: &[Format]) {
    let reading = match CONVERTER.read(bytes) {
        Ok(reading) => reading,
        Err(error) => {
            assert!(!error.code().is_empty(), "an error without a code");
            return;
        }
    };
    assert!(reading.ledger.is_balanced(), "the ledger of what was read does not add up");
    for format in formats {
        if let Ok(outcome) = CONVERTER.write(reading.clone(), *format) {
            assert!(outcome.ledger.is_balanced(), "the ledger of what was written does not add up");
            // NDJSON of nothing is no line.
            if !outcome.output.is_empty() {
                let again = CONVERTER.read(&outcome.output);
                assert!(again.is_ok(), "what was written as {format} cannot be read");
            }
        }
    }
}

/// An instance in normal form: each format gives it back.
pub fn there_and_back(instance: &Instance) {
    for format in [Format::Hl7v3, Format::FhirJson, Format::FhirXml, Format::Ada] {
        let (bytes, unwritten) = CONVERTER.write_instance(kind(), instance, format).expect("the kind has a binding");
        assert!(unwritten.is_empty(), "{format} has no place for something");
        let reading = CONVERTER.read(&bytes).expect("what was written can be read");
        assert!(reading.ledger.is_balanced() && reading.ledger.lost_leaves() == 0, "{format} loses something");
        assert!(reading.instance == *instance, "{format} gives something else back");
    }
}

/// True for an input that is a document itself; any other input is a script of edits.
pub fn is_document(bytes: &[u8]) -> bool {
    matches!(bytes.first(), None | Some(b'<' | b'{' | b'[' | b' ' | b'\n' | 0xef | 0xfe | 0xff))
}
