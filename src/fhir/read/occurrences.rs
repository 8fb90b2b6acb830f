//! Which occurrence of which group a resource is about, and which holds a leaf.

use std::collections::HashMap;

use super::recognise::Recognised;
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, Origin};
use crate::plan::fhir::{FhirPlan, RoleIx, Target};

#[derive(Clone, Copy, PartialEq)]
enum State {
    Untouched,
    Underway,
    Known(NodeIx),
}

/// The occurrences of groups that resources are about, made as they are met.
pub(super) struct Occurrences<'a, 't> {
    plan: &'a FhirPlan,
    dataset: &'a Dataset,
    /// The resources.
    pub recognised: Recognised<'t>,
    /// The instance that the occurrences are in.
    pub instance: Instance,
    /// Per resource: the occurrence it is about.
    nodes: Vec<State>,
    /// Per resource: who refers to it, and with which reference of which role.
    referrers: Vec<Vec<(usize, Target)>>,
    /// Occurrence of an aligned group, by its partner.
    aligned: HashMap<(ConceptIx, NodeIx), NodeIx>,
}

fn referrers(plan: &FhirPlan, recognised: &Recognised<'_>) -> Vec<Vec<(usize, Target)>> {
    let mut referrers = vec![Vec::new(); recognised.entries.len()];
    for (at, role) in recognised.roles.iter().enumerate() {
        let Some(role) = role else { continue };
        for reference in &plan.role(*role).references {
            for target in recognised.targets(at, &reference.path) {
                referrers[target].push((at, reference.target));
            }
        }
    }
    referrers
}

impl<'a, 't> Occurrences<'a, 't> {
    pub fn new(plan: &'a FhirPlan, dataset: &'a Dataset, recognised: Recognised<'t>) -> Self {
        Self {
            plan,
            dataset,
            nodes: vec![State::Untouched; recognised.entries.len()],
            referrers: referrers(plan, &recognised),
            recognised,
            instance: Instance::new(),
            aligned: HashMap::new(),
        }
    }

    /// The occurrence that a resource is about: its own group, or for a single answer the group in reach.
    pub fn node_of(&mut self, at: usize, role: RoleIx) -> NodeIx {
        match self.nodes[at] {
            State::Known(node) => return node,
            State::Underway => return NodeIx::ROOT,
            State::Untouched => self.nodes[at] = State::Underway,
        }
        let base = self.base_of(at, role);
        let own = self.plan.role(role);
        let node = if own.per == own.group && self.instance.node(base).concept != own.per {
            self.open_beside(at, base, own.per)
        } else {
            base
        };
        self.nodes[at] = State::Known(node);
        node
    }

    /// The innermost occurrence that the references of a resource, and those to it, put it in.
    fn base_of(&mut self, at: usize, role: RoleIx) -> NodeIx {
        let own = self.plan.role(role);
        let mut related: Vec<usize> = Vec::new();
        for reference in &own.references {
            if let Target::Role(wanted) = reference.target {
                let targets = self.recognised.targets(at, &reference.path);
                related.extend(targets.filter(|target| self.recognised.roles[*target] == Some(wanted)));
            }
        }
        for (referrer, target) in &self.referrers[at] {
            if target.is(self.plan, self.dataset, role) {
                related.push(*referrer);
            }
        }
        let mut best = (NodeIx::ROOT, 0);
        for other in related {
            let Some(other_role) = self.recognised.roles[other] else { continue };
            let theirs = self.plan.role(other_role);
            let group = theirs.group;
            let same = group == own.group && own.per == own.group;
            if theirs.per != theirs.group || other_role == role {
                continue;
            }
            if same && other_role > role {
                // The first role of a group opens the occurrence, where the others belong.
                let base = self.base_of(other, other_role);
                let depth = self.dataset.get(self.instance.node(base).concept).depth;
                if depth > best.1 {
                    best = (base, depth);
                }
                continue;
            }
            if self.dataset.is_within(own.group, group) {
                let node = self.node_of(other, other_role);
                let depth = self.dataset.get(self.instance.node(node).concept).depth;
                if depth > best.1 {
                    best = (node, depth);
                }
            } else if let Some(alignment) = self
                .plan
                .alignments
                .iter()
                .find(|alignment| alignment.with == group && self.dataset.is_within(own.concept, alignment.group))
            {
                let partner = self.node_of(other, other_role);
                return self.aligned_with(alignment.group, partner);
            }
        }
        best.0
    }

    fn aligned_with(&mut self, group: ConceptIx, partner: NodeIx) -> NodeIx {
        if let Some(node) = self.aligned.get(&(group, partner)) {
            return *node;
        }
        // Where no key says which belongs to which, they stand at the same position.
        let with = self.instance.node(partner).concept;
        let position = self.instance.descendants(self.dataset, NodeIx::ROOT, with).iter().position(|ix| *ix == partner);
        let mut there = self.instance.descendants(self.dataset, NodeIx::ROOT, group);
        while there.len() <= position.unwrap_or_default() {
            there.push(self.open(NodeIx::ROOT, group));
        }
        let node = there[position.unwrap_or_default()];
        self.aligned.insert((group, partner), node);
        self.instance.align(node, partner);
        node
    }

