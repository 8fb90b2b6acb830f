//! The tables of a message or a profile, checked once and compiled into something that can be run.
//!
//! A plan is immutable. It knows places and datatypes; the readers and writers walk it beside a document or an
//! instance.

pub mod hl7v3;
mod message;

pub use message::{AlignMeta, MessageMeta};
