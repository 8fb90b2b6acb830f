//! The checker and the compiler of tables, on a small set that is whole: a script of edits, or a path, a line break and
//! what is in the table of that path.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ooievaar::Converter;
use ooievaar::check::{Files, Options, check};
use ooievaar::tables::Source;
use ooievaar_fuzz::sheets;

fuzz_target!(|bytes: &[u8]| {
    let files = match bytes {
        [] => return,
        // No path begins with it.
        [0, script @ ..] => sheets::edited(script),
        _ => {
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return };
            let Ok(path) = std::str::from_utf8(&bytes[..end]) else { return };
            let mut files = sheets::SMALL.clone();
            files.insert(path.to_owned(), bytes[end + 1..].to_vec());
            files
        }
    };
    let source = Source::Memory(Arc::new(files));
    let Ok(report) = check(&source, &Options::default()) else { return };
    if report.errors() > 0 {
        return;
    }
    // Conversions may refuse the form of a table that `fmt` mends: that is found. What it then holds they must take.
    let formatted = report.findings.iter().any(|finding| finding.fixable);
    let source = if formatted { Files::load(&source).map_or(source, |files| files.source()) } else { source };
    // What is refused without a finding would leave its editor in the dark.
    assert!(Converter::from_source(&source).and_then(Converter::ready).is_ok(), "refused, but nothing was found");
});
