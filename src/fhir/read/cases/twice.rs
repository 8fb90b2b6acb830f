//! One person who is in a source twice, under two ids: a server that has not merged them yet.
//!
//! They are one if both have the same number of which nobody has two, if it can be one, and they contradict each other in
//! nothing that can be compared. Who differ in the day of birth are two: then one of the numbers is wrong, and nothing
//! tells which.

use std::collections::HashMap;

use super::{Anchor, Met, Said};
use crate::dataset::{Identifier, bare};
use crate::fhir::read::directory::identity;
use crate::terminology::Terminology;
use crate::tree::Tree;

/// Elements of a resource that say nothing of whom it is about.
const OF_THE_RESOURCE: [&str; 3] = ["id", "implicitRules", "language"];

/// The persons, each once, and beside them the other resources that are one of these, with the place of that one.
pub(super) fn set_apart(
    said: &Said<'_, '_>,
    terminology: &Terminology,
    persons: Met<Anchor>,
) -> (Met<Anchor>, Vec<(Anchor, usize)>) {
    let (mut kept, mut others): (Met<Anchor>, _) = (Vec::with_capacity(persons.len()), Vec::new());
    let mut known: HashMap<String, (usize, usize)> = HashMap::new();
    for (position, anchor) in persons {
        if let Anchor::Here(at) = anchor
            && let Some(number) = number(said, terminology, at)
        {
            match known.get(&number) {
                Some((nth, first)) if agree(said.entries[*first].resource, said.entries[at].resource) => {
                    others.push((anchor, *nth));
                    continue;
                }
                Some(_) => {}
                None => drop(known.insert(number, (kept.len(), at))),
            }
        }
        kept.push((position, anchor));
    }
    (kept, others)
}

/// The number by which a person is known, if there is one, and it can be a number of somebody.
fn number(said: &Said<'_, '_>, terminology: &Terminology, at: usize) -> Option<String> {
    // What may be somebody else as well (a child) is not taken for the same person.
    if said.roles[at].len() != 1 {
        return None;
    }
    let mut found = None;
    let identifiers = said.entries[at].resource.get("identifier").into_iter().flat_map(Tree::items);
    for (system, value) in identifiers.filter_map(identity) {
        let root = terminology.systems().oid(system).unwrap_or(system);
        let identifier = Identifier { root: root.into(), extension: value.into() };
        let is_of_one = said.plan.identity.secret_namespaces.contains(&identifier.root)
            && said.plan.identity.identifies(&identifier)
            && terminology.systems().may_hold(root, value);
        if is_of_one && found.replace(bare(value)).is_some() {
            return None;
        }
    }
    found
}

/// False if two resources say two things of what both say plainly.
fn agree(one: &Tree, other: &Tree) -> bool {
    let Tree::Object(members) = one else { return true };
    let said = members.iter().filter(|(name, _)| !OF_THE_RESOURCE.contains(&name.as_str()));
    let mut plain = said.filter_map(|(name, value)| match (value, other.get(name)) {
        (Tree::Leaf(own), Some(Tree::Leaf(theirs))) => Some((own, theirs)),
        _ => None,
    });
    plain.all(|(own, theirs)| own == theirs)
}
