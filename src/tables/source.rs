//! Where the mapping tables come from: built in, or a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::TableError;

/// The tables of the repository, as they were when this was compiled.
static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/mappings");

/// A set of mapping files.
#[derive(Clone, Debug)]
pub enum Source {
    /// The tables that were built in.
    Embedded,
    /// A folder laid out as `mappings/` in the repository.
    Folder(PathBuf),
    /// Files in memory, by path within the mappings folder.
    Memory(Arc<BTreeMap<String, Vec<u8>>>),
}

impl Source {
    /// The text of one file, named by its path within the mappings folder.
    ///
    /// # Errors
    /// If it does not exist, cannot be read, or is not UTF-8.
    pub fn text(&self, file: &str) -> Result<Cow<'static, str>, TableError> {
        match self {
            Self::Embedded => EMBEDDED
                .get_file(file)
                .ok_or_else(|| TableError::file(file, "no such file among the built-in tables"))?
                .contents_utf8()
                .map(Cow::Borrowed)
                .ok_or_else(|| TableError::file(file, "is not UTF-8; save it as UTF-8")),
            Self::Folder(folder) => {
                let bytes = std::fs::read(folder.join(file))
                    .map_err(|e| TableError::file(file, format!("cannot be read: {e}")))?;
                String::from_utf8(bytes)
                    .map(Cow::Owned)
                    .map_err(|_| TableError::file(file, "is not UTF-8; save it as UTF-8"))
            }
            Self::Memory(files) => {
                let bytes = files.get(file).ok_or_else(|| TableError::file(file, "no such file"))?;
                String::from_utf8(bytes.clone())
                    .map(Cow::Owned)
                    .map_err(|_| TableError::file(file, "is not UTF-8; save it as UTF-8"))
            }
        }
    }

    /// All files, by path within the mappings folder. Hidden files and folders are left out.
    ///
    /// # Errors
    /// If a folder or file cannot be read.
    pub fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, TableError> {
        let mut files = BTreeMap::new();
        match self {
            Self::Embedded => embedded(&EMBEDDED, &mut files),
            Self::Folder(root) => walk(root, "", &mut files)?,
            Self::Memory(held) => files.clone_from(held),
        }
        Ok(files)
    }

    /// The paths of the files directly in a folder, sorted.
    ///
    /// # Errors
    /// If the folder does not exist or cannot be read.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, TableError> {
        let mut names = match self {
            Self::Embedded => {
                let dir = EMBEDDED
                    .get_dir(folder)
                    .ok_or_else(|| TableError::file(folder, "no such folder among the built-in tables"))?;
                dir.files().map(|file| file.path().to_string_lossy().into_owned()).collect::<Vec<_>>()
            }
            Self::Folder(root) => {
                let entries = std::fs::read_dir(root.join(folder))
                    .map_err(|e| TableError::file(folder, format!("cannot be read: {e}")))?;
                entries
                    .filter_map(Result::ok)
                    .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
                    .map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy()))
                    .collect()
            }
            Self::Memory(files) => {
                let inside = |path: &str| path.strip_prefix(folder)?.strip_prefix('/').map(|name| !name.contains('/'));
                files.keys().filter(|path| inside(path) == Some(true)).cloned().collect()
            }
        };
        names.sort();
        Ok(names)
    }
}

fn embedded(dir: &Dir<'_>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        files.insert(file.path().to_string_lossy().replace('\\', "/"), file.contents().to_vec());
    }
    dir.dirs().for_each(|inner| embedded(inner, files));
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), TableError> {
    let fault = |e: std::io::Error| TableError::file(prefix, format!("cannot be read: {e}"));
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if entry.file_type().map_err(fault)?.is_dir() {
            walk(&entry.path(), &path, files)?;
        } else {
            let bytes =
                std::fs::read(entry.path()).map_err(|e| TableError::file(&path, format!("cannot be read: {e}")))?;
            files.insert(path, bytes);
        }
    }
    Ok(())
}
