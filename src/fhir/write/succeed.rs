//! A later delivery of a case: which of its occurrences are those of the earlier one, and so keep their ids.

use std::collections::{HashMap, HashSet};

use super::context::Pairs;
use super::ids::known_by;
use super::positions::Positions;
use super::recurring::{Marks, paired};
use super::standing::Standing;
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, Value};
use crate::plan::fhir::{FhirPlan, Recurring};
use crate::terminology::Terminology;

/// Nothing decides which occurrences of a group are those of the earlier delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The group.
    pub group: ConceptIx,
    /// The identifiers that would decide.
    pub numbers: Vec<ConceptIx>,
}

/// The positions with which a later delivery goes on: an occurrence that was there keeps its own, one that is new gets one that
/// nobody had.
///
/// # Errors
/// If nothing decides which is which: their ids would pass from one to another.
pub fn succeed(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    (earlier, standing): (&Instance, &Standing),
    now: &Instance,
) -> Result<Positions, Undecided> {
    let succession =
        Succession { dataset, earlier, standing, now, was: HashMap::new(), positions: Positions::default() };
    succession.of(plan, terminology)
}

struct Succession<'a> {
    dataset: &'a Dataset,
    earlier: &'a Instance,
    standing: &'a Standing,
    now: &'a Instance,
    /// The occurrence of before that one of now is, of those that are known again.
    was: HashMap<NodeIx, NodeIx>,
    positions: Positions,
}

impl Succession<'_> {
    fn of(mut self, plan: &FhirPlan, terminology: &Terminology) -> Result<Positions, Undecided> {
        for recurring in &plan.identity.recurring {
            for (then, here) in self.parents(recurring.group) {
                let (before, after) = (all(self.earlier, then, recurring.group), all(self.now, here, recurring.group));
                let marks = |instance, nodes: &[NodeIx]| -> Vec<Marks<'_>> {
                    let of = |node: &NodeIx| marks(plan, self.dataset, terminology, instance, recurring, *node);
                    nodes.iter().map(of).collect()
                };
                let was = paired(&marks(self.earlier, &before), &marks(self.now, &after));
                let undecided = |_| Undecided { group: recurring.group, numbers: recurring.number.clone() };
                let was = was.map_err(undecided)?.into_iter().map(|was| was.map(|at| before[at])).collect();
                self.place((then, recurring.group), &before, &after, was, vec![0; after.len()]);
            }
        }
        // What is said of a child elsewhere goes with that child.
        let about = |instance| Pairs::of(plan, self.dataset, instance);
        let (about_then, about_now) = (about(self.earlier), about(self.now));
        for group in plan.aligned.iter().map(|aligned| aligned.groups.0) {
            for (then, here) in self.parents(group) {
                let (before, after) = (all(self.earlier, then, group), all(self.now, here, group));
                let mut free = before.clone();
                let mut was_about = |node: &NodeIx| {
                    let whom = *self.was.get(&about_now.partner(*node)?)?;
                    let at = free.iter().position(|own| about_then.partner(*own) == Some(whom))?;
                    Some(free.remove(at))
                };
                let was = after.iter().map(&mut was_about).collect();
                // Of whom the place is new, all that is said has a new place.
                let least = |node: &NodeIx| {
                    let whom = about_now.partner(*node).filter(|whom| !self.was.contains_key(whom));
                    whom.and_then(|whom| self.positions.get(whom)).unwrap_or_default()
                };
                let least: Vec<usize> = after.iter().map(least).collect();
                self.place((then, group), &before, &after, was, least);
            }
        }
        Ok(self.positions)
    }

    /// The occurrences of what holds a group, in the earlier delivery and in this one.
    fn parents(&self, group: ConceptIx) -> Vec<(NodeIx, NodeIx)> {
        let holder = self.dataset.get(group).parent;
        let here = self.now.nodes().filter(|(_, node)| node.concept == holder).map(|(ix, _)| ix);
        here.filter_map(|here| Some((self.counterpart(here)?, here))).collect()
    }

    /// The occurrence of the earlier delivery that stands where one of this one does, or is known to be the same.
    fn counterpart(&self, here: NodeIx) -> Option<NodeIx> {
        if here == NodeIx::ROOT {
            return Some(NodeIx::ROOT);
        }
        if let Some(then) = self.was.get(&here) {
            return Some(*then);
        }
        let node = self.now.node(here);
        let at = all(self.now, node.parent, node.concept).iter().position(|own| *own == here)?;
        all(self.earlier, self.counterpart(node.parent)?, node.concept).get(at).copied()
    }

    /// Gives occurrences the positions of those that they were, and others one that is free, from the `least` on: the one at which
    /// they stand, if it is.
    fn place(
        &mut self,
        (then, group): (NodeIx, ConceptIx),
        before: &[NodeIx],
        after: &[NodeIx],
        was: Vec<Option<NodeIx>>,
        least: Vec<usize>,
    ) {
        let stood = |node: &NodeIx| {
            let own = || before.iter().position(|own| own == node);
            self.standing.positions.get(*node).or_else(own)
        };
        let mut used: HashSet<usize> = before.iter().filter_map(stood).chain(self.standing.gone(then, group)).collect();
        let mut positions = Vec::with_capacity(after.len());
        for (at, (was, least)) in was.iter().zip(least).enumerate() {
            let beyond = || used.iter().max().map_or(0, |last| last + 1).max(least);
            let free = || if used.contains(&at) || at < least { beyond() } else { at };
            let position = was.as_ref().and_then(stood).unwrap_or_else(free);
            used.insert(position);
            positions.push(position);
        }
        for (_, (node, position)) in after.iter().zip(positions).enumerate().filter(|(at, (_, own))| at != own) {
            self.positions.set(*node, position);
        }
        self.was.extend(after.iter().zip(was).filter_map(|(node, was)| Some((*node, was?))));
    }
}

/// The occurrences of a group that have a position: those that hold something.
fn all(instance: &Instance, parent: NodeIx, group: ConceptIx) -> Vec<NodeIx> {
    instance.occurrences(parent, group).filter(|node| instance.holds_value(*node)).collect()
}

/// What tells an occurrence from the others.
fn marks<'i>(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    instance: &'i Instance,
    recurring: &Recurring,
    node: NodeIx,
) -> Marks<'i> {
    let number = |concept: &ConceptIx| known_by(&plan.identity, dataset, terminology, instance, node, *concept);
    let value = |concept: &ConceptIx| -> Option<&'i Value> {
        let leaf = instance.descendants(dataset, node, *concept).into_iter().next()?;
        match &instance.node(leaf).content {
            Some(Content::Value(value)) => Some(value),
            _ => None,
        }
    };
    Marks {
        numbers: recurring.number.iter().map(number).collect(),
        values: recurring.told_by.iter().map(value).collect(),
    }
}
