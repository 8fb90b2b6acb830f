//! What the tables cover, what a change of them changes, and what arrives of cases: for people who decide about them.

mod arrival;
mod counts;
mod coverage;
mod diff;
mod output;
mod picture;

pub use arrival::{Case, arrivals};
pub use counts::{Coverage, Line, Section};
pub use coverage::coverage;
pub use diff::{Change, diff};
pub use output::{OutputChange, OutputChanges, output_changes};
