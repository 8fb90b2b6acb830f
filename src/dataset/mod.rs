//! The hub: what a dataset is, and what an instance of it holds.
//!
//! A [`Dataset`] is the tree of concepts of one release of the standard, as ART-DECOR publishes it. An
//! [`Instance`] is one case: an occurrence tree of those concepts with typed [`Value`]s. Every format is read
//! into an instance and written from one; no format knows another.

mod align;
mod answered;
mod concept;
mod datetime;
mod instance;
mod missing;
mod number;
mod packing;
mod person;
mod reference;
mod transfer;
mod value;

pub use align::Aligned;
pub use answered::Answer;
pub use concept::{Concept, ConceptIx, Dataset, Kind};
pub use datetime::{DateTime, DateTimeError, Precision};
pub use instance::{Instance, Node, NodeIx, Origin};
pub use number::{is_decimal, is_integer, plain_number};
pub use packing::Packing;
pub use person::{Person, bare};
pub use transfer::Moved;
pub use value::{Code, Content, Identifier, NullFlavor, Quantity, Value, is_uuid};

/// Short text: codes, identifiers and numbers stay inside the value without an allocation of their own.
pub type Text = compact_str::CompactString;
