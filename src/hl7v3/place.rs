//! Puts values in the instance while a document is read: which occurrence is open, and which one has room.

use crate::dataset::{ConceptIx, Content, Dataset, Instance, Kind, NodeIx, Origin};
use crate::plan::hl7v3::{Base, Fill, Place, Scope};

/// The instance in the making, with the occurrences that are open.
pub(super) struct Placer<'p> {
    dataset: &'p Dataset,
    pub instance: Instance,
    frames: Vec<Frame<'p>>,
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
        Self { dataset, instance: Instance::new(), frames: vec![root] }
    }

    /// A row node begins.
    pub fn open(&mut self, scope: &'p Scope) {
        self.frames.push(Frame { scope: Some(scope), ..Frame::default() });
        self.frames.push(Frame { scope: Some(scope), ..Frame::default() });
        if scope.is_group && !scope.lazy {
            self.frame(scope.frame);
        }
    }

    /// A row node ends.
    pub fn close(&mut self) {
        let occurrence = self.frames.pop();
        self.frames.pop();
        let Some(Frame { partner: Some(partner), copies, .. }) = occurrence else { return };
        for (fill, content, position) in copies {
            if let Some(parent) = self.room(partner, &fill.place.via, fill.concept) {
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
        let base = self.base(fill.place.base);
        let (via, concept) = (&fill.place.via, fill.concept);
        if fill.stated
            && let Some(same) = self.equal(base, via, concept, &content)
        {
            self.instance.add_leaves(same, origin.leaves);
            return Placed::Yes;
        }
        let parent = self.room(base, via, concept).or_else(|| self.make(base, via));
        if let Some(parent) = parent {
            self.instance.add_leaf(parent, concept, content, origin);
            return Placed::Yes;
        }
        if let Some(same) = self.equal(base, via, concept, &content) {
            self.instance.add_leaves(same, origin.leaves);
            return Placed::Yes;
        }
        if fill.stated || fill.kind == Kind::Boolean { Placed::Contradicts } else { Placed::NoRoom }
    }

    /// An existing occurrence that says the same.
    fn equal(&self, base: NodeIx, via: &[ConceptIx], concept: ConceptIx, content: &Content) -> Option<NodeIx> {
        let mut existing = self.all(base, via, concept).into_iter();
        existing.find(|node| self.instance.node(*node).content.as_ref() == Some(content))
    }

    fn base(&mut self, base: Base) -> NodeIx {
        match base {
            Base::Frame(at) => self.frame(at),
            Base::Partner(at) => self.partner(at),
        }
    }

    /// The occurrence of a frame, made if need be.
    fn frame(&mut self, at: usize) -> NodeIx {
        if let Some(node) = self.frames[at].node {
            return node;
        }
        let Some(scope) = self.frames[at].scope else { return NodeIx::ROOT };
        let node = if at == scope.frame {
            let anchor = self.frame(at - 1);
            self.occurrence(anchor, &scope.via, scope.concept)
        } else {
            self.anchor(scope)
        };
        self.frames[at].node = Some(node);
        node
    }

    /// The group that holds the occurrence of a node and what goes with it: the first in which the occurrence fits.
    fn anchor(&mut self, scope: &Scope) -> NodeIx {
        let Place { base, from, via } = &scope.anchor_place;
        let base = self.base(*base);
        if scope.anchor == *from {
            return base;
        }
        let mut found = self.all(base, via, scope.anchor);
        found.retain(|anchor| {
            self.room(*anchor, &scope.via, scope.concept).is_some() || self.can_make(*anchor, &scope.via)
        });
        match found.first() {
            Some(anchor) => *anchor,
            None => self.occurrence(base, via, scope.anchor),
        }
    }

    /// A new occurrence of a group, or the last one if there can be no more.
    fn occurrence(&mut self, base: NodeIx, via: &[ConceptIx], group: ConceptIx) -> NodeIx {
        match self.room(base, via, group).or_else(|| self.make(base, via)) {
            Some(parent) => self.instance.add_group(parent, group),
            None => self.all(base, via, group).last().copied().unwrap_or(base),
        }
    }

    /// The occurrence that is aligned with the one of a frame. Empty ones are added before it, so that the two
    /// stand at the same position when no key says that they belong together.
    fn partner(&mut self, at: usize) -> NodeIx {
        if let Some(node) = self.frames[at].partner {
            return node;
        }
        let this = self.frame(at);
        let Some((scope, partner)) = self.frames[at].scope.and_then(|s| Some((s, s.partner.as_ref()?))) else {
            return this;
        };
        let base = self.base(partner.place.base);
        let among =
            if self.dataset.is_within(scope.concept, self.instance.node(base).concept) { base } else { NodeIx::ROOT };
        let these = self.instance.descendants(self.dataset, among, scope.concept);
        let position = these.iter().position(|node| *node == this).unwrap_or(0);
        let before = self.all(base, &partner.place.via, partner.concept).len();
        for _ in before..position {
            self.occurrence(base, &partner.place.via, partner.concept);
        }
        let node = self.occurrence(base, &partner.place.via, partner.concept);
        self.frames[at].partner = Some(node);
        node
    }

    fn max(&self, concept: ConceptIx) -> Option<u16> {
        // A concept that the transaction does not use is still read when it is there.
        self.dataset.get(concept).max.map(|max| max.max(1))
    }

    fn has_room(&self, parent: NodeIx, concept: ConceptIx) -> bool {
        self.max(concept).is_none_or(|max| self.instance.occurrences(parent, concept).count() < usize::from(max))
    }

    /// The first existing group that has room for one more.
    fn room(&self, from: NodeIx, via: &[ConceptIx], concept: ConceptIx) -> Option<NodeIx> {
        match via.split_first() {
            None => self.has_room(from, concept).then_some(from),
            Some((group, rest)) => {
                self.instance.occurrences(from, *group).find_map(|inner| self.room(inner, rest, concept))
            }
        }
    }

    /// All existing occurrences.
    fn all(&self, from: NodeIx, via: &[ConceptIx], concept: ConceptIx) -> Vec<NodeIx> {
        let mut level = vec![from];
        for group in via.iter().chain([&concept]) {
            level = level.iter().flat_map(|node| self.instance.occurrences(*node, *group)).collect();
        }
        level
    }

    fn can_make(&self, from: NodeIx, via: &[ConceptIx]) -> bool {
        self.where_to_make(from, via).is_some()
    }

    /// The innermost group in which one more can be opened, and how far down the path it is.
    fn where_to_make(&self, from: NodeIx, via: &[ConceptIx]) -> Option<(NodeIx, usize)> {
        (0..via.len()).rev().find_map(|depth| {
            let parent = self.room(from, &via[..depth], via[depth])?;
            Some((parent, depth))
        })
    }

    /// Opens new groups along the path; `None` if the dataset allows no more of any of them.
    fn make(&mut self, from: NodeIx, via: &[ConceptIx]) -> Option<NodeIx> {
        let (mut node, depth) = self.where_to_make(from, via)?;
        for group in &via[depth..] {
            node = self.instance.add_group(node, *group);
        }
        Some(node)
    }
}
