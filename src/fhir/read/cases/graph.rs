//! What the resources of a source refer to, and where that puts them.

use std::collections::HashMap;

use super::{Anchor, Belongs, Case, Met, Said};
use crate::fhir::read::directory::{is_id, name_of};
use crate::fhir::read::entry::CONTAINED;
use crate::tree::Tree;

/// The references between resources. What is contained in one counts as that one.
pub(super) struct Graph {
    owners: Vec<usize>,
    /// Per resource: those that it refers to, and those that refer to it, but for records and persons.
    pub forward: Vec<Vec<usize>>,
    pub backward: Vec<Vec<usize>>,
    /// Per resource: the records and the persons that it names.
    records: Vec<Vec<usize>>,
    persons: Vec<Vec<usize>>,
    /// Per record: the persons whom it is about.
    record_persons: Vec<Vec<usize>>,
    /// Per resource: true if several cases may have it.
    shared: Vec<bool>,
    /// Per resource: true if it is somebody, as the persons are whose cases these are: a child has one mother.
    somebody: Vec<bool>,
}

impl Graph {
    /// `twice` are other resources that are one of the persons.
    pub fn of(said: &Said<'_, '_>, records: &Met<Anchor>, persons: &Met<Anchor>, twice: &[(Anchor, usize)]) -> Self {
        let Said { plan, entries, directory, .. } = *said;
        let count = entries.len();
        let lists = || vec![Vec::new(); count];
        let mut graph = Self {
            owners: entries.iter().enumerate().map(|(at, entry)| entry.container.unwrap_or(at)).collect(),
            forward: lists(),
            backward: lists(),
            records: lists(),
            persons: lists(),
            record_persons: Vec::new(),
            shared: vec![false; count],
            somebody: vec![false; count],
        };
        let numbered = |met: &Met<Anchor>| -> HashMap<Anchor, usize> {
            met.iter().enumerate().map(|(nth, (_, anchor))| (anchor.clone(), nth)).collect()
        };
        let (record_numbers, mut person_numbers) = (numbered(records), numbered(persons));
        person_numbers.extend(twice.iter().cloned());
        for (at, entry) in entries.iter().enumerate() {
            let is_own = |name: &str| entry.container.is_some() || name != CONTAINED;
            each_reference(entry.resource, &is_own, &mut |reference| {
                let anchors: Vec<Anchor> = match directory.meant(entries, at, reference) {
                    Some(targets) if targets.is_empty() => name_of(reference).map(Anchor::Absent).into_iter().collect(),
                    Some(targets) => targets.into_iter().map(Anchor::Here).collect(),
                    None => Vec::new(),
                };
                for anchor in anchors {
                    graph.refer(at, &anchor, record_numbers.get(&anchor), person_numbers.get(&anchor));
                }
            });
        }
        for list in graph.records.iter_mut().chain(&mut graph.persons) {
            list.sort_unstable();
            list.dedup();
        }
        for (at, entry) in entries.iter().enumerate() {
            let kind = entry.resource.text_at("resourceType").unwrap_or_default();
            graph.shared[at] = plan.cases.may_share(kind) && graph.names_nobody(at);
            graph.somebody[at] = plan.cases.person.is_some_and(|role| plan.role(role).resource_type == kind);
        }
        graph.record_persons = records.iter().map(|(_, record)| about(record, said, &person_numbers)).collect();
        graph.named_together();
        graph
    }

    /// The resource that a resource stands in: mostly itself.
    pub fn owner(&self, at: usize) -> usize {
        self.owners[at]
    }

    /// True if several cases may have a resource: it is about no person.
    pub fn is_shared(&self, at: usize) -> bool {
        self.shared[at]
    }

    /// The persons whom a record is about.
    pub fn persons_of(&self, record: usize) -> &[usize] {
        &self.record_persons[record]
    }

    fn names_nobody(&self, at: usize) -> bool {
        self.records[at].is_empty() && self.persons[at].is_empty()
    }

    fn refer(&mut self, from: usize, to: &Anchor, record: Option<&usize>, person: Option<&usize>) {
        let owner = self.owners[from];
        if let Some(nth) = record {
            self.records[owner].push(*nth);
        }
        if let Some(nth) = person {
            self.persons[owner].push(*nth);
        }
        if let (None, None, Anchor::Here(target)) = (record, person, to) {
            let target = self.owners[*target];
            if target != owner {
                self.forward[owner].push(target);
                self.backward[target].push(owner);
            }
        }
    }

