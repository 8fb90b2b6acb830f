//! Which row made a resource: by type, profile, fixed content, and what it refers to or is referred to by.
//!
//! One code can stand for several concepts; only the web of references tells them apart. So each resource starts
//! with every role that its own content allows, and roles are struck out until the references agree.

use std::collections::HashMap;

use super::answer::{answer_leaves, read_answer};
use super::bundle::Entry;
use super::codec::Used;
use crate::dataset::{ConceptIx, Dataset, NullFlavor, Text};
use crate::plan::fhir::{Codec, Codings, ElementPath, FhirPlan, FieldIx, Place, RefSpec, Role, RoleIx, Target};
use crate::terminology::Terminology;
use crate::tree::Tree;

/// The resources of a source with their roles and references.
pub(super) struct Recognised<'t> {
    /// The resources.
    pub entries: Vec<Entry<'t>>,
    /// The role of each, or `None` if no row knows it.
    pub roles: Vec<Option<RoleIx>>,
    /// True for what rows know by its content, but whose references do not say where it belongs.
    pub homeless: Vec<bool>,
    names: HashMap<Text, usize>,
}

impl<'t> Recognised<'t> {
    /// Finds the roles of all resources.
    pub fn of(plan: &FhirPlan, dataset: &Dataset, terminology: &Terminology, entries: Vec<Entry<'t>>) -> Self {
        let mut names = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            for name in &entry.names {
                names.entry(name.clone()).or_insert(at);
            }
        }
        let homeless = vec![false; entries.len()];
        let mut recognised = Self { roles: vec![None; entries.len()], homeless, entries, names };
        let mut candidates: Vec<Vec<RoleIx>> =
            recognised.entries.iter().map(|entry| candidates(plan, dataset, terminology, entry.resource)).collect();
        let known: Vec<bool> = candidates.iter().map(|roles| !roles.is_empty()).collect();
        while recognised.strike(plan, dataset, &mut candidates) {}
        recognised.drop_guesses(plan, &mut candidates);
        for (at, roles) in candidates.iter().enumerate() {
            recognised.homeless[at] = known[at] && roles.is_empty();
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
            let groups = listed.get(&at).map_or(&[][..], Vec::as_slice);
            let is_listed = |role: &Role| {
                let collector = surely_collected.iter().find(|group| dataset.is_within(role.concept, **group));
                collector.is_none_or(|group| groups.contains(group))
            };
            let is_possible = |ix: &&RoleIx| {
                is_listed(plan.role(**ix)) && self.is_possible(plan, dataset, candidates, at, plan.role(**ix))
            };
            let possible: Vec<RoleIx> = candidates[at].iter().filter(is_possible).copied().collect();
            changed |= possible.len() < candidates[at].len();
            candidates[at] = possible;
            if candidates[at].len() < 2 {
                continue;
            }
            let within = |ix: &RoleIx, group: &ConceptIx| dataset.is_within(plan.role(*ix).concept, *group);
            let suits = |ix: &RoleIx| groups.is_empty() || groups.iter().any(|group| within(ix, group));
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

    /// False if a reference contradicts a role: it refers to something else than the role wants, or does not say to
    /// which of several children, pregnancies or contacts the resource belongs.
    fn is_possible(
        &self,
        plan: &FhirPlan,
        dataset: &Dataset,
        candidates: &[Vec<RoleIx>],
        at: usize,
        role: &Role,
    ) -> bool {
        role.references.iter().filter(|reference| !reference.optional).all(|reference| {
            let Target::Role(wanted) = reference.target else { return true };
            let mut targets = self.targets(at, &reference.path).peekable();
            if targets.peek().is_none() {
                return !repeats(dataset, plan.role(wanted).group);
            }
            targets.any(|target| candidates[target].contains(&wanted))
        })
    }

    /// True if the references that the role demands are there and may mean what they should.
    fn is_linked(&self, plan: &FhirPlan, candidates: &[Vec<RoleIx>], at: usize, ix: RoleIx) -> bool {
        plan.role(ix).references.iter().filter(|reference| !reference.optional).all(|reference| {
            let Target::Role(wanted) = reference.target else { return true };
            self.targets(at, &reference.path).any(|target| candidates[target].contains(&wanted))
        })
    }

    /// Strikes what only references can tell apart, and no reference does: an organization to which nothing refers
    /// that is known itself has no role that one could name.
    fn drop_guesses(&self, plan: &FhirPlan, candidates: &mut [Vec<RoleIx>]) {
        let mut known: Vec<Vec<RoleIx>> =
            candidates.iter().map(|roles| roles.iter().copied().filter(|ix| is_telling(plan, *ix)).collect()).collect();
        loop {
            let incoming = self.incoming(plan, &known);
            let mut changed = false;
            for at in 0..candidates.len() {
                for ix in &candidates[at] {
                    let is_meant = || incoming[at].iter().any(|(_, target)| *target == Target::Role(*ix));
                    let points_home = || !is_wanted(plan, *ix) && self.is_linked(plan, &known, at, *ix);
                    if !known[at].contains(ix) && (is_meant() || points_home()) {
                        known[at].push(*ix);
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        for (roles, known) in candidates.iter_mut().zip(&known) {
            roles.retain(|ix| known.contains(ix));
        }
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

/// True if a group, or one that holds it, may occur more than once.
fn repeats(dataset: &Dataset, group: ConceptIx) -> bool {
    let mut at = group;
    while at != ConceptIx::ROOT {
        if dataset.get(at).max != Some(1) {
            return true;
        }
        at = dataset.get(at).parent;
    }
    false
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
    incoming.iter().any(|(_, target)| *target == Target::Role(ix)) || !is_wanted(plan, ix)
}

/// True if some row makes a reference to this role.
fn is_wanted(plan: &FhirPlan, ix: RoleIx) -> bool {
    let wanted = |reference: &RefSpec| reference.target == Target::Role(ix);
    plan.roles.iter().any(|role| role.references.iter().any(wanted))
}

/// True if the content of a resource alone tells its role: a code, or a profile that no other role has.
fn is_telling(plan: &FhirPlan, ix: RoleIx) -> bool {
    let role = plan.role(ix);
    let alike = |other: &&RoleIx| plan.role(**other).profiles == role.profiles;
    !role.codings.is_empty() || plan.roles_of_type(&role.resource_type).iter().filter(alike).count() == 1
}

/// The roles that a resource may have by its own content.
fn candidates(plan: &FhirPlan, dataset: &Dataset, terminology: &Terminology, resource: &Tree) -> Vec<RoleIx> {
    let resource_type = resource.text_at("resourceType").unwrap_or_default();
    let profiles = resource.get("meta").and_then(|meta| meta.get("profile")).map_or(&[][..], Tree::items);
    let by_profile = |role: &Role| {
        profiles.is_empty()
            || role.profiles.is_empty()
            || profiles.iter().any(|profile| role.profiles.iter().any(|own| profile.text() == Some(own)))
    };
    let suits = |role: &Role| {
        has_codings(role, resource) && (role.per == role.group || present_fields(plan, role, resource) > 0)
    };
    let of_profile = || plan.roles_of_type(resource_type).iter().copied().filter(|ix| by_profile(plan.role(*ix)));
    let mut found: Vec<RoleIx> = of_profile().filter(|ix| suits(plan.role(*ix))).collect();
    // What has all codings of a role is not taken for another role of which it has some.
    let best = found.iter().map(|ix| likeness(plan.role(*ix), resource)).max();
    found.retain(|ix| Some(likeness(plan.role(*ix), resource)) == best);
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
