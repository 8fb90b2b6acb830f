//! The public face: bytes in, bytes out, and an account of every value.

mod choice;
mod converter;
mod delivery;
mod detect;
mod envelope;
mod error;
mod excess;
mod format;
mod kinds;
mod labels;
mod messages;
mod read;
mod reading;
mod resources;
mod stated;
mod target;
mod transmission;
mod units;
mod write;

pub(crate) use envelope::aside_by_names;

pub use crate::plan::MessageKind;
pub use converter::Converter;
pub use delivery::{Delivery, Withdrawal};
pub use error::{Error, LineColumn};
pub use format::{Format, UnknownFormat};
pub use reading::{Case, Outcome, Reading};
pub use target::Target;
pub use transmission::{Transmission, TransmissionFault};
pub use write::Written;
