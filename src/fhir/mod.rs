//! FHIR STU3: resources made from an instance, and an instance read from resources.

mod accounts;
mod answer;
mod bundle;
mod candidates;
mod cases;
mod chosen;
mod codec;
mod coded;
mod compose;
mod context;
mod copies;
mod decode;
mod directory;
mod encode;
mod entry;
mod extract;
mod guess;
mod ids;
mod key;
mod losses;
mod marks;
mod modifier;
mod occurrences;
mod once;
mod place;
mod reached;
mod recognise;
mod sole;
mod source;
mod structure;
mod systems;
mod uphold;
mod uses;
mod web;
mod withdrawn;

pub use bundle::{BundleType, Syntax, put_by_us, write_bundle, write_ndjson};
pub use cases::{Division, Leftovers};
pub use compose::{Composition, Made};
pub use extract::extract;
pub use ids::same_case;
pub use key::{IdKey, WeakKey};
pub use recognise::Unclear;
pub use source::Source;
pub use systems::name_systems;

/// URLs of core extensions that carry what an element has no room for.
mod urls {
    /// Why a primitive or a datatype has no value, in HL7v3 terms.
    pub const NULL_FLAVOR: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor";
    /// What was written, where the element cannot hold it as it was: a moment known to the minute, a postcode.
    pub const RENDERED: &str = "http://hl7.org/fhir/StructureDefinition/rendered-value";
    /// The moment of birth, beside the date.
    pub const BIRTH_TIME: &str = "http://hl7.org/fhir/StructureDefinition/patient-birthTime";
    /// The coded answer from which a FHIR code was chosen (nl-core).
    pub const CODE_SPECIFICATION: &str = "http://nictiz.nl/fhir/StructureDefinition/code-specification";
    pub use crate::plan::fhir::DATA_ABSENT;

    /// Reasons for absence in FHIR.
    pub const ABSENT_REASON: &str = "http://hl7.org/fhir/data-absent-reason";
}
