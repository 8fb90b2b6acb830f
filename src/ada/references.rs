//! Leaves that mean a group of the same form, by the name in its `id`.

use std::collections::HashMap;

use crate::dataset::{ConceptIx, Dataset, Instance, NodeIx, Origin};
use crate::ledger::{Ledger, Loss, Reason};

/// The groups with a name, and what refers to them: a form may name a group after it is meant.
#[derive(Debug, Default)]
pub(super) struct References {
    groups: HashMap<String, NodeIx>,
    pending: Vec<Pending>,
}

/// A leaf that refers to a group.
#[derive(Debug)]
pub(super) struct Pending {
    /// The group that holds it.
    pub to: NodeIx,
    pub concept: ConceptIx,
    /// The name of the group that it means.
    pub name: String,
    pub position: u32,
    pub path: String,
}

impl References {
    /// A group has a name; the first one that has it is meant.
    pub fn named(&mut self, name: &str, group: NodeIx) {
        self.groups.entry(name.to_owned()).or_insert(group);
    }

    /// A leaf refers to a group.
    pub fn refer(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Gives each reference what the group says that it means; one that means nothing is lost.
    pub fn settle(self, dataset: &Dataset, instance: &mut Instance, ledger: &mut Ledger) {
        for Pending { to, concept, name, position, path } in self.pending {
            let target = dataset.get(concept).refers_to;
            let meant = self.groups.get(&name).zip(target).and_then(|(group, target)| {
                let leaf = instance.descendants(dataset, *group, target).first().copied()?;
                instance.node(leaf).content.clone()
            });
            match meant {
                Some(content) => {
                    instance.add_leaf(to, concept, content, Origin { position, leaves: 1 });
                    ledger.translated(1);
                }
                None => ledger.lost(Loss {
                    reason: Reason::NoCarrier,
                    position,
                    path: Some(path),
                    concept: Some(concept),
                    within: None,
                    rule: None,
                    leaves: 1,
                }),
            }
        }
    }
}
