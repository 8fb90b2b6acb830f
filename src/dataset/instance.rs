//! One case: occurrences of concepts, with values at the leaves.

use super::{ConceptIx, Content, Dataset};

/// Index of a node in its [`Instance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIx(pub u32);

impl NodeIx {
    /// The root of every instance.
    pub const ROOT: Self = Self(0);
}

/// Where a leaf came from in its source: enough to account for it and to point at it, and nothing more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Byte offset in the source.
    pub position: u32,
    /// How many leaves of the source (attributes, texts, primitives) this value was made from.
    pub leaves: u16,
}

/// An occurrence of a concept.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is an occurrence of.
    pub concept: ConceptIx,
    /// The occurrence that holds it; the root holds itself.
    pub parent: NodeIx,
    /// The value of a leaf; `None` for a group.
    pub content: Option<Content>,
    /// Where the value came from.
    pub origin: Origin,
    first: Option<NodeIx>,
    last: Option<NodeIx>,
    next: Option<NodeIx>,
}

/// A dataset instance: a tree of occurrences, in one allocation.
#[derive(Clone, Debug)]
pub struct Instance {
    nodes: Vec<Node>,
    /// Occurrences of aligned groups that the source itself says to be about the same thing.
    pub(super) aligned: Vec<(NodeIx, NodeIx)>,
    /// Concepts of which the source says something else where it says them again.
    otherwise: Vec<ConceptIx>,
}

impl Default for Instance {
    fn default() -> Self {
        Self::new()
    }
}

impl Instance {
    /// An instance that holds nothing.
    pub fn new() -> Self {
        let root = Node {
            concept: ConceptIx::ROOT,
            parent: NodeIx::ROOT,
            content: None,
            origin: Origin::default(),
            first: None,
            last: None,
            next: None,
        };
        Self { nodes: vec![root], aligned: Vec::new(), otherwise: Vec::new() }
    }

    /// The node at an index that this instance gave out.
    pub fn node(&self, ix: NodeIx) -> &Node {
        &self.nodes[ix.0 as usize]
    }

