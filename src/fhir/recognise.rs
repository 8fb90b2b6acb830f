//! Which row made a resource: by type, profile, fixed content, and what it refers to or is referred to by.
//!
//! One code can stand for several concepts; only the web of references tells them apart. So each resource starts
//! with every role that its own content allows, and roles are struck out until the references agree.

use std::collections::HashMap;

use super::answer::{answer_leaves, read_answer};
use super::bundle::Entry;
use super::codec::Used;
use crate::dataset::{ConceptIx, Dataset, Text};
use crate::plan::fhir::{Codec, Codings, ElementPath, FhirPlan, FieldIx, Place, RefSpec, Role, RoleIx, Target};
use crate::tree::Tree;

/// The resources of a source with their roles and references.
pub(super) struct Recognised<'t> {
    /// The resources.
    pub entries: Vec<Entry<'t>>,
    /// The role of each, or `None` if no row knows it.
    pub roles: Vec<Option<RoleIx>>,
    names: HashMap<Text, usize>,
}

impl<'t> Recognised<'t> {
    /// Finds the roles of all resources.
    pub fn of(plan: &FhirPlan, dataset: &Dataset, entries: Vec<Entry<'t>>) -> Self {
        let mut names = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            for name in &entry.names {
                names.entry(name.clone()).or_insert(at);
            }
        }
        let mut recognised = Self { roles: vec![None; entries.len()], entries, names };
        let mut candidates: Vec<Vec<RoleIx>> =
            recognised.entries.iter().map(|entry| candidates(plan, entry.resource)).collect();
        while recognised.strike(plan, dataset, &mut candidates) {}
        for (at, roles) in candidates.iter().enumerate() {
            let fields = |ix: &RoleIx| present_fields(plan, plan.role(*ix), recognised.entries[at].resource);
            // The first of equals: the order of the table decides.
            let best = roles.iter().map(fields).max();
            recognised.roles[at] = roles.iter().find(|ix| Some(fields(ix)) == best).copied();
        }
        recognised
    }

    /// The resources that an element of a resource refers to.
    pub fn targets(&self, at: usize, path: &ElementPath) -> impl Iterator<Item = usize> {
        let references = path.select(self.entries[at].resource).into_iter();
        references.filter_map(|reference| self.resolve(reference.text_at("reference")?))
    }

    fn resolve(&self, reference: &str) -> Option<usize> {
        if let Some(at) = self.names.get(reference) {
            return Some(*at);
        }
        let reference = reference.split("/_history/").next().unwrap_or(reference);
        let mut parts = reference.rsplit('/');
        let (id, resource_type) = (parts.next()?, parts.next()?);
        self.names.get(format!("{resource_type}/{id}").as_str()).copied()
    }

    /// The groups for which each resource is collected by another.
    fn collected(&self, plan: &FhirPlan, candidates: &[Vec<RoleIx>]) -> HashMap<usize, Vec<ConceptIx>> {
        let mut listed: HashMap<usize, Vec<ConceptIx>> = HashMap::new();
        for (at, incoming) in self.incoming(plan, candidates).iter().enumerate() {
            for (_, target) in incoming {
                if let Target::Members(group) = target {
                    listed.entry(at).or_default().push(*group);
                }
            }
        }
        listed
    }

    fn strike(&self, plan: &FhirPlan, dataset: &Dataset, candidates: &mut [Vec<RoleIx>]) -> bool {
        let listed = self.collected(plan, candidates);
        // What collects only under a condition is always there when there is something to collect.
        let surely_collected: Vec<ConceptIx> = plan
            .roles
            .iter()
            .flat_map(|role| &role.references)
            .filter_map(|reference| match (reference.target, reference.condition) {
                (Target::Members(group), Some(_)) => Some(group),
                _ => None,
            })
            .collect();
        let incoming = self.incoming(plan, candidates);
        let mut changed = false;
        for at in 0..candidates.len() {
            if candidates[at].len() < 2 {
                continue;
            }
            let groups = listed.get(&at).map_or(&[][..], Vec::as_slice);
            let suits = |ix: &RoleIx| {
                let within = |group: &&ConceptIx| dataset.is_within(plan.role(*ix).concept, **group);
                let wanted = surely_collected.iter().find(within);
                wanted.is_none_or(|group| groups.contains(group))
                    && (groups.is_empty() || groups.iter().any(|group| within(&group)))
            };
            let supported = |ix: &RoleIx| is_supported(plan, *ix, &incoming[at]);
            let meant = |ix: &RoleIx| is_meant(dataset, plan.role(*ix), *ix, &incoming[at]);
            let linked = |ix: &RoleIx| self.is_linked(plan, candidates, at, *ix);
            let mut kept = candidates[at].clone();
            for test in [&suits as &dyn Fn(&RoleIx) -> bool, &linked, &meant, &supported] {
                let passing: Vec<RoleIx> = kept.iter().copied().filter(|ix| test(ix)).collect();
                if !passing.is_empty() {
                    kept = passing;
                }
            }
            if kept.len() < candidates[at].len() {
                candidates[at] = kept;
                changed = true;
            }
        }
        changed
    }

    /// True if the references that the role demands are there and may mean what they should.
    fn is_linked(&self, plan: &FhirPlan, candidates: &[Vec<RoleIx>], at: usize, ix: RoleIx) -> bool {
        plan.role(ix).references.iter().filter(|reference| !reference.optional).all(|reference| {
            let Target::Role(wanted) = reference.target else { return true };
            self.targets(at, &reference.path).any(|target| candidates[target].contains(&wanted))
        })
    }

    /// The references to each resource that the candidates of others make: who, and for what.
    fn incoming(&self, plan: &FhirPlan, candidates: &[Vec<RoleIx>]) -> Vec<Vec<(usize, Target)>> {
        let mut incoming = vec![Vec::new(); candidates.len()];
        for (at, roles) in candidates.iter().enumerate() {
            for role in roles {
                for reference in &plan.role(*role).references {
                    self.targets(at, &reference.path).for_each(|target| incoming[target].push((at, reference.target)));
                }
            }
        }
        incoming
    }
}

