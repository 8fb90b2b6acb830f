//! Typed values of leaf concepts.

use std::fmt;

use super::number::is_same;
use super::{DateTime, Text};

/// What a leaf holds: a value, or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An answer.
    Value(Value),
    /// No answer, with the reason, and the text that accompanies it (`originalText` beside `OTH`).
    Null {
        /// Why the value is absent.
        flavor: NullFlavor,
        /// What the author wrote in place of a coded answer.
        original_text: Option<Text>,
    },
}

impl Content {
    /// True if it says something of the case: a value, a text beside a null flavour, or that the answer is another one.
    /// Any other null flavour says only why there is nothing.
    pub fn is_stated(&self) -> bool {
        match self {
            Self::Value(_) => true,
            Self::Null { flavor, original_text } => *flavor == NullFlavor::Other || original_text.is_some(),
        }
    }
}

/// A value of a leaf concept. The variant follows the concept's value domain in the dataset.
///
/// Two numbers are equal when they are the same number, as precise: `08` is `8`. How it was written is kept and written back,
/// but no part of the fact.
#[derive(Clone, Debug, Eq)]
pub enum Value {
    /// A coded answer.
    Code(Code),
    /// Yes or no.
    Boolean(bool),
    /// A date or a moment, exactly as precise as it was given.
    DateTime(DateTime),
    /// A measured amount.
    Quantity(Quantity),
    /// A whole number, in the digits it was written with.
    Count(Text),
    /// An identifier in its namespace.
    Identifier(Identifier),
    /// Free text, or a string.
    Text(Text),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Code(one), Self::Code(other)) => one == other,
            (Self::Boolean(one), Self::Boolean(other)) => one == other,
            (Self::DateTime(one), Self::DateTime(other)) => one == other,
            (Self::Quantity(one), Self::Quantity(other)) => one == other,
            (Self::Count(one), Self::Count(other)) => is_same(one, other),
            (Self::Identifier(one), Self::Identifier(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            _ => false,
        }
    }
}

/// A code in a code system.
///
/// Two codes are equal when code, system and original text are equal: the display is a label of the code,
/// kept and written back, but no part of the fact.
#[derive(Clone, Debug, Eq)]
pub struct Code {
    /// The code, verbatim (a post-coordinated SNOMED CT expression stays as it is).
    pub code: Text,
    /// OID of the code system, without prefix. Empty if the source names none.
    pub system: Text,
    /// Label that came with the code.
    pub display: Option<Text>,
    /// What the author saw or typed, if it was given beside the code.
    pub original_text: Option<Text>,
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code && self.system == other.system && self.original_text == other.original_text
    }
}

/// A decimal with its unit. The digits are kept: `6.30` is not `6.3`. `.5` is `0.5`, and is written as it was.
#[derive(Clone, Debug, Eq)]
pub struct Quantity {
    /// The number in the digits it was written with.
    pub value: Text,
    /// The unit (UCUM) as it was written; empty if there was none.
    pub unit: Text,
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.unit == other.unit && is_same(&self.value, &other.value)
    }
}

/// An identifier: a value within a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// OID of the namespace, without prefix. Empty if the source names none.
    pub root: Text,
    /// The identifier itself; empty when the root is the whole identifier.
    pub extension: Text,
}

impl Identifier {
    /// An identifier as a source has it. A namespace that is a UUID gets small letters (RFC 4122): however it is written, it is the
    /// same one, and a URI of it is made so.
    pub fn new(root: &str, extension: &str) -> Self {
        let is_uuid = !extension.is_empty() && is_uuid(root);
        let root = if is_uuid { root.to_ascii_lowercase().into() } else { root.into() };
        Self { root, extension: extension.into() }
    }
}

/// True for a UUID as HL7v3 and FHIR write it: 32 hexadecimal digits and four hyphens.
pub fn is_uuid(text: &str) -> bool {
    // The crate also takes those without hyphens, in braces, and as a URN: all of another length.
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

macro_rules! null_flavors {
    ($($(#[$doc:meta])* $name:ident = $code:literal),* $(,)?) => {
        /// HL7v3 null flavour: why there is no value (code system 2.16.840.1.113883.5.1008).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum NullFlavor { $($(#[$doc])* $name),* }

        impl NullFlavor {
            /// All null flavours.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// OID of the HL7 code system of null flavours.
            pub const SYSTEM: &'static str = "2.16.840.1.113883.5.1008";

            /// The code in the HL7 code system.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The null flavour of a code; `None` if HL7v3 has no such code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

null_flavors! {
    /// No information.
    NoInformation = "NI",
    /// The value is not a member of the permitted values.
    Invalid = "INV",
    /// Derived: the value follows from other data.
    Derived = "DER",
    /// The answer is not among the options.
    Other = "OTH",
    /// Negative infinity.
    NegativeInfinity = "NINF",
    /// Positive infinity.
    PositiveInfinity = "PINF",
    /// Un-encoded.
    UnEncoded = "UNC",
    /// Present but not shown, for privacy or another reason.
    Masked = "MSK",
    /// Not applicable.
    NotApplicable = "NA",
    /// Unknown.
    Unknown = "UNK",
    /// Asked, but not known.
    AskedButUnknown = "ASKU",
    /// Temporarily not available.
    TemporarilyUnavailable = "NAV",
    /// Not asked.
    NotAsked = "NASK",
    /// Not available.
    NotAvailable = "NAVU",
    /// Some quantity, not stated.
    SufficientQuantity = "QS",
    /// A trace.
    Trace = "TRC",
    /// Not present in a message (CDA).
    NotPresent = "NP",
}

impl fmt::Display for NullFlavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
