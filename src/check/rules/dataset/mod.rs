//! The concepts of a dataset, and what other tables say of them.

use crate::check::rule::Group;

pub(in crate::check) mod broken_tree;
pub(in crate::check) mod duplicate_concept;
pub(in crate::check) mod other_name;
pub(in crate::check) mod short_name;
pub(in crate::check) mod unknown_concept;
pub(in crate::check) mod value_domain;

/// The group, with its checks in the order of their codes.
pub(in crate::check) const GROUP: Group = Group {
    title: "Concepts",
    about: "The concepts of a dataset, and what other tables say of them.",
    codes: '1',
    rules: &[
        &duplicate_concept::RULE,
        &unknown_concept::RULE,
        &broken_tree::RULE,
        &value_domain::RULE,
        &other_name::RULE,
        &short_name::RULE,
    ],
};
