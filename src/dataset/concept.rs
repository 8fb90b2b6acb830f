//! The concept tree of one dataset.

use std::collections::HashMap;

use super::{Person, Text};

/// Index of a concept in its [`Dataset`]. The root (no concept) has index 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConceptIx(pub u16);

impl ConceptIx {
    /// The root of the tree, which stands for the transaction as a whole.
    pub const ROOT: Self = Self(0);
}

/// What a concept holds: other concepts, or a value of a value domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Holds other concepts.
    Group,
    /// A coded value.
    Code,
    /// Yes or no.
    Boolean,
    /// A date.
    Date,
    /// A date with, possibly, a time.
    DateTime,
    /// A decimal with a unit.
    Quantity,
    /// A whole number.
    Count,
    /// An identifier.
    Identifier,
    /// A short text.
    String,
    /// A long text.
    Text,
    /// A value with parts of its own (kept as text here).
    Complex,
    /// Binary content.
    Blob,
}

impl Kind {
    /// The kind named in the `kind` column of a dataset table.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "group" => Self::Group,
            "code" => Self::Code,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "quantity" => Self::Quantity,
            "count" => Self::Count,
            "identifier" => Self::Identifier,
            "string" => Self::String,
            "text" => Self::Text,
            "complex" => Self::Complex,
            "blob" => Self::Blob,
            _ => return None,
        })
    }
}

/// One concept of a dataset, with its cardinality in the transaction at hand.
#[derive(Clone, Debug)]
pub struct Concept {
    /// The number that ends its OID, such as `20305`.
    pub number: Text,
    /// The name in the standard (Dutch).
    pub name: Text,
    /// The short name, which is also the ADA element name.
    pub element: Text,
    /// What it holds.
    pub kind: Kind,
    /// Unit that the dataset prescribes for a quantity; empty otherwise.
    pub unit: Text,
    /// Name of the value set of a coded concept; empty otherwise.
    pub value_set: Text,
    /// The group that holds it.
    pub parent: ConceptIx,
    /// Distance to the root, which has depth 0.
    pub depth: u8,
    /// Least number of occurrences within one occurrence of the parent.
    pub min: u16,
    /// Largest number of occurrences within one occurrence of the parent; `None` is unbounded.
    pub max: Option<u16>,
    /// True if the transaction at hand uses the concept.
    pub in_use: bool,
    /// The yes-or-no concept whose answer says whether there is any of this: with a no, or a null flavour, there is none to state.
    pub question: Option<ConceptIx>,
    /// The leaf that it refers to: what it says, an occurrence of that leaf says, and it means the group around it.
    pub refers_to: Option<ConceptIx>,
}

/// The concepts of one dataset, as one transaction uses them.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Name of the dataset table, such as `pwd-2.3`.
    pub name: Text,
    /// OID under which the concept numbers live, without a final dot.
    pub root_oid: Text,
    concepts: Vec<Concept>,
    by_number: HashMap<Text, ConceptIx>,
    /// What is not clinical, with all within it.
    administrative: Vec<ConceptIx>,
    /// Who somebody is.
    persons: Vec<Person>,
    /// What a person wants to see first.
    glance: Vec<ConceptIx>,
    /// What refers to something else in the case.
    references: Vec<ConceptIx>,
}

impl Dataset {
    /// Makes a dataset from its concepts. `concepts[0]` must be the root; parents precede their children.
    pub fn new(name: Text, root_oid: Text, concepts: Vec<Concept>) -> Self {
        let by_number = concepts
            .iter()
            .enumerate()
            .skip(1)
            .filter_map(|(ix, concept)| Some((concept.number.clone(), ConceptIx(u16::try_from(ix).ok()?))))
            .collect();
        let references = (0u16..).zip(&concepts).filter(|(_, concept)| concept.refers_to.is_some());
        let references = references.map(|(ix, _)| ConceptIx(ix)).collect();
        Self {
            name,
            root_oid,
            concepts,
            by_number,
            administrative: Vec::new(),
            persons: Vec::new(),
            glance: Vec::new(),
            references,
        }
    }

