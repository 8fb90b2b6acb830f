//! Metadata files (TOML).

use serde::de::DeserializeOwned;

use crate::tables::{Source, TableError};

/// Reads a TOML file into what it should hold; keys that `T` does not name are for others to read.
///
/// # Errors
/// If the file cannot be read, is no TOML, or lacks what `T` needs. The fault names the line.
pub fn load_toml<T: DeserializeOwned>(source: &Source, file: &str) -> Result<T, TableError> {
    let text = source.text(file)?;
    toml::from_str(&text).map_err(|e| {
        let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count() as u64;
        TableError { line, ..TableError::file(file, e.message()) }
    })
}
