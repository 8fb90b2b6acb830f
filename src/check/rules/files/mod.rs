//! Whether the files can be read, and are in their form.

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
