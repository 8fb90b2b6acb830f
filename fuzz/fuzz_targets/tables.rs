//! The reader and the checker of tables. The first line of an input is the path of a table, the rest what is in it.
//! If the path begins with `+`, the table takes the place of the built-in one, and all are checked and compiled.
#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ooievaar::Converter;
use ooievaar::check::{Options, check};
use ooievaar::tables::Source;

static ALL: LazyLock<BTreeMap<String, Vec<u8>>> =
    LazyLock::new(|| Source::Embedded.files().expect("the built-in tables are there"));

fuzz_target!(|bytes: &[u8]| {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(path) = std::str::from_utf8(&bytes[..end]) else { return };
    let content = bytes[end + 1..].to_vec();
    let source = match path.strip_prefix('+') {
        Some(path) => {
            let mut files = ALL.clone();
            files.insert(path.to_owned(), content);
            Source::Memory(Arc::new(files))
        }
        None => Source::Memory(Arc::new(BTreeMap::from([(path.to_owned(), content)]))),
    };
    let _ = check(&source, &Options::default());
    if path.starts_with('+') {
        let _ = Converter::from_source(&source);
    }
});