    /// Number of nodes, the root included. Indices run from 0 up to this.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True if it holds nothing but a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// All nodes in the order in which they were added, the root first.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeIx, &Node)> {
        (0u32..).map(NodeIx).zip(&self.nodes)
    }

    /// The leaves, in the order in which they were added.
    pub fn leaves(&self) -> impl Iterator<Item = (NodeIx, &Node, &Content)> {
        self.nodes().filter_map(|(ix, node)| Some((ix, node, node.content.as_ref()?)))
    }

    /// The children of a node, in order.
    pub fn children(&self, parent: NodeIx) -> impl Iterator<Item = NodeIx> {
        std::iter::successors(self.node(parent).first, |ix| self.node(*ix).next)
    }

    /// The occurrences of one concept directly below a node, in order.
    pub fn occurrences(&self, parent: NodeIx, concept: ConceptIx) -> impl Iterator<Item = NodeIx> {
        self.children(parent).filter(move |ix| self.node(*ix).concept == concept)
    }

    /// The occurrences of one concept anywhere below a node, through the groups in between, in order.
    pub fn descendants(&self, dataset: &Dataset, from: NodeIx, concept: ConceptIx) -> Vec<NodeIx> {
        let from_concept = self.node(from).concept;
        if !dataset.is_within(concept, from_concept) || concept == from_concept {
            return Vec::new();
        }
        let mut level = vec![from];
        for group in dataset.groups_between(from_concept, concept) {
            level = level.iter().flat_map(|ix| self.occurrences(*ix, group)).collect();
        }
        level.iter().flat_map(|ix| self.occurrences(*ix, concept)).collect()
    }

    /// Adds an occurrence of a group below `parent`, after its other children.
    pub fn add_group(&mut self, parent: NodeIx, concept: ConceptIx) -> NodeIx {
        self.push(parent, concept, None, Origin::default())
    }

    /// Adds a leaf below `parent`, after its other children.
    pub fn add_leaf(&mut self, parent: NodeIx, concept: ConceptIx, content: Content, origin: Origin) -> NodeIx {
        self.push(parent, concept, Some(content), origin)
    }

    /// The content of a node, to change it in place.
    pub fn content_mut(&mut self, ix: NodeIx) -> Option<&mut Content> {
        self.nodes[ix.0 as usize].content.as_mut()
    }

    /// Takes a leaf out of the case. Where it came from stays known, and the indices of all others hold.
    pub fn remove(&mut self, ix: NodeIx) {
        self.nodes[ix.0 as usize].content = None;
        let (parent, next) = (self.node(ix).parent, self.nodes[ix.0 as usize].next.take());
        let before = self.children(parent).find(|child| self.node(*child).next == Some(ix));
        match before {
            Some(before) => self.nodes[before.0 as usize].next = next,
            None => self.nodes[parent.0 as usize].first = next,
        }
        if self.node(parent).last == Some(ix) {
            self.nodes[parent.0 as usize].last = before;
        }
    }

    /// True if it has a value of a concept that is about more than who and where, and how it was sent.
    pub fn holds_clinical(&self, dataset: &Dataset) -> bool {
        let is_clinical =
            |node: &Node| matches!(node.content, Some(Content::Value(_))) && dataset.is_clinical(node.concept);
        self.nodes().any(|(_, node)| is_clinical(node))
    }

    /// Says that two occurrences of aligned groups are about the same thing, because the source holds both in one node or one
    /// refers to the other. A key can be wrong, or be given twice.
    pub fn align(&mut self, one: NodeIx, other: NodeIx) {
        self.aligned.push((one, other));
    }

    /// The occurrence of another group that the source says to be about the same thing as this one.
    pub fn aligned_with(&self, ix: NodeIx) -> Option<NodeIx> {
        self.aligned.iter().find_map(|(one, other)| match ix {
            ix if ix == *one => Some(*other),
            ix if ix == *other => Some(*one),
            _ => None,
        })
    }

    /// Says that the source, where it says a concept again (of the custodian, who should be the author), says something else:
    /// then what it says first is not said there.
    pub fn say_otherwise(&mut self, concept: ConceptIx) {
        if !self.is_said_otherwise(concept) {
            self.otherwise.push(concept);
        }
    }

    /// True if the source says something else of a concept where it says it again.
    pub fn is_said_otherwise(&self, concept: ConceptIx) -> bool {
        self.otherwise.contains(&concept)
    }

    /// Adds source leaves to the account of a node (a value that the source gives in several places).
    pub fn add_leaves(&mut self, ix: NodeIx, leaves: u16) {
        let origin = &mut self.nodes[ix.0 as usize].origin;
        origin.leaves = origin.leaves.saturating_add(leaves);
    }

    /// Takes a source leaf out of the account of a node, because it is told of by itself; false if it has none.
    pub fn take_leaf(&mut self, ix: NodeIx) -> bool {
        let leaves = &mut self.nodes[ix.0 as usize].origin.leaves;
        let has_any = *leaves > 0;
        *leaves = leaves.saturating_sub(1);
        has_any
    }

    fn push(&mut self, parent: NodeIx, concept: ConceptIx, content: Option<Content>, origin: Origin) -> NodeIx {
        let ix = NodeIx(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { concept, parent, content, origin, first: None, last: None, next: None });
        match self.nodes[parent.0 as usize].last {
            Some(last) => self.nodes[last.0 as usize].next = Some(ix),
            None => self.nodes[parent.0 as usize].first = Some(ix),
        }
        self.nodes[parent.0 as usize].last = Some(ix);
        ix
    }

    /// The same case in canonical form: children in the order of the dataset (occurrences of one concept keep
    /// their own order), groups without content left out.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut result = Self::new();
        let mut copies = Vec::new();
        self.copy_sorted(NodeIx::ROOT, NodeIx::ROOT, &mut result, &mut copies);
        let copy_of = |ix: NodeIx| copies.iter().find(|(own, _)| *own == ix).map(|(_, copy)| *copy);
        result.aligned =
            self.aligned.iter().filter_map(|(one, other)| Some((copy_of(*one)?, copy_of(*other)?))).collect();
        result.otherwise.clone_from(&self.otherwise);
        result
    }

    /// Copies what is below a node, and notes the copies of what is aligned.
    fn copy_sorted(&self, from: NodeIx, to: NodeIx, result: &mut Self, copies: &mut Vec<(NodeIx, NodeIx)>) {
        let mut children: Vec<NodeIx> = self.children(from).filter(|ix| self.holds_value(*ix)).collect();
        children.sort_by_key(|ix| self.node(*ix).concept);
        for child in children {
            let node = self.node(child);
            let copy = result.push(to, node.concept, node.content.clone(), node.origin);
            if self.aligned_with(child).is_some() {
                copies.push((child, copy));
            }
            self.copy_sorted(child, copy, result, copies);
        }
    }

    /// True if the node is a leaf, or holds one.
    pub fn holds_value(&self, ix: NodeIx) -> bool {
        self.node(ix).content.is_some() || self.children(ix).any(|child| self.holds_value(child))
    }
}

/// Two instances are equal when their canonical forms hold the same occurrences with the same contents.
impl PartialEq for Instance {
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.normalized(), other.normalized());
        left.nodes.len() == right.nodes.len()
            && left
                .nodes
                .iter()
                .zip(&right.nodes)
                .all(|(a, b)| a.concept == b.concept && a.parent == b.parent && a.content == b.content)
    }
}
