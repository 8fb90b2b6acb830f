//! From resources to an instance.

mod alike;
mod joined;

use std::collections::HashMap;

use super::accounts::{Accounts, Fate};
use super::chosen::{chosen, is_passed_over};
use super::entry::Entry;
use super::losses;
use super::marks::Marks;
use super::modifier;
use super::occurrences::Occurrences;
use super::recognise::{Recognised, Unclear};
use super::source::Source;
use super::structure::{references, structure};
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, Origin, Value};
use crate::fhir::values::answer::{is_contradictory, read_answer, states_of, take_beside, take_state};
use crate::fhir::values::codec::{Codecs, Used};
use crate::ledger::{Ledger, Loss, Reason};
use crate::plan::fhir::{Codec, ElementPath, FhirPlan, Field, FieldIx, Place, RoleIx};
use crate::terminology::Terminology;
use crate::tree::Tree;
use alike::Shared;

/// Reads the instance that resources describe, accounts for every leaf of them, and counts the resources.
///
/// `current` is what the caller calls the current pregnancy: a reference, id or identifier of it, or of the record that
/// refers to it.
///
/// # Errors
/// If it is not clear which pregnancy is the current one.
pub fn extract(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    source: Source<'_>,
    current: Option<&str>,
) -> Result<(Instance, Ledger, usize), Unclear> {
    let Source { entries, directory, strays, rivals, labels, structural, leaves } = source;
    let recognised = Recognised::of(plan, dataset, terminology, entries, directory, current)?;
    let mut extractor = Extractor {
        plan,
        dataset,
        codecs: Codecs { plan, dataset, terminology },
        occurrences: Occurrences::new(plan, dataset, recognised),
        shared: HashMap::new(),
        copies: Vec::new(),
        accounts: Accounts::new(leaves),
        strays,
        rivals,
        labels,
    };
    extractor.accounts.mark(&structural, Fate::Structural);
    let own = extractor.occurrences.recognised.own();
    for at in &extractor.occurrences.recognised.copies {
        let mut leaves = Vec::new();
        own[*at].resource.each_leaf(&mut |leaf| leaves.push(leaf.ix));
        extractor.accounts.mark(&leaves, Fate::Structural);
    }
    let marks = Marks::of(plan.cases.test.as_ref(), own, &extractor.labels, &mut extractor.accounts);
    extractor.read_again();
    extractor.run();
    extractor.accounts.join();
    extractor.mark(&marks);
    Ok(extractor.finish())
}

/// The path of the labels of a bundle.
const LABEL: &str = "Bundle.meta";

struct Extractor<'a, 't> {
    plan: &'a FhirPlan,
    dataset: &'a Dataset,
    codecs: Codecs<'a>,
    occurrences: Occurrences<'a, 't>,
    /// Occurrences of groups that are recognised by what all their resources say alike.
    shared: HashMap<(ConceptIx, NodeIx, String), Shared>,
    /// What rows after the first say of a concept, to be read last.
    copies: Vec<(FieldIx, ElementPath, usize, NodeIx)>,
    accounts: Accounts,
    /// Resources that belong to no case.
    strays: Vec<Entry<'t>>,
    /// Resources of which others with their id say something else, or that the source takes back.
    rivals: Vec<Entry<'t>>,
    /// What is said of everything in a bundle.
    labels: Vec<&'t Tree>,
}

impl Extractor<'_, '_> {
    /// Keeps an account of its own of each resource that is read once more.
    fn read_again(&mut self) {
        let recognised = &self.occurrences.recognised;
        for at in recognised.uses.own()..recognised.entries.len() {
            if recognised.roles[at].is_some() {
                self.accounts.again(at, losses::own_leaves(&recognised.entries[at]));
            }
        }
    }

    fn run(&mut self) {
        for at in 0..self.occurrences.recognised.entries.len() {
            if let Some(role) = self.occurrences.recognised.roles[at] {
                self.resource(at, role);
            }
        }
        self.read_copies();
        self.occurrences.copy_keys();
        self.read_statuses();
    }

