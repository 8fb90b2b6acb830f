//! The normal form of an instance: the one that a reader makes of it.
//!
//! - Groups without a node of their own are packed: a leaf stands in the first occurrence that has room for it.
//! - An occurrence of an aligned group is about the one at the same position, and carries its key.
//! - What FHIR knows only by a common value of its resources (a date) is one occurrence for each such value, and
//!   no occurrence has that value alone.
//! - What several nodes may state of one occurrence is there once, however often they state it.
//! - What a no or a null flavour takes back is not stated, and an act that states something says yes.
//! - What a rule of FHIR forbids is not said: that something ends before it begins.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::dataset::{
    Aligned, Answer, ConceptIx, Content, Dataset, Instance, Kind, Node, NodeIx, NullFlavor, Origin, Packing, Value,
};
use crate::plan::fhir::{Demand, FhirPlan, Place};
use crate::plan::hl7v3::{Condition, MessagePlan};

/// What must be known to bring instances in normal form.
#[derive(Debug)]
pub(super) struct Normal<'a> {
    dataset: &'a Dataset,
    /// Groups that have nodes.
    nodes: HashSet<ConceptIx>,
    /// Groups without nodes in which a statement is shared by everything: there is one.
    single: HashSet<ConceptIx>,
    /// Aligned groups: the first of each pair has no node.
    aligned: Vec<Aligned>,
    /// Groups that are told apart by a common value: group and leaf.
    common: Vec<(ConceptIx, ConceptIx)>,
    /// The message, which says yes by its acts.
    message: Option<&'a MessagePlan>,
    /// Leaves that several nodes may state of one occurrence.
    stated: HashSet<ConceptIx>,
    /// Moments of which the second may not come before the first.
    ordered: Vec<(ConceptIx, ConceptIx)>,
    /// True if what an answer takes back is not stated: a form has both side by side.
    upholds: bool,
}

impl<'a> Normal<'a> {
    pub fn new(dataset: &'a Dataset, message: Option<&'a MessagePlan>, fhir: Option<&'a FhirPlan>) -> Self {
        let Some(message) = message else { return Self::of_dataset(dataset, fhir) };
        let scopes = || message.elements().filter_map(|element| element.scope.as_ref());
        let nodes: HashSet<ConceptIx> =
            scopes().filter(|scope| scope.is_group).map(|scope| scope.concept).chain([ConceptIx::ROOT]).collect();
        let single =
            scopes().filter(|scope| scope.shares && !nodes.contains(&scope.anchor)).map(|scope| scope.anchor).collect();
        let aligned = message
            .aligned()
            .iter()
            .filter_map(|own| [*own, own.turned()].into_iter().find(|own| !nodes.contains(&own.groups.0)))
            .collect();
        let common = fhir.map_or_else(Vec::new, |plan| common(dataset, plan));
        let nodes = match fhir {
            // What no resource stands for is packed there.
            Some(plan) => nodes
                .into_iter()
                .filter(|group| {
                    *group == ConceptIx::ROOT
                        || common.iter().any(|(other, _)| other == group)
                        || plan.roles.iter().any(|role| role.per == *group)
                })
                .collect(),
            None => nodes,
        };
        let ordered = fhir.map_or_else(Vec::new, ordered);
        let stated = message
            .elements()
            .filter_map(|element| element.value.as_ref())
            .map(|hole| &hole.fill)
            .filter(|fill| fill.stated)
            .map(|fill| fill.concept)
            .collect();
        Self { dataset, nodes, single, aligned, common, message: Some(message), stated, ordered, upholds: true }
    }

    /// Of instances that no message carries: each group is a node.
    fn of_dataset(dataset: &'a Dataset, fhir: Option<&'a FhirPlan>) -> Self {
        let groups = dataset.concepts().filter(|(_, concept)| concept.kind == Kind::Group).map(|(ix, _)| ix);
        Self {
            dataset,
            nodes: groups.chain([ConceptIx::ROOT]).collect(),
            single: HashSet::new(),
            aligned: Vec::new(),
            common: Vec::new(),
            message: None,
            stated: HashSet::new(),
            ordered: fhir.map_or_else(Vec::new, ordered),
            upholds: fhir.is_some(),
        }
    }

