//! Which row made a resource: by type, profile, fixed content, and what it refers to or is referred to by.
//!
//! One code can stand for several concepts; only the web of references tells them apart. So each resource starts
//! with every role that its own content allows, and roles are struck out until the references agree.

use std::collections::HashMap;

use super::bundle::Entry;
use super::codec::{Used, read_answer};
use crate::dataset::Dataset;
use crate::plan::fhir::{Codec, ElementPath, FhirPlan, FieldIx, Place, Role, RoleIx, Target};
use crate::tree::Tree;

/// The resources of a source with their roles and references.
pub(super) struct Recognised<'t> {
    /// The resources.
    pub entries: Vec<Entry<'t>>,
    /// The role of each, or `None` if no row knows it.
    pub roles: Vec<Option<RoleIx>>,
    names: HashMap<compact_str::CompactString, usize>,
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

    /// The resources that collect a resource for a group, by their roles among the candidates.
    fn collectors(
        &self,
        plan: &FhirPlan,
        candidates: &[Vec<RoleIx>],
    ) -> HashMap<usize, Vec<crate::dataset::ConceptIx>> {
        let mut listed: HashMap<usize, Vec<crate::dataset::ConceptIx>> = HashMap::new();
        for (at, roles) in candidates.iter().enumerate() {
            for role in roles {
                for reference in &plan.role(*role).references {
                    if let Target::Members(group) = reference.target {
                        self.targets(at, &reference.path)
                            .for_each(|target| listed.entry(target).or_default().push(group));
                    }
                }
            }
        }
        listed
    }

    fn strike(&self, plan: &FhirPlan, dataset: &Dataset, candidates: &mut [Vec<RoleIx>]) -> bool {
        let listed = self.collectors(plan, candidates);
        let collected: Vec<_> = plan
            .roles
            .iter()
            .flat_map(|role| &role.references)
            .filter_map(|reference| if let Target::Members(group) = reference.target { Some(group) } else { None })
            .collect();
        let mut changed = false;
        for at in 0..candidates.len() {
            if candidates[at].len() < 2 {
                continue;
            }
            let groups = listed.get(&at).map_or(&[][..], Vec::as_slice);
            let suits = |ix: &RoleIx| {
                let concept = plan.role(*ix).concept;
                let member = collected.iter().any(|group| dataset.is_within(concept, *group));
                let is_listed = groups.iter().any(|group| dataset.is_within(concept, *group));
                member == is_listed
            };
            let supported = |ix: &RoleIx| self.is_supported(plan, candidates, at, *ix);
            let linked = |ix: &RoleIx| self.is_linked(plan, candidates, at, *ix);
            let mut kept = candidates[at].clone();
            for test in [&suits as &dyn Fn(&RoleIx) -> bool, &linked, &supported] {
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

    /// True if some resource refers to this one in the role, or no row makes such a reference.
    fn is_supported(&self, plan: &FhirPlan, candidates: &[Vec<RoleIx>], at: usize, ix: RoleIx) -> bool {
        let mut wanted = false;
        for (other, roles) in candidates.iter().enumerate() {
            for role in roles {
                for reference in
                    plan.role(*role).references.iter().filter(|reference| reference.target == Target::Role(ix))
                {
                    wanted = true;
                    if self.targets(other, &reference.path).any(|target| target == at) {
                        return true;
                    }
                }
            }
        }
        !wanted
    }
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
    plan.roles_of_type(resource_type).iter().copied().filter(|ix| suits(plan.role(*ix))).collect()
}

fn has_codings(role: &Role, resource: &Tree) -> bool {
    role.codings.iter().all(|wanted| {
        let found = wanted.path.select(resource);
        found.iter().any(|coding| {
            coding.text_at("system") == Some(&wanted.system) && coding.text_at("code") == Some(&wanted.code)
        })
    })
}

/// The number of fields of a role that a resource has something for.
fn present_fields(plan: &FhirPlan, role: &Role, resource: &Tree) -> usize {
    role.fields.iter().filter(|ix| is_present(plan, **ix, resource)).count()
}

fn is_present(plan: &FhirPlan, ix: FieldIx, resource: &Tree) -> bool {
    let field = plan.field(ix);
    if let Codec::Answer(answer) = field.codec {
        return read_answer(&plan.answers[answer], resource, &mut Used::default()).is_some();
    }
    let Place::Role(_, path) = &field.place else { return false };
    let companion = format!("_{}", path.last().name);
    path.holders(resource).iter().any(|holder| {
        path.last().items(holder).next().is_some()
            || holder.get(&companion).is_some()
            || (path.last().name.starts_with("value") && holder.get("dataAbsentReason").is_some())
    })
}
