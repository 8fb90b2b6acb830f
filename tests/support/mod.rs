//! What several tests share: where the files are, and how two instances differ.

// Each test binary uses a part of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod structure;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ooievaar::ada::ReferenceDay;
use ooievaar::convert::MessageKind;
use ooievaar::dataset::{Content, Dataset, Instance, NodeIx, Value};
use ooievaar::ledger::Loss;
use ooievaar::{Converter, Format, Reading, Target};

/// A message of one of the published sets, or one of our own.
pub struct Sample {
    /// `<set>/<name>`, without an extension.
    pub name: String,
    pub path: PathBuf,
}

impl Sample {
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// The same case in another format.
    pub fn twin(&self, format: &str) -> Option<Vec<u8>> {
        let folder = self.path.parent()?.parent()?;
        fs::read(folder.join(format).join(self.path.file_name()?)).ok()
    }
}

/// Our own messages of one kind, in whatever format: also those in folders by format.
pub fn fixtures(kind: &str) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(kind);
    let mut samples = in_folder(&folder, kind);
    let inside = fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap());
    for format in inside.filter(|entry| entry.path().is_dir()) {
        samples.extend(in_folder(&format.path(), &format!("{kind}/{}", format.file_name().to_string_lossy())));
    }
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}

/// Every kind of message that the tables know, with our own messages of it. One without any proves nothing, so it is a fault.
pub fn every_kind(converter: &Converter) -> Vec<(&MessageKind, Vec<Sample>)> {
    let kinds = converter.kinds().unwrap().into_iter().map(|kind| (kind, fixtures(&kind.name)));
    let kinds: Vec<_> = kinds.collect();
    for (kind, samples) in &kinds {
        assert!(!samples.is_empty(), "{} has no fixture: put one in fixtures/{0}", kind.name);
    }
    kinds
}

/// Our own HL7v3 messages of every kind that the tables also have in a format, with their kind.
pub fn messages_that_become(converter: &Converter, format: Format) -> Vec<(&MessageKind, Sample)> {
    let kinds = every_kind(converter).into_iter().filter(|(kind, _)| formats(kind).contains(&format));
    let samples = kinds.flat_map(|(kind, samples)| samples.into_iter().map(move |sample| (kind, sample)));
    samples.filter(|(_, sample)| converter.detect(&sample.bytes()).unwrap() == Format::Hl7v3).collect()
}

/// The formats in which the tables have a kind of message; of FHIR one syntax, what holds of the others being its own property.
pub fn formats(kind: &MessageKind) -> Vec<Format> {
    let message = kind.hl7v3.iter().map(|_| Format::Hl7v3);
    let fhir = kind.fhir.iter().map(|_| Format::FhirJson);
    message.chain([Format::Ada]).chain(fhir).collect()
}

/// The published messages of one kind in one format; none, with a word about it, where they are absent.
pub fn published(kind: &str, format: &str) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/messages").join(kind).join(format);
    let samples = in_folder(&folder, kind);
    if samples.is_empty() {
        println!("skipped: reference data not present");
    }
    samples
}

/// The names of the published sets, of whatever kind; none where they are absent.
pub fn published_sets() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/messages");
    let sets = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
    let mut sets: Vec<String> = sets.map(|set| set.file_name().to_string_lossy().into_owned()).collect();
    sets.sort();
    sets
}

/// True for the published message that is of release 2.2, though it stands among those of 2.3.
pub fn is_of_another_release(sample: &Sample) -> bool {
    sample.name.ends_with("-test/hl7-result")
}

/// True for the published message in which the record ends before it begins. FHIR cannot say that (per-1), so its end is
/// told as lost.
pub fn ends_before_it_begins(sample: &Sample) -> bool {
    sample.name.ends_with("-test/999.1_Test_NL")
}

fn in_folder(folder: &Path, kind: &str) -> Vec<Sample> {
    let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "xml"));
    let mut samples: Vec<Sample> = files
        .map(|path| Sample { name: format!("{kind}/{}", path.file_stem().unwrap().to_string_lossy()), path })
        .collect();
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}

/// Where relative dates of a published set count from.
pub fn reference_day(kind: &str) -> ReferenceDay {
    ReferenceDay::parse(match kind {
        "kernset-2.3.6" => "2022-01-01",
        "kernset-neonatologie-3.0" => "2021-01-01",
        _ => "2020-01-01",
    })
    .unwrap()
}

