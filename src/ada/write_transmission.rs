//! Writing the data of the transmission, which stands in `meta` under names of its own.

use super::has_oid;
use super::write::{Writer, attribute};
use crate::dataset::{ConceptIx, NodeIx};
use crate::ledger::{Reason, Unwritten};
use crate::plan::{Holds, TransmissionElement};

impl Writer<'_> {
    /// The head of the document, with the transmission as far as the form has a place for it.
    pub(super) fn meta(&mut self) {
        self.text.push_str("  <meta status=\"new\" created-by=\"ooievaar\"");
        let plan = self.plan;
        match plan.transmission.as_ref().filter(|place| self.is_filled(place, NodeIx::ROOT)) {
            None => self.text.push_str("/>\n"),
            Some(place) => {
                self.text.push_str(">\n");
                self.place(place, NodeIx::ROOT, 2);
                self.text.push_str("  </meta>\n");
            }
        }
        for (node, leaf, _) in self.instance.leaves() {
            let number = &self.dataset.get(leaf.concept).number;
            if !has_oid(number) && !plan.transmission.as_ref().is_some_and(|place| place.has_place_for(number)) {
                self.unwritten.push(Unwritten { node, reason: Reason::NoPlace });
            }
        }
    }

    /// Writes one element of the transmission for everything that it stands for within a node.
    fn place(&mut self, place: &TransmissionElement, within: NodeIx, depth: usize) {
        match &place.holds {
            Holds::Fixed(attributes) => {
                self.open(&place.name, depth);
                for (name, value) in attributes {
                    attribute(&mut self.text, name, value);
                }
                self.text.push_str("/>\n");
            }
            Holds::Parts if self.is_filled(place, within) => {
                self.open(&place.name, depth);
                self.parts(place, within, depth);
            }
            Holds::Parts => {}
            Holds::Concept(_) => {
                for node in self.occurrences(place, within) {
                    if self.instance.node(node).content.is_some() {
                        self.leaf(node, &place.name, depth);
                    } else {
                        self.open(&place.name, depth);
                        self.parts(place, node, depth);
                    }
                }
            }
        }
    }

    fn parts(&mut self, place: &TransmissionElement, within: NodeIx, depth: usize) {
        self.text.push_str(">\n");
        for part in &place.parts {
            self.place(part, within, depth + 1);
        }
        self.end(&place.name, depth);
    }

    /// True if it is written within a node: it says something that is fixed, or the instance has something for it.
    fn is_filled(&self, place: &TransmissionElement, within: NodeIx) -> bool {
        match &place.holds {
            Holds::Fixed(_) => true,
            Holds::Parts => place.parts.iter().any(|part| self.is_filled(part, within)),
            Holds::Concept(_) => !self.occurrences(place, within).is_empty(),
        }
    }

    fn occurrences(&self, place: &TransmissionElement, within: NodeIx) -> Vec<NodeIx> {
        let concept: Option<ConceptIx> = match &place.holds {
            Holds::Concept(number) => self.dataset.find(number),
            Holds::Parts | Holds::Fixed(_) => None,
        };
        concept.into_iter().flat_map(|concept| self.instance.occurrences(within, concept)).collect()
    }
}
