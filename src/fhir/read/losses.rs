//! What was lost of a resource: each leaf that nothing used, at its path.

use std::sync::Arc;

use super::accounts::Accounts;
use super::candidates::bare;
use super::entry::{CONTAINED, Entry};
use crate::dataset::Text;
use crate::ledger::{Loss, Reason, Within, shown_name};
use crate::plan::fhir::FhirPlan;
use crate::terminology::Terminology;
use crate::tree::{Leaf, Tree};

/// What is known of a resource of which leaves are lost.
pub(super) struct ResourceLosses<'a> {
    /// The resource.
    pub entry: &'a Entry<'a>,
    /// True if a row made it.
    pub known: bool,
    /// Why what nothing better is known of is lost.
    pub otherwise: Reason,
}

impl ResourceLosses<'_> {
    /// The losses, each with its reason.
    pub fn losses(&self, plan: &FhirPlan, terminology: &Terminology, accounts: &Accounts) -> Vec<Loss> {
        let mut open = Vec::new();
        let Entry { resource, number, container, .. } = self.entry;
        let path = format!("{}[{number}]", type_shown(resource));
        walk(resource, &path, &|name| is_own(*container, name), &mut |leaf, path| {
            if accounts.is_lost(leaf) {
                open.push((leaf.position, path.to_owned(), accounts.reason(leaf)));
            }
        });
        if open.is_empty() {
            return Vec::new();
        }
        let within = Arc::new(Within { profile: profile(plan, resource), code: question(terminology, resource) });
        let modifier = modifiers(plan, resource);
        open.into_iter()
            .map(|(position, path, why)| {
                let (reason, concept) = match why {
                    Some((reason, concept)) => (reason, Some(concept)),
                    None => (self.reason(&path), None),
                };
                let rule = modifier.clone().filter(|_| reason == Reason::Modifier);
                Loss { reason, position, path: Some(path), concept, within: Some(Arc::clone(&within)), rule, leaves: 1 }
            })
            .collect()
    }

    fn reason(&self, path: &str) -> Reason {
        if path.ends_with(".text.div") || path.ends_with(".text.status") {
            Reason::Narrative
        } else if self.known && path.ends_with(".display") {
            Reason::Label
        } else {
            self.otherwise
        }
    }
}

/// What a resource contains are resources of their own, unless it is contained itself.
fn is_own(container: Option<usize>, name: &str) -> bool {
    container.is_some() || name != CONTAINED
}

/// The numbers of the leaves of a resource, without those of what it contains.
pub(super) fn own_leaves(entry: &Entry<'_>) -> Vec<u32> {
    let mut leaves = Vec::new();
    if let Tree::Object(members) = entry.resource {
        let own = members.iter().filter(|(name, _)| is_own(entry.container, name));
        own.for_each(|(_, value)| value.each_leaf(&mut |leaf| leaves.push(leaf.ix)));
    }
    leaves
}

/// The type of a resource as paths show it: only what can be a name of a type, for it is the sender's text.
fn type_shown(resource: &Tree) -> &str {
    let is_name = |text: &&str| text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    resource.text_at("resourceType").filter(is_name).unwrap_or("resource")
}

/// The elements of a resource that take back what it says, if any do.
fn modifiers(plan: &FhirPlan, resource: &Tree) -> Option<Text> {
    let mut names: Vec<&str> =
        plan.modifiers.of(resource.text_at("resourceType")?, resource).map(|(element, _)| element).collect();
    names.dedup();
    (!names.is_empty()).then(|| names.join(", ").into())
}

/// The profile that the tables know, or else the first that can be the URL of one.
fn profile(plan: &FhirPlan, resource: &Tree) -> Option<Text> {
    let named = resource.get("meta")?.get("profile")?.items().iter().filter_map(Tree::text);
    let named: Vec<&str> = named.map(bare).filter(|url| is_profile(url)).collect();
    let known = |url: &&&str| plan.roles.iter().any(|role| role.profiles.iter().any(|own| own == **url));
    named.iter().find(known).or(named.first()).map(|url| Text::from(*url))
}

fn is_profile(url: &str) -> bool {
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_".contains(&byte);
    url.len() <= 200 && url.starts_with("http") && url.contains("/StructureDefinition/") && url.bytes().all(may_be)
}

/// The code of an Observation, if its system is known and it looks like a code.
fn question(terminology: &Terminology, resource: &Tree) -> Option<Text> {
    if resource.text_at("resourceType") != Some("Observation") {
        return None;
    }
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+:=".contains(&byte);
    resource.get("code")?.get("coding")?.items().iter().find_map(|coding| {
        let (system, code) = (coding.text_at("system")?, coding.text_at("code")?);
        let is_shown = code.len() <= 60 && code.bytes().all(may_be) && terminology.systems().oid(system).is_some();
        is_shown.then(|| format!("{system}|{code}").into())
    })
}

/// Visits each leaf with its path, without the members that `is_own` denies.
pub(super) fn walk(tree: &Tree, path: &str, is_own: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&Leaf, &str)) {
    match tree {
        Tree::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| is_own(name)) {
                walk(value, &format!("{path}.{}", shown_name(name)), &|_| true, visit);
            }
        }
        Tree::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, &format!("{path}[{at}]"), &|_| true, visit);
            }
        }
        Tree::Leaf(leaf) => visit(leaf, path),
    }
}