/// True if a role is what each of the resources that refer to this one may mean.
fn is_meant(dataset: &Dataset, role: &Role, ix: RoleIx, incoming: &[(usize, Target)]) -> bool {
    let means = |target: &Target| match target {
        Target::Role(wanted) => *wanted == ix,
        Target::Members(group) => dataset.is_within(role.concept, *group),
    };
    incoming.iter().all(|(from, _)| incoming.iter().any(|(other, target)| other == from && means(target)))
}

/// True if some resource refers to this one in the role, or no row makes such a reference.
fn is_supported(plan: &FhirPlan, ix: RoleIx, incoming: &[(usize, Target)]) -> bool {
    let wanted = |reference: &RefSpec| reference.target == Target::Role(ix);
    incoming.iter().any(|(_, target)| *target == Target::Role(ix))
        || !plan.roles.iter().any(|role| role.references.iter().any(wanted))
}

/// The roles that a resource may have by its own content.
fn candidates(plan: &FhirPlan, resource: &Tree) -> Vec<RoleIx> {
    let resource_type = resource.text_at("resourceType").unwrap_or_default();
    let profiles = resource.get("meta").and_then(|meta| meta.get("profile")).map_or(&[][..], Tree::items);
    let suits = |role: &Role| {
        let by_profile = profiles.is_empty()
            || role.profiles.is_empty()
            || profiles.iter().any(|profile| role.profiles.iter().any(|own| profile.text() == Some(own)));
        by_profile
            && has_codings(role, resource)
            && (role.per == role.group || present_fields(plan, role, resource) > 0)
    };
    let mut found: Vec<RoleIx> =
        plan.roles_of_type(resource_type).iter().copied().filter(|ix| suits(plan.role(*ix))).collect();
    // What has all codings of a role is not taken for another role of which it has some.
    let best = found.iter().map(|ix| likeness(plan.role(*ix), resource)).max();
    found.retain(|ix| Some(likeness(plan.role(*ix), resource)) == best);
    found
}

fn has_codings(role: &Role, resource: &Tree) -> bool {
    role.codings.iter().all(|wanted| matched(wanted, resource) > 0)
}

/// How many of the codings that stand for one thing a resource has.
fn matched(wanted: &Codings, resource: &Tree) -> usize {
    let found = wanted.path.select(resource);
    let is_there = |(system, code): &&(Text, Text)| {
        found.iter().any(|coding| coding.text_at("system") == Some(system) && coding.text_at("code") == Some(code))
    };
    wanted.any.iter().filter(is_there).count()
}

/// Whether a resource has all codings of a role, and how many.
fn likeness(role: &Role, resource: &Tree) -> (bool, usize) {
    let counts = role.codings.iter().map(|wanted| (matched(wanted, resource), wanted.any.len()));
    counts.fold((true, 0), |(all, sum), (count, of)| (all && count == of, sum + count))
}

/// The number of fields of a role that a resource has something for.
fn present_fields(plan: &FhirPlan, role: &Role, resource: &Tree) -> usize {
    role.fields.iter().filter(|ix| is_present(plan, **ix, resource)).count()
}

fn is_present(plan: &FhirPlan, ix: FieldIx, resource: &Tree) -> bool {
    let field = plan.field(ix);
    if let Codec::Answer(answer) = field.codec {
        let answer = &plan.answers[answer];
        let mut leaves = Vec::new();
        if answer.clauses.is_empty() {
            answer_leaves(answer, resource, &mut leaves);
        }
        return !leaves.is_empty() || read_answer(answer, resource, &mut Used::default()).is_some();
    }
    let Place::Role(_, path) = &field.place else { return false };
    let companion = format!("_{}", path.last().name);
    path.holders(resource).iter().any(|holder| {
        path.last().items(holder).next().is_some()
            || holder.get(&companion).is_some()
            || (path.last().name.starts_with("value") && holder.get("dataAbsentReason").is_some())
    })
}
