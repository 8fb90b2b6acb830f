//! Whether the files can be read, and are in their form.

use crate::check::rule::Group;

pub(in crate::check) mod allow_without_finding;
pub(in crate::check) mod allow_without_reason;
pub(in crate::check) mod columns;
pub(in crate::check) mod does_not_compile;
pub(in crate::check) mod malformed_cell;
pub(in crate::check) mod not_canonical;
pub(in crate::check) mod refused_form;
pub(in crate::check) mod stray_file;
pub(in crate::check) mod unknown_key;
pub(in crate::check) mod unreadable;

/// The group, with its checks in the order of their codes.
pub(in crate::check) const GROUP: Group = Group {
    title: "Files",
    about: "Whether the files can be read, and are in their form.",
    codes: '0',
    rules: &[
        &unreadable::RULE,
        &not_canonical::RULE,
        &columns::RULE,
        &malformed_cell::RULE,
        &unknown_key::RULE,
        &stray_file::RULE,
        &allow_without_reason::RULE,
        &allow_without_finding::RULE,
        &refused_form::RULE,
        &does_not_compile::RULE,
    ],
};
