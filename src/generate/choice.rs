//! One leaf of a drawn instance.

use std::collections::BTreeMap;
use std::fmt;

use crate::dataset::{ConceptIx, Content, Instance, NodeIx, Origin};

/// A leaf: which occurrence of which concepts it is, and what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Choice {
    /// From the outermost group to the leaf: concept, and which of its occurrences.
    pub path: Box<[(ConceptIx, u16)]>,
    /// What it says.
    pub content: Content,
}

/// `3/12.1/40 = …`: positions in the dataset, with the occurrence where it is not the first.
impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (concept, nth)) in self.path.iter().enumerate() {
            let slash = if at == 0 { "" } else { "/" };
            match nth {
                0 => write!(f, "{slash}{}", concept.0)?,
                nth => write!(f, "{slash}{}.{nth}", concept.0)?,
            }
        }
        write!(f, " = {:?}", self.content)
    }
}

/// The tree of the leaves.
pub(super) fn tree(choices: &[Choice]) -> Instance {
    let mut instance = Instance::new();
    let mut groups: BTreeMap<&[(ConceptIx, u16)], NodeIx> = BTreeMap::new();
    for choice in choices {
        let mut at = NodeIx::ROOT;
        let depth = choice.path.len().saturating_sub(1);
        for end in 1..=depth {
            let concept = choice.path[end - 1].0;
            at = *groups.entry(&choice.path[..end]).or_insert_with(|| instance.add_group(at, concept));
        }
        if let Some((concept, _)) = choice.path.last() {
            instance.add_leaf(at, *concept, choice.content.clone(), Origin::default());
        }
    }
    instance
}
