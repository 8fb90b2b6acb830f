//! What of an instance may be written where what is written is a fact.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Format, MessageKind};
use crate::dataset::{Instance, NodeIx};
use crate::ledger::{Reason, Unwritten};

/// The instance without what it contradicts itself (what its own answers take back, numbers that two persons share), and what that is.
///
/// A message and a resource say of a value that it is so; an ADA instance holds the fields of a form, and keeps both.
pub(super) fn stated<'i>(
    kind: &MessageKind,
    instance: &'i Instance,
    format: Format,
) -> (Cow<'i, Instance>, Vec<Unwritten>) {
    if format == Format::Ada {
        return (Cow::Borrowed(instance), Vec::new());
    }
    let unwritten = |reason| move |node: NodeIx| Unwritten { node, reason };
    let mut withheld: Vec<Unwritten> =
        instance.contradicted(&kind.dataset).into_iter().map(unwritten(Reason::Contradiction)).collect();
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
