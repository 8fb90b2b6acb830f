//! What marks all of a case as a test, read from the labels of its resources and of the bundles around them.

use super::accounts::{Accounts, Fate};
use super::entry::Entry;
use crate::dataset::{Code, ConceptIx, Content, Dataset, Instance, NodeIx, Origin, Text, Value};
use crate::fhir::values::label::{labels, said};
use crate::ledger::Reason;
use crate::plan::fhir::TestMark;
use crate::tree::Tree;

/// The labels on bundles: they are about everything in them.
pub(super) fn on_bundles<'t>(roots: &'t [Tree], found: &mut Vec<&'t Tree>) {
    for bundle in roots.iter().filter(|root| root.text_at("resourceType") == Some("Bundle")) {
        found.extend(labels(bundle));
        for entry in bundle.get("entry").map_or(&[][..], Tree::items) {
            on_bundles(entry.get("resource").map(std::slice::from_ref).unwrap_or_default(), found);
        }
    }
}

/// The labels in a source that mark it as a test, with their leaves, so that nothing else takes them.
#[derive(Default)]
pub(super) struct Marks {
    leaves: Vec<u32>,
    position: u32,
}

impl Marks {
    pub fn of(mark: Option<&TestMark>, entries: &[Entry<'_>], bundles: &[&Tree], accounts: &mut Accounts) -> Self {
        let mut marks = Self::default();
        let Some(mark) = mark else { return marks };
        let own = entries.iter().flat_map(|entry| labels(entry.resource));
        for label in own.chain(bundles.iter().copied()).flat_map(Tree::items) {
            let is_mark = label.text_at("system") == Some(&mark.system) && label.text_at("code") == Some(&mark.code);
            if is_mark {
                label.each_leaf(&mut |leaf| {
                    marks.leaves.push(leaf.ix);
                    marks.position = leaf.position;
                });
            }
        }
        accounts.mark(&marks.leaves, Fate::Used);
        marks
    }

    /// Says in the instance that it is a test, if it does not say so itself. One that says that it is none contradicts the
    /// labels, which are told.
    pub fn say(&self, mark: &TestMark, dataset: &Dataset, instance: &mut Instance, accounts: &mut Accounts) -> bool {
        if self.leaves.is_empty() {
            return true;
        }
        let leaves = u16::try_from(self.leaves.len()).unwrap_or(u16::MAX);
        let known: Vec<(NodeIx, bool)> =
            said(mark, dataset, instance).map(|(node, code)| (node, mark.codes.contains(code))).collect();
        match known.first() {
            Some((node, true)) => instance.add_leaves(*node, leaves),
            Some((_, false)) => accounts.take_back(&self.leaves, Reason::Contradiction, mark.concept),
            None => return false,
        }
        true
    }

    /// What they come to, where the instance says nothing.
    pub fn content(&self, mark: &TestMark) -> (ConceptIx, Content, Origin) {
        let code = mark.codes.first().cloned().unwrap_or_default();
        let code = Code { code, system: Text::default(), display: None, original_text: None };
        let leaves = u16::try_from(self.leaves.len()).unwrap_or(u16::MAX);
        (mark.concept, Content::Value(Value::Code(code)), Origin { position: self.position, leaves })
    }
}
