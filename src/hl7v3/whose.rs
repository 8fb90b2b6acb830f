//! Which elements say whose a record is. A document may have a second one of these, for which there is no room.

use std::collections::HashSet;

use crate::dataset::Dataset;
use crate::plan::hl7v3::{ElementIx, MessagePlan};

/// So many of them are looked at; a document with more is about many. A sender cannot make that work longer.
const LOOKED_AT: usize = 16;

/// What is known of them, once there is a second one.
#[derive(Default)]
pub(super) struct Whose {
    elements: Option<HashSet<ElementIx>>,
    looked_at: usize,
}

impl Whose {
    /// True if an element holds the number by which a person is known.
    pub fn is_told_by(&mut self, plan: &MessagePlan, dataset: &Dataset, ix: ElementIx) -> bool {
        self.elements.get_or_insert_with(|| around_numbers(plan, dataset)).contains(&ix)
    }

    /// True if one more may be looked at.
    pub fn may_look(&mut self) -> bool {
        self.looked_at += 1;
        self.looked_at <= LOOKED_AT
    }
}

/// The elements around the places of the numbers by which persons are known.
fn around_numbers(plan: &MessagePlan, dataset: &Dataset) -> HashSet<ElementIx> {
    let is_number = |ix: &ElementIx| {
        let hole = plan.element(*ix).value.as_ref();
        hole.is_some_and(|hole| dataset.is_number_of_a_person(hole.fill.concept))
    };
    let outwards = |ix: ElementIx| std::iter::successors(plan.element(ix).parent, |at| plan.element(*at).parent);
    plan.element_numbers().filter(is_number).flat_map(outwards).collect()
}
