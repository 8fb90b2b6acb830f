//! The tables, compiled for reading and for writing; checked once, immutable.

mod ada;
mod dataset;
mod manifest;
mod metadata;

pub use ada::AdaPlan;
pub use dataset::load_dataset;
pub use manifest::{DatasetEntry, Manifest};
pub use metadata::load_toml;
