//! Code systems, value sets, code maps and units.

use crate::check::rule::Group;

pub(in crate::check) mod check_digit;
pub(in crate::check) mod code_form;
pub(in crate::check) mod code_outside_value_set;
pub(in crate::check) mod duplicate_code;
pub(in crate::check) mod duplicate_uri;
pub(in crate::check) mod other_code;
pub(in crate::check) mod other_display;
pub(in crate::check) mod swapped_codes;
pub(in crate::check) mod undecided_way_back;
pub(in crate::check) mod unknown_code_system;
pub(in crate::check) mod unknown_null_flavor;
pub(in crate::check) mod unlike_unit;
pub(in crate::check) mod unmapped_code;
pub(in crate::check) mod unpublished_translation;

/// The group, with its checks in the order of their codes.
pub(in crate::check) const GROUP: Group = Group {
    title: "Codes",
    about: "Code systems, value sets, code maps and units.",
    codes: '4',
    rules: &[
        &unknown_code_system::RULE,
        &duplicate_code::RULE,
        &other_display::RULE,
        &code_outside_value_set::RULE,
        &unmapped_code::RULE,
        &undecided_way_back::RULE,
        &check_digit::RULE,
        &duplicate_uri::RULE,
        &other_code::RULE,
        &unknown_null_flavor::RULE,
        &code_form::RULE,
        &swapped_codes::RULE,
        &unpublished_translation::RULE,
        &unlike_unit::RULE,
    ],
};
