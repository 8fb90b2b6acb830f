//! Losses with their place: paths are worked out only when something is lost.

use std::collections::HashMap;
use std::fmt::Write;

use roxmltree::{Node, NodeId};

use crate::dataset::{ConceptIx, Text};
use crate::ledger::{Ledger, Loss, Reason, shown_name};

/// The ledger of a reader, with what it takes to say where something was lost.
#[derive(Default)]
pub(super) struct Losses<'d> {
    pub ledger: Ledger,
    /// The last element of which the position was worked out, for each parent and name: a document with many
    /// unknown siblings must not take quadratic time.
    known: HashMap<(NodeId, &'d str), (NodeId, u32)>,
}

impl<'d> Losses<'d> {
    /// An element, or what it holds, is lost.
    pub fn lost(&mut self, reason: Reason, element: Node<'d, '_>, concept: Option<ConceptIx>, leaves: u32) {
        let path = self.path(element);
        self.push(reason, element.range().start, path, concept, leaves);
    }

    /// An attribute is lost.
    pub fn lost_attribute(&mut self, reason: Reason, element: Node<'d, '_>, name: &str, position: usize) {
        let mut path = self.path(element);
        path.push_str("/@");
        path.push_str(shown_name(name));
        self.push(reason, position, path, None, 1);
    }

    /// A text is lost.
    pub fn lost_text(&mut self, reason: Reason, element: Node<'d, '_>, position: usize) {
        let mut path = self.path(element);
        path.push_str("/text()");
        self.push(reason, position, path, None, 1);
    }

    /// Says of an element that was lost last what takes it back.
    pub fn name_modifier(&mut self, element: Node<'d, '_>, name: Text) {
        let is_own = |loss: &&mut Loss| u32::try_from(element.range().start) == Ok(loss.position);
        if let Some(loss) = self.ledger.losses.last_mut().filter(is_own) {
            loss.rule = Some(name);
        }
    }

    fn push(&mut self, reason: Reason, at: usize, path: String, concept: Option<ConceptIx>, leaves: u32) {
        if leaves > 0 {
            let position = u32::try_from(at).unwrap_or(u32::MAX);
            self.ledger.lost(Loss { reason, position, path: Some(path), concept, within: None, rule: None, leaves });
        }
    }

    fn path(&mut self, element: Node<'d, '_>) -> String {
        let mut steps: Vec<Node<'d, '_>> = element.ancestors().filter(Node::is_element).collect();
        steps.reverse();
        let mut path = String::new();
        for step in steps {
            path.push('/');
            path.push_str(shown_name(step.tag_name().name()));
            if let Some(position) = self.position(step) {
                // Writing to a string does not fail.
                let _ = write!(path, "[{position}]");
            }
        }
        path
    }

    /// The position of an element among the siblings with its name; the document element has none.
    fn position(&mut self, element: Node<'d, '_>) -> Option<u32> {
        let parent = element.parent_element()?;
        let name = element.tag_name().name();
        let known = self.known.get(&(parent.id(), name)).copied();
        let mut position = 1;
        for sibling in element.prev_siblings().filter(|s| s.is_element() && s.tag_name().name() == name) {
            if sibling.id() == element.id() {
                continue;
            }
            if let Some((_, count)) = known.filter(|(id, _)| *id == sibling.id()) {
                position += count;
                break;
            }
            position += 1;
        }
        self.known.insert((parent.id(), name), (element.id(), position));
        Some(position)
    }
}
