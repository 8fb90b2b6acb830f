//! Where there is room: groups without anything of their own in a format are packed, so that what stands in them is in the first
//! occurrence that has room for it.

use std::collections::HashSet;

use super::{ConceptIx, Dataset, Instance, NodeIx};

/// How many occurrences there may be, and which one has room.
#[derive(Clone, Copy, Debug)]
pub struct Packing<'d> {
    dataset: &'d Dataset,
    /// Groups of which there is one, whatever the dataset says.
    single: Option<&'d HashSet<ConceptIx>>,
}

impl<'d> Packing<'d> {
    /// As many as the dataset says.
    pub fn of(dataset: &'d Dataset) -> Self {
        Self { dataset, single: None }
    }

    /// The same, with one of each of these groups.
    #[must_use]
    pub fn with_one_of(self, groups: &'d HashSet<ConceptIx>) -> Self {
        Self { single: Some(groups), ..self }
    }

    /// How many there may be of a concept in one occurrence of its group; `None` if any number.
    ///
    /// A concept that the transaction does not use is read all the same when it is there, once.
    pub fn most(self, concept: ConceptIx) -> Option<usize> {
        if self.single.is_some_and(|single| single.contains(&concept)) {
            return Some(1);
        }
        self.dataset.get(concept).max.map(|max| usize::from(max.max(1)))
    }

    /// True if there may be one more of a concept in a group.
    pub fn has_room(self, instance: &Instance, parent: NodeIx, concept: ConceptIx) -> bool {
        // No further than it takes to tell: a source may have very many.
        self.most(concept).is_none_or(|most| instance.occurrences(parent, concept).take(most).count() < most)
    }

    /// The first existing group, along the groups in between, that has room for one more.
    pub fn first(self, instance: &Instance, from: NodeIx, via: &[ConceptIx], concept: ConceptIx) -> Option<NodeIx> {
        match via.split_first() {
            None => self.has_room(instance, from, concept).then_some(from),
            Some((group, rest)) => {
                instance.occurrences(from, *group).find_map(|inner| self.first(instance, inner, rest, concept))
            }
        }
    }

    /// True if one more of the groups along a path can be opened.
    pub fn can_open(self, instance: &Instance, from: NodeIx, via: &[ConceptIx]) -> bool {
        self.where_to_open(instance, from, via).is_some()
    }

    /// The innermost group in which one more can be opened, and how far down the path it is.
    fn where_to_open(self, instance: &Instance, from: NodeIx, via: &[ConceptIx]) -> Option<(NodeIx, usize)> {
        (0..via.len()).rev().find_map(|depth| {
            let parent = self.first(instance, from, &via[..depth], via[depth])?;
            Some((parent, depth))
        })
    }

    /// The group that gets one more of a concept: the first that has room, opened if need be; `None` if there can be no more.
    pub fn holder(
        self,
        instance: &mut Instance,
        from: NodeIx,
        via: &[ConceptIx],
        concept: ConceptIx,
    ) -> Option<NodeIx> {
        self.first(instance, from, via, concept).or_else(|| {
            let (at, depth) = self.where_to_open(instance, from, via)?;
            Some(via[depth..].iter().fold(at, |at, group| instance.add_group(at, *group)))
        })
    }

    /// The nearest occurrence, from a node outwards, that can hold a concept.
    pub fn reach(self, instance: &Instance, from: NodeIx, concept: ConceptIx) -> NodeIx {
        let holds = |at: &NodeIx| {
            let own = instance.node(*at).concept;
            own != concept && self.dataset.is_within(concept, own)
        };
        let mut around =
            std::iter::successors(Some(from), |at| (*at != NodeIx::ROOT).then(|| instance.node(*at).parent));
        around.find(holds).unwrap_or(NodeIx::ROOT)
    }

    /// A new occurrence of a group, in the last of the groups in between; or the one that there is, where there may be only one.
    pub fn open(self, instance: &mut Instance, base: NodeIx, group: ConceptIx) -> NodeIx {
        let from = self.reach(instance, base, group);
        let steps = self.dataset.groups_between(instance.node(from).concept, group);
        let at = steps.into_iter().fold(from, |at, step| instance.last_or_new(at, step));
        if self.dataset.get(group).max == Some(1) {
            instance.last_or_new(at, group)
        } else {
            instance.add_group(at, group)
        }
    }
}

impl Instance {
    /// The last occurrence of a group, made if there is none.
    pub fn last_or_new(&mut self, at: NodeIx, group: ConceptIx) -> NodeIx {
        match self.occurrences(at, group).last() {
            Some(node) => node,
            None => self.add_group(at, group),
        }
    }
}
