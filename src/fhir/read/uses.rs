//! What several places refer to: it is read for each of them, as if each had one of its own.
//!
//! One organisation can be where a woman is treated and where her child is; one professional can attend the births of
//! twins. What is said once of them is said of each place.

use std::collections::{HashMap, HashSet};

use super::candidates::Candidates;
use super::directory::Directory;
use super::entry::Entry;
use crate::dataset::Dataset;
use crate::plan::fhir::{FhirPlan, RoleIx, Target};
use crate::tree::Tree;

/// For so many more resources than a source has, one is read once more. Beyond that, the references are told as lost.
const MORE: usize = 1000;

/// A reference: the resource that makes it, and its first leaf.
type Use = (usize, u32);

/// One place where a resource is used.
struct Usage {
    of: Use,
    /// What each role that the referring resource may have wants there.
    wanted: Vec<(RoleIx, Target)>,
    /// The entry that is read for it: at first, the resource itself.
    entry: usize,
}

/// The resources that are read for several places.
#[derive(Default)]
pub(super) struct Uses {
    /// The references that mean one entry of a resource that has several.
    entries: HashMap<Use, usize>,
    /// The references that are left without one.
    beyond: HashSet<Use>,
    /// Per resource that has several: its places.
    places: Vec<Vec<Usage>>,
    /// The resource that each further entry is.
    originals: Vec<usize>,
    /// How many resources there are without these.
    own: usize,
}

impl Uses {
    /// Finds them, and adds an entry for each place after the first.
    pub fn find<'t>(
        plan: &FhirPlan,
        directory: &Directory<'t>,
        entries: &mut Vec<Entry<'t>>,
        candidates: &mut Candidates,
    ) -> Self {
        let mut uses = Self { own: entries.len(), ..Self::default() };
        let mut found: HashMap<usize, Vec<Usage>> = HashMap::new();
        let mut order = Vec::new();
        let mut at = 0;
        while at < entries.len() {
            for place in uses.made_by(plan, directory, entries, candidates, at) {
                let target = place.entry;
                let places = found.entry(target).or_default();
                if places.is_empty() {
                    order.push(target);
                    places.push(place);
                } else if entries.len() < 2 * uses.own + MORE {
                    let Entry { resource, container, number, taken_back, .. } = entries[target];
                    let entry = entries.len();
                    entries.push(Entry { resource, names: Vec::new(), container, number, taken_back });
                    candidates.push(candidates[target].clone());
                    uses.originals.push(target);
                    uses.entries.insert(place.of, entry);
                    places.push(Usage { entry, ..place });
                } else {
                    uses.beyond.insert(place.of);
                }
            }
            at += 1;
        }
        for place in found.values().filter(|all| all.len() > 1).map(|all| &all[0]) {
            uses.entries.insert(place.of, place.entry);
        }
        uses.places =
            order.into_iter().filter_map(|target| found.remove(&target)).filter(|all| all.len() > 1).collect();
        uses
    }

    /// The references of a resource that say where what they refer to belongs.
    fn made_by(
        &self,
        plan: &FhirPlan,
        directory: &Directory<'_>,
        entries: &[Entry<'_>],
        candidates: &Candidates,
        at: usize,
    ) -> Vec<Usage> {
        let mut made: Vec<Usage> = Vec::new();
        for role in &candidates[at].0 {
            for placing in plan.placing(*role) {
                let spec = &plan.role(*role).references[placing.reference];
                for reference in spec.path.select(entries[at].resource) {
                    let Some(leaf) = first_leaf(reference) else { continue };
                    let wanted = (*role, spec.target);
                    if let Some(known) = made.iter_mut().find(|place| place.of == (at, leaf)) {
                        known.wanted.push(wanted);
                        continue;
                    }
                    let Some(&[target]) = directory.meant(entries, self.original(at), reference).as_deref() else {
                        continue;
                    };
                    let may_be = |own: &RoleIx| placing.roles.contains(own);
                    if target != self.original(at) && candidates[target].0.iter().any(may_be) {
                        made.push(Usage { of: (at, leaf), wanted: vec![wanted], entry: target });
                    }
                }
            }
        }
        made
    }

    /// The entries that a reference may mean, of the resources that it leads to: one where it says where that belongs, else
    /// any of those of a resource.
    pub fn meant(&self, from: usize, reference: &Tree, targets: Vec<usize>) -> Vec<usize> {
        if self.places.is_empty() {
            return targets;
        }
        let own = first_leaf(reference).and_then(|leaf| self.entries.get(&(from, leaf)));
        own.map_or_else(|| targets.iter().flat_map(|target| self.entries_of(*target)).collect(), |own| vec![*own])
    }

    fn entries_of(&self, target: usize) -> impl Iterator<Item = usize> {
        let further = (self.own..).zip(&self.originals).filter(move |(_, original)| **original == target);
        std::iter::once(target).chain(further.map(|(entry, _)| entry))
    }

    /// True if a reference is left without an entry of its own, though another place has the one that it means.
    pub fn is_left(&self, from: usize, reference: &Tree) -> bool {
        !self.beyond.is_empty() && first_leaf(reference).is_some_and(|leaf| self.beyond.contains(&(from, leaf)))
    }

    /// The resource of the source that an entry is.
    pub fn original(&self, at: usize) -> usize {
        at.checked_sub(self.own).and_then(|further| self.originals.get(further)).copied().unwrap_or(at)
    }

    /// The number of resources of the source.
    pub fn own(&self) -> usize {
        self.own
    }

    /// Where who refers to a resource is not what could have it, there is no such place: what is left of it says nothing.
    pub fn keep_places(&mut self, plan: &FhirPlan, dataset: &Dataset, roles: &mut [Option<RoleIx>]) {
        // What is within a place comes with it.
        while self.keep_once(plan, dataset, roles) {}
    }

    fn keep_once(&mut self, plan: &FhirPlan, dataset: &Dataset, roles: &mut [Option<RoleIx>]) -> bool {
        let mut changed = false;
        for places in &mut self.places {
            let is_one = |place: &Usage, roles: &[Option<RoleIx>]| {
                let of = roles[place.of.0];
                let wanted = place.wanted.iter().filter(|(role, _)| of == Some(*role));
                roles[place.entry]
                    .is_some_and(|own| wanted.into_iter().any(|(_, target)| target.is(plan, dataset, own)))
            };
            let Some(first) = places.iter().position(|place| is_one(place, roles)) else {
                // None of them: it stands for itself.
                places[1..].iter().for_each(|place| changed |= roles[place.entry].take().is_some());
                continue;
            };
            // The resource itself is read for the first of the places.
            if first > 0 {
                let (own, other) = (places[0].entry, places[first].entry);
                roles.swap(own, other);
                self.entries.insert(places[first].of, own);
                self.entries.insert(places[0].of, other);
                (places[0].entry, places[first].entry) = (other, own);
                places.swap(0, first);
                changed = true;
            }
            for at in 1..places.len() {
                if !is_one(&places[at], roles) {
                    changed |= roles[places[at].entry].take().is_some();
                }
            }
        }
        changed
    }
}

/// The number of the first leaf of a reference: no other has it.
fn first_leaf(reference: &Tree) -> Option<u32> {
    let mut first = None;
    reference.each_leaf(&mut |leaf| {
        first.get_or_insert(leaf.ix);
    });
    first
}
