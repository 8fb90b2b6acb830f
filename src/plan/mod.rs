//! The tables, compiled for reading and for writing. A plan is checked once and never changes.

mod ada;
mod dataset;
pub mod fhir;
pub mod hl7v3;
mod manifest;
mod message;
mod metadata;
mod transmission;

pub use ada::{AdaPlan, AdaSection};
pub use dataset::load_dataset;
pub use manifest::{DatasetEntry, Manifest};
pub use message::{AlignMeta, MessageMeta, TransmissionMeta};
pub use metadata::load_toml;
pub use transmission::{Holds, TransmissionElement};
