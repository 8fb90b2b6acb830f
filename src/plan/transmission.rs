//! Where an ADA document holds the data of the transmission: elements of other names and another nesting than the dataset.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::dataset::Text;

/// One element of the transmission, with those in it in the order in which they are written.
#[derive(Clone, Debug)]
pub struct TransmissionElement {
    /// Its name.
    pub name: Text,
    /// What it stands for.
    pub holds: Holds,
    /// The elements in it.
    pub parts: Vec<TransmissionElement>,
}

/// What an element of the transmission stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nothing of its own: it is there for what stands in it.
    Parts,
    /// The concept of this number.
    Concept(Text),
    /// What is the same in every message: its attributes, in order of name.
    Fixed(Vec<(Text, Text)>),
}

/// `[ada.transmission]` as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransmissionSection {
    element: String,
    concept: String,
    places: Vec<PlaceEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceEntry {
    path: String,
    concept: Option<String>,
    #[serde(default)]
    fixed: BTreeMap<String, String>,
}

impl TransmissionSection {
    /// The element that holds it all, with every place in it.
    pub(super) fn compile(self) -> TransmissionElement {
        let holds = Holds::Concept(self.concept.into());
        let mut top = TransmissionElement { name: self.element.into(), holds, parts: Vec::new() };
        for place in self.places {
            let element = place.path.split('/').fold(&mut top, TransmissionElement::part);
            element.holds = match place.concept {
                Some(number) => Holds::Concept(number.into()),
                None if place.fixed.is_empty() => Holds::Parts,
                None => {
                    Holds::Fixed(place.fixed.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
                }
            };
        }
        top
    }
}

impl TransmissionElement {
    /// The element of that name in this one; made if there is none.
    fn part(&mut self, name: &str) -> &mut Self {
        let at = self.parts.iter().position(|part| part.name == name).unwrap_or_else(|| {
            self.parts.push(Self { name: name.into(), holds: Holds::Parts, parts: Vec::new() });
            self.parts.len() - 1
        });
        &mut self.parts[at]
    }

    /// True if this element, or one in it, stands for the concept.
    pub fn has_place_for(&self, number: &str) -> bool {
        matches!(&self.holds, Holds::Concept(concept) if concept == number)
            || self.parts.iter().any(|part| part.has_place_for(number))
    }
}
