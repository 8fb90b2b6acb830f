//! All contact of the command line with the making of converters, and what is worth naming once.

use std::path::Path;

use ooievaar::{Bundle, Converter, Format};

use super::{Exit, Failure};

/// Names that `--to` takes, for messages.
pub const FORMATS: &str = "fhir-json, fhir-xml, fhir-ndjson, hl7v3 or ada";

/// A key shorter than this can be found by trying.
const LEAST_KEY_BYTES: usize = 16;

/// The value of `--to`.
pub fn format(name: &str) -> Result<Format, String> {
    name.parse().map_err(|_| format!("no such format; choose {FORMATS}"))
}

/// The value of `--bundle`.
pub fn bundle(name: &str) -> Result<Bundle, String> {
    match name {
        "transaction" => Ok(Bundle::Transaction),
        "collection" => Ok(Bundle::Collection),
        _ => Err("no such kind of bundle; choose transaction or collection".to_owned()),
    }
}

/// The format on the other side, for when `--to` is not given.
pub fn other_side(format: Format) -> Format {
    match format {
        Format::FhirJson | Format::FhirXml | Format::FhirNdjson => Format::Hl7v3,
        _ => Format::FhirJson,
    }
}

/// A converter with the built-in tables, or with those of a folder.
pub fn converter(tables: Option<&Path>) -> Result<Converter, Failure> {
    tables.map_or_else(Converter::new, Converter::from_dir).map_err(|error| Failure::new(Exit::Tables, error))
}

/// The same converter, making this kind of bundle, and resource ids with the key in this file.
pub fn set_up(mut converter: Converter, bundle: Option<Bundle>, key: Option<&Path>) -> Result<Converter, Failure> {
    if let Some(bundle) = bundle {
        converter = converter.with_bundle(bundle);
    }
    if let Some(file) = key {
        let fault = |message: String| Failure::new(Exit::Usage, format!("{}: {message}", file.display()));
        let bytes = std::fs::read(file).map_err(|error| fault(format!("the key cannot be read: {error}")))?;
        let key = bytes.trim_ascii();
        if key.len() < LEAST_KEY_BYTES {
            return Err(fault(format!("the key is too short; give at least {LEAST_KEY_BYTES} bytes")));
        }
        converter = converter.with_id_key(key);
    }
    Ok(converter)
}
