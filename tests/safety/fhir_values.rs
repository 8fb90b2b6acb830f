//! What stands beside a value in FHIR never beats it.
