//! All contact of the command line with the making of converters, and what is worth naming once.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::{fs, io};

use ooievaar::ada::ReferenceDay;
use ooievaar::{Bundle, Converter, Format, IdKey};
use sha2::{Digest as _, Sha256};

use super::{Exit, Failure, say};

/// The file by which a folder of tables is known.
const MANIFEST: &str = "ooievaar.toml";

/// More bytes than any key has.
const KEY_BYTES: u64 = 1 << 12;

/// The value of `--to`.
pub fn format(name: &str) -> Result<Format, String> {
    name.parse().map_err(|error: ooievaar::convert::UnknownFormat| error.to_string())
}

/// The value of `--bundle`.
pub fn bundle(name: &str) -> Result<Bundle, String> {
    match name {
        "transaction" => Ok(Bundle::Transaction),
        "collection" => Ok(Bundle::Collection),
        _ => Err("no such kind of bundle; choose transaction or collection".to_owned()),
    }
}

/// The value of `--reference-day`.
pub fn reference_day(text: &str) -> Result<ReferenceDay, String> {
    ReferenceDay::parse(text).map_err(|_| "is no day; write it as YYYY-MM-DD".to_owned())
}

/// Refuses what is no folder of tables, so that nobody takes it for tables that are faulty, or writes in it.
pub fn are_tables(folder: &Path) -> Result<(), String> {
    let name = folder.display();
    if !folder.is_dir() {
        let is = if folder.exists() { "is no folder" } else { "does not exist" };
        return Err(format!("{name}: {is}; name a folder of mapping tables (a copy of mappings/)"));
    }
    if !folder.join(MANIFEST).is_file() {
        return Err(format!(
            "{name}: is no folder of mapping tables: it has no {MANIFEST}; name a copy of mappings/, or put the file back"
        ));
    }
    Ok(())
}

/// A converter with the built-in tables, or with those of a folder.
pub fn converter(tables: Option<&Path>) -> Result<Converter, Failure> {
    if let Some(folder) = tables {
        are_tables(folder).map_err(|why| Failure::new(Exit::Tables, why))?;
    }
    tables
        .map_or_else(Converter::new, Converter::from_dir)
        .map_err(|error| Failure::refused(Exit::Tables, &error, &error))
}

/// A converter for many messages, all tables of which are compiled: a fault in them is told before the first message.
pub fn ready_converter(tables: Option<&Path>) -> Result<Converter, Failure> {
    converter(tables)?.ready().map_err(|error| Failure::of_wish(&error))
}

/// The same converter, making this kind of bundle, and resource ids with the key in this file.
pub fn set_up(mut converter: Converter, bundle: Option<Bundle>, key: Option<&Path>) -> Result<Converter, Failure> {
    if let Some(bundle) = bundle {
        converter = converter.with_bundle(bundle);
    }
    if let Some(file) = key {
        let fault = |message: String| Failure::new(Exit::Usage, format!("{}: {message}", file.display()));
        let bytes = key_in(file).map_err(|error| {
            fault(format!("the key cannot be read: {error}; name the file that `ooievaar id-key` made, and see whether you may read it"))
        })?;
        converter = converter.with_id_key(IdKey::new(&bytes).map_err(|weak| fault(weak.to_string()))?);
        if others_can_read(file) {
            say(format_args!("warning: {}: others can read this key; take that from them (chmod 600)", file.display()));
        }
    }
    Ok(converter)
}

/// What a file holds, as far as it may be a key: of more, the beginning shows that it is none.
fn key_in(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(KEY_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// True if a file is open to others than its owner.
#[cfg(unix)]
fn others_can_read(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// True if a file is open to others than its owner. How other systems say so is not known here.
#[cfg(not(unix))]
fn others_can_read(_file: &Path) -> bool {
    false
}

/// A digest of a file, or of all files in a folder with their names, in hexadecimal.
pub fn fingerprint(path: &Path) -> Result<String, Failure> {
    let mut digest = Sha256::new();
    add(&mut digest, path)
        .map_err(|error| Failure::new(Exit::Usage, format!("{}: cannot be read: {error}", path.display())))?;
    Ok(hexadecimal(&digest.finalize()))
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn add(digest: &mut Sha256, path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        digest.update(fs::read(path)?);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        digest.update(entry.file_name().as_encoded_bytes());
        add(digest, &entry.path())?;
    }
    Ok(())
}
