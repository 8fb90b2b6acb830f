//! HL7v3 messages and CDA documents: a reader and a writer that walk a [`MessagePlan`].
//!
//! [`MessagePlan`]: crate::plan::hl7v3::MessagePlan

mod datatypes;
mod losses;
mod matching;
mod place;
mod read;
mod repeats;
mod saying;
mod whose;
mod words;
mod write;
mod xml;

pub use matching::{has_root, payload_templates, recognises, templates_within};
pub use read::{Refusal, read};
pub use write::{Written, write};
