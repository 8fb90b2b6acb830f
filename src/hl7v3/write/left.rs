//! What a case says and nothing was written for.

use super::{Fate, Writer};
use crate::dataset::NodeIx;
use crate::ledger::{Reason, Unwritten};
use crate::plan::hl7v3::{Child, ElementIx, Route};

impl Writer<'_> {
    /// What would stand in an element that is not written, because another says the same in another form.
    pub(super) fn pass_over(&mut self, ix: ElementIx) {
        let element = self.plan.element(ix);
        if let Some(hole) = &element.value
            && let Some((leaf, content)) = self.content(hole)
        {
            self.settle(hole, leaf, content, Fate::Refused(Reason::NoPlace));
        }
        for child in &element.children {
            if let Child::Element(child) = child {
                self.pass_over(*child);
            }
        }
    }

    pub(super) fn unwritten(&self) -> Vec<Unwritten> {
        let leaves = self.instance.leaves();
        leaves
            .filter_map(|(node, leaf, _)| {
                let reason = match self.fate[node.0 as usize] {
                    Fate::Written => return None,
                    Fate::Refused(reason) => reason,
                    Fate::Open => match self.plan.place_of(leaf.concept) {
                        None => Reason::NoPlace,
                        Some(_) if self.is_silent(leaf.concept, node) => Reason::NullFlavor,
                        Some(place) => self.why_open(node, place),
                    },
                };
                Some(Unwritten { node, reason })
            })
            .collect()
    }

    /// A leaf with a place that nothing was written for: another leaf took it, or what it belongs to is absent.
    pub(super) fn why_open(&self, node: NodeIx, place: &Route) -> Reason {
        let base = |from: NodeIx| {
            let mut at = from;
            while self.instance.node(at).concept != place.from && at != NodeIx::ROOT {
                at = self.instance.node(at).parent;
            }
            at
        };
        let concept = self.instance.node(node).concept;
        let same = self.instance.descendants(self.dataset, base(node), concept);
        let taken = same.iter().any(|other| self.fate[other.0 as usize] == Fate::Written);
        if taken { Reason::TooMany } else { Reason::NoCarrier }
    }
}
