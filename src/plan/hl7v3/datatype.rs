//! The datatypes of HL7v3 that a hole can hold.

use crate::dataset::Kind;

/// How a hole holds its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datatype {
    /// Coded with equivalents.
    Ce,
    /// Concept descriptor.
    Cd,
    /// Coded ordinal.
    Co,
    /// Coded simple: a code without its system.
    Cs,
    /// Boolean.
    Bl,
    /// Point in time.
    Ts,
    /// Physical quantity.
    Pq,
    /// Integer.
    Int,
    /// Instance identifier.
    Ii,
    /// Character string.
    St,
    /// A boolean in `negationInd`, inverted.
    Negation,
    /// A boolean that is true when the node is there.
    Presence,
}

impl Datatype {
    /// The datatype named in the `datatype` column.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "CE" => Self::Ce,
            "CD" => Self::Cd,
            "CO" => Self::Co,
            "CS" => Self::Cs,
            "BL" => Self::Bl,
            "TS" => Self::Ts,
            "PQ" => Self::Pq,
            "INT" => Self::Int,
            "II" => Self::Ii,
            "ST" => Self::St,
            "negation" => Self::Negation,
            "presence" => Self::Presence,
            _ => return None,
        })
    }

    /// What `xsi:type` says; empty for what is no datatype of a value.
    pub fn xsi_type(self) -> &'static str {
        match self {
            Self::Ce => "CE",
            Self::Cd => "CD",
            Self::Co => "CO",
            Self::Cs => "CS",
            Self::Bl => "BL",
            Self::Ts => "TS",
            Self::Pq => "PQ",
            Self::Int => "INT",
            Self::Ii => "II",
            Self::St => "ST",
            Self::Negation | Self::Presence => "",
        }
    }

    /// True if a value with this `xsi:type` can be read as this datatype.
    pub fn accepts_type(self, xsi_type: &str) -> bool {
        match self {
            Self::Ce | Self::Cd | Self::Co | Self::Cs => matches!(xsi_type, "CE" | "CV" | "CD" | "CO" | "CS"),
            Self::Int => matches!(xsi_type, "INT" | "REAL"),
            Self::St => matches!(xsi_type, "ST" | "ED"),
            _ => xsi_type == self.xsi_type(),
        }
    }

    /// True if values of a concept of this kind can be held.
    pub fn holds(self, kind: Kind) -> bool {
        match self {
            Self::Ce | Self::Cd | Self::Co => kind == Kind::Code,
            Self::Cs => matches!(kind, Kind::Code | Kind::String),
            Self::Bl | Self::Negation | Self::Presence => kind == Kind::Boolean,
            Self::Ts => matches!(kind, Kind::Date | Kind::DateTime),
            Self::Pq | Self::Int => matches!(kind, Kind::Quantity | Kind::Count),
            Self::Ii => matches!(kind, Kind::Identifier | Kind::String),
            Self::St => matches!(kind, Kind::String | Kind::Text | Kind::Complex),
        }
    }

    /// True if an attribute of a value element is part of the value.
    pub fn has_part(self, attribute: &str) -> bool {
        attribute == "nullFlavor"
            || match self {
                Self::Ce | Self::Cd | Self::Co | Self::Cs => matches!(attribute, "code" | "codeSystem" | "displayName"),
                Self::Bl | Self::Ts | Self::Int => attribute == "value",
                Self::Pq => matches!(attribute, "value" | "unit"),
                Self::Ii => matches!(attribute, "root" | "extension"),
                // A text may be an ED, which says in what form it is given.
                Self::St => matches!(attribute, "representation" | "mediaType" | "compression" | "charset"),
                Self::Negation | Self::Presence => return false,
            }
    }

    /// True if it holds a code.
    pub fn is_coded(self) -> bool {
        matches!(self, Self::Ce | Self::Cd | Self::Co | Self::Cs)
    }
}
