//! What a written message lacks, or has otherwise than its standard allows.

use crate::dataset::{ConceptIx, NodeIx, NullFlavor};

/// Something that a message demands and that the case does not give. Nothing was made up in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The concept.
    pub concept: ConceptIx,
    /// What is demanded of it.
    pub demand: Demand,
    /// The line of the written message where it is demanded, from 1: that of the element around its place, or of the element
    /// itself if it is there. `None` if the message has no place for it as it is.
    pub line: Option<usize>,
    /// What stands there instead, so that the message is legal, and in which occurrence of the instance.
    pub filler: Option<(NullFlavor, NodeIx)>,
}

/// What a message demands. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Demand {
    /// The transaction demands it, and the case does not have it.
    Absent,
    /// A place of the message must have a value.
    Value,
    /// It may only be there if another concept says so.
    Condition,
    /// An identifier needs a namespace that its place allows.
    Namespace,
    /// A quantity has the unit that the message prescribes.
    Unit,
    /// A code is one that the message allows there: mostly of the value set, in the version that it binds.
    Code,
    /// It may be there once.
    Once,
    /// A moment must be known more precisely, or may only be a day.
    Precision,
    /// It must say the same as another place.
    Same,
    /// What identifies (a number, a namespace, a code system) must look like what it is.
    Form,
}

impl Demand {
    /// All demands.
    pub const ALL: &'static [Self] = &[
        Self::Absent,
        Self::Value,
        Self::Condition,
        Self::Namespace,
        Self::Unit,
        Self::Code,
        Self::Once,
        Self::Precision,
        Self::Same,
        Self::Form,
    ];

    /// Stable name, for reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Value => "value",
            Self::Condition => "condition",
            Self::Namespace => "namespace",
            Self::Unit => "unit",
            Self::Code => "code",
            Self::Once => "once",
            Self::Precision => "precision",
            Self::Same => "same",
            Self::Form => "form",
        }
    }

    /// What a person can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Absent => "the transaction demands it: add it to the source",
            Self::Value => "the message demands a value here: add it to the source",
            Self::Condition => {
                "the message allows it only beside another answer: correct the one or the other in the source"
            }
            Self::Namespace => "the message allows other namespaces here: correct the identifier in the source",
            Self::Unit => "the message prescribes another unit: correct the unit in the source",
            Self::Code => "the message does not allow this code here: correct it in the source",
            Self::Once => "the message allows it once here: correct the source",
            Self::Precision => "the message wants a moment as precise as its place has it: correct it in the source",
            Self::Same => {
                "the message wants the same here as at another place: correct the one or the other in the source"
            }
            Self::Form => {
                "it does not look like a number of its namespace, or the namespace is no OID: correct it in the source"
            }
        }
    }
}
