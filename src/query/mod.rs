//! Which searches on a FHIR server fetch what a kind of message can hold: worked out from the tables, for module D.
//!
//! A program that follows a [`Plan`] needs no knowledge of the standard: it searches step by step, each with what the step
//! before found, and hands all that it got to the converter as one case.

mod form;
mod parameters;
mod plan;

pub use form::{Known, batch, json, urls};
pub use parameters::Parameters;
pub use plan::{Anchor, Plan, Read, Search};
