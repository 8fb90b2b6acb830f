//! What of an instance may be written where what is written is a fact.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Format, MessageKind};
use crate::dataset::{Instance, NodeIx};
use crate::ledger::{Reason, Unwritten};

/// The instance without what it contradicts itself (what its own answers take back, numbers that two persons share), and what that is.
///
/// A message and a resource say of a value that it is so; an ADA instance holds the fields of a form, and keeps both an answer and
/// what it takes back. But a number says there too who somebody is: only a form that was read as one keeps what stood in its
/// fields. And it has nothing but keys to say whose the groups are that are about the same thing.
pub(super) fn stated<'i>(
    kind: &MessageKind,
    instance: &'i Instance,
    from: Option<Format>,
    format: Format,
) -> (Cow<'i, Instance>, Vec<Unwritten>) {
    let unwritten = |reason| move |node: NodeIx| Unwritten { node, reason };
    let mut withheld: Vec<Unwritten> = if format == Format::Ada {
        let is_a_form = from == Some(Format::Ada);
        let shared = if is_a_form { Vec::new() } else { instance.shared_numbers(&kind.dataset) };
        let shared = shared.into_iter().map(unwritten(Reason::Contradiction));
        let nobodys = nobodys(kind, instance).into_iter().map(unwritten(Reason::NoCarrier));
        let mut known = HashSet::new();
        shared.chain(nobodys).filter(|own| known.insert(own.node)).collect()
    } else {
        instance.contradicted(&kind.dataset).into_iter().map(unwritten(Reason::Contradiction)).collect()
    };
    if let (Format::Hl7v3, Some(plan)) = (format, &kind.hl7v3) {
        let known: HashSet<NodeIx> = withheld.iter().map(|known| known.node).collect();
        let without_act = plan.without_act(&kind.dataset, instance).into_iter().filter(|node| !known.contains(node));
        withheld.extend(without_act.map(unwritten(Reason::NoCarrier)));
    }
    if withheld.is_empty() {
        return (Cow::Borrowed(instance), withheld);
    }
    let mut rest = instance.clone();
    for unwritten in &withheld {
        rest.remove(unwritten.node);
    }
    (Cow::Owned(rest), withheld)
}

/// The leaves of groups of which keys do not say whose they are.
fn nobodys(kind: &MessageKind, instance: &Instance) -> Vec<NodeIx> {
    let aligned = kind.fhir.iter().flat_map(|plan| &plan.aligned);
    let groups = aligned.flat_map(|aligned| instance.told_apart_by_source(&kind.dataset, *aligned));
    let groups: Vec<NodeIx> = groups.collect();
    let leaves = instance.leaves().map(|(node, ..)| node);
    leaves.filter(|leaf| groups.iter().any(|group| instance.is_below(*leaf, *group))).collect()
}
