//! The output folder: what is whole stands in it, what is being made stands in `.ooievaar` within it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Stop;
use super::own::WORK;

/// Folders for files that are being made. A file system lets one thread at a time make a file in a folder, or take one out
/// of it; messages that are under way together are in different ones.
const FOLDERS: u64 = 32;

/// An output folder that nobody else writes to.
#[derive(Debug)]
pub(super) struct Store {
    out: PathBuf,
    work: PathBuf,
    /// Held as long as the run lasts.
    _lock: File,
}

impl Store {
    /// Takes a folder into use: one that does not exist, one that is empty, or to resume, one of an earlier run.
    pub fn open(out: &Path, resume: bool) -> Result<Self, Stop> {
        let fault = |error: io::Error| Stop::output(out, &error);
        let work = out.join(WORK);
        let (exists, begun) = (out.exists(), work.is_dir());
        let mut names = if exists { Some(fs::read_dir(out).map_err(fault)?) } else { None };
        if begun && !resume {
            return Err(Stop::Exists(format!(
                "{}: holds the output of an earlier run; go on with it (--resume), or choose another folder",
                out.display()
            )));
        }
        if !begun && names.as_mut().is_some_and(|names| names.next().is_some()) {
            return Err(Stop::Exists(format!("{}: is not empty; choose another folder", out.display())));
        }
        fs::create_dir_all(&work).map_err(fault)?;
        let lock =
            OpenOptions::new().write(true).create(true).truncate(false).open(work.join("lock")).map_err(fault)?;
        if lock.try_lock().is_err() {
            return Err(Stop::Exists(format!("{}: another run is writing to it", out.display())));
        }
        let store = Self { out: out.to_owned(), work, _lock: lock };
        // What an earlier run was making when it died.
        let loose = store.work.join("loose");
        if loose.exists() {
            fs::remove_dir_all(&loose).map_err(fault)?;
        }
        for number in 0..FOLDERS {
            fs::create_dir_all(loose.join(number.to_string())).map_err(fault)?;
        }
        fs::create_dir_all(store.parts()).map_err(fault)?;
        fs::create_dir_all(store.placed()).map_err(fault)?;
        Ok(store)
    }

    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        self.work.join("journal")
    }

    /// The folder of files that grow message by message.
    pub fn parts(&self) -> PathBuf {
        self.work.join("parts")
    }

    /// The folder of the lists of what was placed since the last checkpoint.
    pub fn placed(&self) -> PathBuf {
        self.work.join("placed")
    }

    /// A path for a file that is being made and belongs to this message.
    pub fn loose(&self, number: u64) -> PathBuf {
        self.work.join("loose").join((number % FOLDERS).to_string()).join(number.to_string())
    }

    /// Where a file of the output stands.
    pub fn path(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// Gives a file that is whole its name in the output, in the place of an earlier one.
    pub fn publish(&self, made: &Path, name: &str) -> Result<(), Stop> {
        let target = self.path(name);
        let fault = |error: io::Error| Stop::output(&target, &error);
        match fs::rename(made, &target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = target.parent() {
                    fs::create_dir_all(folder).map_err(fault)?;
                }
                fs::rename(made, &target).map_err(fault)
            }
            other => other.map_err(fault),
        }
    }

    /// The name that a file that is whole gets in the output, and whether it is free. If the one that is wanted is taken by
    /// other content, it has a number: an archive may hold two files of one name, and neither may be lost. The same content
    /// is the same message twice; a piece of it is what a power cut left behind.
    pub fn name_beside(&self, made: &Path, name: &str) -> Result<(String, bool), Stop> {
        let (mut wanted, mut number) = (name.to_owned(), 1);
        loop {
            let name = numbered(&wanted, number);
            let target = self.path(&name);
            match fs::symlink_metadata(&target) {
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => wanted = self.beside_files(&wanted),
                Err(_) => return Ok((name, true)),
                Ok(found) => {
                    if found.is_file() && is_left_of(made, &target).map_err(|error| Stop::output(&target, &error))? {
                        return Ok((name, false));
                    }
                    number += 1;
                }
            }
        }
    }

    /// Takes a file of the output away, and the folders that it leaves empty: they were made for it.
    pub fn take_away(&self, name: &str) -> Result<(), Stop> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(Stop::output(&path, &error));
            }
            _ => {}
        }
        let folders = Path::new(name).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        for folder in folders {
            if fs::remove_dir(self.out.join(folder)).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// The same path, with other names for the folders in it whose names are those of files.
    fn beside_files(&self, name: &str) -> String {
        let mut parts: Vec<String> = name.split('/').map(str::to_owned).collect();
        for at in 0..parts.len() - 1 {
            let plain = parts[at].clone();
            let mut number = 2;
            while fs::symlink_metadata(self.path(&parts[..=at].join("/"))).is_ok_and(|found| !found.is_dir()) {
                parts[at] = format!("{plain}~{number}");
                number += 1;
            }
        }
        parts.join("/")
    }

    /// Writes a small file of the output, whole or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Stop> {
        let made = self.work.join("loose").join("file");
        let written = File::create(&made).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|error| Stop::output(&self.path(name), &error))?;
        self.publish(&made, name)
    }

    /// Removes what was needed only while the run lasted.
    pub fn clear(&self) {
        // What stays behind only takes room.
        let _ = fs::remove_dir_all(self.parts());
        let _ = fs::remove_dir_all(self.placed());
        let _ = fs::remove_dir_all(self.work.join("loose"));
    }

    /// Waits until the names in the output folder are on the disk; if there are `many_files`, everything in it.
    pub fn settle(&self, many_files: bool) -> Result<(), Stop> {
        let fault = |error: io::Error| Stop::output(&self.out, &error);
        let folder = File::open(&self.out).map_err(fault)?;
        #[cfg(target_os = "linux")]
        if many_files {
            // One call for thousands of files, rather than one each.
            return rustix::fs::syncfs(&folder).map_err(|error| fault(error.into()));
        }
        #[cfg(not(target_os = "linux"))]
        let _ = many_files;
        folder.sync_all().map_err(fault)
    }
}

