//! Where occurrences stand in the ids of their resources, if that is not where they stand in the record.

use std::collections::HashMap;

use crate::dataset::{Instance, NodeIx};

/// Positions of occurrences among those of their group, as they are in ids: of those that stand elsewhere in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions(HashMap<NodeIx, usize>);

impl Positions {
    /// The position of an occurrence, if it is not the one at which it stands.
    pub(super) fn get(&self, node: NodeIx) -> Option<usize> {
        self.0.get(&node).copied()
    }

    pub(super) fn set(&mut self, node: NodeIx, position: usize) {
        self.0.insert(node, position);
    }

    /// True if every occurrence has the position at which it stands.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same of another instance, in which each node is one of this.
    #[must_use]
    pub fn moved(&self, other: &Instance, source: impl Fn(NodeIx) -> Option<NodeIx>) -> Self {
        let own = |node: NodeIx| Some((node, self.get(source(node)?)?));
        if self.is_empty() { Self::default() } else { Self(other.nodes().filter_map(|(node, _)| own(node)).collect()) }
    }
}
