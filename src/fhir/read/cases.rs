//! Which case each resource of a source belongs to.
//!
//! A record is a case, and so is a person whom no record is about. A resource belongs to the case of the record that it
//! names, else to that of the person; where it names a person with several records, or nobody, to the one case that what
//! it refers to, and what refers to it, belongs to. What is about no person (an organization) belongs to every case that
//! refers to it. A resource that contradicts itself, or that two cases could claim, belongs to none: nothing is guessed.

mod assemble;
mod graph;
mod twice;

pub use assemble::Leftovers;

use std::collections::HashSet;

use super::candidates::allowed;
use super::directory::{Directory, name_of, shown_apart};
use super::entry::Entry;
use super::source::Source;
use crate::dataset::{Dataset, Text};
use crate::plan::fhir::{FhirPlan, RoleIx, Target};
use crate::terminology::Terminology;
use graph::Graph;

/// The cases of a source that has several.
pub struct Division<'e, 't> {
    source: &'e Source<'t>,
    graph: Graph,
    cases: Vec<Case>,
    /// Per resource: the cases that it belongs to by what it says. What may be shared has those that refer to it besides.
    belongs: Vec<Belongs>,
    /// Per case: the resources that belong to it by what they say.
    of_case: Vec<Vec<usize>>,
}

/// One case: a record with the person whom it is about, or a person without a record.
#[derive(Debug)]
struct Case {
    /// Where in the source it is first met.
    position: usize,
    anchors: Vec<Anchor>,
}

/// A record or a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Anchor {
    /// A resource of the source.
    Here(usize),
    /// What references call one that is not in the source.
    Absent(Text),
}

impl Anchor {
    /// The resource of the source that it is.
    fn here(&self) -> Option<usize> {
        match self {
            Self::Here(at) => Some(*at),
            Self::Absent(_) => None,
        }
    }
}

/// What is known of where a resource belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Belongs {
    /// To these cases.
    To(Vec<usize>),
    /// To one of these cases, or of all if there are none: what is around it has to tell.
    Open(Vec<usize>),
    /// To none: it contradicts itself.
    Nowhere,
}

impl Belongs {
    fn cases(&self) -> &[usize] {
        match self {
            Self::To(cases) => cases,
            _ => &[],
        }
    }
}

/// Where something is met first, with what it is.
type Met<T> = Vec<(usize, T)>;

impl<'e, 't> Division<'e, 't> {
    /// Tells the cases of a source apart; `None` if there is but one, or nothing that tells.
    pub fn of(plan: &FhirPlan, dataset: &Dataset, terminology: &Terminology, source: &'e Source<'t>) -> Option<Self> {
        let Source { entries, directory, .. } = source;
        let roles_of = |at: usize| allowed(plan, dataset, terminology, entries[at].resource).0;
        let found = People::present(plan, entries, &roles_of);
        if found.is_plainly_one() {
            return None;
        }
        let roles: Vec<Vec<RoleIx>> = (0..entries.len()).map(roles_of).collect();
        let said = Said { plan, entries, directory, roles: &roles };
        let (records, persons) = found.complete(&said);
        let (persons, twice) = twice::set_apart(&said, terminology, persons);
        let graph = Graph::of(&said, &records, &persons, &twice);
        let cases = cases(&graph, &records, &persons, &twice);
        if cases.len() < 2 {
            return None;
        }
        let belongs = graph.divide(&records, &persons, &cases);
        let of_case = assemble::by_case(cases.len(), &belongs);
        Some(Self { source, graph, cases, belongs, of_case })
    }

    /// How many cases there are.
    pub fn count(&self) -> usize {
        self.cases.len()
    }

