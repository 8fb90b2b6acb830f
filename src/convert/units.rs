//! Units that a source should not have: none of UCUM, or of something else than the concept.

use super::MessageKind;
use crate::dataset::{Content, Instance, NodeIx, Value};
use crate::ledger::{Ledger, Reason};

/// Tells of the units that no program can rely on. The values keep them as they are: nothing is corrected.
pub(super) fn tell(kind: &MessageKind, instance: &mut Instance, ledger: &mut Ledger) {
    let units = kind.terminology.units();
    let is_odd = |concept, content: &Content| {
        let wanted = &kind.dataset.get(concept).unit;
        let Content::Value(Value::Quantity(quantity)) = content else { return false };
        let unit = &quantity.unit;
        !unit.is_empty() && unit != wanted && (units.kind(unit).is_none() || !units.are_alike(wanted, unit))
    };
    let odd = instance.leaves().filter(|(_, leaf, content)| is_odd(leaf.concept, content)).map(|(node, ..)| node);
    for node in odd.collect::<Vec<NodeIx>>() {
        ledger.told(instance, node, Reason::Unit);
    }
}
