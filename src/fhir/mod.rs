//! FHIR STU3: resources made from an instance, and an instance read from resources.

mod read;
mod values;
mod write;

pub use read::{Division, Leftovers, Sent, Source, Unclear, extract};
pub use values::name_systems;
pub use write::{
    BundleType, Composition, IdKey, Made, Positions, Standing, Syntax, Undecided, WeakKey, same_case, succeed,
    write_bundle, write_ndjson,
};
