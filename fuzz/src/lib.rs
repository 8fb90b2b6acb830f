//! What the fuzz targets share: the converter, what must hold of any input, and documents to begin with.

pub mod edits;
pub mod seed;
pub mod sheets;

use std::sync::LazyLock;

use ooievaar::convert::MessageKind;
use ooievaar::dataset::Instance;
use ooievaar::generate::{Choice, Generator};
use ooievaar::{Converter, Format};

/// With the built-in tables.
pub static CONVERTER: LazyLock<Converter> =
    LazyLock::new(|| Converter::new().expect("the built-in tables are sound").with_indent(false));

static GENERATOR: LazyLock<Generator<'static>> = LazyLock::new(|| {
    let kind = kind();
    Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), kind.fhir.as_deref())
});

/// How many instances are drawn, once.
pub const DRAWN: u64 = 64;

/// The leaves of each instance that is drawn. To draw takes longer than to convert.
static CHOICES: LazyLock<Vec<Vec<Choice>>> =
    LazyLock::new(|| (0..DRAWN).map(|seed| GENERATOR.choices(seed)).filter(|choices| !choices.is_empty()).collect());

/// The kind of message that is bound to every format.
pub fn kind() -> &'static MessageKind {
    let mut kinds = CONVERTER.kinds().iter();
    kinds.find(|kind| kind.fhir.is_some() && kind.hl7v3.is_some()).expect("a kind has both bindings")
}

/// An instance with some leaves of one that was drawn, in normal form.
pub fn instance(drawn: usize, leaves: impl Iterator<Item = usize>) -> Instance {
    let choices = &CHOICES[drawn % CHOICES.len()];
    let mut chosen: Vec<usize> = leaves.map(|leaf| leaf % choices.len()).collect();
    // In the order in which they were drawn, as in an instance that holds all.
    chosen.sort_unstable();
    chosen.dedup();
    let chosen: Vec<Choice> = chosen.into_iter().map(|leaf| choices[leaf].clone()).collect();
    GENERATOR.build(&chosen)
}

/// Any bytes: an error or an account that adds up. What is written of them, in one format or none, can be read.
pub fn read_and_write(bytes: &[u8], format: Option<Format>) {
    let reading = match CONVERTER.read(bytes) {
        Ok(reading) => reading,
        Err(error) => {
            assert!(!error.code().is_empty(), "an error without a code");
            return;
        }
    };
    assert!(reading.ledger.is_balanced(), "the ledger of what was read does not add up");
    let Some(format) = format else { return };
    if let Ok(outcome) = CONVERTER.write(reading, format) {
        assert!(outcome.ledger.is_balanced(), "the ledger of what was written does not add up");
        // NDJSON of nothing is no line.
        if !outcome.output.is_empty() {
            if let Err(error) = CONVERTER.read(&outcome.output) {
                panic!("what was written as {format} cannot be read: {}", error.code());
            }
        }
    }
}

/// An instance in normal form: the format gives it back.
pub fn there_and_back(instance: &Instance, format: Format) {
    let (bytes, unwritten) = CONVERTER.write_instance(kind(), instance, format).expect("the kind has a binding");
    assert!(unwritten.is_empty(), "{format} has no place for something");
    let reading = CONVERTER.read(&bytes).expect("what was written can be read");
    assert!(reading.ledger.is_balanced() && reading.ledger.lost_leaves() == 0, "{format} loses something");
    assert!(reading.instance == *instance, "{format} gives something else back");
}

/// What an input of a reader is.
pub enum Input<'b> {
    /// A document, byte for byte.
    Document(&'b [u8]),
    /// Which document to edit, whether to write what is read of it, and the script of edits.
    Edits(usize, bool, &'b [u8]),
}

/// What an input of a reader is: bytes that begin as a document does are one.
pub fn input(bytes: &[u8]) -> Input<'_> {
    match bytes {
        [] | [b'<' | b'{' | b'[' | b' ' | b'\n' | 0xef | 0xfe | 0xff, ..] | [_] => Input::Document(bytes),
        // To write and to read again takes four times as long, and finds less often.
        [which, written, script @ ..] => Input::Edits(usize::from(*which), written % 8 == 0, script),
    }
}
