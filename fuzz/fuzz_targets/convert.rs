//! Any bytes, converted to the other side: never a panic, never an account that does not add up.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ooievaar::{Converter, Format};

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().expect("the built-in tables are sound"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(format) = CONVERTER.detect(bytes) else {
        return;
    };
    let targets: &[Format] = match format {
        Format::FhirJson | Format::FhirXml | Format::FhirNdjson => &[Format::Hl7v3, Format::Ada],
        _ => &[Format::FhirJson, Format::FhirXml],
    };
    for target in targets {
        if let Ok(outcome) = CONVERTER.convert(bytes, *target) {
            assert!(outcome.ledger.is_balanced(), "the ledger does not add up");
        }
    }
});