/// A name with a number before its ending.
fn numbered(name: &str, number: u64) -> String {
    if number == 1 {
        return name.to_owned();
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    format!("{stem}~{number}.{extension}")
}

/// True if a file is what an interruption left of this one. After a power cut its end may be missing or be zeros; what is
/// whole and another is never the beginning of this one.
fn is_left_of(made: &Path, left: &Path) -> io::Result<bool> {
    let length = fs::metadata(left)?.len();
    if length > fs::metadata(made)?.len() {
        return Ok(false);
    }
    let (mut made, mut left) =
        (io::BufReader::new(File::open(made)?), io::BufReader::new(File::open(left)?).take(length));
    let (mut whole, mut part) = ([0; 8192], [0; 8192]);
    loop {
        let count = left.read(&mut part)?;
        if count == 0 {
            return Ok(true);
        }
        made.read_exact(&mut whole[..count])?;
        if part[..count].iter().zip(&whole[..count]).any(|(part, whole)| part != whole && *part != 0) {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interruption_left_is_replaced_and_another_message_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let store = Store::open(&out, false).unwrap();
        let publish = |made: &Path| {
            let (name, is_free) = store.name_beside(made, "a.json").unwrap();
            assert_eq!(is_free, !out.join(&name).exists());
            store.publish(made, &name).unwrap();
        };
        let whole = "{\"resourceType\":\"Bundle\"}\n";
        for left in [whole, "", "{\"resou", "{\"resourceT\0\0\0\0\0"] {
            let made = store.loose(1);
            fs::write(&made, whole).unwrap();
            fs::write(out.join("a.json"), left).unwrap();
            publish(&made);
            assert_eq!(fs::read_to_string(out.join("a.json")).unwrap(), whole);
            assert!(!out.join("a~2.json").exists(), "{left:?}");
        }
        for number in [2, 3] {
            let made = store.loose(1);
            fs::write(&made, format!("{{\"id\":{number}}}\n")).unwrap();
            publish(&made);
            assert_eq!(fs::read_to_string(out.join("a.json")).unwrap(), whole);
            assert!(out.join(format!("a~{number}.json")).exists());
        }
    }
}
