//! Which roles a resource may have by its own content: by type, profile and fixed content.

use super::modifier;
use crate::dataset::{Dataset, NullFlavor, Text};
use crate::fhir::values::answer::{answer_leaves, read_answer};
use crate::fhir::values::codec::Used;
use crate::ledger::Reason;
use crate::plan::fhir::{Codec, Codings, FhirPlan, FieldIx, Place, Role, RoleIx};
use crate::terminology::Terminology;
use crate::tree::Tree;

/// Per resource: the roles that it may have by its own content, and why it is lost if its references leave it none.
pub(super) type Candidates = Vec<(Vec<RoleIx>, Option<Reason>)>;

/// The roles that a resource may have by its own content, and why it is lost if its references leave it none of them.
pub(super) fn allowed(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    resource: &Tree,
) -> (Vec<RoleIx>, Option<Reason>) {
    let kind = resource.text_at("resourceType").unwrap_or_default();
    let modifiers: Vec<(&str, &Tree)> = plan.modifiers.of(kind, resource).collect();
    let is_refused = |role: &Role| modifier::is_refused(plan, terminology, role, resource, &modifiers);
    let mut roles = candidates(plan, dataset, terminology, resource, &is_refused);
    if roles.is_empty() {
        return (roles, None);
    }
    roles.retain(|ix| !is_refused(plan.role(*ix)));
    let reason = if roles.is_empty() { Reason::Modifier } else { Reason::NoCarrier };
    (roles, Some(reason))
}

/// The same, with the roles that an element of the resource takes back.
fn candidates(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    resource: &Tree,
    is_refused: &impl Fn(&Role) -> bool,
) -> Vec<RoleIx> {
    let resource_type = resource.text_at("resourceType").unwrap_or_default();
    let profiles = resource.get("meta").and_then(|meta| meta.get("profile")).map_or(&[][..], Tree::items);
    // To be of the plain type says nothing more than the type does.
    let is_plain = |url: &str| {
        url.strip_prefix("http://hl7.org/fhir/StructureDefinition/").is_some_and(|name| name == resource_type)
    };
    let profiles: Vec<&Tree> = profiles.iter().filter(|profile| !profile.text().is_some_and(is_plain)).collect();
    let by_profile = |role: &Role| {
        profiles.is_empty()
            || role.profiles.is_empty()
            || profiles.iter().any(|profile| role.profiles.iter().any(|own| profile.text().map(bare) == Some(own)))
    };
    let said = codings_in(resource);
    let suits = |role: &Role| {
        says(role, &said)
            && has_codings(role, resource)
            && (role.per == role.group
                || present_fields(plan, role, resource) > 0
                // It is this role's, but says something that the role cannot say.
                || is_refused(role))
    };
    let of_profile = || plan.roles_of_type(resource_type).iter().copied().filter(|ix| by_profile(plan.role(*ix)));
    let mut found: Vec<RoleIx> = of_profile().filter(|ix| suits(plan.role(*ix))).collect();
    // What has all codings of a role is not taken for another role of which it has some.
    if found.len() > 1 {
        let best = found.iter().map(|ix| likeness(plan.role(*ix), resource)).max();
        found.retain(|ix| Some(likeness(plan.role(*ix), resource)) == best);
    }
    if found.is_empty() && !profiles.is_empty() {
        found = of_profile().filter(|ix| has_answer(plan, dataset, terminology, plan.role(*ix), resource)).collect();
        // An answer that several questions share does not tell which was asked.
        let question = |ix: &RoleIx| &plan.role(*ix).codings;
        if found.iter().any(|ix| question(ix) != question(&found[0])) {
            found.clear();
        }
    }
    found
}

/// The URL of a profile without the version that may stand behind it.
pub(super) fn bare(profile: &str) -> &str {
    profile.split_once('|').map_or(profile, |(url, _)| url)
}

