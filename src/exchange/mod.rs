//! Tables from and for others: FHIR ConceptMaps out, published value sets in.

mod concept_map;
mod value_set;

pub use concept_map::concept_map;
pub use value_set::{Imported, import};
