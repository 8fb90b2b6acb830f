//! Which occurrence is meant: from one place in an instance to another.

use std::collections::HashMap;

use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, Value};
use crate::plan::fhir::{Alignment, FhirPlan};

/// The occurrences of aligned groups, paired.
pub(super) struct Pairs {
    pairs: HashMap<NodeIx, NodeIx>,
}

impl Pairs {
    /// Pairs the occurrences in an instance: as its source did, else by key where both have one, else by position. What has
    /// the key of several is about none of them that anybody knows.
    pub fn of(plan: &FhirPlan, dataset: &Dataset, instance: &Instance) -> Self {
        let mut pairs = HashMap::new();
        for alignment in &plan.alignments {
            let ours = instance.descendants(dataset, NodeIx::ROOT, alignment.group);
            let theirs = instance.descendants(dataset, NodeIx::ROOT, alignment.with);
            for (at, own) in ours.iter().enumerate() {
                let said = instance.aligned_with(*own).filter(|with| theirs.contains(with));
                let partner = match key(dataset, instance, *own, alignment.key.0) {
                    _ if said.is_some() => said.as_ref(),
                    Some(wanted) => {
                        let is_meant = |with: &&NodeIx| key(dataset, instance, **with, alignment.key.1) == Some(wanted);
                        let mut meant = theirs.iter().filter(is_meant);
                        meant.next().filter(|_| meant.next().is_none())
                    }
                    None => theirs.get(at),
                };
                // One of each: there is nothing to confuse.
                let partner = partner.or(
                    if ours.len() == 1
                        && theirs.len() == 1
                        && key(dataset, instance, theirs[0], alignment.key.1).is_none()
                    {
                        theirs.first()
                    } else {
                        None
                    },
                );
                if let Some(partner) = partner {
                    pairs.insert(*own, *partner);
                }
            }
        }
        Self { pairs }
    }

    /// The occurrence that an occurrence of an aligned group is about.
    pub fn partner(&self, node: NodeIx) -> Option<NodeIx> {
        self.pairs.get(&node).copied()
    }
}

fn key<'i>(dataset: &Dataset, instance: &'i Instance, node: NodeIx, leaf: ConceptIx) -> Option<&'i Value> {
    let found = instance.descendants(dataset, node, leaf).into_iter().next()?;
    match instance.node(found).content.as_ref()? {
        Content::Value(value) => Some(value),
        Content::Null { .. } => None,
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
    alignments: &[Alignment],
    from: NodeIx,
    concept: ConceptIx,
) -> NodeIx {
    let mut at = NodeIx::ROOT;
    for node in ancestors(instance, from) {
        let own = instance.node(node).concept;
        let aligned =
            alignments.iter().find(|alignment| alignment.group == own && dataset.is_within(concept, alignment.with));
        if let Some(partner) = aligned.and_then(|_| pairs.partner(node)) {
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