    /// The occurrence that a resource opens. Where its group may be there once, but in a group around it that repeats and that
    /// nothing else in FHIR tells apart, a second resource of the same role is of another of those: not of the first, with which
    /// it would become one.
    fn open_beside(&mut self, at: usize, base: NodeIx, group: ConceptIx) -> NodeIx {
        let from = self.reach(base, group);
        let steps = self.dataset.groups_between(self.instance.node(from).concept, group);
        let is_free = |step: &ConceptIx| {
            self.dataset.get(*step).max != Some(1) && !self.plan.roles.iter().any(|role| role.per == *step)
        };
        let apart = steps.iter().rposition(is_free).filter(|_| self.dataset.get(group).max == Some(1));
        let Some(apart) = apart else { return self.open(base, group) };
        let role = self.recognised.roles[at];
        let others = self.nodes.iter().zip(&self.recognised.roles).filter(|(_, other)| **other == role);
        let mut known = others.filter_map(|(state, _)| match state {
            State::Known(node) if self.instance.node(*node).concept == group => Some(*node),
            _ => None,
        });
        if !known.any(|node| self.instance.is_below(node, from)) {
            return self.open(base, group);
        }
        let around = steps[..apart].iter().fold(from, |at, step| self.last_or_new(at, *step));
        steps[apart..].iter().chain([&group]).fold(around, |at, step| self.instance.add_group(at, *step))
    }

    /// A new occurrence of a group, or the one there is where there may be only one.
    pub fn open(&mut self, base: NodeIx, group: ConceptIx) -> NodeIx {
        let mut at = self.reach(base, group);
        for step in self.dataset.groups_between(self.instance.node(at).concept, group) {
            at = self.last_or_new(at, step);
        }
        if self.dataset.get(group).max == Some(1) {
            self.last_or_new(at, group)
        } else {
            self.instance.add_group(at, group)
        }
    }

    fn last_or_new(&mut self, at: NodeIx, group: ConceptIx) -> NodeIx {
        match self.instance.occurrences(at, group).last() {
            Some(node) => node,
            None => self.instance.add_group(at, group),
        }
    }

    /// The nearest occurrence, from a node outwards, that can hold a concept.
    pub fn reach(&self, from: NodeIx, concept: ConceptIx) -> NodeIx {
        let mut at = from;
        while at != NodeIx::ROOT
            && !(self.dataset.is_within(concept, self.instance.node(at).concept)
                && self.instance.node(at).concept != concept)
        {
            at = self.instance.node(at).parent;
        }
        at
    }

    /// What the leaves of a concept within an occurrence hold.
    pub fn contents(&self, within: NodeIx, concept: ConceptIx) -> impl Iterator<Item = &Content> {
        let leaves = self.instance.descendants(self.dataset, within, concept);
        leaves.into_iter().filter_map(|node| self.instance.node(node).content.as_ref())
    }

    /// Adds a leaf where there is room for it.
    pub fn add_leaf(&mut self, base: NodeIx, concept: ConceptIx, content: Content, origin: Origin) {
        let holder = self.holder_of(base, concept);
        self.instance.add_leaf(holder, concept, content, origin);
    }

    /// The group that gets a leaf: groups in between are packed, so that no leaf occurs twice where it may not.
    fn holder_of(&mut self, base: NodeIx, concept: ConceptIx) -> NodeIx {
        let from = self.reach(base, concept);
        let steps = self.dataset.groups_between(self.instance.node(from).concept, concept);
        if let Some(holder) = self.room(from, &steps, concept) {
            return holder;
        }
        let open =
            (0..steps.len()).rev().find_map(|depth| Some((self.room(from, &steps[..depth], steps[depth])?, depth)));
        // With room nowhere it is one too many, which the writer will say.
        let (at, made) = open.unwrap_or((from, 0));
        steps[made..].iter().fold(at, |at, step| match open {
            Some(_) => self.instance.add_group(at, *step),
            None => self.last_or_new(at, *step),
        })
    }

    /// The first existing group that has room for one more of a concept.
    fn room(&self, from: NodeIx, steps: &[ConceptIx], concept: ConceptIx) -> Option<NodeIx> {
        if let Some((step, rest)) = steps.split_first() {
            return self.instance.occurrences(from, *step).find_map(|inner| self.room(inner, rest, concept));
        }
        let max = self.dataset.get(concept).max.map(|max| usize::from(max.max(1)));
        max.is_none_or(|max| self.instance.occurrences(from, concept).take(max).count() < max).then_some(from)
    }

    /// The key of an aligned group is what its partner says.
    pub fn copy_keys(&mut self) {
        for alignment in &self.plan.alignments {
            let mut pairs: Vec<(NodeIx, NodeIx)> = self
                .aligned
                .iter()
                .filter(|((group, _), _)| *group == alignment.group)
                .map(|((_, partner), own)| (*own, *partner))
                .collect();
            pairs.sort();
            for (own, partner) in pairs {
                let key = self.instance.descendants(self.dataset, partner, alignment.key.1).first().copied();
                let content = key.and_then(|node| self.instance.node(node).content.clone());
                let missing = self.instance.descendants(self.dataset, own, alignment.key.0).is_empty();
                if let (Some(content), true) = (content, missing) {
                    self.add_leaf(own, alignment.key.0, content, Origin::default());
                }
            }
        }
    }
}
