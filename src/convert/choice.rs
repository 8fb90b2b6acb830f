//! Which kind of message FHIR is: the one that it names, or the one that holds most of what was read.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Converter, Error, Format, Reading};
use crate::dataset::ConceptIx;
use crate::plan::fhir::FhirPlan;
use crate::plan::{Head, MessageKind};
use crate::tree::Tree;

/// A kind of message that the tables bind to FHIR.
#[derive(Clone, Copy)]
pub(super) struct Bound<'k> {
    pub kind: &'k Arc<MessageKind>,
    pub plan: &'k FhirPlan,
}

impl Converter {
    /// The same converter, which reads FHIR as this kind: what was just made of an instance of it.
    pub(crate) fn reading_fhir_as(self, name: &str) -> Self {
        let fhir_as = self.kinds.called(name);
        Self { fhir_as, ..self }
    }

    /// The kind that resources of a source name, if they name one.
    ///
    /// # Errors
    /// If its tables are faulty.
    pub(super) fn named<'t>(&self, trees: impl IntoIterator<Item = &'t Tree>) -> Result<Option<Bound<'_>>, Error> {
        if let Some(at) = self.fhir_as.filter(|at| self.kinds.heads()[*at].fhir.is_some()) {
            return self.bound(at).map(Some);
        }
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for tree in trees {
            names(tree, &mut |name| {
                found
                    .extend(self.all_bound().find(|(_, head)| !name.is_empty() && head.mark == name).map(|(at, _)| at));
            });
        }
        match found.first() {
            Some(only) if found.len() == 1 => self.bound(*only).map(Some),
            _ => Ok(None),
        }
    }

    /// The positions of the kinds as which FHIR can be read: one for each dataset, those that are like nothing first.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn bounds(&self, format: Format) -> Result<Vec<usize>, Error> {
        let heads = self.kinds.heads();
        let mut bounds: Vec<usize> = Vec::new();
        for (at, head) in self.all_bound() {
            if bounds.iter().all(|other| heads[*other].dataset != head.dataset) {
                bounds.push(at);
            }
        }
        bounds.sort_by_key(|at| self.turn(*at));
        if bounds.is_empty() {
            return Err(Error::NoBinding { message: "anything".to_owned(), format: format.name() });
        }
        Ok(bounds)
    }

    /// The kind from which facts of FHIR itself are taken: the first of [`Converter::bounds`].
    ///
    /// # Errors
    /// If its tables are faulty.
    pub(super) fn first_bound(&self) -> Result<Option<Bound<'_>>, Error> {
        let first = self.all_bound().min_by_key(|(at, _)| self.turn(*at));
        first.map(|(at, _)| self.bound(at)).transpose()
    }

    /// The kind at a position, which the tables bind to FHIR.
    ///
    /// # Errors
    /// If they do not, or are faulty.
    pub(super) fn bound(&self, at: usize) -> Result<Bound<'_>, Error> {
        let kind = self.kinds.get(at)?;
        let unbound = || Error::NoBinding { message: kind.title.clone(), format: Format::FhirJson.name() };
        Ok(Bound { kind, plan: kind.fhir.as_deref().ok_or_else(unbound)? })
    }

    /// What was read, as the kind that holds most of it. Of those that hold as much, what another is like goes before that
    /// other, and a message before a transaction that has none; `read` reads the same as another kind.
    ///
    /// # Errors
    /// [`Error::WhichKind`] if none of them goes before the others.
    pub(super) fn best<'k>(
        &'k self,
        bounds: &[usize],
        mut read: impl FnMut(&Bound<'k>) -> Result<Reading, Error>,
    ) -> Result<Reading, Error> {
        let mut readings: Vec<Reading> = Vec::new();
        for at in bounds {
            // Nothing that is like a kind which holds everything holds more.
            let holds_all =
                readings.iter().any(|known| known.ledger.lost_leaves() == 0 && self.is_like(*at, known.kind.position));
            if holds_all {
                continue;
            }
            match read(&self.bound(*at)?) {
                Ok(reading) => readings.push(reading),
                // What is wrong with it is said once.
                Err(fault) if readings.is_empty() => return Err(fault),
                Err(_) => {}
            }
        }
        let heads = self.kinds.heads();
        let mut held: Vec<((usize, usize), usize, usize)> = Vec::new();
        for (at, reading) in readings.iter().enumerate() {
            // What is clinical decides: that it names a woman does not make a case a message that has a place for names.
            let leaves = reading.instance.leaves().map(|(_, node, _)| node.concept);
            let leaves: Vec<(ConceptIx, bool)> =
                leaves.map(|concept| (concept, reading.dataset().is_clinical(concept))).collect();
            let count = |has: &dyn Fn(ConceptIx) -> bool| {
                let held = leaves.iter().filter(|(concept, _)| has(*concept));
                held.fold((0, 0), |(clinical, all), (_, is_clinical)| (clinical + usize::from(*is_clinical), all + 1))
            };
            let all = count(&|_| true);
            let mut of_same: Vec<usize> = self.all_bound().map(|(kind, _)| kind).collect();
            of_same.retain(|kind| heads[*kind].dataset == reading.dataset().name.as_str());
            of_same.sort_by_key(|kind| self.turn(*kind));
            for kind in of_same {
                // What is like a kind that holds all of it is not looked at: it would go after that one.
                let goes_after = |known: &((usize, usize), usize, usize)| {
                    known.2 == at && known.0 == all && self.is_like(kind, known.1)
                };
                if held.iter().any(goes_after) {
                    continue;
                }
                let dataset = self.kinds.dataset(kind)?;
                held.push((count(&|concept| dataset.get(concept).in_use), kind, at));
            }
        }
        let most = held.iter().map(|(count, ..)| *count).max().unwrap_or_default();
        held.retain(|(count, ..)| *count == most);
        let kinds: Vec<usize> = held.iter().map(|(_, kind, _)| *kind).collect();
        held.retain(|(_, kind, _)| !kinds.iter().any(|other| self.is_like(*kind, *other)));
        let is_message = |kind: usize| !heads[kind].roots.is_empty();
        if held.iter().any(|(_, kind, _)| is_message(*kind)) {
            held.retain(|(_, kind, _)| is_message(*kind));
        }
        // Where they do not differ, it is the one that is to be written.
        if held.len() > 1 && held.iter().any(|(_, kind, _)| Some(*kind) == self.message) {
            held.retain(|(_, kind, _)| Some(*kind) == self.message);
        }
        match held[..] {
            [(_, kind, at)] => {
                let kind = Arc::clone(self.kinds.get(kind)?);
                Ok(Reading { kind, is_chosen: true, ..readings.swap_remove(at) })
            }
            _ => Err(Error::WhichKind {
                candidates: held.iter().map(|(_, kind, _)| heads[*kind].name.clone()).collect(),
            }),
        }
    }

    /// What tells the kinds that the tables bind to FHIR, each with its position.
    pub(super) fn all_bound(&self) -> impl Iterator<Item = (usize, &Head)> {
        self.kinds.heads().iter().enumerate().filter(|(_, head)| head.fhir.is_some())
    }

    /// When it is the turn of a kind: those that are like nothing go first.
    fn turn(&self, kind: usize) -> (bool, usize) {
        (self.kinds.heads()[kind].like.is_some(), kind)
    }

    /// True if a kind is like another, or like one that is.
    fn is_like(&self, kind: usize, other: usize) -> bool {
        let heads = self.kinds.heads();
        let below = |at: &usize| self.kinds.called(heads[*at].like.as_deref()?);
        // As many as there are is a circle.
        std::iter::successors(below(&kind), below).take(heads.len()).any(|at| at == other)
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
