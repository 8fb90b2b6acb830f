//! Code systems, value sets, code maps and units.

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
