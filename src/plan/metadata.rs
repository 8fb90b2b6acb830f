//! Metadata files (TOML).

use serde::de::DeserializeOwned;

use crate::tables::{Source, TableError};

/// Reads a TOML file into what it should hold; keys that `T` does not name are for others to read.
///
/// # Errors
/// If the file cannot be read, is no TOML, or lacks what `T` needs. The fault names the line.
pub fn load_toml<T: DeserializeOwned>(source: &Source, file: &str) -> Result<T, TableError> {
    let text = source.text(file)?;
    toml::from_str(&text)
        .map_err(|fault| TableError::at(file, &text, fault.span().map_or(0, |span| span.start), fault.message()))
}
