//! Dates as ADA writes them: absolute, or relative to a day T.

use jiff::Span;
use jiff::civil::Date;

use crate::dataset::{DateTime, DateTimeError};

/// The day T to which relative dates (`T-31Y`, `T+1D{03:45}`) refer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceDay(Date);

impl ReferenceDay {
    /// Reads a day: `2022-01-01`.
    ///
    /// # Errors
    /// If the text is no calendar day in that form.
    pub fn parse(text: &str) -> Result<Self, DateTimeError> {
        text.parse().map(Self).map_err(|_| DateTimeError)
    }
}

/// Why a date could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MomentError {
    /// It has no form that ADA knows.
    Invalid,
    /// It is relative, and there is no day T.
    NoReferenceDay,
}

impl From<DateTimeError> for MomentError {
    fn from(_: DateTimeError) -> Self {
        Self::Invalid
    }
}

/// Reads `2021-10-15`, `2021-10-15T03:45:00`, `T`, `T-306D`, `T-31Y`, `T+1D{03:45}`.
///
/// A time of day in braces is known to the second: ADA leaves out the seconds that its messages do carry.
pub(super) fn read(text: &str, day: Option<ReferenceDay>) -> Result<DateTime, MomentError> {
    let Some(relative) = text.strip_prefix('T') else {
        return Ok(DateTime::from_local(text)?);
    };
    let (offset, time) = match relative.split_once('{') {
        Some((offset, time)) => (offset, Some(time.strip_suffix('}').ok_or(MomentError::Invalid)?)),
        None => (relative, None),
    };
    let spans = spans(offset)?;
    let ReferenceDay(mut date) = day.ok_or(MomentError::NoReferenceDay)?;
    for span in spans {
        date = date.checked_add(span).map_err(|_| MomentError::Invalid)?;
    }
    let text = match time {
        None => date.to_string(),
        Some(time) if time.len() == 5 => format!("{date}T{time}:00"),
        Some(time) => format!("{date}T{time}"),
    };
    Ok(DateTime::from_fhir(&text)?)
}

/// Reads zero or more signed amounts of years, months or days. They stay apart, because they can differ in sign.
fn spans(text: &str) -> Result<Vec<Span>, MomentError> {
    let mut spans = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or(MomentError::Invalid)?;
        let (amount, unit) = rest.split_at(end);
        if !amount.starts_with(['+', '-']) {
            return Err(MomentError::Invalid);
        }
        let amount: i32 = amount.parse().map_err(|_| MomentError::Invalid)?;
        let span = match unit.as_bytes().first() {
            Some(b'Y') => Span::new().try_years(amount),
            Some(b'M') => Span::new().try_months(amount),
            Some(b'D') => Span::new().try_days(amount),
            _ => return Err(MomentError::Invalid),
        };
        spans.push(span.map_err(|_| MomentError::Invalid)?);
        rest = &unit[1..];
    }
    Ok(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> Result<String, MomentError> {
        read(text, Some(ReferenceDay::parse("2020-03-01").unwrap())).map(|moment| moment.to_local())
    }

    #[test]
    fn relative_dates_count_from_the_reference_day() {
        for (text, expected) in [
            ("T", "2020-03-01"),
            ("T-0D", "2020-03-01"),
            ("T+1D", "2020-03-02"),
            ("T-1D", "2020-02-29"),
            ("T-31Y", "1989-03-01"),
            ("T-2M", "2020-01-01"),
            ("T-1Y+10D", "2019-03-11"),
            ("T-1D{03:45}", "2020-02-29T03:45:00"),
            ("T-1D{03:45:10}", "2020-02-29T03:45:10"),
            ("T{23:59}", "2020-03-01T23:59:00"),
            ("1989-05", "1989-05"),
            ("1989-05-06T07:08", "1989-05-06T07:08"),
        ] {
            assert_eq!(local(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "Today", "T1D", "T-D", "T-1", "T-1X", "T-1D{25:00}", "T-1D{3:45}", "T-1D{03:45", "T-99999Y"] {
            assert_eq!(local(text), Err(MomentError::Invalid), "{text}");
        }
    }

    #[test]
    fn a_relative_date_needs_a_day() {
        assert_eq!(read("T-1D", None), Err(MomentError::NoReferenceDay));
        assert!(read("2020-01-01", None).is_ok());
    }
}
