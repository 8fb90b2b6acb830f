//! The readers, the checker and the compiler of tables, on a small set that is whole: a script of edits, or a path, a
//! line break and what is in the table of that path. If the path begins with `=`, that table is alone.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ooievaar::Converter;
use ooievaar::check::{Options, check};
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
            let content = bytes[end + 1..].to_vec();
            match path.strip_prefix('=') {
                Some(path) => BTreeMap::from([(path.to_owned(), content)]),
                None => {
                    let mut files = sheets::SMALL.clone();
                    files.insert(path.to_owned(), content);
                    files
                }
            }
        }
    };
    let source = Source::Memory(Arc::new(files));
    if check(&source, &Options::default()).is_ok_and(|report| report.errors() == 0) {
        // What is refused without a finding would leave its editor in the dark.
        assert!(Converter::from_source(&source).is_ok(), "refused, but nothing was found");
    }
});