    /// The same dataset, in which these concepts, with all within them, say who, where and how it was sent, and nothing
    /// clinical.
    #[must_use]
    pub fn with_administrative(self, administrative: Vec<ConceptIx>) -> Self {
        Self { administrative, ..self }
    }

    /// The same dataset, in which these are the persons.
    #[must_use]
    pub fn with_persons(self, persons: Vec<Person>) -> Self {
        Self { persons, ..self }
    }

    /// The same dataset, of which a person wants to see these first.
    #[must_use]
    pub fn with_glance(self, glance: Vec<ConceptIx>) -> Self {
        Self { glance, ..self }
    }

    /// What a person wants to see first, in that order.
    pub fn glance(&self) -> &[ConceptIx] {
        &self.glance
    }

    /// The concepts that refer to something else in the case.
    pub fn references(&self) -> &[ConceptIx] {
        &self.references
    }

    /// The persons, each with the number by which it is known.
    pub fn persons(&self) -> &[Person] {
        &self.persons
    }

    /// True if a concept is the number by which a person is known.
    pub fn is_number_of_a_person(&self, ix: ConceptIx) -> bool {
        self.persons.iter().any(|person| person.number == ix)
    }

    /// True if a concept is about a person of whom there is one, or holds what is.
    pub fn holds_the_person(&self, ix: ConceptIx) -> bool {
        let mut only = self.persons.iter().map(|person| person.group).filter(|group| !self.may_repeat(*group));
        only.any(|group| self.is_within(group, ix))
    }

    /// True if a concept is clinical: more than who, where and how it was sent.
    pub fn is_clinical(&self, ix: ConceptIx) -> bool {
        !self.administrative.iter().any(|group| self.is_within(ix, *group))
    }

    /// All concepts, the root first, then in the order of the standard (parents before children).
    pub fn concepts(&self) -> impl Iterator<Item = (ConceptIx, &Concept)> {
        (0u16..).map(ConceptIx).zip(&self.concepts)
    }

    /// Number of concepts, the root included.
    pub fn len(&self) -> usize {
        self.concepts.len()
    }

    /// True if there is nothing but a root.
    pub fn is_empty(&self) -> bool {
        self.concepts.len() <= 1
    }

    /// The concept at an index that this dataset gave out.
    pub fn get(&self, ix: ConceptIx) -> &Concept {
        &self.concepts[usize::from(ix.0)]
    }

    /// True if a group, or one that holds it, may occur more than once.
    pub fn may_repeat(&self, group: ConceptIx) -> bool {
        let mut at = group;
        while at != ConceptIx::ROOT {
            if self.get(at).max != Some(1) {
                return true;
            }
            at = self.get(at).parent;
        }
        false
    }

    /// The concept with this number.
    pub fn find(&self, number: &str) -> Option<ConceptIx> {
        self.by_number.get(number).copied()
    }

    /// True if `ancestor` is `ix` or holds it, directly or not. The root holds everything.
    pub fn is_within(&self, ix: ConceptIx, ancestor: ConceptIx) -> bool {
        let depth = self.get(ancestor).depth;
        let mut at = ix;
        while self.get(at).depth > depth {
            at = self.get(at).parent;
        }
        at == ancestor
    }

    /// The groups strictly between `ancestor` and `ix`, outermost first.
    pub fn groups_between(&self, ancestor: ConceptIx, ix: ConceptIx) -> Vec<ConceptIx> {
        let mut path = Vec::new();
        let mut at = self.get(ix).parent;
        while at != ancestor && at != ConceptIx::ROOT {
            path.push(at);
            at = self.get(at).parent;
        }
        path.reverse();
        path
    }

    /// The names from the root down to a concept, joined by ` > `.
    pub fn path(&self, ix: ConceptIx) -> String {
        let mut names = Vec::new();
        let mut at = ix;
        while at != ConceptIx::ROOT {
            names.push(self.get(at).name.as_str());
            at = self.get(at).parent;
        }
        names.reverse();
        names.join(" > ")
    }
}