    /// Fills in for records that do not say whom they are about: the only person whom those name that name the record.
    fn named_together(&mut self) {
        let mut together: Vec<Vec<usize>> = vec![Vec::new(); self.record_persons.len()];
        for (records, persons) in self.records.iter().zip(&self.persons) {
            for record in records {
                together[*record].extend(persons);
            }
        }
        for (own, mut together) in self.record_persons.iter_mut().zip(together) {
            together.sort_unstable();
            together.dedup();
            if own.is_empty() && together.len() == 1 {
                *own = together;
            }
        }
    }

    /// Where each resource belongs.
    pub fn divide(&self, records: &Met<Anchor>, persons: &Met<Anchor>, cases: &[Case]) -> Vec<Belongs> {
        let mut case_of: HashMap<&Anchor, Vec<usize>> = HashMap::new();
        for (case, anchors) in cases.iter().map(|case| &case.anchors).enumerate() {
            for anchor in anchors {
                case_of.entry(anchor).or_default().push(case);
            }
        }
        let of = |met: &Met<Anchor>| -> Vec<Vec<usize>> {
            met.iter().map(|(_, anchor)| case_of.get(anchor).cloned().unwrap_or_default()).collect()
        };
        let (of_records, of_persons) = (of(records), of(persons));
        let mut belongs: Vec<Belongs> = (0..self.owners.len())
            .map(|at| said_by_names(&self.records[at], &self.persons[at], &of_records, &of_persons))
            .collect();
        let mut is_anchor = vec![false; self.owners.len()];
        for (anchor, cases) in &case_of {
            if let Anchor::Here(at) = anchor
                && self.owners[*at] == *at
            {
                belongs[*at] = Belongs::To(cases.clone());
                is_anchor[*at] = true;
            }
        }
        self.contradict(&mut belongs, &is_anchor);
        self.referred_to(&mut belongs);
        self.contradict(&mut belongs, &is_anchor);
        self.connected(&mut belongs);
        belongs
    }

    /// What refers to something of another case than its own contradicts itself.
    fn contradict(&self, belongs: &mut [Belongs], is_anchor: &[bool]) {
        let strange = |at: usize, own: &[usize]| {
            self.forward[at].iter().any(|target| {
                let theirs = belongs[*target].cases();
                !theirs.is_empty() && !theirs.iter().any(|case| own.contains(case))
            })
        };
        let astray: Vec<usize> = (0..belongs.len())
            .filter(|at| !is_anchor[*at] && !belongs[*at].cases().is_empty() && strange(*at, belongs[*at].cases()))
            .collect();
        for at in astray {
            belongs[at] = Belongs::Nowhere;
        }
    }

    /// What does not say where it belongs belongs to the cases of what refers to it.
    fn referred_to(&self, belongs: &mut [Belongs]) {
        let open = |at: &usize| !self.shared[*at] && matches!(belongs[*at], Belongs::Open(_));
        let claimed: Vec<(usize, Belongs)> =
            (0..belongs.len()).filter(open).filter_map(|at| Some((at, self.claimed(at, belongs)?))).collect();
        for (at, cases) in claimed {
            belongs[at] = cases;
        }
    }

    /// The cases of what refers to a resource, if any does. Of somebody whom several cases claim, what names a person too
    /// (the birth of a child names the mother) knows better than what names only a record; else nothing is known.
    fn claimed(&self, at: usize, belongs: &[Belongs]) -> Option<Belongs> {
        let Belongs::Open(open) = &belongs[at] else { return None };
        let claims = |knows: &dyn Fn(usize) -> bool| {
            let from = self.backward[at].iter().copied().filter(|from| knows(*from));
            let mut claims: Vec<usize> = from.flat_map(|from| belongs[from].cases()).copied().collect();
            claims.retain(|case| open.is_empty() || open.contains(case));
            claims.sort_unstable();
            claims.dedup();
            claims
        };
        let all = claims(&|_| true);
        if all.len() < 2 || !self.somebody[at] {
            return (!all.is_empty()).then_some(Belongs::To(all));
        }
        let known = claims(&|from| !self.persons[from].is_empty());
        Some(if known.len() == 1 { Belongs::To(known) } else { Belongs::Nowhere })
    }

