//! The concepts, and what tables say of them.

pub(in crate::check) mod broken_tree;
pub(in crate::check) mod duplicate_concept;
pub(in crate::check) mod other_name;
pub(in crate::check) mod short_name;
pub(in crate::check) mod unknown_concept;
pub(in crate::check) mod value_domain;
