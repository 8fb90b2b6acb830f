//! Which kind of message FHIR is: the one that it names, or the one that holds most of what was read.

use super::kinds::MessageKind;
use super::{Converter, Error, Format, Reading};
use crate::dataset::Node;
use crate::plan::fhir::FhirPlan;
use crate::tree::Tree;

/// A kind of message that the tables bind to FHIR.
#[derive(Clone, Copy)]
pub(super) struct Bound<'k> {
    pub at: usize,
    pub kind: &'k MessageKind,
    pub plan: &'k FhirPlan,
}

impl Converter {
    /// The same converter, which reads FHIR as this kind: what was just made of an instance of it.
    pub(crate) fn reading_fhir_as(self, name: &str) -> Self {
        let fhir_as = self.kinds.iter().position(|kind| kind.name == name);
        Self { fhir_as, ..self }
    }

    /// The kind that resources of a source name, if they name one.
    pub(super) fn named<'t>(&self, trees: impl IntoIterator<Item = &'t Tree>) -> Option<Bound<'_>> {
        if let Some(bound) = self.all_bound().find(|bound| Some(bound.at) == self.fhir_as) {
            return Some(bound);
        }
        let mut found: Vec<Bound<'_>> = Vec::new();
        for tree in trees {
            names(tree, &mut |name| {
                let named = self.all_bound().find(|bound| !name.is_empty() && bound.plan.kind == name);
                found.extend(named.filter(|named| found.iter().all(|known| known.at != named.at)));
            });
        }
        if let [only] = found[..] { Some(only) } else { None }
    }

    /// The kinds as which FHIR can be read: one for each dataset, those that are like nothing first.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn bounds(&self, format: Format) -> Result<Vec<Bound<'_>>, Error> {
        let mut bounds: Vec<Bound<'_>> = Vec::new();
        for bound in self.all_bound() {
            if bounds.iter().all(|other| other.kind.dataset.name != bound.kind.dataset.name) {
                bounds.push(bound);
            }
        }
        bounds.sort_by_key(|bound| (bound.kind.like.is_some(), bound.at));
        if bounds.is_empty() {
            return Err(Error::NoBinding { message: "anything".to_owned(), format: format.name() });
        }
        Ok(bounds)
    }

    /// What was read, as the kind that holds most of it. Of those that hold as much, what another is like goes before that
    /// other, and a message before a transaction that has none; `read` reads the same as another kind.
    ///
    /// # Errors
    /// [`Error::WhichKind`] if none of them goes before the others.
    pub(super) fn best<'k>(
        &self,
        bounds: &[Bound<'k>],
        mut read: impl FnMut(&Bound<'k>) -> Result<Reading, Error>,
    ) -> Result<Reading, Error> {
        let mut readings: Vec<Reading> = Vec::new();
        for bound in bounds {
            // Nothing that is like a kind which holds everything holds more.
            let holds_all =
                readings.iter().any(|known| known.ledger.lost_leaves() == 0 && self.is_like(bound.at, known.kind));
            if holds_all {
                continue;
            }
            match read(bound) {
                Ok(reading) => readings.push(reading),
                // What is wrong with it is said once.
                Err(fault) if readings.is_empty() => return Err(fault),
                Err(_) => {}
            }
        }
        let mut held: Vec<(usize, usize, usize)> = Vec::new();
        for (at, reading) in readings.iter().enumerate() {
            let of_same = self.all_bound().filter(|bound| bound.kind.dataset.name == reading.dataset().name);
            held.extend(of_same.map(|bound| {
                let in_use = |node: &Node| bound.kind.dataset.get(node.concept).in_use;
                (reading.instance.leaves().filter(|(_, node, _)| in_use(node)).count(), bound.at, at)
            }));
        }
        let most = held.iter().map(|(count, ..)| *count).max().unwrap_or_default();
        held.retain(|(count, ..)| *count == most);
        let kinds: Vec<usize> = held.iter().map(|(_, kind, _)| *kind).collect();
        held.retain(|(_, kind, _)| !kinds.iter().any(|other| self.is_like(*kind, *other)));
        if held.iter().any(|(_, kind, _)| self.kinds[*kind].hl7v3.is_some()) {
            held.retain(|(_, kind, _)| self.kinds[*kind].hl7v3.is_some());
        }
        // Where they do not differ, it is the one that is to be written.
        if held.len() > 1 && held.iter().any(|(_, kind, _)| Some(*kind) == self.message) {
            held.retain(|(_, kind, _)| Some(*kind) == self.message);
        }
        match held[..] {
            [(_, kind, at)] => Ok(Reading { kind, is_chosen: true, ..readings.swap_remove(at) }),
            _ => Err(Error::WhichKind {
                candidates: held.iter().map(|(_, kind, _)| self.kinds[*kind].name.clone()).collect(),
            }),
        }
    }

    fn all_bound(&self) -> impl Iterator<Item = Bound<'_>> {
        let kinds = self.kinds.iter().enumerate();
        kinds.filter_map(|(at, kind)| Some(Bound { at, kind, plan: kind.fhir.as_deref()? }))
    }

    /// True if a kind is like another, or like one that is.
    fn is_like(&self, kind: usize, other: usize) -> bool {
        let mut at = kind;
        for _ in 0..self.kinds.len() {
            let below = self.kinds[at].like.as_deref();
            match below.and_then(|name| self.kinds.iter().position(|kind| kind.name == name)) {
                Some(below) if below == other => return true,
                Some(below) => at = below,
                None => return false,
            }
        }
        false
    }
}

/// The codes with which resources are labelled: that of a kind is the URI of its template, which nothing else has.
fn names(tree: &Tree, give: &mut dyn FnMut(&str)) {
    for entry in tree.get("entry").map_or(&[][..], Tree::items) {
        if let Some(resource) = entry.get("resource") {
            names(resource, give);
        }
    }
    let tags = tree.get("meta").and_then(|meta| meta.get("tag")).map_or(&[][..], Tree::items);
    for tag in tags {
        give(tag.text_at("code").unwrap_or_default());
    }
}
