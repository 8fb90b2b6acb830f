//! Values beyond what a concept may have in one occurrence of its group: a source that says two of what there is one of.

use super::MessageKind;
use crate::dataset::{Instance, Kind, NodeIx, Packing};
use crate::ledger::{Ledger, Reason};

/// Leaves each concept as many values as it may have, the first ones; the others are lost and told. What says the same as
/// one of those is the same fact.
pub(super) fn cut(kind: &MessageKind, instance: &mut Instance, ledger: &mut Ledger) {
    for node in of(kind, instance) {
        let (parent, concept) = (instance.node(node).parent, instance.node(node).concept);
        let is_same = |other: &NodeIx| instance.node(*other).content == instance.node(node).content;
        let same = instance.occurrences(parent, concept).take_while(|other| *other != node).find(is_same);
        if let Some(same) = same {
            let leaves = instance.node(node).origin.leaves;
            instance.add_leaves(same, leaves);
        } else {
            let is_answer = kind.dataset.get(concept).kind == Kind::Boolean;
            let reason = if is_answer { Reason::Contradiction } else { Reason::TooMany };
            ledger.unwritten(instance, node, reason);
        }
        instance.remove(node);
    }
}

/// The values beyond what a concept may have.
pub(super) fn of(kind: &MessageKind, instance: &Instance) -> Vec<NodeIx> {
    instance.leaves().map(|(ix, ..)| ix).filter(|ix| is_excess(kind, instance, *ix)).collect()
}

/// True if as many siblings stand before a leaf as there may be.
fn is_excess(kind: &MessageKind, instance: &Instance, node: NodeIx) -> bool {
    let (parent, concept) = (instance.node(node).parent, instance.node(node).concept);
    Packing::of(&kind.dataset).most(concept).is_some_and(|most| {
        let mut before = instance.occurrences(parent, concept).take_while(|other| *other != node);
        // No further than it takes to tell: a source may have very many.
        before.nth(most - 1).is_some()
    })
}
