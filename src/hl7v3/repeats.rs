//! What a node says again of something else in the document: of the problem for which something was done, until when it was there.

use roxmltree::Node;

use super::losses::Losses;
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx};
use crate::ledger::Reason;

/// What was said again, until the whole document is read: what is meant may stand after it.
#[derive(Default)]
pub(super) struct Repeats<'d, 'i> {
    said: Vec<Said<'d, 'i>>,
    /// The reference in the node that is being read.
    reference: Option<NodeIx>,
}

struct Said<'d, 'i> {
    node: Node<'d, 'i>,
    concept: ConceptIx,
    content: Content,
    leaves: u16,
    reference: Option<NodeIx>,
}

/// The node around one that begins: how much was said there, and its reference.
pub(super) struct Around(usize, Option<NodeIx>);

impl<'d, 'i> Repeats<'d, 'i> {
    /// A node begins.
    pub fn open(&mut self) -> Around {
        Around(self.said.len(), self.reference.take())
    }

    /// A node ends: what was said again in it belongs to its reference.
    pub fn close(&mut self, Around(first, around): Around) {
        let own = std::mem::replace(&mut self.reference, around);
        for said in self.said.iter_mut().skip(first).filter(|said| said.reference.is_none()) {
            said.reference = own;
        }
    }

    /// The node that is being read refers to something.
    pub fn refer(&mut self, reference: NodeIx) {
        self.reference = Some(reference);
    }

    /// Something is said again.
    pub fn say(&mut self, node: Node<'d, 'i>, concept: ConceptIx, content: Content, leaves: u16) {
        self.said.push(Said { node, concept, content, leaves, reference: None });
    }

    /// Compares all with what is meant: the same says nothing more, anything else is told.
    pub fn settle(&self, dataset: &Dataset, instance: &Instance, losses: &mut Losses<'d>) {
        for said in &self.said {
            let meant = said.reference.and_then(|reference| instance.referred(dataset, reference));
            let own = meant.and_then(|meant| instance.said_around(dataset, meant, said.concept));
            if own.is_some_and(|own| instance.node(own).content.as_ref() == Some(&said.content)) {
                losses.ledger.structural(u32::from(said.leaves));
            } else {
                losses.lost(Reason::Contradiction, said.node, Some(said.concept), u32::from(said.leaves));
            }
        }
    }
}