    /// What is still open belongs, with all that it is connected with, to the one case that any of that is connected with.
    fn connected(&self, belongs: &mut [Belongs]) {
        let is_open = |at: usize| matches!(belongs[at], Belongs::Open(_)) && !self.shared[at];
        let mut seen = vec![false; belongs.len()];
        let mut found = Vec::new();
        for start in 0..belongs.len() {
            if seen[start] || !is_open(start) || self.owners[start] != start {
                continue;
            }
            let (mut group, mut touched) = (vec![start], Vec::new());
            seen[start] = true;
            let mut next = 0;
            while let Some(at) = group.get(next).copied() {
                next += 1;
                for other in self.forward[at].iter().chain(&self.backward[at]).copied() {
                    if is_open(other) {
                        if !std::mem::replace(&mut seen[other], true) {
                            group.push(other);
                        }
                    } else if !self.shared[other] {
                        touched.extend(belongs[other].cases());
                    }
                }
            }
            touched.sort_unstable();
            touched.dedup();
            if let [only] = touched[..] {
                found.extend(group.into_iter().map(|at| (at, only)));
            }
        }
        for (at, case) in found {
            let may = matches!(&belongs[at], Belongs::Open(open) if open.is_empty() || open.contains(&case));
            belongs[at] = if may { Belongs::To(vec![case]) } else { Belongs::Nowhere };
        }
    }
}

/// Whom a record says that it is about.
fn about(record: &Anchor, said: &Said<'_, '_>, numbers: &HashMap<Anchor, usize>) -> Vec<usize> {
    let mut persons = Vec::new();
    if let (Anchor::Here(at), Some(role)) = (record, said.plan.cases.person) {
        let (here, absent) = said.targets(*at, role);
        let anchors = here.into_iter().map(Anchor::Here).chain(absent.into_iter().map(Anchor::Absent));
        persons.extend(anchors.filter_map(|anchor| numbers.get(&anchor).copied()));
    }
    persons.sort_unstable();
    persons.dedup();
    persons
}

/// Where a resource belongs by the records and persons that it names.
fn said_by_names(
    records: &[usize],
    persons: &[usize],
    of_records: &[Vec<usize>],
    of_persons: &[Vec<usize>],
) -> Belongs {
    let union = |numbers: &[usize], of: &[Vec<usize>]| {
        let mut cases: Vec<usize> = numbers.iter().flat_map(|nth| &of[*nth]).copied().collect();
        cases.sort_unstable();
        cases.dedup();
        cases
    };
    let of_persons_named = union(persons, of_persons);
    if records.is_empty() {
        // Of a person with several records, the name of the person does not tell which.
        let is_told = persons.iter().all(|nth| of_persons[*nth].len() == 1);
        return if is_told && !persons.is_empty() {
            Belongs::To(of_persons_named)
        } else {
            Belongs::Open(of_persons_named)
        };
    }
    let mut cases = union(records, of_records);
    cases.retain(|case| persons.is_empty() || of_persons_named.contains(case));
    if cases.is_empty() { Belongs::Nowhere } else { Belongs::To(cases) }
}

/// What a reference calls something that is not in the source, as far as it can be nothing else than a reference.
pub(super) fn shown_name(name: &str) -> String {
    let (kind, id) =
        name.strip_prefix("urn:uuid:").map_or_else(|| name.split_once('/').unwrap_or_default(), |id| ("U", id));
    let is_shown = is_id(id) && kind.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_shown && !kind.is_empty() { name.to_owned() } else { "(one that is referred to by an identifier)".to_owned() }
}

/// Visits everything in a resource that is a reference.
pub(super) fn each_reference<'t>(resource: &'t Tree, is_own: &dyn Fn(&str) -> bool, visit: &mut dyn FnMut(&'t Tree)) {
    match resource {
        Tree::Object(members) => {
            let inner = members.iter().filter(|(name, _)| is_own(name));
            inner.for_each(|(_, tree)| within(tree, visit));
        }
        Tree::Array(_) | Tree::Leaf(_) => {}
    }
}

fn within<'t>(tree: &'t Tree, visit: &mut dyn FnMut(&'t Tree)) {
    match tree {
        Tree::Object(members) => {
            let is_reference = tree.text_at("reference").is_some()
                || tree.get("identifier").is_some_and(|identifier| matches!(identifier, Tree::Object(_)));
            if is_reference {
                visit(tree);
            }
            for (_, inner) in members {
                within(inner, visit);
            }
        }
        Tree::Array(items) => items.iter().for_each(|item| within(item, visit)),
        Tree::Leaf(_) => {}
    }
}