    /// How to call each of these cases: by a reference to its record, or to the person.
    pub fn names(&self, cases: &[usize]) -> Vec<String> {
        let anchors = || cases.iter().map(|case| &self.cases[*case].anchors[0]);
        let here: Vec<usize> = anchors().filter_map(Anchor::here).collect();
        let mut here = shown_apart(&self.source.entries, &here).into_iter();
        let name = |anchor: &Anchor| match anchor {
            Anchor::Here(_) => here.next().unwrap_or_default(),
            Anchor::Absent(name) => graph::shown_name(name),
        };
        anchors().map(name).collect()
    }

    /// The cases that a caller may mean: by a reference to the record or the person, an id or an identifier; else by what
    /// belongs to a case.
    pub fn called(&self, name: &str) -> Vec<usize> {
        let named = self.source.directory.called(&self.source.entries, name);
        let is_meant = |anchor: &Anchor| match anchor {
            Anchor::Here(at) => named.contains(at),
            Anchor::Absent(own) => own.as_str() == name || own.rsplit(['/', ':']).next() == Some(name),
        };
        let of_anchor: Vec<usize> =
            (0..self.cases.len()).filter(|case| self.cases[*case].anchors.iter().any(is_meant)).collect();
        if !of_anchor.is_empty() {
            return of_anchor;
        }
        let belongs = named.iter().flat_map(|at| self.belongs[self.graph.owner(*at)].cases());
        let mut found: Vec<usize> = belongs.copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What the resources of a source say, with the roles that they may have by their own content.
struct Said<'a, 't> {
    plan: &'a FhirPlan,
    entries: &'a [Entry<'t>],
    directory: &'a Directory<'t>,
    roles: &'a [Vec<RoleIx>],
}

impl Said<'_, '_> {
    /// What a resource refers to as something with a role, whichever of its roles it has: the resources, and what
    /// references call those that are not in the source.
    fn targets(&self, at: usize, wanted: RoleIx) -> (Vec<usize>, Vec<Text>) {
        let mut common: Option<(Vec<usize>, Vec<Text>)> = None;
        for role in &self.roles[at] {
            let (mut here, mut absent) = (Vec::new(), Vec::new());
            let references = self.plan.role(*role).references.iter();
            for spec in references.filter(|spec| spec.target == Target::Role(wanted)) {
                for reference in spec.path.select(self.entries[at].resource) {
                    match self.directory.meant(self.entries, at, reference) {
                        Some(targets) if targets.is_empty() => absent.extend(name_of(reference)),
                        Some(targets) => here.extend(targets),
                        None => {}
                    }
                }
            }
            common = Some(match common {
                None => (here, absent),
                Some((mut h, mut a)) => {
                    h.retain(|target| here.contains(target));
                    a.retain(|name| absent.contains(name));
                    (h, a)
                }
            });
        }
        common.unwrap_or_default()
    }

