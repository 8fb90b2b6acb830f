//! What the tables cover, and what a change of them changes: for people who decide about them.

mod coverage;
mod diff;
mod picture;

pub use coverage::{Coverage, Section, coverage};
pub use diff::{Change, diff};
