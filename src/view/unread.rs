//! What was not read, or read with a remark.

use super::Language;
use super::said::readable;
use super::source::Sources;
use crate::convert::Reading;
use crate::ledger::Loss;

/// What did not arrive, and what did with a remark, each with its place.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    /// What is not above.
    pub lost: Vec<Part>,
    /// What is above, and of which something has to be told.
    pub told: Vec<Part>,
}

/// A resource of FHIR of which something was not read; all of it, if no row knows it. Other sources are one part.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// What it is: its type with its place in the source, and the code of an Observation.
    pub name: Option<String>,
    pub remarks: Vec<Remark>,
}

/// One value.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    pub position: u32,
    /// Line and column.
    pub place: String,
    /// The concept, or the element.
    pub what: String,
    /// What stands there in the source.
    pub source: String,
    /// Why.
    pub why: String,
    /// How many values of the source that is.
    pub values: u32,
}

impl Unread {
    pub fn of(reading: &Reading, language: Language, sources: &Sources<'_>) -> Self {
        let gone = reading.ledger.gone();
        let (told, lost): (Vec<&Loss>, Vec<&Loss>) =
            reading.ledger.losses.iter().partition(|loss| gone.is_written(loss));
        let view = View { reading, language, sources };
        let mut told = view.parts(&told);
        let shared = reading.instance.shared_numbers(reading.dataset()).into_iter();
        let shared = shared.map(|ix| view.shared(reading.instance.node(ix)));
        let unknown: Vec<Remark> = reading.unknown_codes().map(|(node, _)| view.unknown(node)).chain(shared).collect();
        if !unknown.is_empty() {
            told.push(Part { name: None, remarks: unknown });
        }
        Self { lost: view.parts(&lost), told }
    }

    /// How many values are not above.
    pub fn count(&self) -> u32 {
        self.lost.iter().flat_map(|part| &part.remarks).map(|remark| remark.values).sum()
    }

    /// All remarks.
    pub fn remarks(&self) -> impl Iterator<Item = &Remark> {
        self.lost.iter().chain(&self.told).flat_map(|part| &part.remarks)
    }
}

struct View<'a> {
    reading: &'a Reading,
    language: Language,
    sources: &'a Sources<'a>,
}

impl View<'_> {
    /// Losses in their order; those of one resource under its name.
    fn parts(&self, losses: &[&Loss]) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for loss in losses {
            let (name, element) = match loss.path.as_deref().and_then(in_resource) {
                Some((resource, element)) => (Some(named(resource, loss)), Some(element)),
                None => (None, loss.path.as_deref()),
            };
            if parts.last().is_none_or(|last| last.name != name) {
                parts.push(Part { name, ..Part::default() });
            }
            let remark = self.remark(loss, element);
            if let Some(part) = parts.last_mut() {
                part.remarks.push(remark);
            }
        }
        parts
    }

    fn remark(&self, loss: &Loss, element: Option<&str>) -> Remark {
        let what = match (loss.concept, element) {
            (Some(concept), _) => self.reading.dataset().path(concept),
            (None, Some(element)) => element.to_owned(),
            (None, None) => self.language.of("een waarde", "a value").to_owned(),
        };
        let rule = loss.rule.as_ref().map_or(String::new(), |rule| format!(" ({rule})"));
        let why = format!("{}{rule}", self.language.reason(loss.reason));
        Remark { values: loss.leaves, ..self.at(loss.position, what, why) }
    }

    fn unknown(&self, node: &crate::dataset::Node) -> Remark {
        let why = self.language.of("deze code staat niet in de waardelijst", "this code is not in the value set");
        self.at(node.origin.position, self.reading.dataset().path(node.concept), why.to_owned())
    }

    fn shared(&self, node: &crate::dataset::Node) -> Remark {
        let why = self.language.of("iemand anders heeft hetzelfde nummer", "somebody else has the same number");
        self.at(node.origin.position, self.reading.dataset().path(node.concept), why.to_owned())
    }

    fn at(&self, position: u32, what: String, why: String) -> Remark {
        Remark {
            position,
            place: self.sources.place(position),
            what,
            source: readable(self.sources.excerpt(position)),
            why,
            values: 1,
        }
    }
}

fn named(resource: &str, loss: &Loss) -> String {
    match loss.within.as_ref().and_then(|within| within.code.as_deref()) {
        Some(code) => format!("{resource} ({code})"),
        None => resource.to_owned(),
    }
}

/// A path of FHIR in two: the resource, and the element in it.
fn in_resource(path: &str) -> Option<(&str, &str)> {
    if path.starts_with('/') {
        return None;
    }
    path.split_once("].").map(|(resource, element)| (&path[..=resource.len()], element))
}
