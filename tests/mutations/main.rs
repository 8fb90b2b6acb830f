//! How good the checker is: single errors are seeded in the tables, one at a time, and each must be found at its place.
//!
//! `cargo test --test mutations -- --nocapture` prints the rate of each class, and what is not found, with the reason.

// Clippy does not see that helper functions of a test are tests.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod drawn;
mod mistakes;
