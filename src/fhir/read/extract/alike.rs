//! Groups that have no resource of their own: what their resources say alike (a date) tells to which occurrence each belongs.

use std::collections::HashMap;

use super::Extractor;
use crate::dataset::{ConceptIx, NodeIx, Origin};
use crate::fhir::read::accounts::Fate;
use crate::plan::fhir::{Place, RoleIx};

/// The occurrences of a group in which the common values are the same.
#[derive(Default)]
pub(super) struct Shared {
    nodes: Vec<NodeIx>,
    /// How many of the first ones have an answer already to what a role asks: it stays so.
    taken: HashMap<RoleIx, usize>,
}

impl Extractor<'_, '_> {
    /// For a resource of a group that has none of its own: the occurrence whose common values are the same, and
    /// that has no answer to the question of this resource yet.
    pub(super) fn shared_group(&mut self, at: usize, role: RoleIx, base: NodeIx) -> NodeIx {
        let resource = self.occurrences.recognised.entries[at].resource;
        let concept = self.plan.role(role).concept;
        let resource_type = self.plan.role(role).resource_type.clone();
        let mut found: Option<ConceptIx> = None;
        let mut values = Vec::new();
        for ix in self.plan.each_fields() {
            let Place::Each(group, alternatives) = &self.plan.field(*ix).place else { continue };
            if !self.dataset.is_within(concept, *group) {
                continue;
            }
            if self.plan.field(*ix).copy {
                if let Some((_, path)) = alternatives.iter().find(|(kind, _)| *kind == resource_type) {
                    self.copies.push((*ix, path.clone(), at, base));
                }
                continue;
            }
            found = Some(*group);
            if let Some((_, path)) = alternatives.iter().find(|(kind, _)| *kind == resource_type) {
                values.extend(self.values(*ix, path, resource).into_iter().map(|(content, used)| (*ix, content, used)));
            }
        }
        let Some(group) = found else { return base };
        let says: Vec<String> = values
            .iter()
            .filter_map(|(ix, content, _)| Some(format!("{}{:?}", ix.0, content.as_ref().ok()?)))
            .collect();
        let key = (group, self.occurrences.reach(base, group), says.join(";"));
        let answers = self.plan.role(role).fields.iter().map(|ix| self.plan.field(*ix).concept).collect::<Vec<_>>();
        let shared = self.shared.entry(key).or_default();
        let from = shared.taken.get(&role).copied().unwrap_or_default();
        let is_free = |node: &NodeIx| {
            answers.iter().all(|leaf| {
                self.dataset.get(*leaf).max != Some(1)
                    || self.occurrences.instance.descendants(self.dataset, *node, *leaf).is_empty()
            })
        };
        let free = shared.nodes[from..].iter().position(is_free).map(|free| from + free);
        shared.taken.insert(role, free.unwrap_or(shared.nodes.len()));
        let node = if let Some(free) = free {
            shared.nodes[free]
        } else {
            let node = self.occurrences.open(base, group);
            shared.nodes.push(node);
            node
        };
        for (ix, content, used) in values {
            let leaf = self.plan.field(ix).concept;
            self.accounts.lose(&used.left, leaf);
            let fresh = self.accounts.fresh(&used.leaves);
            match content {
                Ok(content) => {
                    if let Some(there) = self.occurrences.instance.descendants(self.dataset, node, leaf).first() {
                        self.occurrences.instance.add_leaves(*there, fresh);
                    } else {
                        let origin = Origin { position: used.position, leaves: fresh };
                        self.occurrences.add_leaf(node, leaf, content, origin);
                    }
                    self.accounts.mark(&used.leaves, Fate::Used);
                }
                Err(reason) => self.accounts.give_reason(&used.leaves, reason, leaf),
            }
        }
        node
    }
}
