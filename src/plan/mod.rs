//! The tables, compiled for reading and for writing. A plan is checked once and never changes.

mod ada;
mod dataset;
pub mod fhir;
mod head;
pub mod hl7v3;
pub(crate) mod kind;
mod manifest;
mod message;
mod metadata;
mod transmission;

pub use ada::{AdaPlan, AdaSection};
pub use dataset::load_dataset;
pub(crate) use head::Head;
pub use kind::MessageKind;
pub(crate) use kind::Sending;
pub use manifest::{DatasetEntry, Manifest};
pub use message::{AlignMeta, MessageMeta, TransmissionMeta};
pub use metadata::load_toml;
pub use transmission::{Holds, TransmissionElement};
