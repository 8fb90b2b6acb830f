//! Dates and moments, exactly as precise as they were given.

mod order;
mod zone;

use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

use zone::{Zone, parse_offset};

/// A date or a moment with its precision: a date known to the month stays known to the month.
///
/// The digits are kept as fields; a fraction of a second keeps its digits. A time without an offset is local
/// time in the Netherlands.
///
/// Two moments are equal when they are the same moment, as precise. How the offset was written, or that it was, is kept
/// and written back, but no part of the fact.
#[derive(Clone, Copy, Debug, Eq)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    fraction: u32,
    fraction_digits: u8,
    precision: Precision,
    /// The offset, if it is not the one of the Netherlands at that moment.
    offset_minutes: Option<i16>,
    written: Option<Zone>,
}

/// To what part a [`DateTime`] is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// Only the year.
    Year,
    /// Year and month.
    Month,
    /// A calendar day.
    Day,
    /// The hour (HL7v3 only).
    Hour,
    /// The minute (HL7v3 only; FHIR wants seconds).
    Minute,
    /// The second, or a fraction of it.
    Second,
}

/// A text that is no date or moment in the format asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid date or time")]
pub struct DateTimeError;

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.meaning() == other.meaning()
    }
}

impl Hash for DateTime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning().hash(state);
    }
}

impl DateTime {
    /// What is said, without how it was written.
    fn meaning(&self) -> impl PartialEq + Hash + use<> {
        let day = (self.year, self.month, self.day, self.precision);
        (day, (self.hour, self.minute, self.second), (self.fraction, self.fraction_digits), self.offset_minutes)
    }

    /// The precision.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Reads an HL7v3 TS: `YYYY[MM[DD[HH[MM[SS[.ffff]]]]]][+ZZ[ZZ]]`. An offset beside a date alone means nothing.
    ///
    /// # Errors
    /// If the text has another form, or names a day or time that does not exist.
    ///
    /// ```
    /// use ooievaar::dataset::DateTime;
    /// let moment = DateTime::from_hl7("20211015034500")?;
    /// assert_eq!(moment.to_fhir(), "2021-10-15T03:45:00+02:00");
    /// assert_eq!(DateTime::from_hl7("202110")?.to_fhir(), "2021-10");
    /// # Ok::<(), ooievaar::dataset::DateTimeError>(())
    /// ```
    pub fn from_hl7(text: &str) -> Result<Self, DateTimeError> {
        let (main, offset) = match text.find(['+', '-']) {
            Some(at) => (&text[..at], Some(Zone::parse(&text[at..])?)),
            None => (text, None),
        };
        let (digits, fraction) = match main.split_once('.') {
            Some((digits, fraction)) => (digits, Some(fraction)),
            None => (main, None),
        };
        let precision = match digits.len() {
            4 => Precision::Year,
            6 => Precision::Month,
            8 => Precision::Day,
            10 => Precision::Hour,
            12 => Precision::Minute,
            14 => Precision::Second,
            _ => return Err(DateTimeError),
        };
        let part =
            |from: usize, to: usize| -> Result<u16, DateTimeError> { digits.get(from..to).map_or(Ok(0), parse_number) };
        let mut result = Self::date_only(precision, part(0, 4)?, part(4, 6)?, part(6, 8)?)?;
        (result.hour, result.minute, result.second) =
            (small(part(8, 10)?)?, small(part(10, 12)?)?, small(part(12, 14)?)?);
        result.set_fraction(fraction)?;
        let result = result.validated()?;
        let has_time = result.precision >= Precision::Hour;
        // `2021-10` is a month that somebody wrote in another form, and no year.
        if !has_time && offset.is_some_and(|zone| zone.is_short) {
            return Err(DateTimeError);
        }
        // A date has no offset.
        Ok(result.with_zone(offset.filter(|_| has_time)))
    }

    /// The same moment, with the offset that a source wrote beside it. That of the Netherlands goes without saying.
    fn with_zone(self, written: Option<Zone>) -> Self {
        let other = written.map(|zone| zone.minutes).filter(|minutes| *minutes != self.dutch_offset());
        Self { offset_minutes: other, written, ..self }
    }

    /// The offset to write, if any.
    fn zone(&self) -> Option<Zone> {
        self.written.or(self.offset_minutes.map(|minutes| Zone { minutes, is_short: false }))
    }

    /// True if it was written with an offset, which may be the one of the Netherlands.
    pub fn has_written_zone(&self) -> bool {
        self.written.is_some()
    }