    /// What a resource that some row knows calls resources of a type that are not in the source.
    fn missing(&self, at: usize, resource_type: &str) -> Vec<Text> {
        let mut names = Vec::new();
        if self.roles[at].is_empty() {
            return names;
        }
        graph::each_reference(self.entries[at].resource, &|_| true, &mut |reference| {
            let is_absent = self.directory.meant(self.entries, at, reference).is_some_and(|targets| targets.is_empty());
            let name = name_of(reference).filter(|_| is_absent);
            names.extend(name.filter(|name| name.split_once('/').is_some_and(|(kind, _)| kind == resource_type)));
        });
        names
    }
}

/// The records and persons of a source.
struct People {
    record: Option<RoleIx>,
    person: Option<RoleIx>,
    records: Met<Anchor>,
    persons: Met<Anchor>,
    /// What may be a person, or a child: only what refers to it tells.
    unclear: Vec<usize>,
}

impl People {
    /// Those that are in the source, each once, as far as they tell so themselves.
    fn present(plan: &FhirPlan, entries: &[Entry<'_>], roles_of: &impl Fn(usize) -> Vec<RoleIx>) -> Self {
        let (record, person) = (plan.cases.record, plan.cases.person);
        let mut people = Self { record, person, records: Vec::new(), persons: Vec::new(), unclear: Vec::new() };
        let is_type = |kind: &str, role: Option<RoleIx>| role.is_some_and(|ix| plan.role(ix).resource_type == kind);
        for (at, entry) in entries.iter().enumerate() {
            let kind = entry.resource.text_at("resourceType").unwrap_or_default();
            let (may_record, may_person) = (is_type(kind, record), is_type(kind, person));
            if !may_record && !may_person {
                continue;
            }
            let roles = roles_of(at);
            let has = |role: Option<RoleIx>| role.is_some_and(|ix| roles.contains(&ix));
            if may_record && has(record) {
                people.records.push((at, Anchor::Here(at)));
            } else if may_person && has(person) && roles.len() == 1 {
                people.persons.push((at, Anchor::Here(at)));
            } else if may_person && has(person) {
                people.unclear.push(at);
            }
        }
        people
    }

    /// True if nothing more has to be looked at: one record, one person, and nobody who may be another.
    fn is_plainly_one(&self) -> bool {
        let one = |role: Option<RoleIx>, met: &Met<Anchor>| role.is_none() || met.len() == 1;
        one(self.record, &self.records) && one(self.person, &self.persons) && self.unclear.is_empty()
    }

    /// With those whom others refer to as such. Somebody who is not in the source counts only where nobody is: else
    /// what refers to them is about somebody else than the cases of the source.
    fn complete(self, said: &Said<'_, '_>) -> (Met<Anchor>, Met<Anchor>) {
        let Self { record, person, mut records, mut persons, unclear } = self;
        let unclear: HashSet<usize> = unclear.into_iter().collect();
        let (mut absent_records, mut absent_persons, mut known) = (Vec::new(), Vec::new(), HashSet::new());
        let mut add = |met: &mut Met<Anchor>, at: usize, anchor: Anchor| {
            if known.insert(anchor.clone()) {
                met.push((at, anchor));
            }
        };
        for at in 0..said.entries.len() {
            if let Some(role) = person {
                let (here, absent) = said.targets(at, role);
                for target in here.into_iter().filter(|target| unclear.contains(target)) {
                    add(&mut persons, target, Anchor::Here(target));
                }
                for name in absent {
                    add(&mut absent_persons, at, Anchor::Absent(name));
                }
            }
            // An element may refer to a contact as well, and not every role mentions the record: what is called one is one.
            for name in record.into_iter().flat_map(|role| said.missing(at, &said.plan.role(role).resource_type)) {
                add(&mut absent_records, at, Anchor::Absent(name));
            }
        }
        if records.is_empty() {
            records = absent_records;
        }
        if persons.is_empty() {
            persons = absent_persons;
        }
        persons.sort_by_key(|(at, _)| *at);
        (records, persons)
    }
}

/// The cases: each record with its person, and each person without a record.
fn cases(graph: &Graph, records: &Met<Anchor>, persons: &Met<Anchor>, twice: &[(Anchor, usize)]) -> Vec<Case> {
    let mut cases = Vec::new();
    let called = |person: usize| {
        let others = twice.iter().filter(move |(_, nth)| *nth == person).map(|(anchor, _)| anchor);
        std::iter::once(&persons[person].1).chain(others).cloned()
    };
    let mut has_record = vec![false; persons.len()];
    for (nth, (position, anchor)) in records.iter().enumerate() {
        let mut anchors = vec![anchor.clone()];
        for person in graph.persons_of(nth) {
            has_record[*person] = true;
            anchors.extend(called(*person));
        }
        cases.push(Case { position: *position, anchors });
    }
    let alone = persons.iter().enumerate().filter(|(nth, _)| !has_record[*nth]);
    cases.extend(alone.map(|(nth, (position, _))| Case { position: *position, anchors: called(nth).collect() }));
    cases.sort_by_key(|case| case.position);
    cases
}
