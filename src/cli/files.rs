//! Reading input and writing output.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ooievaar::Error;

use super::{Exit, Failure, say};

/// What to do about what cannot be read.
const READABLE: &str = "see whether it exists, and whether you may read it";
/// What to do about what cannot be written.
const WRITABLE: &str =
    "name a file in a folder that exists, see whether you may write there, and whether there is room";

/// The bytes of a file, or of standard input for `-`.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    bytes.map_err(|error| Failure::new(Exit::Input, format!("{}: cannot be read: {error}; {READABLE}", name(path))))
}

/// A file with what is in it.
#[derive(Debug)]
pub struct Input {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

impl AsRef<[u8]> for Input {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What the files and folders that make up one case hold. Of a folder, the files of FHIR in it, in order of name.
pub fn read_case(paths: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    for path in paths {
        if !path.is_dir() {
            inputs.push(Input { bytes: read(path)?, path: path.clone() });
            continue;
        }
        let before = inputs.len();
        for path in resources_in(path)? {
            inputs.push(Input { bytes: read(&path)?, path });
        }
        if inputs.len() == before {
            let message = format!(
                "{}: holds no .json, .ndjson or .xml file; name the folder that holds the resources of the case",
                name(path)
            );
            return Err(Failure::refused(Exit::Input, &Error::Empty, message));
        }
    }
    Ok(inputs)
}

fn resources_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: io::Error| {
        Failure::new(Exit::Input, format!("{}: cannot be read: {error}; {READABLE}", folder.display()))
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = paths.map_err(unreadable)?;
    let is_resource = |path: &PathBuf| {
        path.is_file()
            && path.extension().is_some_and(|ending| ["json", "ndjson", "xml"].iter().any(|own| ending == *own))
    };
    paths.retain(is_resource);
    paths.sort();
    Ok(paths)
}

/// Why a case could not be read or converted, with the file that it is about.
pub fn refused(exit: Exit, error: &Error, inputs: &[Input]) -> Failure {
    let message = match error {
        // They are compiled when they are first needed.
        Error::Tables(_) => return Failure::refused(Exit::Tables, error, error),
        Error::Input { number, error } => {
            inputs.get(number - 1).map_or_else(|| error.to_string(), |input| format!("{}: {error}", name(&input.path)))
        }
        error => format!("{}{error}", name_of(inputs)),
    };
    Failure::refused(exit, error, message)
}

/// How to call an input in messages.
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// How to begin a message about a case: with the file, if it is one.
pub fn name_of(inputs: &[Input]) -> String {
    match inputs {
        [only] => format!("{}: ", name(&only.path)),
        _ => String::new(),
    }
}

/// Writes to standard output. A reader that has gone away (`| head`) is no failure.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Output, format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a file as a whole or not at all: to a temporary file beside it, which is then given its name.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes).map_err(|error| {
        Failure::new(Exit::Output, format!("{}: cannot be written: {error}; {WRITABLE}", path.display()))
    })
}

/// Takes a file away, if there is one. Of a link, what it points at; a device or a pipe holds nothing. True if something went.
pub fn take_away(path: &Path) -> Result<bool, Failure> {
    let path = target(path);
    if !fs::metadata(&path).is_ok_and(|found| found.is_file()) {
        return Ok(false);
    }
    fs::remove_file(&path).map(|()| true).map_err(|error| {
        let message = format!(
            "{}: what an earlier run wrote there cannot be taken away ({error}); do not use it",
            path.display()
        );
        Failure::new(Exit::Output, message)
    })
}

/// After a run that wrote no result, takes away that of an earlier one: a script that looks for the file would take it for the
/// one of today.
pub fn take_earlier_away(output: Option<&Path>, result: &mut Result<Exit, Failure>) {
    if matches!(result, Ok(Exit::Done)) {
        return;
    }
    let Some(file) = output.filter(|file| file.as_os_str() != "-" && looks_like_a_result(file)) else { return };
    let told = match take_away(file) {
        Ok(false) => return,
        Ok(true) => format!("{}: what an earlier run wrote there was taken away", name(file)),
        Err(failure) => failure.message,
    };
    match result {
        // What is refused is told by whoever called.
        Err(failure) => failure.message = format!("{}\nnote: {told}", failure.message),
        Ok(_) => say(format_args!("note: {told}")),
    }
}

/// True of XML, HTML and JSON: what is none of these no run of this command wrote.
fn looks_like_a_result(file: &Path) -> bool {
    let mut begin = [0; 64];
    let read = File::open(file).and_then(|mut file| file.read(&mut begin));
    let begin = &begin[..read.unwrap_or_default()];
    begin.trim_ascii_start().first().is_none_or(|first| b"<{[".contains(first))
}

/// The file that a path is about: a link stays a link, and what it points at, be it there or not, is written.
fn target(path: &Path) -> PathBuf {
    let pointed = || path.with_file_name(fs::read_link(path).unwrap_or_else(|_| path.to_owned()));
    fs::canonicalize(path).unwrap_or_else(|_| if path.is_symlink() { pointed() } else { path.to_owned() })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = target(path);
    let existing = fs::metadata(&path).ok();
    if existing.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        // A device or a pipe cannot be replaced, only written to; a folder says no by itself.
        return OpenOptions::new().write(true).open(&path)?.write_all(bytes);
    }
    let temporary = temporary_beside(&path)?;
    let written = (|| {
        let mut file = File::options().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        if let Some(metadata) = &existing {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "no file name"))?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(temporary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("ooievaar-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = folder("replace");
        let file = folder.join("out.json");
        write(&file, b"first").unwrap();
        write(&file, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_that_does_not_exist_is_an_output_failure() {
        let failure = write(Path::new("/nonexistent/ooievaar/out.json"), b"").unwrap_err();
        assert_eq!(failure.exit, Exit::Output);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = folder("link");
        let (file, link) = (folder.join("out.json"), folder.join("link.json"));
        write(&file, b"first").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(take_away(&link).unwrap() && !file.exists() && !take_away(&link).unwrap());
        write(&link, b"third").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"third");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::remove_dir_all(folder).unwrap();
    }
}
