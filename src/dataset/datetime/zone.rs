//! Offsets from universal time, as they are written.

use std::fmt::Write as _;

use super::{DateTimeError, parse_number};

/// An offset as a source wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    /// The offset.
    pub minutes: i16,
    /// Only the hours were written.
    pub is_short: bool,
}

impl Zone {
    /// Reads `+02` or `+0200`, or the same with a colon.
    pub fn parse(text: &str) -> Result<Self, DateTimeError> {
        let is_short = text.len() == 3;
        let minutes = if is_short { parse_offset(&format!("{text}00"))? } else { parse_offset(text)? };
        Ok(Self { minutes, is_short })
    }

    /// Writes it, with this between hours and minutes.
    pub fn write(self, text: &mut String, separator: &str) {
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (self.minutes.unsigned_abs() / 60, self.minutes.unsigned_abs() % 60);
        // Writing to a string does not fail.
        let _ = write!(text, "{sign}{hours:02}");
        if !self.is_short {
            let _ = write!(text, "{separator}{minutes:02}");
        }
    }
}

/// Reads `+0200` or `+02:00`, in minutes.
pub(super) fn parse_offset(text: &str) -> Result<i16, DateTimeError> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.chars().skip(1).filter(|c| *c != ':').collect();
    let hours = parse_number(digits.get(..2).ok_or(DateTimeError)?)?;
    let minutes = parse_number(digits.get(2..).filter(|rest| rest.len() == 2).ok_or(DateTimeError)?)?;
    // XML Schema and FHIR know none beyond fourteen hours.
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return Err(DateTimeError);
    }
    i16::try_from(hours * 60 + minutes).map(|total| sign * total).map_err(|_| DateTimeError)
}
