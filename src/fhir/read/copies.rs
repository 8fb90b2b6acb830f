//! One resource that a source has several times: pages that were glued together, includes that overlap, several files.
//!
//! Copies that say the same are one resource. Of two versions, by what the server says of them, the newer stands. Of those that
//! say something else under the same id, and that nothing tells the order of, the first stands. The others are told as a whole. If
//! one of these takes the resource back (entered in error, refuted), none stands; nor does what the source takes back.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::entry::Entry;
use crate::dataset::{DateTime, Text};
use crate::plan::fhir::FhirPlan;
use crate::tree::Tree;

/// The number that the server that keeps a resource gives to a version of it.
const VERSION: &str = "versionId";
/// When it got that version.
const UPDATED: &str = "lastUpdated";

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
    /// It says something else than another that has its id, or the source takes it back.
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
            } else if let Some(order) = order(entries[first].resource, entry.resource) {
                let older = if order == Ordering::Less { first } else { at };
                fates[older] = Fate::Rival;
                if older == first {
                    seen.extend(entries[first].names.iter().map(|name| (name, at)));
                }
            } else {
                fates[at] = Fate::Rival;
                if [first, at].iter().any(|at| is_taken_back(plan, entries[*at].resource)) {
                    fates[first] = Fate::Rival;
                }
            }
        }
        if entry.taken_back {
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

/// Which of two versions of a resource came first, if the server that keeps it says so, and not two things.
fn order(one: &Tree, other: &Tree) -> Option<Ordering> {
    let [one, other] = [one, other].map(|resource| resource.get("meta"));
    let (one, other) = (one?, other?);
    let both = |name| one.text_at(name).zip(other.text_at(name));
    let moment = |text| DateTime::from_fhir(text).ok();
    let by_time = both(UPDATED).and_then(|(one, other)| moment(one)?.compare(&moment(other)?));
    let number = |text: &str| text.parse::<u64>().ok();
    let by_number = both(VERSION).and_then(|(one, other)| Some(number(one)?.cmp(&number(other)?)));
    let known = [by_time, by_number].into_iter().flatten().filter(|order| order.is_ne());
    let mut known = known.peekable();
    let first = known.peek().copied()?;
    known.all(|order| order == first).then_some(first)
}

fn is_taken_back(plan: &FhirPlan, resource: &Tree) -> bool {
    let kind = resource.text_at("resourceType").unwrap_or_default();
    plan.modifiers.of(kind, resource).next().is_some()
}

/// True if two resources have the same content, in whatever order, apart from what a server says of a version.
pub(super) fn says_the_same(one: &Tree, other: &Tree) -> bool {
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
    [VERSION, UPDATED].contains(&name)
        || value.is_empty()
        || matches!(value, Tree::Object(members) if members.iter().all(|(name, value)| is_of_a_version(name, value)))
}