    /// What is marked as a test says so.
    fn mark(&mut self, marks: &Marks) {
        let Some(test) = &self.plan.cases.test else { return };
        if !marks.say(test, self.dataset, &mut self.occurrences.instance, &mut self.accounts) {
            let (concept, content, origin) = marks.content(test);
            self.occurrences.add_leaf(NodeIx::ROOT, concept, content, origin);
        }
    }

    /// Statuses follow from what is there: one that does says nothing else. Another is lost.
    fn read_statuses(&mut self) {
        // Many resources may be about one occurrence.
        let mut states = HashMap::new();
        for at in 0..self.occurrences.recognised.entries.len() {
            let Some(role) = self.occurrences.recognised.roles[at] else { continue };
            let resource = self.occurrences.recognised.entries[at].resource;
            self.accounts.turn_to(at);
            for ix in &self.plan.role(role).fields {
                let field = self.plan.field(*ix);
                let Codec::Answer(answer) = field.codec else { continue };
                let answer = &self.plan.answers[answer];
                if !answer.clauses.is_empty() {
                    continue;
                }
                let base = self.occurrences.node_of(at, role);
                let reach = self.occurrences.reach(base, field.concept);
                let contents = || states_of(answer, self.occurrences.contents(reach, field.concept));
                let mut used = Used::default();
                for state in states.entry((*ix, reach)).or_insert_with(contents) {
                    take_state(state, resource, &mut used);
                }
                self.accounts.mark(&used.leaves, Fate::Structural);
            }
        }
    }

    fn resource(&mut self, at: usize, role: RoleIx) {
        let resource = self.occurrences.recognised.entries[at].resource;
        self.accounts.turn_to(at);
        let base = self.occurrences.node_of(at, role);
        let base = self.shared_group(at, role, base);
        let mut fields: Vec<FieldIx> = self.plan.role(role).fields.clone();
        // What names its namespace is read before what takes any.
        fields.sort_by_key(|ix| match &self.plan.field(*ix).place {
            Place::Role(_, path) => path.steps.iter().all(|step| step.conditions.is_empty()),
            _ => true,
        });
        for ix in fields {
            let Place::Role(_, path) = &self.plan.field(ix).place else { continue };
            if self.plan.field(ix).copy {
                self.copies.push((ix, path.clone(), at, base));
            } else {
                self.field(ix, path, resource, base);
            }
        }
        self.accounts.mark(&structure(self.plan, role, resource), Fate::Structural);
        let (fixed, astray) = references(self.plan, self.dataset, &self.occurrences.recognised, at, role);
        self.accounts.mark(&fixed, Fate::Structural);
        self.accounts.give_reason(&astray, Reason::NoCarrier, self.plan.role(role).concept);
    }

    /// Reads what is written a second time: it is accounted for with the first, or stands for it where that is
    /// missing.
    fn read_copies(&mut self) {
        for (ix, path, at, base) in std::mem::take(&mut self.copies) {
            let resource = self.occurrences.recognised.entries[at].resource;
            self.accounts.turn_to(at);
            let concept = self.plan.field(ix).concept;
            for (content, used) in self.values(ix, &path, resource) {
                self.accounts.lose(&used.left, concept);
                let content = match content {
                    Ok(content) => content,
                    Err(reason) => {
                        self.accounts.give_reason(&used.leaves, reason, concept);
                        continue;
                    }
                };
                let reach = self.occurrences.reach(base, concept);
                let there = self.occurrences.instance.descendants(self.dataset, reach, concept);
                let same = there
                    .iter()
                    .copied()
                    .find(|node| self.occurrences.instance.node(*node).content.as_ref() == Some(&content));
                let fresh = self.accounts.fresh(&used.leaves);
                match same {
                    Some(node) => self.occurrences.instance.add_leaves(node, fresh),
                    None if there.is_empty() => {
                        let origin = Origin { position: used.position, leaves: fresh };
                        self.occurrences.add_leaf(base, concept, content, origin);
                    }
                    None => {
                        let coarser = self.coarser_copy(ix, &there, &content);
                        if let Some(node) = coarser.or_else(|| self.joined_copy(&path, resource, &there, &content)) {
                            self.occurrences.instance.add_leaves(node, fresh);
                        } else {
                            self.accounts.give_reason(&used.leaves, Reason::Contradiction, concept);
                            continue;
                        }
                    }
                }
                self.accounts.mark(&used.leaves, Fate::Used);
            }
        }
    }

