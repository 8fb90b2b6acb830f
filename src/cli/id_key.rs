//! `ooievaar id-key`.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, Failure, library, say};

/// Bytes of a key: as many as the hash that it is used with gives.
const BYTES: usize = 32;

/// Make a new secret key for --id-key-file
///
/// The key is 32 bytes from the randomness of the system, written as hexadecimal digits in a new file that only you can read. A
/// file that is there already is never overwritten: with another key all ids are others. Keep the file where the output is
/// not, make a copy of it, and use the same one each time.
#[derive(Debug, Args)]
pub struct MakeKey {
    /// The file to make
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl MakeKey {
    pub fn run(self) -> Result<Exit, Failure> {
        let failed = |error: io::Error| {
            let why = match error.kind() {
                ErrorKind::AlreadyExists => "is there already; a key is never overwritten".to_owned(),
                _ => format!("cannot be written: {error}"),
            };
            Failure::new(Exit::Output, format!("{}: {why}", self.file.display()))
        };
        let mut secret = [0; BYTES];
        getrandom::fill(&mut secret)
            .map_err(|error| Failure::new(Exit::Output, format!("the system gives no randomness: {error}")))?;
        let text = library::hexadecimal(&secret) + "\n";
        create(&self.file, text.as_bytes()).map_err(failed)?;
        say(format_args!("{}: a new key; keep it secret, and use it each time (--id-key-file)", self.file.display()));
        Ok(Exit::Done)
    }
}

/// Writes a new file that only its owner can read. What could not be written whole is taken away again.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}
