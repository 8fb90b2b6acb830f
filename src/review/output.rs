//! What a change of the tables changes in what is written of examples: where, and how often. What it says there only if somebody asks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use roxmltree::{Document, Node};

use crate::convert::{Converter, Error, Format, Reading};
use crate::tables::Source;
use crate::tree::{Limits, Tree, parse_json};

/// What is different at one place in what is written of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputChange {
    /// The example: its path within the folder.
    pub example: String,
    /// The format that is written; `reading` for what is read and lost.
    pub format: &'static str,
    /// The place: an element, below the resource or document that holds it.
    pub place: String,
    /// How many values are gone, without another in their place.
    pub gone: usize,
    /// How many are new.
    pub new: usize,
    /// How many say something else.
    pub other: usize,
    /// The values that are no more, and those that are there instead.
    pub values: (Vec<String>, Vec<String>),
}

/// What came of converting examples with two sets of tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputChanges {
    /// Files that one of the two, or both, can read. If there is none, nothing was tried.
    pub examples: usize,
    /// What differs.
    pub changes: Vec<OutputChange>,
}

/// Converts the messages below a folder with two sets of tables. A file that neither can read is passed over.
///
/// # Errors
/// If the folder or one of the tables cannot be read.
pub fn output_changes(old: &Converter, new: &Converter, folder: &Path) -> Result<OutputChanges, Error> {
    let (mut examples, mut changes) = (0, Vec::new());
    for (example, bytes) in Source::Folder(folder.to_owned()).files()? {
        let (before, after) = (said(old, &bytes), said(new, &bytes));
        examples += usize::from([&before, &after].into_iter().any(|said| !is_refused(said)));
        let places: BTreeSet<&OutputPath> = before.keys().chain(after.keys()).collect();
        for place in places {
            let says = |all: &Said| all.get(place).cloned().unwrap_or_default();
            let (was, is) = (says(&before), says(&after));
            let (gone, new) = (without(&was, &is), without(&is, &was));
            let other = gone.len().min(new.len());
            if gone.is_empty() && new.is_empty() {
                continue;
            }
            changes.push(OutputChange {
                example: example.clone(),
                format: place.0,
                place: place.1.clone(),
                gone: gone.len() - other,
                new: new.len() - other,
                other,
                values: (gone, new),
            });
        }
    }
    Ok(OutputChanges { examples, changes })
}

/// Format, and path within it.
type OutputPath = (&'static str, String);
/// What is said at each place, in no order.
type Said = BTreeMap<OutputPath, Vec<String>>;

/// The texts of the one that the other does not have as often.
fn without(some: &[String], others: &[String]) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for text in others {
        *left.entry(text).or_default() += 1;
    }
    let is_more = |text: &&String| match left.get_mut(text.as_str()) {
        Some(times) if *times > 0 => {
            *times -= 1;
            false
        }
        _ => true,
    };
    some.iter().filter(is_more).cloned().collect()
}

/// The place of what is said of a file that cannot be read.
fn refusal() -> OutputPath {
    ("reading", "refused".to_owned())
}

fn is_refused(said: &Said) -> bool {
    said.contains_key(&refusal())
}

fn said(converter: &Converter, input: &[u8]) -> Said {
    let mut said = Said::new();
    let reading = match converter.read(input) {
        Ok(reading) => reading,
        Err(error) => {
            said.insert(refusal(), vec![error.code().to_owned()]);
            return said;
        }
    };
    lost(&reading, &mut said);
    for format in [Format::Hl7v3, Format::Ada, Format::FhirJson] {
        // Tables that do not bind the kind of message to a format write nothing in it.
        let Ok(outcome) = converter.convert(input, format) else { continue };
        if format == Format::FhirJson {
            if let Ok((tree, _)) = parse_json(&outcome.output, &Limits::default()) {
                resources(&tree, &mut said);
            }
        } else {
            let text = String::from_utf8_lossy(&outcome.output);
            if let Ok(document) = Document::parse(&text) {
                elements(format.name(), document.root_element(), "", &mut said);
            }
        }
    }
    said
}

/// What was lost, by its place in the source.
fn lost(reading: &Reading, said: &mut Said) {
    for loss in &reading.ledger.losses {
        let concept = loss.concept.map(|ix| reading.dataset().get(ix));
        let place = match (&loss.path, concept) {
            (Some(path), _) => format!("lost: {path}"),
            (None, Some(concept)) => format!("lost: concept {} {}", concept.number, concept.name),
            (None, None) => "lost".to_owned(),
        };
        said.entry(("reading", place)).or_default().push(loss.reason.code().to_owned());
    }
}

/// The resources of a bundle, each by its type and profile.
fn resources(tree: &Tree, said: &mut Said) {
    for entry in tree.get("entry").map(Tree::items).unwrap_or_default() {
        let Some(resource) = entry.get("resource") else { continue };
        let profile = resource.get("meta").and_then(|meta| meta.get("profile")?.items().first()?.text());
        let kind = resource.text_at("resourceType").unwrap_or_default();
        let name = profile.and_then(|profile| profile.rsplit('/').next()).unwrap_or_default();
        members(resource, &format!("{kind} ({name})"), said);
    }
}

fn members(tree: &Tree, path: &str, said: &mut Said) {
    match tree {
        Tree::Object(members_of) => {
            for (key, value) in members_of {
                members(value, &format!("{path}.{key}"), said);
            }
        }
        Tree::Array(items) => items.iter().for_each(|item| members(item, path, said)),
        Tree::Leaf(leaf) => {
            said.entry((Format::FhirJson.name(), path.to_owned())).or_default().push(leaf.text.as_str().to_owned());
        }
    }
}

/// The attributes and texts of an element and all in it.
fn elements(format: &'static str, node: Node<'_, '_>, above: &str, said: &mut Said) {
    let path = format!("{above}/{}", node.tag_name().name());
    for attribute in node.attributes() {
        let place = (format, format!("{path}/@{}", attribute.name()));
        said.entry(place).or_default().push(attribute.value().to_owned());
    }
    if let Some(text) = node.text().map(str::trim).filter(|text| !text.is_empty()) {
        said.entry((format, path.clone())).or_default().push(text.to_owned());
    }
    for child in node.children().filter(Node::is_element) {
        elements(format, child, &path, said);
    }
}