    /// The normal form.
    pub fn of(&self, instance: &Instance) -> Instance {
        let Some(message) = self.message else { return self.packed(&self.upheld(instance.clone())) };
        let mut result = self.packed(&self.stated(message, instance.clone()));
        // What is not stated in its new place leaves room there.
        loop {
            let stated = self.stated(message, result.clone());
            if stated.leaves().count() == result.leaves().count() {
                break;
            }
            result = self.packed(&stated);
        }
        self.answer(message, &mut result);
        result
    }

    fn packed(&self, instance: &Instance) -> Instance {
        let mut result = Instance::new();
        self.copy(instance, NodeIx::ROOT, &mut result, NodeIx::ROOT);
        result
    }

    /// The yes or no that a concept must stand beside, if there is one.
    pub fn question_of(&self, concept: ConceptIx) -> Option<ConceptIx> {
        self.dataset.question_of(concept).or_else(|| self.message?.asked(concept))
    }

    /// What must be said for the node of a concept to be known.
    pub fn known_by(&self, concept: ConceptIx) -> Option<(ConceptIx, Option<(ConceptIx, &'a str)>)> {
        self.message?.known_by(self.dataset, concept)
    }

    /// What other concepts must say for this one to be there.
    pub fn conditions(&self, concept: ConceptIx) -> &'a [Condition] {
        let demanded = self.message.and_then(|message| message.demanded(concept));
        demanded.map_or(&[], |demanded| &demanded.only_when)
    }

    /// An instance without what its own answers take back, where that is not stated, without numbers that two people have, and
    /// without what refers to nothing.
    fn upheld(&self, mut instance: Instance) -> Instance {
        let dataset = self.dataset;
        let gone = if self.upholds { instance.contradicted(dataset) } else { instance.shared_numbers(dataset) };
        for node in gone {
            instance.remove(node);
        }
        instance.settle_references(dataset);
        for node in instance.dangling(dataset) {
            instance.remove(node);
        }
        instance
    }

    /// The same, without what no act would be made for.
    fn stated(&self, message: &MessagePlan, instance: Instance) -> Instance {
        let mut instance = self.upheld(instance);
        for node in message.without_act(self.dataset, &instance) {
            instance.remove(node);
        }
        let idle: Vec<NodeIx> = instance
            .leaves()
            .filter(|(ix, leaf, content)| {
                let Some(demanded) = message.demanded(leaf.concept) else { return false };
                let is_null = matches!(content, Content::Null { .. });
                (is_null && demanded.is_idle(self.dataset, &instance, *ix))
                    || demanded.is_passed_over(self.dataset, &instance, *ix)
            })
            .map(|(ix, ..)| ix)
            .collect();
        for node in idle {
            instance.remove(node);
        }
        instance
    }

    /// Adds the yes that an act says by stating something.
    fn answer(&self, message: &MessagePlan, instance: &mut Instance) {
        let stated = instance.leaves().filter(|(_, _, content)| content.is_stated()).map(|(ix, ..)| ix);
        for leaf in stated.collect::<Vec<_>>() {
            let question = self.dataset.question_of(instance.node(leaf).concept);
            let question = question.filter(|question| message.says_yes_by_silence(*question));
            let is_silent = instance.answer_of(self.dataset, leaf) == Answer::Silent;
            if let Some(question) = question.filter(|_| is_silent) {
                let holder = instance.holder_of(self.dataset, leaf, question);
                let via = self.dataset.groups_between(instance.node(holder).concept, question);
                if let Some(parent) = self.room(instance, holder, &via, question) {
                    let yes = Content::Value(Value::Boolean(true));
                    instance.add_leaf(parent, question, yes, Origin::default());
                }
            }
        }
    }

    /// Adds a null flavour to an occurrence.
    pub fn fill(&self, instance: &mut Instance, within: NodeIx, concept: ConceptIx, flavor: NullFlavor) {
        let via = self.dataset.groups_between(instance.node(within).concept, concept);
        if let Some(parent) = self.room(instance, within, &via, concept) {
            instance.add_leaf(parent, concept, Content::Null { flavor, original_text: None }, Origin::default());
        }
    }

