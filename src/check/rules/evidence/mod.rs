//! What is claimed of rows, and what shows it.

pub(in crate::check) mod no_example;
pub(in crate::check) mod refuted_exact;
