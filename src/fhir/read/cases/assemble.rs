//! One case of a source, as a source by itself.

use std::collections::HashSet;

use super::{Belongs, Division};
use crate::dataset::Text;
use crate::fhir::read::directory::Directory;
use crate::fhir::read::entry::{Entry, add_resource};
use crate::fhir::read::source::Source;
use crate::tree::Tree;

/// The resources of one case: copies, whose leaves are numbered anew and keep their positions.
#[derive(Default)]
pub struct CaseResources {
    own: Vec<Copy>,
    strays: Vec<Copy>,
    rivals: Vec<Copy>,
    labels: Vec<Tree>,
    /// How many leaves they have.
    pub leaves: u32,
}

/// What belongs to no case.
#[derive(Default)]
pub struct Leftovers {
    strays: Vec<usize>,
    /// Of those that contradict another with their id, the ones whose other belongs to no case either.
    rivals: Vec<usize>,
}

impl Leftovers {
    /// How many resources these are.
    pub fn count(&self) -> usize {
        self.strays.len() + self.rivals.len()
    }
}

/// A copy of a resource.
struct Copy {
    resource: Tree,
    names: Vec<Text>,
    /// Its place among all resources of the source.
    number: usize,
    taken_back: bool,
}

impl CaseResources {
    /// The same, ready to be read.
    pub fn source(&self) -> Source<'_> {
        let entries = entries_of(&self.own);
        let directory = Directory::of(&entries);
        let [strays, rivals] = [&self.strays, &self.rivals].map(|copies| entries_of(copies));
        let labels = self.labels.iter().collect();
        Source { entries, directory, strays, rivals, labels, structural: Vec::new(), leaves: self.leaves }
    }

    /// Its resources.
    pub fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.own.iter().map(|copy| &copy.resource)
    }

    fn copy(&mut self, entry: &Entry<'_>) -> Copy {
        let resource = renumbered(entry.resource, &mut self.leaves);
        Copy { resource, names: entry.names.clone(), number: entry.number, taken_back: entry.taken_back }
    }
}

impl Division<'_, '_> {
    /// The resources of a case, in the order of the source, beside leftovers that are to be told.
    pub fn resources(&self, case: usize, leftovers: &Leftovers) -> CaseResources {
        let mut members = self.members(case);
        members.sort_unstable();
        let mut resources = CaseResources::default();
        let entries = &self.source.entries;
        resources.own = members.into_iter().map(|at| resources.copy(&entries[at])).collect();
        resources.strays = leftovers.strays.iter().map(|at| resources.copy(&entries[*at])).collect();
        let mut rivals = self.rivals(&resources.own);
        rivals.extend(leftovers.rivals.iter().map(|at| &self.source.rivals[*at]));
        resources.labels = self.source.labels.iter().map(|label| renumbered(label, &mut resources.leaves)).collect();
        resources.rivals = rivals.into_iter().map(|rival| resources.copy(rival)).collect();
        resources
    }

    /// What says something else than one of these resources.
    fn rivals(&self, own: &[Copy]) -> Vec<&Entry<'_>> {
        let own: HashSet<&Text> = own.iter().flat_map(|copy| &copy.names).collect();
        let outer = self.source.rivals.iter().filter(|rival| rival.container.is_none());
        outer.filter(|rival| rival.names.iter().any(|name| own.contains(name))).collect()
    }

    /// The resources that belong to no case.
    pub fn leftovers(&self) -> Leftovers {
        let assigned: HashSet<usize> = (0..self.count()).flat_map(|case| self.members(case)).collect();
        let Source { entries, rivals, directory, .. } = self.source;
        let strays =
            (0..entries.len()).filter(|at| entries[*at].container.is_none() && !assigned.contains(at)).collect();
        let is_claimed = |rival: &Entry<'_>| {
            let mut same = rival.names.iter().filter_map(|name| directory.resolve(entries, None, name));
            same.any(|at| assigned.contains(&at))
        };
        let rivals = rivals.iter().enumerate();
        let loose = rivals.filter(|(_, rival)| rival.container.is_none() && !is_claimed(rival));
        Leftovers { strays, rivals: loose.map(|(at, _)| at).collect() }
    }

    /// Its own resources, and what those refer to that cases may share.
    fn members(&self, case: usize) -> Vec<usize> {
        let mut members = self.of_case[case].clone();
        let mut known: HashSet<usize> = members.iter().copied().collect();
        let mut next = 0;
        while let Some(at) = members.get(next).copied() {
            next += 1;
            for target in self.graph.forward[at].iter().copied().filter(|target| self.graph.is_shared(*target)) {
                if known.insert(target) {
                    members.push(target);
                }
            }
        }
        // What nobody refers to, and itself refers to what is shared (what somebody is to an organization), goes with
        // all that it refers to.
        let shared: Vec<usize> = members.iter().copied().filter(|at| self.graph.is_shared(*at)).collect();
        for at in shared.iter().flat_map(|at| &self.graph.backward[*at]).copied() {
            let is_loose = self.graph.is_shared(at) && self.graph.backward[at].is_empty();
            let goes_along = || self.graph.forward[at].iter().all(|target| known.contains(target));
            if is_loose && goes_along() && known.insert(at) {
                members.push(at);
            }
        }
        members
    }
}

fn entries_of(copies: &[Copy]) -> Vec<Entry<'_>> {
    let mut entries = Vec::with_capacity(copies.len());
    for Copy { resource, names, number, taken_back } in copies {
        let from = entries.len();
        add_resource(resource, names.clone(), *number, &mut entries);
        entries[from..].iter_mut().for_each(|entry| entry.taken_back = *taken_back);
    }
    entries
}

/// Per case, its own resources.
pub(super) fn by_case(cases: usize, belongs: &[Belongs]) -> Vec<Vec<usize>> {
    let mut of_case = vec![Vec::new(); cases];
    for (at, own) in belongs.iter().enumerate() {
        own.cases().iter().for_each(|case| of_case[*case].push(at));
    }
    of_case
}

/// A copy whose leaves are numbered from a number on.
fn renumbered(tree: &Tree, next: &mut u32) -> Tree {
    let mut copy = tree.clone();
    number(&mut copy, next);
    copy
}

fn number(tree: &mut Tree, next: &mut u32) {
    match tree {
        Tree::Object(members) => members.iter_mut().for_each(|(_, inner)| number(inner, next)),
        Tree::Array(items) => items.iter_mut().for_each(|inner| number(inner, next)),
        Tree::Leaf(leaf) => {
            leaf.ix = *next;
            *next += 1;
        }
    }
}
