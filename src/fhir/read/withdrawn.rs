//! What other resources take back: the document that it is in, a list that it was taken off, a provenance.

use std::collections::HashSet;

use super::directory::Directory;
use super::entry::Entry;
use crate::dataset::Text;
use crate::plan::fhir::{FhirPlan, Withdrawn};

/// Marks the resources that another one takes back, or that a value takes back as a whole. With what they contain, and wherever
/// the source has them again.
pub(super) fn withdraw(plan: &FhirPlan, entries: &mut [Entry<'_>]) {
    let said: Vec<(usize, Withdrawn<'_>)> = (0..entries.len())
        .flat_map(|at| plan.withdrawals.of(entries[at].resource).map(move |withdrawn| (at, withdrawn)))
        .collect();
    if said.is_empty() {
        return;
    }
    let directory = Directory::of(entries);
    let mut taken_back = Vec::new();
    for (at, withdrawn) in said {
        match withdrawn {
            Withdrawn::Itself => taken_back.push(at),
            Withdrawn::All => taken_back.extend(0..entries.len()),
            // Of several that are called so, nothing says which is meant: none can be relied on.
            Withdrawn::Target(reference) => taken_back.extend(directory.may_mean(entries, at, reference)),
        }
    }
    let names: HashSet<Text> = taken_back.iter().flat_map(|at| entries[*at].names.iter().cloned()).collect();
    for at in taken_back {
        entries[at].taken_back = true;
    }
    for at in 0..entries.len() {
        let is_within = entries[at].container.is_some_and(|container| entries[container].taken_back);
        entries[at].taken_back |= is_within || entries[at].names.iter().any(|name| names.contains(name));
    }
}
