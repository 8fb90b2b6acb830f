//! ADA XML: the form in which ART-DECOR writes a dataset instance.
//!
//! Element names are the short names of the concepts, and `conceptId` is the concept. The value of a leaf is in
//! attributes: `value` (with `unit` or `root`), or `code`, `codeSystem` and `displayName`, or `nullFlavor`. In a
//! coded leaf `value` is the position of the code in its value set.
//!
//! Concepts of the transmission (numbers that are no part of an OID) are no part of the transaction; they stand in `meta`,
//! in the elements that `[ada.transmission]` of the message names.

mod demands;
mod forms;
mod leaf;
mod moment;
mod read;
mod read_transmission;
mod references;
mod write;
mod write_transmission;

pub use forms::forms;
pub use moment::ReferenceDay;
pub use read::{Error, read, read_form};
pub use write::{Written, write};

/// The attribute by which a group is called where something refers to it.
const ID: &str = "id";

/// True for a concept that has a place in an OID, and so a `conceptId`.
fn has_oid(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod transmission_tests;
