//! What the published form demands of a leaf that is written, and the case does not give.

use super::has_oid;
use super::write::Writer;
use crate::dataset::{Content, NodeIx, Value};
use crate::ledger::{BrokenRule, Demand, Unmet};

/// The rule that something breaks for which the published form has no element.
const SCHEMA: &str = "ada-schema";

impl Writer<'_> {
    /// Tells what the form cannot say as it is written: a moment that is not as precise as it wants it, and what it has no
    /// element for. It stands there as the source has it.
    pub(super) fn tell(&mut self, leaf: NodeIx, content: &Content) {
        let at = self.instance.node(leaf).concept;
        let concept = self.dataset.get(at);
        if !has_oid(&concept.number) {
            return;
        }
        if let Content::Value(Value::DateTime(moment)) = content
            && !self.plan.takes(concept, moment.precision())
        {
            self.lacking.push((self.text.len(), at));
        }
        if self.plan.unlisted.contains(&concept.number) {
            self.broken.push(BrokenRule { node: leaf, rule: SCHEMA.into(), is_noted: true });
        }
    }

    /// What is lacking, with the lines of what was written.
    pub(super) fn unmet(&self) -> Vec<Unmet> {
        let (mut line, mut from) = (1, 0);
        let unmet = self.lacking.iter().map(|(position, concept)| {
            line += self.text.get(from..*position).map_or(0, |passed| passed.matches('\n').count());
            from = *position;
            Unmet { concept: *concept, demand: Demand::Precision, line: Some(line), filler: None }
        });
        unmet.collect()
    }
}
