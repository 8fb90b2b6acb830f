//! What in a resource is no value: what its pattern fixes, references, ids, generated text.

use super::reached::Led;
use super::recognise::Recognised;
use crate::dataset::Dataset;
use crate::fhir::values::answer::{is_silent, take_state};
use crate::fhir::values::codec::Used;
use crate::fhir::values::place::only_says_why_absent;
use crate::fhir::values::urls;
use crate::plan::fhir::{Codec, Demand, FhirPlan, IF, Place, RoleIx};
use crate::tree::Tree;

/// What the server that keeps a resource says of it. The labels in `meta` (who may see it, that it is only a part) are not
/// among these: they are content.
const KEPT_BY_SERVERS: [&str; 3] = ["versionId", "lastUpdated", "profile"];

/// The leaves of a resource that are no values, if it has a role; references apart.
pub(super) fn structure(plan: &FhirPlan, role: RoleIx, resource: &Tree) -> Vec<u32> {
    let role = plan.role(role);
    let mut fixed = Vec::new();
    match_pattern(&role.pattern, resource, &mut fixed);
    for ix in &role.fields {
        let field = plan.field(*ix);
        let answer = match field.codec {
            // A status: it is looked at when all is read.
            Codec::Answer(answer) if plan.answers[answer].clauses.is_empty() => None,
            Codec::Answer(answer) => Some(answer),
            _ => field.beside,
        };
        if let Some(answer) = answer.map(|answer| &plan.answers[answer]).filter(|answer| is_silent(answer, resource)) {
            let mut used = Used::default();
            take_state(&answer.absent, resource, &mut used);
            fixed.append(&mut used.leaves);
        }
        if let Place::Role(_, path) = &field.place {
            path.conditions(resource, &mut |tree| tree.each_leaf(&mut |leaf| fixed.push(leaf.ix)));
        }
    }
    for law in &role.laws {
        // That nothing is known of what a rule wants is what is written where a source does not have it.
        if let Demand::Some(elements) = &law.demand {
            let first = elements.first().and_then(|first| resource.get(&format!("_{first}")));
            let absent = first.filter(|companion| only_says_why_absent(companion));
            if let Some(tree) = absent {
                tree.each_leaf(&mut |leaf| fixed.push(leaf.ix));
            }
        }
    }
    let meta = resource.get("meta").into_iter().flat_map(|meta| KEPT_BY_SERVERS.map(|name| meta.get(name)));
    let generated = ["generated", "extensions", "empty"];
    let text = resource.get("text").filter(|text| text.text_at("status").is_some_and(|own| generated.contains(&own)));
    for tree in ["id", "language"].map(|name| resource.get(name)).into_iter().chain(meta).chain([text]).flatten() {
        tree.each_leaf(&mut |leaf| fixed.push(leaf.ix));
    }
    fixed
}

/// The leaves of the references of a resource that lead where its role has them, and those of references that lead elsewhere:
/// what is in both has several places to lead to, and leads to one of them.
pub(super) fn references(
    plan: &FhirPlan,
    dataset: &Dataset,
    recognised: &Recognised<'_>,
    at: usize,
    role: RoleIx,
) -> (Vec<u32>, Vec<u32>) {
    let (mut fixed, mut astray) = (Vec::new(), Vec::new());
    for spec in &plan.role(role).references {
        let is_meant =
            |(target, _): &Led| recognised.roles[*target].is_some_and(|role| spec.target.is(plan, dataset, role));
        for reference in spec.path.select(recognised.entries[at].resource) {
            let leads_home = recognised.reached(at, reference).is_some_and(|reached| reached.iter().any(is_meant))
                && !recognised.uses.is_left(at, reference);
            let says = if reference.get("reference").is_some() { "reference" } else { "identifier" };
            let repeated = [says, "display"].into_iter().filter(|_| leads_home).filter_map(|name| reference.get(name));
            repeated.for_each(|tree| tree.each_leaf(&mut |leaf| fixed.push(leaf.ix)));
            if !leads_home {
                reference.each_leaf(&mut |leaf| astray.push(leaf.ix));
            }
        }
    }
    (fixed, astray)
}

/// Notes the leaves of a resource that its pattern fixes.
fn match_pattern(pattern: &Tree, tree: &Tree, fixed: &mut Vec<u32>) {
    match (pattern, tree) {
        (Tree::Object(members), Tree::Object(_)) => {
            for (name, value) in members.iter().filter(|(name, _)| name != IF) {
                if let Some(inner) = tree.get(name) {
                    match_pattern(value, inner, fixed);
                }
            }
        }
        (Tree::Array(patterns), _) => {
            for item in tree.items() {
                for pattern in patterns.iter().filter(|pattern| agrees(pattern, item)) {
                    match_pattern(pattern, item, fixed);
                }
            }
        }
        (_, Tree::Array(items)) => items.iter().for_each(|item| match_pattern(pattern, item, fixed)),
        (Tree::Leaf(own), Tree::Leaf(leaf)) if own == leaf => fixed.push(leaf.ix),
        _ => {}
    }
}

/// True if an item of an array has everything that an item of the pattern fixes. Labels, references, and what is
/// there under a condition do not count.
fn agrees(pattern: &Tree, tree: &Tree) -> bool {
    match pattern {
        Tree::Leaf(own) => own.text.starts_with('@') || tree.leaf() == Some(own),
        Tree::Array(items) => {
            items.iter().filter(|item| !may_lack(item)).all(|item| tree.items().iter().any(|other| agrees(item, other)))
        }
        Tree::Object(members) => members.iter().all(|(name, value)| {
            name == "display"
                || name == IF
                || may_lack(value)
                || tree.get(name).is_some_and(|inner| agrees(value, inner))
        }),
    }
}

/// True for a part of a pattern that is not always there: a reference, something conditional, a reason for absence.
fn may_lack(pattern: &Tree) -> bool {
    match pattern {
        Tree::Leaf(_) => false,
        Tree::Array(items) => items.iter().all(may_lack),
        Tree::Object(members) => {
            pattern.get(IF).is_some()
                || pattern.text_at("reference").is_some_and(|text| text.starts_with('@'))
                || pattern.text_at("url") == Some(urls::DATA_ABSENT)
                || members.iter().all(|(_, value)| may_lack(value))
        }
    }
}
