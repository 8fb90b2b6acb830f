//! Why an input could not be converted at all.

use std::fmt;

use crate::tables::TableError;
use crate::tree::SyntaxError;

/// A place in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset in a text.
    pub fn of(text: &str, position: usize) -> Self {
        let mut end = position.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a conversion did not happen. It never holds a value of the input.
///
/// What went wrong inside an input that could be read is no error but a loss, in the
/// [`Ledger`](crate::ledger::Ledger).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The mapping tables are faulty.
    #[error("the mapping tables are faulty: {0}")]
    Tables(#[from] TableError),
    /// There is nothing in it.
    #[error("the input is empty; check how the file was made or sent")]
    Empty,
    /// It is larger than the limit.
    #[error("the input has {bytes} bytes, and the limit is {limit}; split it, or raise the limit")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It is no text in the encoding that it declares.
    #[error("the input is not valid {encoding}; save it in the encoding that it declares")]
    Encoding {
        /// The encoding.
        encoding: &'static str,
    },
    /// It is neither XML nor JSON.
    #[error("the input is neither XML nor JSON; give an HL7v3 message, FHIR or ADA")]
    NotAText,
    /// It is XML or JSON, but broken.
    #[error("{place}: {message}")]
    Syntax {
        /// Where it breaks.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// It is sound XML or JSON of something else.
    #[error("the input is {found}; this converts {expected}")]
    WrongKind {
        /// What it seems to be.
        found: String,
        /// What can be read.
        expected: String,
    },
    /// A date in an ADA instance is relative, and no day was given to count from.
    #[error("{place}: the date is relative to a day T; say which day T is (--reference-day)")]
    ReferenceDay {
        /// Where the first such date is.
        place: Place,
    },
    /// The tables have no binding of this kind of message to the format asked for.
    #[error("the tables cannot write {message} as {format}; they have no binding for it")]
    NoBinding {
        /// The kind of message.
        message: String,
        /// The format.
        format: &'static str,
    },
}

impl Error {
    /// Stable name of the kind of error, for reports and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tables(_) => "tables",
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too-large",
            Self::Encoding { .. } => "encoding",
            Self::NotAText => "not-text",
            Self::Syntax { .. } => "syntax",
            Self::WrongKind { .. } => "wrong-kind",
            Self::ReferenceDay { .. } => "reference-day",
            Self::NoBinding { .. } => "no-binding",
        }
    }

    /// Where in the input it went wrong, if it was at one place.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Syntax { place, .. } | Self::ReferenceDay { place } => Some(*place),
            _ => None,
        }
    }

    /// A fault in the syntax of a text.
    pub(super) fn syntax(text: &str, fault: &SyntaxError) -> Self {
        Self::Syntax { place: Place::of(text, fault.position), message: fault.message.to_owned() }
    }
}
