//! An instance read from resources: which case each belongs to, what each is, and what it says.

mod accounts;
mod bundle;
mod candidates;
mod cases;
mod chosen;
mod copies;
mod directory;
mod entry;
mod extract;
mod guess;
mod losses;
mod marks;
mod modifier;
mod occurrences;
mod once;
mod reached;
mod recognise;
mod sent;
mod sole;
mod source;
mod structure;
mod uses;
mod web;
mod withdrawn;

pub use cases::{Division, Leftovers};
pub use extract::extract;
pub use recognise::Unclear;
pub use sent::Sent;
pub use source::Source;
