//! `ooievaar roundtrip`.

use std::path::PathBuf;

use clap::Args;
use ooievaar::batch::counted;
use ooievaar::dataset::{Content, Dataset, Instance, NodeIx};
use ooievaar::{Converter, Format, Reading, Target};

use super::exact::shown;
use super::losses::Account;
use super::{As, Bounds, Current, DayT, Exit, Failure, Goal, Tables, files, library, say};

/// Convert messages to the other side and back, and show what comes back different
///
/// A message goes to FHIR and back, FHIR to the message and back. Each difference is a line: `-` for what was there,
/// `+` for what came back, with the occurrence and the name of the concept. What was not read of a file is counted, with the
/// reasons. A file that could not be read at all is named, and the rest is done all the same. With `--message` it is of that kind
/// on the way: what that kind does not have does not come back.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all was read and came back; 1 something was not read or came back different; 3 an input could not be read or \
                        converted (whatever became of the others); 4 the mapping tables are faulty."
)]
pub struct Roundtrip {
    /// The files, each a case; - for standard input. A folder is one case of FHIR resources
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<PathBuf>,
    /// Show the values that differ. They are patient data: mind where they end up
    #[arg(long)]
    show_values: bool,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    day: DayT,
    #[command(flatten)]
    current: Current,
    #[command(flatten)]
    kind: As,
    #[command(flatten)]
    goal: Goal,
}

impl Roundtrip {
    pub fn run(self) -> Result<Exit, Failure> {
        let converter = self.day.of(self.bounds.of(library::converter(self.tables.tables.as_deref())?));
        let named = self.kind.of(self.current.of(converter.clone()))?;
        let converter = self.goal.of(converter)?;
        let mut exit = Exit::Done;
        for input in &self.inputs {
            match self.one(&converter, &named, input) {
                Ok(came_back) => {
                    if !came_back && exit == Exit::Done {
                        exit = Exit::Losses;
                    }
                }
                Err(failure) if failure.exit == Exit::Input => {
                    failure.tell();
                    exit = Exit::Input;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(exit)
    }

    /// True if all of a case was read and came back.
    fn one(&self, converter: &Converter, named: &Converter, input: &PathBuf) -> Result<bool, Failure> {
        let sources = files::read_case(std::slice::from_ref(input))?;
        let refused = |error| files::refused(Exit::Input, &error, &sources);
        let reading = named.read_case(&sources).map_err(refused)?;
        self.current.must_be_of(reading.format, &sources)?;
        self.day.say_if_idle(reading.format);
        self.kind.say_if_idle(reading.format);
        let is_read = reading.ledger.lost_leaves() == 0;
        let unread = if is_read { String::new() } else { Account::of_reading(&reading, &sources).counts() };
        let differences = roundtrip(converter, reading, self.show_values).map_err(refused)?;
        let name = files::name(input);
        match (differences.is_empty(), is_read) {
            (true, true) => say(format_args!("{name}: all came back")),
            (true, false) => say(format_args!("{name}: all that was read came back")),
            (false, _) => {
                let text = differences.join("\n");
                files::print(
                    format!("{name}: {}\n{text}\n", counted(differences.len() as u64, "difference")).as_bytes(),
                )?;
            }
        }
        if !is_read {
            say(format_args!("{name}: not all was read: {}", unread.trim_end()));
        }
        Ok(differences.is_empty() && is_read)
    }
}

/// What comes back different of what was read, there and back.
fn roundtrip(converter: &Converter, reading: Reading, show_values: bool) -> Result<Vec<String>, ooievaar::Error> {
    let first = leaves(reading.dataset(), &reading.instance);
    let kind = reading.message().to_owned();
    let there = reading.format.other_side();
    // ADA and the message are two forms of one side; there and back is by way of FHIR for both.
    let back = if reading.format == Format::Ada { Format::Ada } else { there.other_side() };
    let outcome = converter.write(reading, there)?;
    let returned = converter.convert(&outcome.output, Target::new(&kind, back))?;
    let last = converter.read(&returned.output)?;
    Ok(differences(&first, &leaves(last.dataset(), &last.instance), show_values))
}

/// One line for each leaf that only one of them has.
fn differences(before: &[Leaf], after: &[Leaf], show_values: bool) -> Vec<String> {
    let only = |these: &[Leaf], those: &[Leaf], sign: char| -> Vec<(String, String)> {
        let mut left = those.to_vec();
        let mut lines = Vec::new();
        for leaf in these {
            match left.iter().position(|other| other == leaf) {
                Some(at) => drop(left.swap_remove(at)),
                None if show_values => {
                    lines.push((leaf.path.clone(), format!("{sign} {}: {}", leaf.path, shown(&leaf.content))));
                }
                None => lines.push((leaf.path.clone(), format!("{sign} {}", leaf.path))),
            }
        }
        lines
    };
    let mut lines = only(before, after, '-');
    lines.extend(only(after, before, '+'));
    lines.sort_by(|left, right| left.0.cmp(&right.0));
    lines.into_iter().map(|(_, line)| line).collect()
}

#[derive(Clone, PartialEq)]
struct Leaf {
    /// The names of the concepts, with the occurrence where it is not the only one.
    path: String,
    content: Content,
}

fn leaves(dataset: &Dataset, instance: &Instance) -> Vec<Leaf> {
    let instance = instance.normalized();
    let mut leaves = Vec::new();
    below(dataset, &instance, NodeIx::ROOT, "", &mut leaves);
    leaves
}

fn below(dataset: &Dataset, instance: &Instance, parent: NodeIx, path: &str, leaves: &mut Vec<Leaf>) {
    for child in instance.children(parent) {
        let node = instance.node(child);
        let concept = dataset.get(node.concept);
        let same: Vec<NodeIx> = instance.occurrences(parent, node.concept).collect();
        let nth = same.iter().position(|ix| *ix == child).filter(|_| same.len() > 1);
        let nth = nth.map_or(String::new(), |nth| format!(" {}", nth + 1));
        let above = if path.is_empty() { String::new() } else { format!("{path} > ") };
        match &node.content {
            None => below(dataset, instance, child, &format!("{above}{}{nth}", concept.name), leaves),
            Some(content) => {
                let path = format!("{above}{} ({}){nth}", concept.name, concept.number);
                leaves.push(Leaf { path, content: content.clone() });
            }
        }
    }
}
