//! What a run was asked to convert: files, folders, patterns, standard input.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// One thing to convert: a file, a folder, a pattern, or standard input.
#[derive(Clone, Debug)]
pub enum Input {
    /// Standard input.
    Standard,
    /// A file, which may be an archive.
    File(PathBuf),
    /// A folder, with everything below it.
    Folder(PathBuf),
    /// What matches below a folder.
    Pattern(PathBuf, GlobMatcher),
}

impl Input {
    /// Looks at an argument: `-`, a path, or a pattern such as `in/**/*.xml`.
    ///
    /// # Errors
    /// If there is no such file or folder, it cannot be read, or nothing matches a pattern. The message names it.
    pub fn parse(argument: &Path) -> Result<Self, String> {
        let shown = argument.display();
        let fault = |error: io::Error| format!("{shown}: cannot be read: {error}");
        if argument.as_os_str() == "-" {
            return Ok(Self::Standard);
        }
        let found = match fs::metadata(argument) {
            Ok(found) => found,
            Err(error) => return Self::pattern(argument).unwrap_or_else(|| Err(fault(error))),
        };
        if found.is_dir() {
            fs::read_dir(argument).map_err(fault)?;
            return Ok(Self::Folder(argument.to_owned()));
        }
        open(argument).map_err(fault)?;
        Ok(Self::File(argument.to_owned()))
    }

    fn pattern(argument: &Path) -> Option<Result<Self, String>> {
        let is_plain =
            |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
        let folder: PathBuf = argument.components().take_while(is_plain).collect();
        let rest = argument.strip_prefix(&folder).ok()?;
        if rest.as_os_str().is_empty() {
            return None;
        }
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let made = GlobBuilder::new(&rest.to_string_lossy()).literal_separator(true).build();
        Some(match made {
            Err(error) => Err(format!("{}: is no pattern: {}", argument.display(), error.kind())),
            Ok(glob) => {
                let matcher = glob.compile_matcher();
                if let Err(error) = fs::read_dir(&folder) {
                    Err(format!("{}: cannot be read: {error}", folder.display()))
                } else if holds_match(&folder, &folder, &matcher, &mut Vec::new()) {
                    Ok(Self::Pattern(folder, matcher))
                } else {
                    Err(format!(
                        "{}: nothing matches this pattern; see whether it is spelled right",
                        argument.display()
                    ))
                }
            }
        })
    }

    /// The folder or file itself.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Standard => None,
            Self::File(path) | Self::Folder(path) | Self::Pattern(path, _) => Some(path),
        }
    }

    /// Which of what is below the folder is meant, if not all.
    pub fn glob(&self) -> Option<&str> {
        match self {
            Self::Pattern(_, glob) => Some(glob.glob().glob()),
            _ => None,
        }
    }

    /// What stands before the paths of its messages, if it is not the only input.
    pub(super) fn label(&self) -> String {
        let name = self.path().and_then(|path| fs::canonicalize(path).ok());
        name.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned())).unwrap_or_default()
    }

    /// Bytes on disk, as far as that can be known before the walk.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Standard | Self::Pattern(..) => None,
            Self::File(path) => fs::metadata(path).ok().map(|found| found.len()),
            Self::Folder(folder) => Some(size_below(folder, &mut Vec::new())),
        }
    }
}

/// True if a file below a folder may match a pattern. What cannot be read may: the run tells it.
fn holds_match(base: &Path, folder: &Path, glob: &GlobMatcher, above: &mut Vec<PathBuf>) -> bool {
    let Ok(real) = fs::canonicalize(folder) else { return true };
    if above.contains(&real) {
        return false;
    }
    let Ok(mut entries) = fs::read_dir(folder) else { return true };
    above.push(real);
    let found = entries.any(|entry| {
        let Ok(path) = entry.map(|entry| entry.path()) else { return true };
        if fs::metadata(&path).is_ok_and(|found| found.is_dir()) {
            holds_match(base, &path, glob, above)
        } else {
            glob.is_match(path.strip_prefix(base).unwrap_or(&path))
        }
    });
    above.pop();
    found
}

fn size_below(folder: &Path, above: &mut Vec<PathBuf>) -> u64 {
    let Some(real) = fs::canonicalize(folder).ok().filter(|real| !above.contains(real)) else { return 0 };
    above.push(real);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match fs::metadata(entry.path()) {
        Ok(found) if found.is_dir() => size_below(&entry.path(), above),
        Ok(found) if found.is_file() => found.len(),
        _ => 0,
    };
    let size = entries.map(size).sum();
    above.pop();
    size
}

/// Opens a file, and nothing that would block.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file; a pipe can be given as -"));
    }
    File::open(path)
}
