//! Values in the datatypes of FHIR, in both directions.

pub(super) mod answer;
pub(super) mod codec;
pub(super) mod coded;
pub(super) mod decode;
pub(super) mod encode;
pub(super) mod label;
pub(super) mod place;
pub(super) mod systems;
pub(super) mod urls;

pub use systems::name_systems;
