//! What of an instance may be written where what is written is a fact.

use std::borrow::Cow;

use super::{Format, MessageKind};
use crate::dataset::{Instance, NodeIx};
use crate::ledger::{Reason, Unwritten};

/// The instance without what its own answers take back, and what that is.
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
        instance.taken_back(&kind.dataset).into_iter().map(unwritten(Reason::Contradiction)).collect();
    if let (Format::Hl7v3, Some(plan)) = (format, &kind.hl7v3) {
        let mut unasked = instance.unasked(&kind.dataset);
        // Elsewhere an act says nothing by being there.
        unasked.retain(|node| {
            let question = kind.dataset.question_of(instance.node(*node).concept);
            question.is_some_and(|question| plan.says_yes_by_silence(question))
        });
        let mut unanswered = plan.unanswered(&kind.dataset, instance);
        unanswered.retain(|node| !unasked.contains(node) && withheld.iter().all(|known| known.node != *node));
        withheld.extend(unasked.into_iter().chain(unanswered).map(unwritten(Reason::NoCarrier)));
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
