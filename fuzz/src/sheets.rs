//! A set of tables that is small and whole, so that the checker and the compiler can be tried on much in little time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use ooievaar::tables::Source;

/// The files by path, as they are.
pub static SMALL: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tables/small");
    Source::Folder(folder).files().expect("the folder of tables is there")
});

/// What a step of a script puts in a cell.
const WORDS: [&str; 24] = [
    "", "-", "1", "4", "5", "0", "*", "OTH", "R", "1.2.4", "urn:oid:1.2.4", "care", "4.parts", "observation", "each:4",
    "Observation.valueString", "code[].coding", "identifier[system=x].value", "CodeableConcept", "answer/done", "TS",
    "negation", "\"", "a,b\nc",
];

/// Does the steps of a script, five bytes each: the file, the line, the cell, what to do, and with what.
pub fn edited(script: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = SMALL.clone();
    let (steps, _) = script.as_chunks::<5>();
    for [file, line, cell, what, with] in steps.iter().take(4) {
        let at = usize::from(*file) % files.len();
        let Some((path, bytes)) = files.iter_mut().nth(at) else { continue };
        let separator = match path.rsplit_once('.') {
            Some((_, "csv")) => ',',
            Some((_, "toml")) => '=',
            _ => '"',
        };
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.is_empty() {
            continue;
        }
        let at = usize::from(*line) % lines.len();
        let other = lines[usize::from(*with) % lines.len()].clone();
        match what % 4 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, other),
            what => {
                let others: Vec<&str> = other.split(separator).collect();
                let mut cells: Vec<&str> = lines[at].split(separator).collect();
                let cell = usize::from(*cell) % cells.len();
                let word = WORDS[usize::from(*with) % WORDS.len()];
                cells[cell] = if what == 2 { others.get(cell).unwrap_or(&"") } else { word };
                lines[at] = cells.join(&separator.to_string());
            }
        }
        *bytes = lines.join("\n").into_bytes();
    }
    files
}
