//! Leaves that mean a group of the same form, by the name in its `id`.

use std::collections::HashMap;

use roxmltree::Node;

use super::leaf;
use super::read::{Reader, path, position};
use crate::dataset::{ConceptIx, NodeIx, Origin};
use crate::ledger::{Loss, Reason};

/// The groups with a name, and what refers to them: a form may name a group after it is meant.
#[derive(Debug, Default)]
pub(super) struct References {
    groups: HashMap<String, NodeIx>,
    pending: Vec<Pending>,
}

/// A leaf that refers to a group.
#[derive(Debug)]
struct Pending {
    to: NodeIx,
    concept: ConceptIx,
    name: String,
    position: u32,
    path: String,
}

impl References {
    /// A group has a name; the first one that has it is meant.
    pub fn named(&mut self, name: &str, group: NodeIx) {
        self.groups.entry(name.to_owned()).or_insert(group);
    }
}

impl Reader<'_> {
    /// Takes a leaf that refers to a group; false if it does not, but says something itself.
    pub(super) fn reference(&mut self, element: Node<'_, '_>, concept: ConceptIx, to: NodeIx) -> bool {
        let name = element.attribute("value").filter(|name| !name.is_empty() && !element.has_attribute("code"));
        let Some(name) = name else { return false };
        for attribute in element.attributes() {
            if leaf::is_describing(&attribute) {
                self.ledger.structural(1);
            } else if attribute.name() != "value" {
                self.lose(element, Some(attribute.name()), Reason::Unknown, Some(concept), 1);
            }
        }
        for inner in self.elements(element) {
            self.lose_all(inner, Reason::Unknown);
        }
        let (position, path) = (position(element), path(element, Some("value")));
        self.references.pending.push(Pending { to, concept, name: name.to_owned(), position, path });
        true
    }

    /// Gives each reference what the group says that it means; one that means nothing is lost.
    pub(super) fn refer(&mut self) {
        for Pending { to, concept, name, position, path } in std::mem::take(&mut self.references.pending) {
            let group = self.references.groups.get(&name).copied();
            let target = self.dataset.get(concept).refers_to;
            let meant = group.zip(target).and_then(|(group, target)| {
                let leaf = self.instance.descendants(self.dataset, group, target).first().copied()?;
                self.instance.node(leaf).content.clone()
            });
            match meant {
                Some(content) => {
                    self.instance.add_leaf(to, concept, content, Origin { position, leaves: 1 });
                    self.ledger.translated(1);
                }
                None => self.ledger.lost(Loss {
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
