//! Leaves that mean something else in the case: the problem for which something was done.

use super::{Code, ConceptIx, Content, Dataset, Instance, Node, NodeIx, Value};

impl Instance {
    /// The leaf that a reference means: the first one of its concept that says the same code.
    pub fn referred(&self, dataset: &Dataset, reference: NodeIx) -> Option<NodeIx> {
        let node = self.node(reference);
        let target = dataset.get(node.concept).refers_to?;
        let wanted = code(node.content.as_ref()?)?;
        let is_meant =
            |said: &Content| code(said).is_some_and(|own| own.code == wanted.code && own.system == wanted.system);
        self.leaves().find(|(_, leaf, said)| leaf.concept == target && is_meant(said)).map(|(ix, ..)| ix)
    }

    /// The leaves that refer to something.
    pub fn references(&self, dataset: &Dataset) -> Vec<NodeIx> {
        if dataset.references().is_empty() {
            return Vec::new();
        }
        let is_reference = |leaf: &Node| dataset.references().contains(&leaf.concept);
        self.leaves().filter(|(_, leaf, _)| is_reference(leaf)).map(|(ix, ..)| ix).collect()
    }

    /// The references that mean nothing in the case.
    pub fn dangling(&self, dataset: &Dataset) -> Vec<NodeIx> {
        self.references(dataset).into_iter().filter(|ix| self.referred(dataset, *ix).is_none()).collect()
    }

    /// What another concept says in the group around a leaf.
    pub fn said_around(&self, dataset: &Dataset, leaf: NodeIx, concept: ConceptIx) -> Option<NodeIx> {
        self.descendants(dataset, self.node(leaf).parent, concept).first().copied()
    }

    /// Gives each reference the words of what it means: it says nothing of its own.
    pub fn settle_references(&mut self, dataset: &Dataset) {
        for reference in self.references(dataset) {
            let meant = self.referred(dataset, reference).and_then(|ix| self.node(ix).content.clone());
            if let (Some(meant), Some(content)) = (meant, self.content_mut(reference)) {
                *content = meant;
            }
        }
    }
}

fn code(content: &Content) -> Option<&Code> {
    match content {
        Content::Value(Value::Code(code)) => Some(code),
        _ => None,
    }
}
