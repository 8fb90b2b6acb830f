//! The formats there are.

use std::fmt;
use std::str::FromStr;

/// A format that can be read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// An HL7v3 message or CDA document.
    Hl7v3,
    /// FHIR STU3 in JSON: a bundle, or when reading also a single resource.
    FhirJson,
    /// FHIR STU3 in XML.
    FhirXml,
    /// FHIR STU3 in JSON, one resource a line.
    FhirNdjson,
    /// A dataset instance as ART-DECOR writes it.
    Ada,
}

/// A name that is none of the formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such format; choose fhir-json, fhir-xml, fhir-ndjson, hl7v3 or ada")]
pub struct UnknownFormat;

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Hl7v3, Self::FhirJson, Self::FhirXml, Self::FhirNdjson, Self::Ada];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hl7v3 => "hl7v3",
            Self::FhirJson => "fhir-json",
            Self::FhirXml => "fhir-xml",
            Self::FhirNdjson => "fhir-ndjson",
            Self::Ada => "ada",
        }
    }

    /// The format on the other side: FHIR for what is PWD 2.3, the message for what is FHIR.
    #[must_use]
    pub fn other_side(self) -> Self {
        match self {
            Self::Hl7v3 | Self::Ada => Self::FhirJson,
            Self::FhirJson | Self::FhirXml | Self::FhirNdjson => Self::Hl7v3,
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or(UnknownFormat)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
