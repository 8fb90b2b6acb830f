//! The searches that fetch what a kind of message can hold, or some concepts of it.

use std::collections::BTreeSet;

use super::Parameters;
use crate::dataset::{ConceptIx, Dataset, Text};
use crate::plan::fhir::{Codings, ElementPath, FhirPlan, Place, RoleIx, Target};

/// What a search starts from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// The woman.
    Person,
    /// The record of one pregnancy.
    Record,
    /// Each resource of this type that was found: nothing that is found refers to what is searched.
    Found(Text),
}

/// All resources of a type that refer to the person or the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The type of resource.
    pub resource_type: Text,
    /// The search parameter, which may go through another resource.
    pub parameter: String,
    /// What it refers to.
    pub anchor: Anchor,
    /// The codes (URI of the system, and code) of which it must have one; empty for all.
    pub codes: Vec<(Text, Text)>,
    /// The concepts that the resources hold.
    pub concepts: Vec<ConceptIx>,
}

/// What is not found by a search, but read because something that was found refers to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The type of resource that refers to it.
    pub from: Text,
    /// The element that refers to it.
    pub element: String,
    /// The type of resource that is read.
    pub resource_type: Text,
}

/// What to search for, in what order: the person; what refers to the person, her record among it; what refers to the record;
/// what these refer to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The type of resource of the person.
    pub person: Text,
    /// The type of resource of the record.
    pub record: Text,
    /// Searches, those by the person first.
    pub searches: Vec<Search>,
    /// What is read at the end, until nothing new is referred to.
    pub reads: Vec<Read>,
}

impl Plan {
    /// The searches for a kind of message, or for some of its concepts with all within them.
    ///
    /// `None` if the tables do not say who the person and what the record is, or have no place in FHIR for the concepts.
    pub fn of(plan: &FhirPlan, dataset: &Dataset, parameters: &Parameters, concepts: &[ConceptIx]) -> Option<Self> {
        let (person, record) = (plan.cases.person?, plan.cases.record?);
        let mut worked = Work { plan, dataset, parameters, person, record, roles: Vec::new() };
        worked.roles.extend(worked.asked_for(concepts));
        if worked.roles.is_empty() {
            return None;
        }
        worked.add_what_leads_there();
        let of_some = |concept| concepts.is_empty() || concepts.iter().any(|asked| dataset.is_within(concept, *asked));
        Some(Self {
            person: plan.role(person).resource_type.clone(),
            record: plan.role(record).resource_type.clone(),
            searches: worked.searches(!concepts.is_empty(), &of_some),
            reads: worked.reads(),
        })
    }
}

struct Work<'a> {
    plan: &'a FhirPlan,
    dataset: &'a Dataset,
    parameters: &'a Parameters,
    person: RoleIx,
    record: RoleIx,
    roles: Vec<RoleIx>,
}