    /// The key of the other group, if the concept is the key of an aligned one.
    pub fn partner_key(&self, concept: ConceptIx) -> Option<ConceptIx> {
        self.aligned.iter().find(|aligned| aligned.keys.0 == concept).map(|aligned| aligned.keys.1)
    }

    /// The leaves that may be what a concept belongs to: those in its group, and in the group that this is aligned
    /// with.
    pub fn carriers(&self, concept: ConceptIx) -> Vec<ConceptIx> {
        let within = |group: ConceptIx| {
            let all = self.dataset.concepts().filter(|(_, other)| other.in_use && other.kind != Kind::Group);
            all.map(|(ix, _)| ix).filter(move |ix| self.dataset.is_within(*ix, group)).collect::<Vec<_>>()
        };
        let aligned = self.aligned.iter().find(|aligned| self.dataset.is_within(concept, aligned.groups.0));
        let common = self.common.iter().find(|(_, leaf)| *leaf == concept);
        // One of the other group, then those of its own.
        let other = aligned.into_iter().flat_map(|aligned| {
            within(aligned.groups.1)
                .into_iter()
                .filter(|leaf| *leaf != aligned.keys.1)
                .take(1)
                .chain(within(aligned.groups.0))
        });
        other.chain(common.into_iter().flat_map(|(group, _)| within(*group))).collect()
    }

    /// Copies what is in an occurrence that has a node.
    fn copy(&self, from: &Instance, node: NodeIx, to: &mut Instance, target: NodeIx) {
        let mut items = Vec::new();
        self.items(from, node, &mut Vec::new(), &mut items);
        items.sort_by_key(|(_, item)| from.node(*item).concept);
        for (via, item) in items {
            let original = from.node(item);
            if self.repeats_common_value(from, item, to, target)
                || self.is_stated_already(original, to, target)
                || self.ends_too_early(from, item)
            {
                continue;
            }
            let Some(parent) = self.room(to, target, &via, original.concept) else { continue };
            if let Some(content) = &original.content {
                to.add_leaf(parent, original.concept, content.clone(), Origin::default());
            } else {
                let copy = to.add_group(parent, original.concept);
                self.copy(from, item, to, copy);
            }
        }
        if node == NodeIx::ROOT {
            self.align(from, to);
        }
    }

    /// True for what another node has stated of the same occurrence.
    fn is_stated_already(&self, leaf: &Node, to: &Instance, target: NodeIx) -> bool {
        let mut others = to.descendants(self.dataset, target, leaf.concept).into_iter();
        self.stated.contains(&leaf.concept) && others.any(|other| to.node(other).content == leaf.content)
    }

    /// True for a moment that is not known to come after the one that it should follow.
    fn ends_too_early(&self, from: &Instance, item: NodeIx) -> bool {
        let end = from.node(item);
        let moment = |content: &Option<Content>| match content {
            Some(Content::Value(Value::DateTime(moment))) => Some(*moment),
            _ => None,
        };
        self.ordered.iter().filter(|(_, second)| *second == end.concept).any(|(first, _)| {
            from.descendants(self.dataset, NodeIx::ROOT, *first).into_iter().any(|start| {
                let both = moment(&from.node(start).content).zip(moment(&end.content));
                !both.and_then(|(start, end)| start.compare(&end)).is_some_and(Ordering::is_le)
            })
        })
    }

    /// The leaves and nodes in an occurrence, with the groups in between, which have none.
    fn items(
        &self,
        from: &Instance,
        node: NodeIx,
        via: &mut Vec<ConceptIx>,
        items: &mut Vec<(Vec<ConceptIx>, NodeIx)>,
    ) {
        for child in from.children(node) {
            let concept = from.node(child).concept;
            if self.aligned.iter().any(|aligned| aligned.groups.0 == concept || aligned.keys.0 == concept) {
                continue;
            }
            if from.node(child).content.is_some() || self.nodes.contains(&concept) {
                if from.holds_value(child) {
                    items.push((via.clone(), child));
                }
            } else {
                via.push(concept);
                self.items(from, child, via, items);
                via.pop();
            }
        }
    }

