//! The checker of the mapping tables: all findings at once, each at its cell.
//!
//! A check is a file in `rules/`: a doc comment, which is its manual page, and a function. [`registry::GROUPS`]
//! lists them. A check reads the [`Context`]: the sheets as they are, with places, and the plans where they compile.

pub mod allow;
mod consequences;
mod context;
mod diagnostic;
mod examples;
mod files;
mod reference;
mod refuted;
mod registry;
pub mod render;
mod rule;
mod rules;
mod run;
mod sheet;
mod skeleton;
mod slip;
mod words;

pub use context::Context;
pub use diagnostic::{Diagnostic, Severity};
pub use examples::examples;
pub use files::{Body, File, Files};
pub use reference::{checks_page, columns_page};
pub use registry::{GROUPS, all, find};
pub use rule::{Group, Rule};
pub use run::{Options, Report, check};
pub(crate) use sheet::{Row, Sheet};
