//! The readers of tables, and the checks of one table by itself: a path, a line break and what is in the table of that
//! path. There is no other table, so this is fast; what tables are to each other is the matter of `table_sets`.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ooievaar::check::{Files, Options, check};
use ooievaar::tables::Source;

fuzz_target!(|bytes: &[u8]| {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(path) = std::str::from_utf8(&bytes[..end]) else { return };
    let source = Source::Memory(Arc::new(BTreeMap::from([(path.to_owned(), bytes[end + 1..].to_vec())])));
    let _ = check(&source, &Options::default());
    let Ok(files) = Files::load(&source) else { return };
    if let Some(sheet) = files.csv(path) {
        // What `mappings fmt` writes is canonical.
        let once = sheet.canonical();
        let again = ooievaar::tables::RawSheet::parse(&once).map(|sheet| (sheet.flaws.is_empty(), sheet.canonical()));
        assert_eq!(again.ok(), Some((true, once)), "the canonical form has another");
    }
});
