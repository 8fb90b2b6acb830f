//! Which occurrence of which group a resource is about, and which holds a leaf.

use std::collections::HashMap;

use super::recognise::Recognised;
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, Origin, Packing};
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
            } else if let Some(aligned) =
                self.plan.aligned.iter().find(|aligned| aligned.turned().leads(self.dataset, group, own.concept))
            {
                let partner = self.node_of(other, other_role);
                return self.aligned_with(aligned.groups.0, partner);
            }
        }
        best.0
    }

    fn aligned_with(&mut self, group: ConceptIx, partner: NodeIx) -> NodeIx {
        if let Some(node) = self.aligned.get(&(group, partner)) {
            return *node;
        }
        let position = self.instance.position(self.dataset, NodeIx::ROOT, partner);
        let there = self.instance.descendants(self.dataset, NodeIx::ROOT, group);
        let packing = self.packing();
        let open = |instance: &mut Instance| Some(packing.open(instance, NodeIx::ROOT, group));
        let Some(node) = self.instance.align_at(partner, position, there, open) else { return NodeIx::ROOT };
        self.aligned.insert((group, partner), node);
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
        let around = steps[..apart].iter().fold(from, |at, step| self.instance.last_or_new(at, *step));
        steps[apart..].iter().chain([&group]).fold(around, |at, step| self.instance.add_group(at, *step))
    }

    fn packing(&self) -> Packing<'a> {
        Packing::of(self.dataset)
    }

    /// A new occurrence of a group, or the one there is where there may be only one.
    pub fn open(&mut self, base: NodeIx, group: ConceptIx) -> NodeIx {
        self.packing().open(&mut self.instance, base, group)
    }

    /// The nearest occurrence, from a node outwards, that can hold a concept.
    pub fn reach(&self, from: NodeIx, concept: ConceptIx) -> NodeIx {
        self.packing().reach(&self.instance, from, concept)
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
        let holder = self.packing().holder(&mut self.instance, from, &steps, concept);
        // With room nowhere it is one too many, which the writer will say.
        holder.unwrap_or_else(|| steps.iter().fold(from, |at, step| self.instance.last_or_new(at, *step)))
    }

    /// The key of an aligned group is what its partner says.
    pub fn copy_keys(&mut self) {
        for aligned in &self.plan.aligned {
            let of_group = self.aligned.iter().filter(|((group, _), _)| *group == aligned.groups.0);
            let mut pairs: Vec<(NodeIx, NodeIx)> = of_group.map(|((_, partner), own)| (*own, *partner)).collect();
            pairs.sort();
            for (own, partner) in pairs {
                let content = self.instance.key_of(self.dataset, *aligned, partner);
                let missing = self.instance.descendants(self.dataset, own, aligned.keys.0).is_empty();
                if let (Some(content), true) = (content, missing) {
                    self.add_leaf(own, aligned.keys.0, content, Origin::default());
                }
            }
        }
    }
}