/// True if the code of a resource is an answer to the question of a role: one of its value set, or the translation
/// of one. So a resource of others is recognised that does not name the question.
fn has_answer(plan: &FhirPlan, dataset: &Dataset, terminology: &Terminology, role: &Role, resource: &Tree) -> bool {
    role.fields.iter().map(|ix| plan.field(*ix)).any(|field| {
        let Place::Role(_, path) = &field.place else { return false };
        if field.codec != Codec::CodeableConcept || field.beside.is_none() {
            return false;
        }
        let members = terminology.value_set_of(dataset.get(field.concept));
        let map = field.code_map.as_deref().and_then(|name| terminology.code_map(name));
        path.select(resource).iter().flat_map(|concept| concept.get("coding").map_or(&[][..], Tree::items)).any(
            |coding| {
                let system = coding.text_at("system").unwrap_or_default();
                let system = terminology.systems().oid(system).unwrap_or(system);
                let code = coding.text_at("code").unwrap_or_default();
                system != NullFlavor::SYSTEM
                    && (members.is_some_and(|members| members.find(code, system).is_some())
                        || map.is_some_and(|map| map.back(system, code).is_some()))
            },
        )
    })
}

/// All codings in a resource, wherever they stand.
fn codings_in(resource: &Tree) -> Vec<(&str, &str)> {
    fn walk<'t>(tree: &'t Tree, found: &mut Vec<(&'t str, &'t str)>) {
        match tree {
            Tree::Object(members) => {
                if let (Some(system), Some(code)) = (tree.text_at("system"), tree.text_at("code")) {
                    found.push((system, code));
                }
                for (_, value) in members {
                    walk(value, found);
                }
            }
            Tree::Array(items) => {
                for item in items {
                    walk(item, found);
                }
            }
            Tree::Leaf(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(resource, &mut found);
    found
}

/// False if a coding of a role is nowhere in a resource: quick, before its place is looked at.
fn says(role: &Role, said: &[(&str, &str)]) -> bool {
    let is_said = |(system, code): &(Text, Text)| said.contains(&(system.as_str(), code.as_str()));
    role.codings
        .iter()
        .all(|codings| codings.all.iter().all(is_said) && (codings.any.is_empty() || codings.any.iter().any(is_said)))
}

fn has_codings(role: &Role, resource: &Tree) -> bool {
    role.codings.iter().all(|wanted| {
        let (all, any) = matched(wanted, resource);
        all == wanted.all.len() && (any > 0 || wanted.any.is_empty())
    })
}

/// How many of the codings of the pattern, and of the row, a resource has.
fn matched(wanted: &Codings, resource: &Tree) -> (usize, usize) {
    let found = wanted.path.select(resource);
    let is_there = |(system, code): &&(Text, Text)| {
        found.iter().any(|coding| coding.text_at("system") == Some(system) && coding.text_at("code") == Some(code))
    };
    (wanted.all.iter().filter(is_there).count(), wanted.any.iter().filter(is_there).count())
}

/// Whether a resource has all codings of a role, and how many.
fn likeness(role: &Role, resource: &Tree) -> (bool, usize) {
    role.codings.iter().fold((true, 0), |(complete, sum), wanted| {
        let (all, any) = matched(wanted, resource);
        (complete && any == wanted.any.len(), sum + all + any)
    })
}

/// The number of fields of a role that a resource has something for.
pub(super) fn present_fields(plan: &FhirPlan, role: &Role, resource: &Tree) -> usize {
    role.fields.iter().filter(|ix| is_present(plan, **ix, resource)).count()
}

fn is_present(plan: &FhirPlan, ix: FieldIx, resource: &Tree) -> bool {
    let field = plan.field(ix);
    if let Codec::Answer(answer) = field.codec {
        let answer = &plan.answers[answer];
        let mut used = Used::default();
        if answer.clauses.is_empty() {
            answer_leaves(answer, resource, &mut used);
        }
        return !used.leaves.is_empty() || read_answer(answer, resource, &mut Used::default()).is_some();
    }
    let Place::Role(_, path) = &field.place else { return false };
    std::iter::once(path).chain(&field.elsewhere).any(|path| {
        let companion = format!("_{}", path.last().name);
        path.holders(resource).iter().any(|holder| {
            path.last().items(holder).next().is_some()
                || holder.get(&companion).is_some()
                || (path.last().name.starts_with("value") && holder.get("dataAbsentReason").is_some())
        })
    })
}
