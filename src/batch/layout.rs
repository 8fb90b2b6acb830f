//! The shapes in which a run writes its results.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::names::{INDEX, LOSSES, MISSING, QUARANTINE, extension, file_name, tree_file};
use super::pack;
use super::part::Part;
use super::persons::{Compared, Fact, PERSONS, Persons};
use super::placed::Placed;
use super::shape::{Layout, Packing};
use super::store::Store;
use super::unit::{Fault, Unit};
use super::{Stop, Task};
use crate::convert::Format;

/// What a layout has written, for the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Length of the quarantine list.
    quarantine: u64,
    /// Length of the list of losses.
    #[serde(default)]
    losses: u64,
    /// Length of the list of what messages lack.
    #[serde(default)]
    missing: u64,
    /// Length of what was said of persons.
    #[serde(default)]
    persons: u64,
    /// Length of the index.
    index: u64,
    /// NDJSON files that still grow, by resource type.
    growing: BTreeMap<String, Growing>,
    /// NDJSON files that are complete.
    complete: Vec<Complete>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Growing {
    number: u32,
    length: u64,
    count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Complete {
    #[serde(rename = "type")]
    resource_type: String,
    url: String,
    count: u64,
}

/// What a worker made of one message.
pub(super) enum Made {
    /// A file that is whole and needs its name.
    File(PathBuf),
    /// Resources as lines, by type: the lines and their number.
    Lines(BTreeMap<String, (Vec<u8>, u64)>),
}

/// Does what can be done for a message apart from all others: on any thread. `number` is that of its input, of which it may
/// be one of several cases.
pub(super) fn prepare(
    layout: Layout,
    output: &[u8],
    number: u64,
    case: Option<usize>,
    store: &Store,
) -> Result<Made, Stop> {
    if layout == Layout::Ndjson {
        return Ok(Made::Lines(by_type(output)));
    }
    let mut path = store.loose(number);
    if let Some(case) = case {
        path.set_extension(case.to_string());
    }
    fs::write(&path, output).map_err(|error| Stop::output(&path, &error))?;
    Ok(Made::File(path))
}

fn by_type(output: &[u8]) -> BTreeMap<String, (Vec<u8>, u64)> {
    let mut types = BTreeMap::<String, (Vec<u8>, u64)>::new();
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        // Every resource that is written begins with its type.
        let name = line.strip_prefix(br#"{"resourceType":""#).unwrap_or_default();
        let name = name.split(|byte| *byte == b'"').next().unwrap_or_default();
        let entry = types.entry(String::from_utf8_lossy(name).into_owned()).or_default();
        entry.0.extend_from_slice(line);
        entry.1 += 1;
    }
    types
}

/// Writes results, in the order of the messages.
pub(super) struct Writer<'a> {
    task: &'a Task,
    store: &'a Store,
    state: State,
    quarantine: Part,
    losses: Part,
    missing: Part,
    persons: Persons,
    index: Option<Part>,
    growing: BTreeMap<String, Part>,
    /// What was placed since the journal was last brought up to date.
    placed: Placed,
    /// Files that were completed since the journal was last brought up to date.
    completed: Vec<(PathBuf, File)>,
    /// Sources of packed files: not needed any more once the journal knows that those are complete.
    packed: Vec<PathBuf>,
}

/// A state, with what must be on the disk before the journal may speak of it.
pub(super) struct Unsettled {
    pub state: State,
    files: Vec<(PathBuf, File)>,
    /// What the journal then makes superfluous.
    superfluous: Vec<PathBuf>,
    /// There are files that are not in the list.
    has_many_files: bool,
}

impl Unsettled {
    /// Waits until everything is on the disk.
    pub fn settle(&self, store: &Store) -> Result<(), Stop> {
        for (path, file) in &self.files {
            file.sync_data().map_err(|error| Stop::output(path, &error))?;
        }
        store.settle(self.has_many_files)
    }

    /// Removes what the journal made superfluous.
    pub fn tidy(&self) {
        for path in &self.superfluous {
            // What stays behind only takes room, and goes with the next resume or the end.
            let _ = fs::remove_file(path);
        }
    }
}

