//! What is claimed of rows, and what shows it.

use crate::check::rule::Group;

pub(in crate::check) mod no_example;
pub(in crate::check) mod refuted_exact;

/// The group, with its checks in the order of their codes.
pub(in crate::check) const GROUP: Group = Group {
    title: "Evidence",
    about: "What is claimed of rows, and what shows it.",
    codes: '5',
    rules: &[&refuted_exact::RULE, &no_example::RULE],
};