    /// The first group that has room for one more of a concept, made if that may be.
    fn room(&self, to: &mut Instance, at: NodeIx, via: &[ConceptIx], concept: ConceptIx) -> Option<NodeIx> {
        Packing::of(self.dataset).with_one_of(&self.single).holder(to, at, via, concept)
    }

    /// True for an occurrence that would be taken for another, and for a common value that nothing shares.
    fn repeats_common_value(&self, from: &Instance, item: NodeIx, to: &Instance, target: NodeIx) -> bool {
        let concept = from.node(item).concept;
        self.common.iter().any(|(group, leaf)| {
            if concept == *leaf {
                let mut others = from.children(from.node(item).parent).filter(|other| *other != item);
                return !others.any(|other| from.holds_value(other));
            }
            let value = |of: &Instance, node: NodeIx| {
                let found = of.descendants(self.dataset, node, *leaf).first().copied();
                found.and_then(|found| of.node(found).content.clone())
            };
            concept == *group && {
                let own = value(from, item);
                to.descendants(self.dataset, target, concept).iter().any(|other| value(to, *other) == own)
            }
        })
    }

    /// Gives each aligned occurrence the key of the one at its position; without one it has no carrier.
    fn align(&self, from: &Instance, to: &mut Instance) {
        for aligned in &self.aligned {
            self.distinct_keys(to, *aligned);
            let partners = to.descendants(self.dataset, NodeIx::ROOT, aligned.groups.1);
            let groups = from.descendants(self.dataset, NodeIx::ROOT, aligned.groups.0);
            for (group, partner) in groups.into_iter().zip(partners) {
                let mut via = self.dataset.groups_between(ConceptIx::ROOT, aligned.groups.0);
                let mut parent = NodeIx::ROOT;
                for step in via.drain(..) {
                    let there = to.occurrences(parent, step).next();
                    parent = there.unwrap_or_else(|| to.add_group(parent, step));
                }
                let copy = to.add_group(parent, aligned.groups.0);
                to.align(copy, partner);
                let others =
                    from.leaves().any(|(ix, leaf, _)| leaf.concept != aligned.keys.0 && from.is_below(ix, group));
                if !others {
                    continue;
                }
                let key = to.key_of(self.dataset, *aligned, partner);
                self.copy(from, group, to, copy);
                if let Some(key) = key {
                    to.add_leaf(copy, aligned.keys.0, key, Origin::default());
                }
            }
        }
    }

    /// Changes the keys of the occurrences that others are aligned with, so that each means one of them.
    fn distinct_keys(&self, to: &mut Instance, aligned: Aligned) {
        let keys = to.descendants(self.dataset, NodeIx::ROOT, aligned.keys.1);
        let mut seen = HashSet::new();
        for key in keys {
            if let Some(Content::Value(Value::Count(digits))) = to.content_mut(key) {
                let mut next = 1;
                while !seen.insert(digits.clone()) {
                    *digits = next.to_string().into();
                    next += 1;
                }
            }
        }
    }
}

/// The groups without a resource of their own whose resources share a value, and the leaf that holds it.
fn common(dataset: &Dataset, plan: &FhirPlan) -> Vec<(ConceptIx, ConceptIx)> {
    plan.each_fields()
        .iter()
        .map(|ix| plan.field(*ix))
        .filter(|field| !field.copy)
        .filter_map(|field| match &field.place {
            Place::Each(group, _) if dataset.is_within(field.concept, *group) => Some((*group, field.concept)),
            _ => None,
        })
        .collect()
}

/// The moments that rules of FHIR put in order.
fn ordered(plan: &FhirPlan) -> Vec<(ConceptIx, ConceptIx)> {
    let laws = plan.roles.iter().flat_map(|role| &role.laws);
    let pair = |demand: &Demand| match demand {
        Demand::Ordered(first, second) => Some((plan.field(*first).concept, plan.field(*second).concept)),
        _ => None,
    };
    laws.filter_map(|law| pair(&law.demand)).collect()
}
