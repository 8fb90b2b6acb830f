//! FHIR STU3: resources made from an instance, and an instance read from resources.

mod read;
mod values;
mod write;

pub use read::{Division, Leftovers, Source, Unclear, extract, put_by_us};
pub use values::name_systems;
pub use write::{BundleType, Composition, IdKey, Made, Syntax, WeakKey, same_case, write_bundle, write_ndjson};
