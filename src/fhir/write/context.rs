//! Which occurrence is meant: from one place in an instance to another.

use std::collections::HashMap;

use crate::dataset::{Aligned, ConceptIx, Dataset, Instance, NodeIx};
use crate::plan::fhir::FhirPlan;

/// The occurrences of aligned groups, paired.
pub(super) struct Pairs {
    pairs: HashMap<NodeIx, NodeIx>,
}

impl Pairs {
    /// Pairs the occurrences in an instance.
    pub fn of(plan: &FhirPlan, dataset: &Dataset, instance: &Instance) -> Self {
        let pairs = plan.aligned.iter().flat_map(|aligned| instance.pairs(dataset, *aligned));
        Self { pairs: pairs.collect() }
    }

    /// The occurrence that an occurrence of an aligned group is about.
    pub fn partner(&self, node: NodeIx) -> Option<NodeIx> {
        self.pairs.get(&node).copied()
    }
}

/// The nodes from a node up to the root, itself first.
pub(super) fn ancestors(instance: &Instance, node: NodeIx) -> impl Iterator<Item = NodeIx> {
    std::iter::successors(Some(node), |ix| (*ix != NodeIx::ROOT).then(|| instance.node(*ix).parent))
}

/// The occurrence of a concept that is meant from a node: an ancestor, or else the first one below the nearest
/// common ancestor. Where there is none, the innermost existing group that would hold it: two references to what
/// is absent then mean the same absent thing.
pub(super) fn find(
    dataset: &Dataset,
    instance: &Instance,
    pairs: &Pairs,
    aligned: &[Aligned],
    from: NodeIx,
    concept: ConceptIx,
) -> NodeIx {
    let mut at = NodeIx::ROOT;
    for node in ancestors(instance, from) {
        let own = instance.node(node).concept;
        let leads = aligned.iter().any(|aligned| aligned.leads(dataset, own, concept));
        if let Some(partner) = pairs.partner(node).filter(|_| leads) {
            at = partner;
            break;
        }
        if dataset.is_within(concept, own) {
            at = node;
            break;
        }
    }
    let own = instance.node(at).concept;
    if own == concept {
        return at;
    }
    let steps = dataset.groups_between(own, concept).into_iter().chain([concept]);
    for step in steps {
        // An empty occurrence is as good as none: it would not come back.
        match instance.occurrences(at, step).find(|next| instance.holds_value(*next)) {
            Some(next) => at = next,
            None => return at,
        }
    }
    at
}
