//! One resource that a source has several times: pages that were glued together, includes that overlap, several files.
//!
//! Copies that say the same are one resource. Of those that say something else under the same id the first stands, and the
//! others are told as a whole: nothing says which of them is right. If one of them takes the resource back (entered in error,
//! refuted), none stands; nor does what the source has deleted.

use std::collections::HashMap;

use super::bundle::Entry;
use crate::dataset::Text;
use crate::plan::fhir::FhirPlan;
use crate::tree::Tree;

/// What the server that keeps a resource says of one version of it.
const OF_A_VERSION: [&str; 2] = ["versionId", "lastUpdated"];

/// The resources without the later ones of those that are one, and the ones that contradict another.
///
/// `structural` gets the leaves of the copies.
pub(super) fn set_apart<'t>(
    plan: &FhirPlan,
    entries: Vec<Entry<'t>>,
    structural: &mut Vec<u32>,
) -> (Vec<Entry<'t>>, Vec<Entry<'t>>) {
    let fates = fates(plan, &entries);
    if fates.iter().all(|fate| *fate == Fate::Kept) {
        return (entries, Vec::new());
    }
    let (mut kept, mut rivals): (Vec<Entry>, Vec<Entry>) = (Vec::new(), Vec::new());
    let mut places = Vec::with_capacity(fates.len());
    for (mut entry, fate) in entries.into_iter().zip(fates) {
        entry.container = entry.container.map(|at| places[at]);
        let list = if fate == Fate::Rival { &mut rivals } else { &mut kept };
        places.push(list.len());
        match fate {
            Fate::CopyOf(first) => {
                entry.resource.each_leaf(&mut |leaf| structural.push(leaf.ix));
                if entry.container.is_none() {
                    let first: &mut Entry = &mut kept[places[first]];
                    first.names.extend(entry.names);
                }
            }
            Fate::Kept | Fate::Rival => list.push(entry),
        }
    }
    (kept, rivals)
}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Kept,
    /// It says what the resource at this place says.
    CopyOf(usize),
    /// It says something else than another that has its id, or the source has it deleted.
    Rival,
}

fn fates(plan: &FhirPlan, entries: &[Entry]) -> Vec<Fate> {
    let mut fates = vec![Fate::Kept; entries.len()];
    let mut seen: HashMap<&Text, usize> = HashMap::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.container.is_none()) {
        let mut alike = entry.names.iter().filter_map(|name| seen.get(name)).copied();
        if let Some(first) = alike.find(|first| are_one(&entries[*first], entry)) {
            if says_the_same(entries[first].resource, entry.resource) {
                fates[at] = Fate::CopyOf(first);
            } else {
                fates[at] = Fate::Rival;
                if [first, at].iter().any(|at| is_taken_back(plan, entries[*at].resource)) {
                    fates[first] = Fate::Rival;
                }
            }
        }
        if entry.deleted {
            fates[at] = Fate::Rival;
        }
        for name in &entry.names {
            seen.entry(name).or_insert(at);
        }
    }
    for at in 0..fates.len() {
        match (entries[at].container, fates[at]) {
            (Some(container), _) => fates[at] = fates[container],
            (None, Fate::CopyOf(first)) if fates[first] == Fate::Rival => fates[at] = Fate::Rival,
            _ => {}
        }
    }
    fates
}

/// True if two resources with a name in common are one: of one type, and not called differently where they were found (by two
/// servers).
fn are_one(one: &Entry, other: &Entry) -> bool {
    let full = |entry: &Entry| entry.names.first().filter(|name| name.contains(':')).cloned();
    let is_apart = matches!((full(one), full(other)), (Some(one), Some(other)) if one != other);
    !is_apart && one.resource.text_at("resourceType") == other.resource.text_at("resourceType")
}

fn is_taken_back(plan: &FhirPlan, resource: &Tree) -> bool {
    let kind = resource.text_at("resourceType").unwrap_or_default();
    plan.modifiers.of(kind, resource).next().is_some()
}

/// True if two resources have the same content, in whatever order, apart from what a server says of a version.
fn says_the_same(one: &Tree, other: &Tree) -> bool {
    match (one, other) {
        (Tree::Object(_), Tree::Object(_)) => covers(one, other) && covers(other, one),
        (Tree::Array(_), _) | (_, Tree::Array(_)) => {
            let (one, other) = (one.items(), other.items());
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| says_the_same(one, other))
        }
        _ => one == other,
    }
}

/// True if the second object has each member of the first.
fn covers(one: &Tree, other: &Tree) -> bool {
    let Tree::Object(members) = one else { return false };
    let mut own = members.iter().filter(|(name, value)| !is_of_a_version(name, value));
    own.all(|(name, value)| other.get(name).is_some_and(|same| says_the_same(value, same)))
}

/// True for what a server says of a version, and what holds nothing else.
fn is_of_a_version(name: &str, value: &Tree) -> bool {
    OF_A_VERSION.contains(&name)
        || value.is_empty()
        || matches!(value, Tree::Object(members) if members.iter().all(|(name, value)| is_of_a_version(name, value)))
}
