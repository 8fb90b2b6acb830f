//! Ooievaar translates Dutch birth-care records between two generations of the national standard: PWD 2.3
//! (HL7v3 messages) and PWD 3.2 (FHIR STU3 resources), both ways, from one set of declarative tables.

pub mod ada;
#[cfg(feature = "batch")]
pub mod batch;
pub mod check;
pub mod convert;
pub mod dataset;
pub mod exchange;
pub mod fhir;
pub mod generate;
pub mod hl7v3;
pub mod ledger;
pub mod plan;
pub mod proof;
pub mod query;
pub mod review;
pub mod tables;
pub mod terminology;
pub mod tree;
pub mod view;

pub use convert::{
    Converter, Delivery, Error, Format, LineColumn, Outcome, Reading, Target, Transmission, TransmissionFault,
    Withdrawal, Written,
};
pub use fhir::{BundleType as Bundle, IdKey, WeakKey};
