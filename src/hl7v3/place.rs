//! Puts values in the instance while a document is read: which occurrence is open, and which one has room.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use crate::dataset::{ConceptIx, Content, Dataset, Instance, Kind, NodeIx, Origin, Packing};
use crate::plan::hl7v3::{Base, Fill, Route, Scope};

/// The instance in the making, with the occurrences that are open.
pub(super) struct Placer<'p> {
    dataset: &'p Dataset,
    pub instance: Instance,
    frames: Vec<Frame<'p>>,
    /// What nodes stand for: occurrences of groups; of leaves, the group that holds the leaf with what goes with it.
    claimed: HashSet<(ConceptIx, NodeIx), RandomState>,
}

#[derive(Default)]
struct Frame<'p> {
    /// The occurrence, once there is one.
    node: Option<NodeIx>,
    scope: Option<&'p Scope>,
    /// The aligned occurrence, once something in it has a value.
    partner: Option<NodeIx>,
    /// Copies for the aligned occurrence, if there comes to be one.
    copies: Vec<(&'p Fill, Content, u32)>,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It is in the instance.
    Yes,
    /// There is another value, and no room for a second one.
    NoRoom,
    /// Another node says something else of the same.
    Contradicts,
}

impl<'p> Placer<'p> {
    pub fn new(dataset: &'p Dataset) -> Self {
        let root = Frame { node: Some(NodeIx::ROOT), ..Frame::default() };
        Self { dataset, instance: Instance::new(), frames: vec![root], claimed: HashSet::default() }
    }

    /// A placer with the same occurrences open, none of which holds anything yet.
    pub fn apart(&self, dataset: &'p Dataset) -> Self {
        let open = self.frames.iter().skip(1).map(|frame| Frame { scope: frame.scope, ..Frame::default() });
        let mut apart = Self::new(dataset);
        apart.frames.extend(open);
        apart
    }

    /// The node that was added last.
    pub fn latest(&self) -> NodeIx {
        NodeIx(u32::try_from(self.instance.len() - 1).unwrap_or(u32::MAX))
    }

    /// The innermost occurrence that is open, once there is one.
    pub fn innermost(&self) -> Option<NodeIx> {
        self.frames.last().and_then(|frame| frame.node)
    }

    /// A row node begins. False, and it is not open, if there is no room for one more: then nothing in it belongs anywhere.
    pub fn open(&mut self, scope: &'p Scope) -> bool {
        self.frames.push(Frame { scope: Some(scope), ..Frame::default() });
        self.frames.push(Frame { scope: Some(scope), ..Frame::default() });
        let is_open = self.enter(scope);
        if !is_open {
            self.frames.truncate(self.frames.len() - 2);
        }
        is_open
    }

    /// Takes the occurrence of a node that may be one too many, or that is there even if nothing is in it.
    fn enter(&mut self, scope: &Scope) -> bool {
        let is_bounded = self.packing().most(scope.concept).is_some();
        if scope.is_group {
            return (scope.lazy && !is_bounded) || self.frame(scope.frame).is_some();
        }
        // A node with one value alone has nothing that could come beside something else.
        if !is_bounded || !scope.shares {
            return true;
        }
        self.frame(scope.frame - 1).is_some_and(|anchor| self.claimed.insert((scope.concept, anchor)))
    }

    /// True if another node has given another answer where there is room for one.
    pub fn contradicts(&mut self, fill: &Fill, answer: &Content) -> bool {
        let Some(base) = self.base(fill.place.base) else { return false };
        let (via, concept) = (&fill.place.via, fill.concept);
        !self.all(base, via, concept).is_empty()
            && self.equal(base, via, concept, answer).is_none()
            && self.packing().first(&self.instance, base, via, concept).is_none()
            && !self.packing().can_open(&self.instance, base, via)
    }

    /// A row node ends.
    pub fn close(&mut self) {
        let occurrence = self.frames.pop();
        self.frames.pop();
        let Some(Frame { partner: Some(partner), copies, .. }) = occurrence else { return };
        for (fill, content, position) in copies {
            if let Some(parent) = self.packing().first(&self.instance, partner, &fill.place.via, fill.concept) {
                self.instance.add_leaf(parent, fill.concept, content, Origin { position, leaves: 0 });
            }
        }
    }

    /// Remembers a copy of a value for the occurrence that is aligned.
    pub fn copy(&mut self, fill: &'p Fill, content: Content, position: u32) {
        if let Base::Partner(at) = fill.place.base {
            self.frames[at].copies.push((fill, content, position));
        }
    }

