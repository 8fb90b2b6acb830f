//! Reading the data of the transmission, which stands in `meta` under names of its own.

use roxmltree::Node;

use super::leaf;
use super::read::{Error, Reader};
use crate::dataset::{Kind, NodeIx, Text};
use crate::ledger::Reason;
use crate::plan::{Holds, TransmissionElement};

impl Reader<'_> {
    /// Reads an element that has this place in the transmission.
    pub(super) fn transmission(
        &mut self,
        element: Node<'_, '_>,
        place: &TransmissionElement,
        to: NodeIx,
    ) -> Result<(), Error> {
        match &place.holds {
            Holds::Concept(number) => {
                let Some(concept) = self.dataset.find(number) else {
                    self.lose_all(element, Reason::Transport);
                    return Ok(());
                };
                if self.dataset.get(concept).kind != Kind::Group {
                    return self.leaf(element, concept, to);
                }
                match self.group(element, concept, to)? {
                    Some(group) => self.transmission_parts(element, place, group),
                    None => Ok(()),
                }
            }
            Holds::Parts => {
                self.attributes(element, &[], None);
                self.transmission_parts(element, place, to)
            }
            Holds::Fixed(attributes) => {
                self.fixed(element, attributes);
                self.transmission_parts(element, place, to)
            }
        }
    }

    fn transmission_parts(
        &mut self,
        element: Node<'_, '_>,
        place: &TransmissionElement,
        to: NodeIx,
    ) -> Result<(), Error> {
        for inner in self.elements(element) {
            match place.parts.iter().find(|part| part.name == inner.tag_name().name()) {
                Some(part) => self.transmission(inner, part, to)?,
                None => self.lose_all(inner, Reason::Transport),
            }
        }
        Ok(())
    }

    /// What the form fixes says nothing of its own; that it differs is told.
    fn fixed(&mut self, element: Node<'_, '_>, attributes: &[(Text, Text)]) {
        for attribute in element.attributes() {
            let expected = attributes.iter().find(|(name, _)| name == attribute.name()).map(|(_, value)| value);
            if leaf::is_describing(&attribute) || expected.is_some_and(|value| value == attribute.value()) {
                self.ledger.structural(1);
            } else {
                let reason = if expected.is_some() { Reason::FixedDiffers } else { Reason::Unknown };
                self.lose(element, Some(attribute.name()), reason, None, 1);
            }
        }
    }
}
