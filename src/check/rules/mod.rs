//! The checks: one file each, in folders by what they look at. The folder of a check is its group in the manual.

pub(super) mod dataset;
pub(super) mod evidence;
pub(super) mod fhir;
pub(super) mod files;
pub(super) mod message;
pub(super) mod terminology;