    /// Puts a value where its row says.
    pub fn set(&mut self, fill: &Fill, content: Content, origin: Origin) -> Placed {
        let Some(base) = self.base(fill.place.base) else { return Placed::NoRoom };
        let (via, concept) = (&fill.place.via, fill.concept);
        if fill.stated
            && let Some(same) = self.equal(base, via, concept, &content)
        {
            self.instance.add_leaves(same, origin.leaves);
            return Placed::Yes;
        }
        // What is said of the custodian is not said of the author, whose place comes first.
        if fill.again {
            self.instance.say_otherwise(concept);
            return Placed::Contradicts;
        }
        let parent = self.packing().holder(&mut self.instance, base, via, concept);
        if let Some(parent) = parent {
            self.instance.add_leaf(parent, concept, content, origin);
            return Placed::Yes;
        }
        if let Some(same) = self.equal(base, via, concept, &content) {
            self.instance.add_leaves(same, origin.leaves);
            return Placed::Yes;
        }
        // Two numbers of one person: whether they are of two is for who has read everything to tell.
        if let Some(other) = self.all(base, via, concept).first().copied()
            && self.dataset.is_number_of_a_person(concept)
        {
            self.instance.add_leaf(self.instance.node(other).parent, concept, content, origin);
            return Placed::Yes;
        }
        if fill.stated || fill.kind == Kind::Boolean { Placed::Contradicts } else { Placed::NoRoom }
    }

    /// An existing occurrence that says the same.
    fn equal(&self, base: NodeIx, via: &[ConceptIx], concept: ConceptIx, content: &Content) -> Option<NodeIx> {
        let mut existing = self.all(base, via, concept).into_iter();
        existing.find(|node| self.instance.node(*node).content.as_ref() == Some(content))
    }

    fn base(&mut self, base: Base) -> Option<NodeIx> {
        match base {
            Base::Frame(at) => self.frame(at),
            Base::Partner(at) => self.partner(at),
        }
    }

    /// The occurrence of a frame, made if need be; `None` if there is no room for it.
    fn frame(&mut self, at: usize) -> Option<NodeIx> {
        if let Some(node) = self.frames[at].node {
            return Some(node);
        }
        let scope = self.frames[at].scope?;
        let node = if at == scope.frame {
            let anchor = self.frame(at - 1)?;
            self.own_occurrence(anchor, scope)?
        } else {
            self.anchor(scope)?
        };
        self.frames[at].node = Some(node);
        Some(node)
    }

    /// The group that holds the occurrence of a node and what goes with it: the first in which the occurrence fits.
    fn anchor(&mut self, scope: &Scope) -> Option<NodeIx> {
        let Route { base, from, via } = &scope.anchor_place;
        let base = self.base(*base)?;
        if scope.anchor == *from {
            return Some(base);
        }
        let found = self.all(base, via, scope.anchor).into_iter().find(|anchor| self.fits(*anchor, scope));
        found.or_else(|| self.new_group(base, via, scope.anchor))
    }

    /// True if a node may stand for one more occurrence in a group.
    fn fits(&self, anchor: NodeIx, scope: &Scope) -> bool {
        !self.claimed.contains(&(scope.concept, anchor))
            && (self.packing().first(&self.instance, anchor, &scope.via, scope.concept).is_some()
                || self.packing().can_open(&self.instance, anchor, &scope.via))
    }

    /// The occurrence that a node stands for: a new one or, where there can be no more, one that no other node stands for,
    /// because it was made for something else within it.
    fn own_occurrence(&mut self, anchor: NodeIx, scope: &Scope) -> Option<NodeIx> {
        let node = self.new_group(anchor, &scope.via, scope.concept).or_else(|| {
            let mut existing = self.all(anchor, &scope.via, scope.concept).into_iter();
            existing.find(|node| !self.claimed.contains(&(scope.concept, *node)))
        })?;
        self.claimed.insert((scope.concept, node));
        Some(node)
    }

    /// A new occurrence of a group; `None` if there can be no more.
    fn new_group(&mut self, base: NodeIx, via: &[ConceptIx], group: ConceptIx) -> Option<NodeIx> {
        let parent = self.packing().holder(&mut self.instance, base, via, group)?;
        Some(self.instance.add_group(parent, group))
    }

    /// The occurrence that is aligned with the one of a frame.
    fn partner(&mut self, at: usize) -> Option<NodeIx> {
        if let Some(node) = self.frames[at].partner {
            return Some(node);
        }
        let this = self.frame(at)?;
        let scope = self.frames[at].scope?;
        let partner = scope.partner.as_ref()?;
        let base = self.base(partner.place.base)?;
        let among =
            if self.dataset.is_within(scope.concept, self.instance.node(base).concept) { base } else { NodeIx::ROOT };
        let position = self.instance.position(self.dataset, among, this);
        let (via, group) = (&partner.place.via, partner.aligned.groups.0);
        // What stands at that place already is of somebody else: nothing said whose.
        let there = self.all(base, via, group).into_iter().take(position).collect();
        let packing = self.packing();
        let node = self.instance.align_at(this, position, there, |instance| {
            let parent = packing.holder(instance, base, via, group)?;
            Some(instance.add_group(parent, group))
        })?;
        self.frames[at].partner = Some(node);
        Some(node)
    }

    fn packing(&self) -> Packing<'p> {
        Packing::of(self.dataset)
    }

    /// All existing occurrences.
    fn all(&self, from: NodeIx, via: &[ConceptIx], concept: ConceptIx) -> Vec<NodeIx> {
        let mut level = vec![from];
        for group in via.iter().chain([&concept]) {
            level = level.iter().flat_map(|node| self.instance.occurrences(*node, *group)).collect();
        }
        level
    }
}