impl<'a> Writer<'a> {
    /// Goes on where the journal says the writing was, after so many inputs. What was written since is taken away.
    pub fn new(task: &'a Task, store: &'a Store, state: State, units: u64) -> Result<Self, Stop> {
        if let Some(gone) = state.complete.iter().find(|complete| !store.path(&complete.url).is_file()) {
            let path = store.path(&gone.url);
            return Err(Stop::Changed(format!(
                "{}: was made by the run that is resumed, and is gone; put it back, or begin anew in another folder",
                path.display()
            )));
        }
        let mut growing = BTreeMap::new();
        // One that holds nothing has been completed: its number is that of a file which must not be touched.
        for (name, part) in state.growing.iter().filter(|(_, part)| part.length > 0) {
            growing.insert(name.clone(), open(store, &file_name(name, part.number), part.length)?);
        }
        let quarantine = open(store, QUARANTINE, state.quarantine)?;
        let losses = open(store, LOSSES, state.losses)?;
        let missing = open(store, MISSING, state.missing)?;
        let of_persons = store.parts().join(PERSONS);
        let persons = Persons::open(&of_persons, state.persons)?;
        let has_index = task.layout == Layout::BundlePerFile;
        let index = if has_index { Some(open(store, INDEX, state.index)?) } else { None };
        let lists = [&quarantine, &losses, &missing];
        let mut kept: Vec<&Path> = growing.values().chain(lists).chain(&index).map(Part::path).collect();
        kept.push(&of_persons);
        let fault = |error: io::Error| Stop::output(&store.parts(), &error);
        for entry in fs::read_dir(store.parts()).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            if !kept.contains(&path.as_path()) {
                fs::remove_file(path).map_err(fault)?;
            }
        }
        // After what grows was taken back: of that the journal knows.
        let placed = Placed::after(units, store)?;
        let (completed, packed) = (Vec::new(), Vec::new());
        Ok(Self { task, store, state, quarantine, losses, missing, persons, index, growing, placed, completed, packed })
    }

    /// Puts a message where it belongs. True if a file became complete: the journal should know soon.
    pub fn add(&mut self, unit: &Unit, number: u64, format: Format, made: Made) -> Result<bool, Stop> {
        match made {
            Made::File(path) if self.task.layout == Layout::BundlePerFile => {
                let case = unit.case.map_or(String::new(), |case| format!("-{case:06}"));
                let name = format!("bundles/{:06}/{number:09}{case}.{}", number / 1000, extension(format));
                self.placed.add(&name)?;
                self.store.publish(&path, &name)?;
                self.list(&json!({ "file": name, "source": unit.name() }))?;
                Ok(false)
            }
            Made::File(path) => {
                let (name, is_free) = self.store.name_beside(&path, &tree_file(unit, format))?;
                // The file of an earlier message must stay, if this one should go.
                if is_free {
                    self.placed.add(&name)?;
                }
                self.store.publish(&path, &name)?;
                Ok(false)
            }
            Made::Lines(types) => {
                let mut is_complete = false;
                for (name, (lines, count)) in types {
                    is_complete |= self.lines(&name, &lines, count)?;
                }
                Ok(is_complete)
            }
        }
    }

    fn list(&mut self, entry: &serde_json::Value) -> Result<(), Stop> {
        self.index.as_mut().map_or(Ok(()), |index| index.append(format!("{entry}\n").as_bytes()))
    }

    fn lines(&mut self, name: &str, lines: &[u8], count: u64) -> Result<bool, Stop> {
        let growing = self.state.growing.entry(name.to_owned()).or_default();
        if !self.growing.contains_key(name) {
            growing.number += 1;
            let part = open(self.store, &file_name(name, growing.number), 0)?;
            self.growing.insert(name.to_owned(), part);
        }
        let Some(part) = self.growing.get_mut(name) else { return Ok(false) };
        part.append(lines)?;
        growing.count += count;
        if part.length() < self.task.file_bytes {
            return Ok(false);
        }
        self.complete(name)?;
        Ok(true)
    }

    /// Gives an NDJSON file its place in the output.
    fn complete(&mut self, name: &str) -> Result<(), Stop> {
        let (Some(mut part), Some(growing)) = (self.growing.remove(name), self.state.growing.get_mut(name)) else {
            return Ok(());
        };
        let file = part.flushed()?;
        let plain = file_name(name, growing.number);
        let url = format!("{plain}{}", self.task.packing.extension());
        let path = self.store.path(&url);
        self.placed.add(&url)?;
        if self.task.packing == Packing::Plain {
            self.store.publish(part.path(), &url)?;
            self.completed.push((path, file));
        } else {
            let made = self.store.loose(0).with_extension("packed");
            let file = pack::pack(self.task.packing, self.task.jobs, part.path(), &made)
                .map_err(|error| Stop::output(&path, &error))?;
            self.store.publish(&made, &url)?;
            self.completed.push((path, file));
            self.packed.push(part.path().to_owned());
        }
        self.state.complete.push(Complete { resource_type: name.to_owned(), url, count: growing.count });
        growing.length = 0;
        growing.count = 0;
        Ok(())
    }

    /// Adds to the list of what could not be converted.
    pub fn quarantine(&mut self, unit: &Unit, fault: &Fault) -> Result<(), Stop> {
        let mut entry = json!({ "path": unit.name() });
        if let (Some(entry), Ok(serde_json::Value::Object(fault))) =
            (entry.as_object_mut(), serde_json::to_value(fault))
        {
            entry.extend(fault);
        }
        self.quarantine.append(format!("{entry}\n").as_bytes())
    }

    /// Adds lines to the list of what was lost.
    pub fn lost(&mut self, lines: &[u8]) -> Result<(), Stop> {
        self.losses.append(lines)
    }

    /// Compares what a message says of its person with what was said before, and adds what differs to the list of what was lost.
    pub fn compare(&mut self, facts: &[Fact]) -> Result<Compared, Stop> {
        let compared = self.persons.compare(facts)?;
        self.losses.append(&compared.lines)?;
        Ok(compared)
    }

    /// Adds lines to the list of what messages lack.
    pub fn lacking(&mut self, lines: &[u8]) -> Result<(), Stop> {
        self.missing.append(lines)
    }

    /// Tells the state after so many inputs, once what it speaks of is settled.
    pub fn unsettled(&mut self, units: u64) -> Result<Unsettled, Stop> {
        let mut files = std::mem::take(&mut self.completed);
        for (name, part) in &mut self.growing {
            files.push((part.path().to_owned(), part.flushed()?));
            if let Some(growing) = self.state.growing.get_mut(name) {
                growing.length = part.length();
            }
        }
        files.push((self.quarantine.path().to_owned(), self.quarantine.flushed()?));
        self.state.quarantine = self.quarantine.length();
        files.push((self.losses.path().to_owned(), self.losses.flushed()?));
        self.state.losses = self.losses.length();
        files.push((self.missing.path().to_owned(), self.missing.flushed()?));
        self.state.missing = self.missing.length();
        let persons = self.persons.part();
        files.push((persons.path().to_owned(), persons.flushed()?));
        self.state.persons = persons.length();
        if let Some(index) = &mut self.index {
            files.push((index.path().to_owned(), index.flushed()?));
            self.state.index = index.length();
        }
        let has_many_files = self.task.layout != Layout::Ndjson;
        let mut superfluous = std::mem::take(&mut self.packed);
        superfluous.extend(self.placed.turn(units)?);
        Ok(Unsettled { state: self.state.clone(), files, superfluous, has_many_files })
    }

    /// Gives what still grows its place in the output. The journal must know everything before.
    pub fn finish(mut self) -> Result<(), Stop> {
        let names: Vec<String> = self.growing.keys().cloned().collect();
        for name in names {
            self.complete(&name)?;
        }
        let missing = Some(self.missing).filter(|part| part.length() > 0);
        let lists = [
            (Some(self.quarantine), QUARANTINE),
            (Some(self.losses), LOSSES),
            (missing, MISSING),
            (self.index.take(), INDEX),
        ];
        for (part, name) in lists {
            if let Some(mut part) = part {
                self.completed.push((self.store.path(name), part.flushed()?));
                self.store.publish(part.path(), name)?;
            }
        }
        if self.task.layout == Layout::Ndjson {
            self.state.complete.sort_by(|a, b| a.url.cmp(&b.url));
            let manifest = json!({ "inputFormat": "application/fhir+ndjson", "input": self.state.complete });
            self.store.write("manifest.json", format!("{manifest:#}\n").as_bytes())?;
        }
        let files = self.completed;
        Unsettled { state: self.state, files, superfluous: Vec::new(), has_many_files: false }.settle(self.store)
    }
}

/// A part; one that was published just before an interruption is taken back.
fn open(store: &Store, name: &str, length: u64) -> Result<Part, Stop> {
    let (path, published) = (store.parts().join(name), store.path(name));
    if !path.exists() && published.is_file() {
        fs::rename(&published, &path).map_err(|error| Stop::output(&published, &error))?;
    }
    Part::open(&path, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_by_type() {
        let types = by_type(b"{\"resourceType\":\"B\",\"x\":1}\n{\"resourceType\":\"A\"}\n{\"resourceType\":\"B\"}\n");
        assert_eq!(types["B"], (b"{\"resourceType\":\"B\",\"x\":1}\n{\"resourceType\":\"B\"}\n".to_vec(), 2));
        assert_eq!(types["A"].1, 1);
    }
}
