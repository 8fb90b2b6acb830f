//! URLs of core extensions that carry what an element has no room for.

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
