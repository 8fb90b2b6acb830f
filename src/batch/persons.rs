//! Two messages of one run in which the woman has one id, and is said not to be the same.
//!
//! Without a key no id tells a BSN: two women to whom one gave the same record number are one Patient, of which the later replaces
//! the earlier wherever they are loaded. Digests of what was said of each id are kept, so many and no more, in memory and in the
//! work folder: a run that goes on knows them. They go with the run.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Stop;
use super::losses::place;
use super::part::Part;
use crate::convert::Outcome;
use crate::dataset::{Content, Node, Value, bare};

/// The file in the work folder.
pub(super) const PERSONS: &str = "persons";

/// So many facts are kept: two of each of a million women, in some fifty megabytes.
const MOST: usize = 2_000_000;

/// Bytes of a fact in the file.
const ROW: usize = 16;

/// Digits of a moment that are its day.
const DAY: usize = 8;

const REASON: (&str, &str) = (
    "same-id",
    "an earlier message of this run gives this Patient the same id and says something else of her: if they are two women, one would \
     replace the other. Use --id-key-file, or correct the record number or the value in the source",
);

/// Something that is said plainly of a person.
pub(super) struct Fact {
    /// Of whom, and what it is about.
    about: u64,
    /// What is said.
    said: u64,
    /// The line that tells it, if another message said something else.
    line: Vec<u8>,
}

/// The facts of one message. `name` is what it is called, `lines_before` how many lines stand before it in its file.
pub(super) fn facts(outcome: &Outcome, name: &str, source: &[u8], lines_before: usize) -> Vec<Fact> {
    let Some(person) = &outcome.person else { return Vec::new() };
    let dataset = outcome.reading.dataset();
    let fact = |node: &Node| {
        let said = plain(node.content.as_ref()?)?;
        let concept = dataset.get(node.concept);
        let (line, column) = place(source, node.origin.position as usize);
        let (reason, remedy) = REASON;
        let told = json!({
            "path": name,
            "reason": reason,
            "remedy": remedy,
            "id": person.as_str(),
            "concept": concept.number.as_str(),
            "name": dataset.path(node.concept),
            "line": line + lines_before,
            "column": column,
            "values": 0,
            "written": true,
        });
        let about = digest(&format!("{person} {}", concept.number));
        Some(Fact { about, said: digest(&said), line: format!("{told}\n").into_bytes() })
    };
    outcome.plain_facts().filter_map(fact).collect()
}

/// What a value says, however it is written; `None` if that is nothing certain.
fn plain(content: &Content) -> Option<String> {
    match content {
        Content::Value(Value::Identifier(identifier)) => Some(bare(&identifier.extension)),
        Content::Value(Value::DateTime(moment)) => moment.to_hl7().get(..DAY).map(str::to_owned),
        Content::Value(value) => Some(format!("{value:?}")),
        Content::Null { .. } => None,
    }
}

fn digest(text: &str) -> u64 {
    number(&Sha256::digest(text.as_bytes())[..ROW / 2])
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// What was said of each person so far.
pub(super) struct Persons {
    known: HashMap<u64, u64>,
    part: Part,
}

/// What became of the facts of a message.
#[derive(Default)]
pub(super) struct Compared {
    /// The lines that tell what is not as it was.
    pub lines: Vec<u8>,
    /// True if something could not be kept: later messages are not compared with it.
    pub is_full: bool,
}

impl Persons {
    /// Goes on with this much of what an earlier run kept.
    pub fn open(path: &Path, length: u64) -> Result<Self, Stop> {
        // It is no part of the output, and goes when a run is over.
        let length = if path.exists() { length } else { 0 };
        let part = Part::open(path, length)?;
        let rows = fs::read(path).map_err(|error| Stop::output(path, &error))?;
        let known = rows.chunks_exact(ROW).map(|row| (number(&row[..ROW / 2]), number(&row[ROW / 2..]))).collect();
        Ok(Self { known, part })
    }

    /// Compares with what was said before, and keeps what was not.
    pub fn compare(&mut self, facts: &[Fact]) -> Result<Compared, Stop> {
        let mut compared = Compared::default();
        for Fact { about, said, line } in facts {
            match self.known.get(about) {
                Some(before) if before == said => {}
                Some(_) => compared.lines.extend_from_slice(line),
                None if self.known.len() >= MOST => compared.is_full = true,
                None => {
                    self.known.insert(*about, *said);
                    self.part.append(&[about.to_be_bytes(), said.to_be_bytes()].concat())?;
                }
            }
        }
        Ok(compared)
    }

    /// The file that it grows in.
    pub fn part(&mut self) -> &mut Part {
        &mut self.part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Identifier;

    fn fact(about: u64, said: u64) -> Fact {
        Fact { about, said, line: format!("{about} {said}\n").into_bytes() }
    }

    #[test]
    fn a_run_that_goes_on_knows_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(PERSONS);
        let mut persons = Persons::open(&path, 0).unwrap();
        let told =
            |persons: &mut Persons, facts: &[Fact]| String::from_utf8(persons.compare(facts).unwrap().lines).unwrap();
        assert_eq!(told(&mut persons, &[fact(1, 10), fact(2, 20)]), "");
        assert_eq!(told(&mut persons, &[fact(1, 10), fact(2, 21)]), "2 21\n");
        persons.part().flushed().unwrap();
        let length = persons.part().length();
        assert_eq!(told(&mut persons, &[fact(3, 30)]), "");
        persons.part().flushed().unwrap();
        // What was said after the checkpoint is done again.
        let mut again = Persons::open(&path, length).unwrap();
        assert_eq!(told(&mut again, &[fact(1, u64::MAX), fact(3, 31)]), format!("1 {}\n", u64::MAX));
    }

    #[test]
    fn a_value_is_the_same_however_it_is_written() {
        let number = |extension: &str| {
            let (root, extension) = ("1.2".into(), extension.into());
            plain(&Content::Value(Value::Identifier(Identifier { root, extension })))
        };
        assert_eq!(number("123.456"), number("123456"));
        assert_ne!(number("123456"), number("123457"));
    }
}
