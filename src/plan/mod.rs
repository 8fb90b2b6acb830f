//! The tables, compiled for reading and for writing. A plan is checked once and never changes.

pub mod fhir;
