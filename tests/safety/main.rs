//! The promises of `docs/safety.md`, each with the input on which it was once broken.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod cases;
mod children;
mod denied;
mod fhir_denied;
mod fhir_values;
mod fhir_which;
mod fhir_whose;
mod hollow;
mod identity;
mod legal;
mod lexical;
mod losses;
mod nodes;
mod persons;
mod shared;
mod whose;
