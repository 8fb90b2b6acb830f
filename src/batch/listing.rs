//! The entries of a folder, in order of name, without holding them all.

use std::collections::BinaryHeap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Names held at a time. A larger folder is read several times over.
const HELD: usize = 16384;

/// Goes through a folder in order of name, whatever the order in which the file system gives them.
pub(super) struct Listing {
    folder: PathBuf,
    held: usize,
    next: std::vec::IntoIter<OsString>,
    last: Option<OsString>,
    more: bool,
}

impl Listing {
    /// Starts at the first name.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Self::holding(folder, HELD)
    }

    fn holding(folder: &Path, held: usize) -> io::Result<Self> {
        let empty = Vec::new().into_iter();
        let mut listing = Self { folder: folder.to_owned(), held, next: empty, last: None, more: true };
        listing.refill()?;
        Ok(listing)
    }

    /// Takes the smallest names after the last one given.
    fn refill(&mut self) -> io::Result<()> {
        let mut smallest = BinaryHeap::new();
        self.more = false;
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            if self.last.as_ref().is_some_and(|last| name <= *last) {
                continue;
            }
            if smallest.len() < self.held {
                smallest.push(name);
            } else {
                self.more = true;
                if smallest.peek().is_some_and(|largest| name < *largest) {
                    smallest.pop();
                    smallest.push(name);
                }
            }
        }
        self.next = smallest.into_sorted_vec().into_iter();
        Ok(())
    }
}

impl Iterator for Listing {
    type Item = io::Result<OsString>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next.len() == 0
            && self.more
            && let Err(error) = self.refill()
        {
            self.more = false;
            return Some(Err(error));
        }
        let name = self.next.next()?;
        self.last = Some(name.clone());
        Some(Ok(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_listed_in_order_however_few_names_are_held() {
        let folder = tempfile::tempdir().unwrap();
        let mut names: Vec<String> = (0..50).map(|n| format!("{:02}-{n}", n * 37 % 50)).collect();
        for name in &names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        names.sort();
        for held in [1, 7, 49, 50, 51] {
            let listed: Vec<_> = Listing::holding(folder.path(), held).unwrap().map(|name| name.unwrap()).collect();
            assert_eq!(listed, names.iter().map(OsString::from).collect::<Vec<_>>(), "{held}");
        }
    }
}