impl Work<'_> {
    fn all(&self) -> impl Iterator<Item = RoleIx> + use<> {
        (0..u16::try_from(self.plan.roles.len()).unwrap_or(u16::MAX)).map(RoleIx)
    }

    /// The resources that hold the concepts; all resources, if none are named.
    fn asked_for(&self, concepts: &[ConceptIx]) -> Vec<RoleIx> {
        if concepts.is_empty() {
            return self.all().collect();
        }
        let is_asked = |concept| concepts.iter().any(|asked| self.dataset.is_within(concept, *asked));
        let mut found = BTreeSet::new();
        for field in self.plan.fields.iter().filter(|field| is_asked(field.concept)) {
            match &field.place {
                Place::Role(role, _) => drop(found.insert(*role)),
                Place::Each(group, _) => {
                    found.extend(self.all().filter(|ix| self.dataset.is_within(self.plan.role(*ix).concept, *group)));
                }
                Place::Aligned | Place::None => {}
            }
        }
        found.extend(self.all().filter(|ix| is_asked(self.plan.role(*ix).concept)));
        found.into_iter().collect()
    }

    /// Adds the person, the record, and what must be there to find what is asked for.
    fn add_what_leads_there(&mut self) {
        self.roles.extend([self.person, self.record]);
        let mut at = 0;
        while let Some(role) = self.roles.get(at).copied() {
            at += 1;
            let found_by = self.found_by(role).map(|(_, anchor)| anchor);
            if let Some(Anchor::Found(kind)) = &found_by {
                let leading: Vec<RoleIx> = self
                    .all()
                    .filter(|to| self.plan.role(*to).resource_type == *kind && self.refers(role, *to).next().is_some())
                    .filter(|to| !self.roles.contains(to))
                    .collect();
                self.roles.extend(leading);
            }
            let is_read = role != self.person && found_by.is_none();
            if is_read && !self.roles.iter().any(|other| self.refers(*other, role).next().is_some()) {
                let leading = self.all().find(|other| *other != role && self.refers(*other, role).next().is_some());
                self.roles.extend(leading);
            }
        }
        self.roles.sort_unstable();
        self.roles.dedup();
    }

    /// The element of a role by which it is found, and what that refers to: the record rather than the person, and what else is
    /// found if nothing refers to the role.
    fn found_by(&self, role: RoleIx) -> Option<(&str, Anchor)> {
        if let Some(element) = self.searched_by(role, |target| target == self.record) {
            return Some((element, Anchor::Record));
        }
        if let Some(element) = self.searched_by(role, |target| target == self.person) {
            return Some((element, Anchor::Person));
        }
        if self.all().any(|other| self.refers(other, role).next().is_some()) {
            return None;
        }
        let mut others = self.all().filter(|other| *other != role);
        others.find_map(|other| {
            let element = self.searched_by(role, |target| target == other)?;
            Some((element, Anchor::Found(self.plan.role(other).resource_type.clone())))
        })
    }

    /// The element with a search parameter by which a role refers to another.
    fn searched_by(&self, role: RoleIx, is_meant: impl Fn(RoleIx) -> bool) -> Option<&str> {
        let role = self.plan.role(role);
        let mut references = role.references.iter();
        references.find_map(|spec| match (spec.target, &spec.path.steps[..]) {
            (Target::Role(target), [step]) if is_meant(target) => {
                self.parameters.of(&role.resource_type, &step.name).map(|_| step.name.as_str())
            }
            _ => None,
        })
    }

    /// The elements by which one role refers to another.
    fn refers(&self, from: RoleIx, to: RoleIx) -> impl Iterator<Item = &ElementPath> {
        let references = self.plan.role(from).references.iter();
        references.filter(move |spec| spec.target.is(self.plan, self.dataset, to)).map(|spec| &spec.path)
    }

    fn searches(&self, are_some: bool, is_asked: &dyn Fn(ConceptIx) -> bool) -> Vec<Search> {
        let mut searches: Vec<Search> = Vec::new();
        let mut whole: BTreeSet<usize> = BTreeSet::new();
        for role in &self.roles {
            let Some((element, anchor)) = self.found_by(*role) else { continue };
            let own = self.plan.role(*role);
            let kind = own.resource_type.as_str();
            let direct = self.parameters.of(kind, element).map(str::to_owned);
            let parts = self.parameters.through_parts(kind, element).filter(|_| anchor == Anchor::Record);
            for parameter in direct.into_iter().chain(parts) {
                let is_same = |search: &Search| search.resource_type == kind && search.parameter == parameter;
                let at = searches.iter().position(is_same).unwrap_or_else(|| {
                    let (resource_type, anchor) = (own.resource_type.clone(), anchor.clone());
                    let (codes, concepts) = (Vec::new(), Vec::new());
                    searches.push(Search { resource_type, parameter, anchor, codes, concepts });
                    searches.len() - 1
                });
                let codes = own.codings.iter().find(|codings| is_code(codings));
                match codes.filter(|_| are_some) {
                    Some(codings) => add(&mut searches[at].codes, codings.any.iter().chain(&codings.all)),
                    None => drop(whole.insert(at)),
                }
                let concepts = own.fields.iter().map(|field| self.plan.field(*field).concept);
                let concepts: Vec<ConceptIx> = concepts.filter(|concept| is_asked(*concept)).collect();
                add(&mut searches[at].concepts, concepts.iter());
            }
        }
        for at in whole {
            searches[at].codes.clear();
        }
        searches.sort_by(|one, other| one.anchor.cmp(&other.anchor));
        searches
    }

    /// What the resources that are found refer to, where no search finds it.
    fn reads(&self) -> Vec<Read> {
        let mut reads = BTreeSet::new();
        for to in self.roles.iter().filter(|role| **role != self.person && self.found_by(**role).is_none()) {
            for from in &self.roles {
                reads.extend(self.refers(*from, *to).map(|path| Read {
                    from: self.plan.role(*from).resource_type.clone(),
                    element: path.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join("."),
                    resource_type: self.plan.role(*to).resource_type.clone(),
                }));
            }
        }
        reads.into_iter().collect()
    }
}

/// True of the codings that say what a resource is about.
fn is_code(codings: &Codings) -> bool {
    matches!(&codings.path.steps[..], [code, _] if code.name == "code")
}

fn add<'t, T: Clone + PartialEq + 't>(all: &mut Vec<T>, more: impl Iterator<Item = &'t T>) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}
