//! Labels that are those of other codes: a source that says one thing in a code and another in words.

use super::MessageKind;
use crate::dataset::{Code, Content, Instance, NodeIx, Value};
use crate::ledger::{Ledger, Reason};

/// Takes the labels off codes whose value set has them for another code, and tells that. The code stands.
pub(super) fn tell(kind: &MessageKind, instance: &mut Instance, ledger: &mut Ledger) {
    let is_of_another = |concept, content: &Content| {
        let Content::Value(Value::Code(Code { code, system, display: Some(label), .. })) = content else {
            return false;
        };
        let Some(members) = kind.terminology.value_set_of(kind.dataset.get(concept)) else { return false };
        let is_same = |display: &str| display.to_lowercase() == label.to_lowercase();
        let Some(own) = members.find(code, system).filter(|own| own.display != *label && !is_same(&own.display)) else {
            return false;
        };
        members
            .members()
            .iter()
            .any(|other| (&other.code, &other.system) != (&own.code, &own.system) && is_same(&other.display))
    };
    let odd = instance.leaves().filter(|(_, leaf, content)| is_of_another(leaf.concept, content));
    for node in odd.map(|(node, ..)| node).collect::<Vec<NodeIx>>() {
        if let Some(Content::Value(Value::Code(code))) = instance.content_mut(node) {
            code.display = None;
        }
        ledger.told(instance, node, Reason::Label);
    }
}