    fn civil(&self) -> Option<civil::DateTime> {
        let signed = |part: u8| i8::try_from(part).ok();
        let (month, day) = (signed(self.month)?, signed(self.day)?);
        let (hour, minute, second) = (signed(self.hour)?, signed(self.minute)?, signed(self.second)?);
        civil::DateTime::new(i16::try_from(self.year).ok()?, month, day, hour, minute, second, 0).ok()
    }

    /// Writes an HL7v3 TS. A moment whose offset is the one of the Netherlands has none, unless it was written with it.
    pub fn to_hl7(&self) -> String {
        let mut text = format!("{:04}", self.year);
        for (precision, part) in [
            (Precision::Month, self.month),
            (Precision::Day, self.day),
            (Precision::Hour, self.hour),
            (Precision::Minute, self.minute),
            (Precision::Second, self.second),
        ] {
            if self.precision >= precision {
                let _ = write!(text, "{part:02}");
            }
        }
        text.push_str(&self.fraction_text());
        if let Some(zone) = self.zone() {
            zone.write(&mut text, "");
        }
        text
    }

    /// Reads a FHIR date, dateTime or instant, or an XML Schema date or dateTime.
    ///
    /// An offset that is the one of the Netherlands at that moment is understood as local time.
    ///
    /// # Errors
    /// If the text has another form, or names a day or time that does not exist.
    pub fn from_fhir(text: &str) -> Result<Self, DateTimeError> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        if parts.next().is_some() || date.len() != [4, 7, 10][usize::from(month.is_some()) + usize::from(day.is_some())]
        {
            return Err(DateTimeError);
        }
        let precision = match (month, day, time) {
            (None, _, None) => Precision::Year,
            (Some(_), None, None) => Precision::Month,
            (Some(_), Some(_), None) => Precision::Day,
            (Some(_), Some(_), Some(_)) => Precision::Second,
            _ => return Err(DateTimeError),
        };
        let number = |part: Option<&str>| part.map_or(Ok(0), parse_number);
        let mut result = Self::date_only(precision, number(year)?, number(month)?, number(day)?)?;
        if let Some(time) = time {
            result.set_fhir_time(time)?;
        }
        result.validated()
    }

    /// Reads the FHIR form of a moment that is known to the hour or the minute only: FHIR demands seconds, so
    /// the precision travels beside it.
    ///
    /// # Errors
    /// As [`DateTime::from_fhir`].
    pub fn from_fhir_with_precision(text: &str, precision: Precision) -> Result<Self, DateTimeError> {
        let mut result = Self::from_fhir(text)?;
        if result.precision == Precision::Second && result.fraction_digits == 0 && precision >= Precision::Hour {
            result.precision = precision;
        }
        Ok(result)
    }

    /// Writes a FHIR dateTime. A local time gets the offset of the Netherlands at that moment; parts of the
    /// time that are not known are zero, since FHIR demands them.
    pub fn to_fhir(&self) -> String {
        let mut text = self.local_text('T');
        if self.precision >= Precision::Hour {
            let minutes = self.offset_minutes.unwrap_or_else(|| self.dutch_offset());
            Zone { minutes, is_short: false }.write(&mut text, ":");
        }
        text
    }

    /// Writes the date and time as they stand, without an offset that was not given: the ADA form.
    pub fn to_local(&self) -> String {
        self.local_with(self.zone().map(|zone| Zone { is_short: false, ..zone }))
    }

    /// As [`DateTime::to_local`], with the offset as the source wrote it: with or without its minutes.
    pub fn to_written(&self) -> String {
        self.local_with(self.zone())
    }

    fn local_with(&self, zone: Option<Zone>) -> String {
        let mut text = match self.precision {
            Precision::Hour => format!("{:04}-{:02}-{:02}T{:02}", self.year, self.month, self.day, self.hour),
            Precision::Minute => {
                format!("{:04}-{:02}-{:02}T{:02}:{:02}", self.year, self.month, self.day, self.hour, self.minute)
            }
            _ => self.local_text('T'),
        };
        if let Some(zone) = zone {
            zone.write(&mut text, ":");
        }
        text
    }

    /// Reads the form that [`DateTime::to_local`] and [`DateTime::to_written`] write, which may end at the hour or the
    /// minute.
    ///
    /// # Errors
    /// If the text has another form, or names a day or time that does not exist.
    pub fn from_local(text: &str) -> Result<Self, DateTimeError> {
        let Some((date, time)) = text.split_once('T') else {
            return Self::from_fhir(text);
        };
        let clock_end = time.find(['+', '-', 'Z']).unwrap_or(time.len());
        let (clock, zone) = time.split_at(clock_end);
        let (padded, precision) = match clock.len() {
            2 => (format!("{date}T{clock}:00:00"), Precision::Hour),
            5 => (format!("{date}T{clock}:00"), Precision::Minute),
            _ => (format!("{date}T{clock}"), Precision::Second),
        };
        let written = match zone {
            "" => None,
            "Z" => Some(Zone { minutes: 0, is_short: false }),
            zone => Some(Zone::parse(zone)?),
        };
        Ok(Self::from_fhir_with_precision(&padded, precision)?.with_zone(written))
    }

    fn date_only(precision: Precision, year: u16, month: u16, day: u16) -> Result<Self, DateTimeError> {
        Ok(Self {
            year,
            month: small(month)?,
            day: small(day)?,
            hour: 0,
            minute: 0,
            second: 0,
            fraction: 0,
            fraction_digits: 0,
            precision,
            offset_minutes: None,
            written: None,
        })
    }

    fn set_fhir_time(&mut self, time: &str) -> Result<(), DateTimeError> {
        let clock_end = time.find(['+', '-', 'Z']).unwrap_or(time.len());
        let (clock, zone) = time.split_at(clock_end);
        let (clock, fraction) = match clock.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (clock, None),
        };
        let parts: Vec<&str> = clock.split(':').collect();
        let [hour, minute, second] = parts[..] else { return Err(DateTimeError) };
        if clock.len() != 8 {
            return Err(DateTimeError);
        }
        (self.hour, self.minute, self.second) =
            (small(parse_number(hour)?)?, small(parse_number(minute)?)?, small(parse_number(second)?)?);
        self.set_fraction(fraction)?;
        if !zone.is_empty() {
            let offset = if zone == "Z" { 0 } else { parse_offset(zone)? };
            self.validated()?;
            self.offset_minutes = (offset != self.dutch_offset()).then_some(offset);
        }
        Ok(())
    }

    fn set_fraction(&mut self, fraction: Option<&str>) -> Result<(), DateTimeError> {
        let Some(digits) = fraction else { return Ok(()) };
        if self.precision != Precision::Second || digits.is_empty() || digits.len() > 9 {
            return Err(DateTimeError);
        }
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DateTimeError);
        }
        self.fraction = digits.parse().map_err(|_| DateTimeError)?;
        self.fraction_digits = small(u16::try_from(digits.len()).map_err(|_| DateTimeError)?)?;
        Ok(())
    }

    fn validated(self) -> Result<Self, DateTimeError> {
        let month = if self.precision >= Precision::Month { self.month } else { 1 };
        let day = if self.precision >= Precision::Day { self.day } else { 1 };
        let signed = |part: u8| i8::try_from(part).map_err(|_| DateTimeError);
        // There is no year 0 in FHIR, nor was anybody born in it.
        let year = i16::try_from(self.year).ok().filter(|year| *year > 0).ok_or(DateTimeError)?;
        civil::DateTime::new(
            year,
            signed(month)?,
            signed(day)?,
            signed(self.hour)?,
            signed(self.minute)?,
            signed(self.second)?,
            0,
        )
        .map_err(|_| DateTimeError)?;
        Ok(self)
    }

    /// Offset of the Netherlands at this local time, in minutes. In the hour that occurs twice the first
    /// occurrence is meant; in the hour that is skipped, the offset before the change.
    fn dutch_offset(&self) -> i16 {
        static AMSTERDAM: TimeZone = jiff::tz::get!("Europe/Amsterdam");
        let Some(local) = self.civil() else { return 0 };
        let offset = match AMSTERDAM.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
        };
        i16::try_from(offset.seconds() / 60).unwrap_or(0)
    }

    fn fraction_text(&self) -> String {
        match self.fraction_digits {
            0 => String::new(),
            width => format!(".{:0width$}", self.fraction, width = usize::from(width)),
        }
    }

    fn local_text(&self, separator: char) -> String {
        match self.precision {
            Precision::Year => format!("{:04}", self.year),
            Precision::Month => format!("{:04}-{:02}", self.year, self.month),
            Precision::Day => format!("{:04}-{:02}-{:02}", self.year, self.month, self.day),
            _ => format!(
                "{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}{}",
                self.year,
                self.month,
                self.day,
                self.hour,
                self.minute,
                self.second,
                self.fraction_text()
            ),
        }
    }
}

