//! Where the mapping tables come from: built in, or a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::TableError;
use super::layers::Layered;

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
    /// Any of these with what is like something else made whole: see [`Source::laid`].
    Layered(Arc<Layered>),
}

impl Source {
    /// The same tables, in which what is like something else is whole. What reads tables reads these.
    #[must_use]
    pub fn laid(&self) -> Self {
        match self {
            Self::Layered(_) => self.clone(),
            plain => Layered::of(plain).map_or_else(|| plain.clone(), |layered| Self::Layered(Arc::new(layered))),
        }
    }

    /// The tables as they are written.
    #[must_use]
    pub fn written(&self) -> &Self {
        match self {
            Self::Layered(layered) => layered.under(),
            plain => plain,
        }
    }

    /// Where a line of a file is written: in another file, if this one is like that.
    pub fn origin(&self, file: &str, line: u64) -> (String, u64) {
        let found = match self {
            Self::Layered(layered) => layered.origin(file, line),
            _ => None,
        };
        found.map_or_else(|| (file.to_owned(), line), |(file, line)| (file.to_string(), line))
    }

    /// True if a file is made of others, and so is no longer as it is written.
    pub fn is_laid(&self, file: &str) -> bool {
        matches!(self, Self::Layered(layered) if layered.flat(file).is_ok_and(|flat| flat.is_some()))
    }

    /// True if another file is laid over this one.
    pub fn is_below(&self, file: &str) -> bool {
        matches!(self, Self::Layered(layered) if layered.is_below(file))
    }

    /// What is wrong with files that are laid over others, each where it is written.
    pub fn faults(&self) -> Vec<TableError> {
        let Self::Layered(layered) = self else { return Vec::new() };
        let Ok(files) = layered.under().files() else { return Vec::new() };
        let faults = files.keys().filter_map(|path| layered.flat(path).err().filter(|fault| fault.file == *path));
        faults.collect()
    }

    /// A fault where it is written.
    #[must_use]
    pub fn located(&self, fault: TableError) -> TableError {
        let (file, line) = self.origin(&fault.file, fault.line);
        TableError { file, line, ..fault }
    }

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
            Self::Layered(layered) => match layered.flat(file)? {
                Some(flat) => Ok(Cow::Owned(flat.text.clone())),
                None => layered.under().text(file),
            },
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
            Self::Layered(layered) => {
                files = layered.under().files()?;
                let paths: Vec<String> = files.keys().cloned().collect();
                let inherited = layered.inherited(&files);
                for path in paths.into_iter().chain(inherited) {
                    // What cannot be laid over the other is told by `faults`.
                    if let Ok(Some(flat)) = layered.flat(&path) {
                        files.insert(path, flat.text.clone().into_bytes());
                    }
                }
            }
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
            Self::Layered(layered) => {
                let mut names = layered.under().list(folder)?;
                names.extend(layered.inherited_in(folder, &names)?);
                names
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
