//! Where the mapping tables come from: built in, or a folder.

use std::borrow::Cow;
use std::path::PathBuf;

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
        }
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
        };
        names.sort();
        Ok(names)
    }
}