/// The local form, for people: `2021-10-15 03:45`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_local().replace('T', " "))
    }
}

fn parse_number(digits: &str) -> Result<u16, DateTimeError> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DateTimeError);
    }
    digits.parse().map_err(|_| DateTimeError)
}

fn small(number: u16) -> Result<u8, DateTimeError> {
    u8::try_from(number).map_err(|_| DateTimeError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_survives_both_ways() {
        for (hl7, fhir) in [
            ("2021", "2021"),
            ("202110", "2021-10"),
            ("20211015", "2021-10-15"),
            ("20211015034500", "2021-10-15T03:45:00+02:00"),
            ("20211215034500", "2021-12-15T03:45:00+01:00"),
            ("20211215034500.120", "2021-12-15T03:45:00.120+01:00"),
            ("20211215034500+0500", "2021-12-15T03:45:00+05:00"),
            ("20211215034500-0330", "2021-12-15T03:45:00-03:30"),
        ] {
            let value = DateTime::from_hl7(hl7).unwrap();
            assert_eq!(value.to_fhir(), fhir);
            assert_eq!(DateTime::from_fhir(fhir).unwrap(), value);
            assert_eq!(value.to_hl7(), hl7);
            assert_eq!(DateTime::from_local(&value.to_local()).unwrap(), value);
        }
    }

    #[test]
    fn hour_and_minute_precision_need_a_companion_in_fhir() {
        for hl7 in ["2021101503", "202110150345"] {
            let value = DateTime::from_hl7(hl7).unwrap();
            let back = DateTime::from_fhir_with_precision(&value.to_fhir(), value.precision()).unwrap();
            assert_eq!(back.to_hl7(), hl7);
            assert_eq!(DateTime::from_local(&value.to_local()).unwrap(), value);
        }
    }

    #[test]
    fn the_offset_of_the_netherlands_says_nothing_more_and_comes_back_as_it_was() {
        for (said, meant) in [
            ("20211015034500+0200", "20211015034500"),
            ("20210115034500+0100", "20210115034500"),
            ("20211031023000+0200", "20211031023000"),
            ("20211031023000+0100", "20211031023000+0100"),
            ("2021101503+0200", "2021101503"),
            ("20211015034500+0100", "20211015034500+0100"),
            ("20211015+0100", "20211015"),
        ] {
            let (said, meant) = (DateTime::from_hl7(said), DateTime::from_hl7(meant));
            assert_eq!(said, meant);
        }
        for said in ["20211015034500+0200", "20211015034500+02", "2021101503+01", "20211015034500.5-11"] {
            let moment = DateTime::from_hl7(said).unwrap();
            assert_eq!(moment.to_hl7(), said);
            assert_eq!(DateTime::from_local(&moment.to_written()).unwrap().to_hl7(), said);
        }
        assert_eq!(DateTime::from_hl7("20211015+0100").unwrap().to_hl7(), "20211015");
        let short = DateTime::from_hl7("20211015034500+02").unwrap();
        assert_eq!(short.to_local(), "2021-10-15T03:45:00+02:00");
        assert_eq!(DateTime::from_fhir(&short.to_fhir()).unwrap().to_hl7(), "20211015034500");
        for wrong in ["20211015034500+2", "20211015034500+200", "20211015034500+15", "20211015034500+1430"] {
            assert!(DateTime::from_hl7(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_hour_that_occurs_twice_keeps_its_second_offset() {
        let first = DateTime::from_hl7("20211031023000").unwrap();
        assert_eq!(first.to_fhir(), "2021-10-31T02:30:00+02:00");
        let second = DateTime::from_fhir("2021-10-31T02:30:00+01:00").unwrap();
        assert_eq!(second.to_hl7(), "20211031023000+0100");
        assert_eq!(DateTime::from_hl7("20211031023000+0100").unwrap().to_fhir(), "2021-10-31T02:30:00+01:00");
    }

    #[test]
    fn the_hour_that_is_skipped_comes_back() {
        let gap = DateTime::from_hl7("20210328023000").unwrap();
        assert_eq!(DateTime::from_fhir(&gap.to_fhir()).unwrap(), gap);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "20", "20211", "20211301", "20210230", "2021101525", "20211015034561", "2021-10", "abcd", "20211015.5"]
        {
            assert!(DateTime::from_hl7(text).is_err(), "{text}");
        }
        for text in [
            "",
            "21",
            "2021-1",
            "2021-13",
            "2021-02-30",
            "2021-10-15T03:45",
            "2021-10-15T03:45:00+0",
            "202110",
            "2021-10-15T",
        ] {
            assert!(DateTime::from_fhir(text).is_err(), "{text}");
        }
    }
}
