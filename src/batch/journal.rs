//! The journal: how far a run got, so that the next goes on exactly there.
//!
//! One line of JSON per checkpoint, appended and synced after everything that it speaks of is on the disk. The last
//! whole line counts; a line that was cut off while it was written does not exist.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Stop;
use super::layout::State;
use super::tally::Tally;

/// What a run needs to know to go on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// What the run was asked to do; another must not go on with it.
    pub task: String,
    /// Inputs that are done with, in the order of the walk.
    pub units: u64,
    /// Digest of their names and sizes: the inputs must not have changed.
    pub chain: String,
    /// The same of names as a report shows them.
    #[serde(default)]
    pub shown_chain: String,
    /// What the layout has written.
    pub state: State,
    /// The counts so far.
    pub tally: Tally,
    /// The run is over.
    pub done: bool,
}

/// Bytes from which on the journal is begun anew: only its last line counts.
const LONGEST: u64 = 16 << 20;

/// The journal of a run.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Journal {
    /// Opens the journal, with the last checkpoint in it.
    pub fn open(path: &Path) -> Result<(Self, Option<Checkpoint>), Stop> {
        let (file, length, last) = Self::read(path).map_err(|error| Stop::output(path, &error))?;
        Ok((Self { path: path.to_owned(), file, length }, last))
    }

    fn read(path: &Path) -> io::Result<(File, u64, Option<Checkpoint>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let (mut whole, mut last, mut line) = (0, None, Vec::new());
        let mut reader = BufReader::new(&file);
        loop {
            line.clear();
            let count = reader.read_until(b'\n', &mut line)?;
            let Ok(checkpoint) = serde_json::from_slice(&line) else { break };
            if line.last() != Some(&b'\n') {
                break;
            }
            whole += count as u64;
            last = Some(checkpoint);
        }
        file.set_len(whole)?;
        file.seek(io::SeekFrom::End(0))?;
        Ok((file, whole, last))
    }

    /// Adds a checkpoint. What it speaks of must be on the disk.
    pub fn add(&mut self, checkpoint: &Checkpoint) -> Result<(), Stop> {
        if self.length >= LONGEST {
            return self.replace(checkpoint);
        }
        let added = append(&mut self.file, checkpoint).map_err(|error| Stop::output(&self.path, &error))?;
        self.length += added;
        Ok(())
    }

    /// Replaces the journal by one checkpoint, so that it does not grow for ever.
    pub fn replace(&mut self, checkpoint: &Checkpoint) -> Result<(), Stop> {
        let fresh = self.path.with_extension("new");
        let replaced = (|| {
            let mut file = File::create(&fresh)?;
            let length = append(&mut file, checkpoint)?;
            fs::rename(&fresh, &self.path)?;
            Ok((file, length))
        })();
        (self.file, self.length) = replaced.map_err(|error| Stop::output(&self.path, &error))?;
        Ok(())
    }
}

fn append(file: &mut File, checkpoint: &Checkpoint) -> io::Result<u64> {
    let mut line = serde_json::to_vec(checkpoint)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()?;
    Ok(line.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_counts_wherever_the_file_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, none) = Journal::open(&path).unwrap();
        assert_eq!(none, None);
        let mut ends = vec![0];
        for units in 1..=3 {
            journal.add(&Checkpoint { units, ..Checkpoint::default() }).unwrap();
            ends.push(fs::metadata(&path).unwrap().len());
        }
        let bytes = fs::read(&path).unwrap();
        for cut in 0..=bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let expected = ends.iter().filter(|end| **end <= cut as u64).count() as u64 - 1;
            let (mut journal, last) = Journal::open(&path).unwrap();
            assert_eq!(last.map_or(0, |last| last.units), expected, "cut at {cut}");
            journal.add(&Checkpoint { units: 9, ..Checkpoint::default() }).unwrap();
            assert_eq!(Journal::open(&path).unwrap().1.unwrap().units, 9, "written after a cut at {cut}");
        }
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        let long = Checkpoint { chain: "x".repeat(3 << 20), ..Checkpoint::default() };
        for units in 0..20 {
            journal.add(&Checkpoint { units, ..long.clone() }).unwrap();
            assert!(fs::metadata(&path).unwrap().len() < LONGEST + (4 << 20));
            assert_eq!(Journal::open(&path).unwrap().1.unwrap().units, units);
        }
    }
}