    /// Which of the answers that are there has the same code in a code list of FHIR, which is coarser than they are.
    fn coarser_copy(&self, ix: FieldIx, there: &[NodeIx], content: &Content) -> Option<NodeIx> {
        let field = self.plan.field(ix);
        let is_same = |node: &&NodeIx| {
            let own = self.occurrences.instance.node(**node).content.as_ref();
            field.codec == Codec::Code && own.is_some_and(|own| self.codecs.is_same_code(field, own, content))
        };
        there.iter().find(is_same).copied()
    }

    /// Which of the texts that are there is a part of one that is put together of what stands beside it (a prefix and a name).
    fn joined_copy(&self, path: &ElementPath, resource: &Tree, there: &[NodeIx], content: &Content) -> Option<NodeIx> {
        let own = |content: &Content| match content {
            Content::Value(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let whole = own(content)?;
        let mut parts = joined::parts(path, resource, &whole).into_iter().flatten();
        let known = |node: &NodeIx| self.occurrences.instance.node(*node).content.as_ref().and_then(own);
        parts.find_map(|part| there.iter().copied().find(|node| known(node).as_deref() == Some(part)))
    }

    fn field(&mut self, ix: FieldIx, path: &ElementPath, resource: &Tree, base: NodeIx) {
        for (content, used) in self.values(ix, path, resource) {
            let concept = self.plan.field(ix).concept;
            self.accounts.lose(&used.left, concept);
            let fresh = self.accounts.fresh(&used.leaves);
            match content {
                // A code that is no answer to the question does not win from one that is, wherever that stands.
                Ok(content)
                    if self.codecs.is_no_answer(concept, &content) && self.has_copy_that_answers(ix, resource) =>
                {
                    self.accounts.give_reason(&used.leaves, Reason::Contradiction, concept);
                }
                Ok(content) => {
                    let origin = Origin { position: used.position, leaves: fresh };
                    self.occurrences.add_leaf(base, concept, content, origin);
                    self.accounts.mark(&used.leaves, Fate::Used);
                }
                Err(reason) => self.accounts.give_reason(&used.leaves, reason, concept),
            }
        }
    }

    /// True if a resource says again what a field says, and there in an answer to the question.
    fn has_copy_that_answers(&self, ix: FieldIx, resource: &Tree) -> bool {
        let field = self.plan.field(ix);
        let Place::Role(role, _) = &field.place else { return false };
        self.plan.fields_of(field.concept).iter().any(|other| match &self.plan.field(*other).place {
            Place::Role(same, path) if same == role && self.plan.field(*other).copy => {
                let is_answer =
                    |content: &Content| content.is_stated() && !self.codecs.is_no_answer(field.concept, content);
                let mut values = self.values(*other, path, resource).into_iter();
                values.any(|(content, _)| content.is_ok_and(|content| is_answer(&content)))
            }
            _ => false,
        })
    }

    /// The values that a resource has for a field. Elements that another field took are passed over.
    fn values(&self, ix: FieldIx, path: &ElementPath, resource: &Tree) -> Vec<(Result<Content, Reason>, Used)> {
        let field = self.plan.field(ix);
        if let Codec::Answer(answer) = field.codec {
            return self.answer(answer, field, resource).into_iter().collect();
        }
        let paths = std::iter::once(path).chain(&field.elsewhere);
        paths.map(|path| self.values_at(field, path, resource)).find(|values| !values.is_empty()).unwrap_or_default()
    }

    /// The answer that a resource gives to a question.
    fn answer(&self, answer: usize, field: &Field, resource: &Tree) -> Option<(Result<Content, Reason>, Used)> {
        let answer = &self.plan.answers[answer];
        let mut used = Used::default();
        let content = read_answer(answer, resource, &mut used)?;
        if is_contradictory(answer, resource) {
            return Some((Err(Reason::Contradiction), used));
        }
        let is_no = content == Content::Value(Value::Boolean(false));
        if is_no
            && matches!(&field.place, Place::Role(role, _) if modifier::is_narrower(self.plan.role(*role), resource))
        {
            return Some((Err(Reason::Modifier), used));
        }
        Some((Ok(content), used))
    }

    fn values_at(&self, field: &Field, path: &ElementPath, resource: &Tree) -> Vec<(Result<Content, Reason>, Used)> {
        let mut values = Vec::new();
        let chosen = match &field.place {
            Place::Role(role, _) => chosen(self.plan, self.plan.role(*role), path, resource),
            _ => None,
        };
        for holder in path.holders(resource) {
            let from = values.len();
            let items: Vec<&Tree> = path.last().items(holder).filter(|item| !item.is_empty()).collect();
            let companion = holder.get(&format!("_{}", path.last().name));
            let absent = holder.get("dataAbsentReason").filter(|_| path.last().name.starts_with("value"));
            // A value of another type is one: that it is absent is not said of it.
            let absent = absent.filter(|_| !has_value(holder));
            let on_holder = holder.get("extension").filter(|_| field.codec == Codec::Compact);
            if items.is_empty() && (companion.is_some() || absent.is_some() || on_holder.is_some()) {
                values.push(self.value(field, path, resource, holder, None));
            }
            for item in items {
                let mut taken = false;
                item.each_leaf(&mut |leaf| taken |= self.accounts.is_used(leaf));
                if !taken {
                    values.push(self.value(field, path, resource, holder, Some(item)));
                }
            }
            if is_passed_over(chosen, path, holder) {
                for (content, _) in values[from..].iter_mut().filter(|(content, _)| content.is_ok()) {
                    *content = Err(Reason::TooMany);
                }
            }
        }
        values
    }

    /// One value: an item of an element of `holder`, or a null flavour in its place.
    fn value(
        &self,
        field: &Field,
        path: &ElementPath,
        resource: &Tree,
        holder: &Tree,
        item: Option<&Tree>,
    ) -> (Result<Content, Reason>, Used) {
        let mut used = Used::default();
        let mut content = self.codecs.read(field, path, holder, item, &mut used);
        if let Some(answer) = field.beside.map(|at| &self.plan.answers[at]) {
            content = content.and_then(|content| modifier::beside(answer, resource, content));
            if content.is_ok() {
                take_beside(answer, resource, &mut used);
            }
        }
        if modifier::is_changed(self.plan, path, resource, holder, item) {
            content = Err(Reason::Modifier);
        }
        (content, used)
    }

    fn finish(self) -> (Instance, Ledger, usize) {
        let Occurrences { instance, recognised, .. } = self.occurrences;
        let mut ledger = Ledger::default();
        if self.accounts.count(&mut ledger) {
            for label in &self.labels {
                losses::walk(label, LABEL, &|_| true, &mut |leaf, path| {
                    if self.accounts.is_lost(leaf) {
                        let (reason, concept) = self.accounts.reason(leaf).unzip();
                        ledger.lost(Loss {
                            reason: reason.unwrap_or(Reason::Unknown),
                            position: leaf.position,
                            path: Some(path.to_owned()),
                            concept,
                            within: None,
                            rule: None,
                            leaves: 1,
                        });
                    }
                });
            }
            let own = recognised.own().iter().enumerate().map(|(at, entry)| {
                let known = recognised.roles[at].is_some();
                (entry, known, recognised.lost[at].filter(|_| !known).unwrap_or(Reason::Unknown))
            });
            let strays = self.strays.iter().map(|entry| (entry, false, Reason::NoCarrier));
            let reason = |entry: &Entry<'_>| if entry.taken_back { Reason::Modifier } else { Reason::Contradiction };
            let rivals = self.rivals.iter().map(|entry| (entry, false, reason(entry)));
            for (entry, known, otherwise) in own.chain(strays).chain(rivals) {
                let account = losses::ResourceLosses { entry, known, otherwise };
                for loss in account.losses(self.plan, self.codecs.terminology, &self.accounts) {
                    ledger.lost(loss);
                }
            }
        }
        (instance, ledger, recognised.uses.own())
    }
}

/// True if an object has a value, of whatever type.
fn has_value(holder: &Tree) -> bool {
    let Tree::Object(members) = holder else { return false };
    members.iter().any(|(name, value)| name.starts_with("value") && !value.is_empty())
}
