//! A file that grows message by message, and can be cut back to what the journal knows.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::Stop;

/// A growing file.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: BufWriter<File>,
    length: u64,
}

impl Part {
    /// Opens a file with this much of what it held: nothing, for a new one.
    pub fn open(path: &Path, length: u64) -> Result<Self, Stop> {
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
            if file.metadata()?.len() < length {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than the journal says"));
            }
            file.set_len(length)?;
            file.seek(io::SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(|error| Stop::output(path, &error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(64 << 10, file), length })
    }

    /// Appends.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| Stop::output(&self.path, &error))
    }

    /// How long it is.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Hands everything to the system, and gives the file to wait for.
    pub fn flushed(&mut self) -> Result<File, Stop> {
        let file = self.file.flush().and_then(|()| self.file.get_ref().try_clone());
        file.map_err(|error| Stop::output(&self.path, &error))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
