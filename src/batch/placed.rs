//! What was placed in the output since the last checkpoint, so that a run that goes on can take it away.
//!
//! The journal does not know of it, and what it was made of may be gone when the run goes on. Each name is noted before a
//! file gets it. A list is called after the number of inputs that were done with when it was begun: so those that a
//! checkpoint of the journal covers can be told from those that it does not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use super::Stop;
use super::store::Store;

/// The list that is being written.
#[derive(Debug)]
pub(super) struct Placed {
    folder: PathBuf,
    units: u64,
    path: PathBuf,
    file: File,
}

impl Placed {
    /// Takes away what was placed after a checkpoint with so many inputs, and begins a list.
    pub fn after(units: u64, store: &Store) -> Result<Self, Stop> {
        let folder = store.placed();
        let fault = |error: io::Error| Stop::output(&folder, &error);
        let lists = lists(&folder).map_err(fault)?;
        for (_, path) in lists.iter().filter(|(begun, _)| *begun >= units) {
            for name in names(path).map_err(fault)? {
                store.take_away(&name)?;
            }
        }
        // Not before: it may be interrupted, too.
        for (_, path) in &lists {
            fs::remove_file(path).map_err(fault)?;
        }
        Self::begin(folder, units)
    }

    fn begin(folder: PathBuf, units: u64) -> Result<Self, Stop> {
        let path = folder.join(units.to_string());
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(|error| Stop::output(&path, &error))?;
        Ok(Self { folder, units, path, file })
    }

    /// Notes a name that a file is about to get. It is with the system at once, so that a kill does not lose it.
    pub fn add(&mut self, name: &str) -> Result<(), Stop> {
        self.file.write_all(format!("{name}\n").as_bytes()).map_err(|error| Stop::output(&self.path, &error))
    }

    /// Begins anew with a checkpoint. Gives the list that nobody needs once the journal has the checkpoint.
    pub fn turn(&mut self, units: u64) -> Result<Option<PathBuf>, Stop> {
        if units == self.units {
            return Ok(None);
        }
        let next = Self::begin(self.folder.clone(), units)?;
        Ok(Some(std::mem::replace(self, next).path))
    }
}

/// The lists that there are, each with the number of inputs that were done with when it was begun.
fn lists(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut lists = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(begun) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            lists.push((begun, entry.path()));
        }
    }
    Ok(lists)
}

/// The names in a list. One that was cut off while it was written was given to no file, and none leads out of the output.
fn names(path: &Path) -> io::Result<Vec<String>> {
    let bytes = fs::read(path)?;
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    let names = whole.filter_map(|line| String::from_utf8(line.to_vec()).ok());
    let is_below = |name: &String| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    Ok(names.filter(|name| !name.is_empty() && is_below(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output with files of these names, each noted in the list of so many inputs.
    fn output(out: &Path, files: &[(u64, &str)]) -> Store {
        let store = Store::open(out, true).unwrap();
        for (units, name) in files {
            let mut list = Placed::begin(store.placed(), *units).unwrap();
            list.add(name).unwrap();
            fs::create_dir_all(out.join(name).parent().unwrap()).unwrap();
            fs::write(out.join(name), "").unwrap();
        }
        store
    }

    #[test]
    fn what_the_journal_knows_stays_and_the_rest_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let store = output(&out, &[(0, "a/1"), (5, "a/2"), (5, "a/b/3"), (9, "c/d/4")]);
        fs::write(out.join("a/mine"), "").unwrap();
        let list = Placed::after(5, &store).unwrap();
        assert!(out.join("a/1").exists() && out.join("a/mine").exists());
        assert!(!out.join("a/2").exists() && !out.join("a/b").exists() && !out.join("c").exists());
        assert_eq!(lists(&store.placed()).unwrap(), [(5, list.path)]);
    }

    #[test]
    fn a_list_is_needed_until_the_journal_has_the_next_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("out"), false).unwrap();
        let mut list = Placed::after(0, &store).unwrap();
        list.add("x").unwrap();
        assert_eq!(list.turn(0).unwrap(), None, "nothing was done since");
        assert_eq!(list.turn(3).unwrap(), Some(store.placed().join("0")));
        list.add("y").unwrap();
        assert_eq!(names(&store.placed().join("0")).unwrap(), ["x"]);
        assert_eq!(names(&store.placed().join("3")).unwrap(), ["y"]);
    }

    #[test]
    fn a_name_that_was_cut_off_or_leads_elsewhere_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        fs::write(&path, "a/b\n\n../c\n/d\n./e\ncut").unwrap();
        assert_eq!(names(&path).unwrap(), ["a/b"]);
    }
}
