//! The mapping tables as files: where they come from, and their rows with positions.
//!
//! This module knows CSV, TOML and folders; what a row means is for [`crate::dataset`]'s loaders and
//! [`crate::plan`] to say.

mod error;
mod flat;
mod layers;
pub mod layout;
mod parts;
mod pattern;
mod raw;
pub mod schema;
mod sheet;
mod source;

/// The file that says what there is.
pub const MANIFEST: &str = "ooievaar.toml";
/// The namespace of what is not fixed in a skeleton.
pub const SKELETON: &str = "urn:ooievaar:skeleton";

pub use error::TableError;
pub use layers::{LAYER, Layered};
pub use pattern::{LIKE, pattern, pattern_file, pattern_name};
pub use raw::{Cell, Flaw, Form, Malformed, RawRow, RawSheet, decode};
pub use sheet::{Row, Sheet};
pub use source::Source;