/// A difference between two instances of one dataset.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Concept numbers from the outermost group to the leaf, each with its rank.
    pub path: String,
    /// The leaf.
    pub concept: String,
    /// What the one has there.
    pub left: Option<String>,
    /// What the other has there.
    pub right: Option<String>,
}

/// Compares leaf by leaf, in full: also labels, where both have one.
pub fn differences(dataset: &Dataset, left: &Instance, right: &Instance) -> Vec<Difference> {
    let (mut left, mut right) = (leaves(dataset, left), leaves(dataset, right));
    let mut result = Vec::new();
    for (path, (concept, a)) in &mut left {
        let b = right.remove(path).map(|(_, content)| content);
        if let Some(b) = &b {
            forget_single_label(a, b);
        }
        let b = b.map(|mut b| {
            forget_single_label(&mut b, a);
            b
        });
        if b.as_ref().is_none_or(|b| b != a || label(b) != label(a)) {
            let (left, right) = (Some(format!("{a:?}")), b.map(|b| format!("{b:?}")));
            result.push(Difference { path: path.clone(), concept: concept.clone(), left, right });
        }
    }
    result.extend(right.into_iter().map(|(path, (concept, content))| Difference {
        path,
        concept,
        left: None,
        right: Some(format!("{content:?}")),
    }));
    result
}

fn label(content: &Content) -> Option<&str> {
    match content {
        Content::Value(Value::Code(code)) => code.display.as_deref(),
        _ => None,
    }
}

fn forget_single_label(content: &mut Content, other: &Content) {
    let absent = label(other).is_none();
    if let Content::Value(Value::Code(code)) = content
        && absent
    {
        code.display = None;
    }
}

fn leaves(dataset: &Dataset, instance: &Instance) -> BTreeMap<String, (String, Content)> {
    let mut result = BTreeMap::new();
    below(dataset, &instance.normalized(), NodeIx::ROOT, "", &mut result);
    result
}

fn below(
    dataset: &Dataset,
    instance: &Instance,
    parent: NodeIx,
    path: &str,
    result: &mut BTreeMap<String, (String, Content)>,
) {
    let mut ranks: BTreeMap<&str, u32> = BTreeMap::new();
    for child in instance.children(parent) {
        let node = instance.node(child);
        let number = dataset.get(node.concept).number.as_str();
        let rank = ranks.entry(number).or_default();
        *rank += 1;
        let path = format!("{path}/{number}[{rank}]");
        match &node.content {
            Some(content) => {
                result.insert(path, (number.to_owned(), content.clone()));
            }
            None => below(dataset, instance, child, &path, result),
        }
    }
}

/// Reads what must be readable.
pub fn read(converter: &Converter, bytes: &[u8], what: &str) -> Reading {
    let reading = converter.read(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(reading.ledger.is_balanced(), "{what}");
    reading
}

/// Converts, and reads what was written; both without any loss.
pub fn through(converter: &Converter, reading: Reading, target: impl Into<Target>, what: &str) -> (Reading, Vec<u8>) {
    let target = target.into();
    let format = target.format;
    // What is told without a loss is of the form: ADA of 2.2 has no element for a number that others write there.
    let lost = |losses: &[Loss]| losses.iter().filter(|loss| loss.leaves > 0).count();
    let before = lost(&reading.ledger.losses);
    let outcome = converter.write(reading, target).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(lost(&outcome.ledger.losses), before, "{what} to {format}: {:#?}", outcome.ledger.losses);
    let again = read(converter, &outcome.output, what);
    assert_eq!(again.ledger.losses, [], "{what} from {format}");
    (again, outcome.output)
}

/// What was read, as an instance of a kind: FHIR that names no kind may be read as another, which holds as much of it.
pub fn as_kind(reading: &Reading, kind: &MessageKind, what: &str) -> Instance {
    if reading.message() == kind.name {
        return reading.instance.clone();
    }
    let moved = reading.instance.moved(reading.dataset(), &kind.dataset);
    let gone = moved.left.len() + moved.unplaced.len() + moved.unanswered.len();
    assert_eq!(gone, 0, "{what} was read as {}, and has leaves that {} has not", reading.message(), kind.name);
    moved.instance
}
