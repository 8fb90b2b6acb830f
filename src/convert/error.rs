//! Why an input could not be converted at all.

use std::fmt;

use crate::tables::TableError;
use crate::tree::SyntaxError;

/// A place in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl LineColumn {
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

impl fmt::Display for LineColumn {
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
    #[error("the input has {bytes} bytes, and the limit is {limit}; split it, or raise the limit (--max-bytes)")]
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
    #[error("the input is neither XML nor JSON; give an HL7v3 message, FHIR or ADA (an archive: to ooievaar batch)")]
    NotAText,
    /// It is XML or JSON, but broken.
    #[error("{place}: {message}")]
    Syntax {
        /// Where it breaks.
        place: LineColumn,
        /// What is wrong.
        message: String,
    },
    /// It is sound XML or JSON of something else.
    #[error("the input is {found}; this converts {expected}: give it one of these")]
    WrongKind {
        /// What it seems to be.
        found: String,
        /// What can be read.
        expected: String,
    },
    /// It is a message that says of itself, and so of all in it, that it is not so.
    #[error(
        "{}the message says that it is denied, intended or withdrawn (negationInd, moodCode, statusCode; status), so that nothing in \
         it may be read as a fact; ask the sender what it is", at(*.place)
    )]
    TakenBack {
        /// The element that says so, if it is at a place in a text.
        place: Option<LineColumn>,
    },
    /// It says of one person that she is two: two numbers, or two of whom there is one.
    #[error(
        "{}the input is about two persons where there is one (two numbers that differ, or somebody else beside her), so that \
         nothing tells whose the rest is; ask the sender, and give each her own message", at(*.place)
    )]
    TwoPersons {
        /// The second, if it is at a place in a text.
        place: Option<LineColumn>,
    },
    /// A date in an ADA instance is relative, and no day was given to count from.
    #[error("{place}: the date is relative to a day T; say which day T is (--reference-day)")]
    ReferenceDay {
        /// Where the first such date is.
        place: LineColumn,
    },
    /// Its payload has a template that no table knows: it is another kind of message, or another release.
    #[error(
        "{found}, so that nothing tells what kind of message it is; nearest is {nearest}: if it is to be read as that, say \
         so (--as {kind}), and mind what is lost"
    )]
    UnknownTemplate {
        /// What the payload has for a template, shown if it is an OID.
        found: String,
        /// What people call the kind that is most like it.
        nearest: String,
        /// The name of that kind.
        kind: String,
    },
    /// There is no such kind of message.
    #[error("there is no such kind of message; choose {}", .known.join(" or "))]
    NoSuchKind {
        /// The kinds that there are.
        known: Vec<String>,
    },
    /// Several kinds of message hold as much of what was read, and none is like the other.
    #[error("several kinds of message hold as much of it; say which one is meant (--message): {}", .candidates.join(" or "))]
    WhichKind {
        /// The names of the kinds.
        candidates: Vec<String>,
    },
    /// It is a document with several messages in it.
    #[error("the document holds {count} messages; convert them as many (ooievaar batch), or take one out")]
    SeveralMessages {
        /// How many.
        count: usize,
    },
    /// It is FHIR with several cases.
    #[error("the input holds several cases: {}; say which (--case), or convert them all (ooievaar batch)", listed(.candidates))]
    WhichCase {
        /// References to their records, or to the women who have none.
        candidates: Vec<String>,
    },
    /// The case that was named is not in it.
    #[error("no such case is in the input; {}", if .candidates.is_empty() { "it holds one, and nothing of it is called so".to_owned() } else { format!("choose {}", listed(.candidates)) })]
    NoSuchCase {
        /// References to those that are; empty if there is but one.
        candidates: Vec<String>,
    },
    /// Of FHIR with several cases, some resources belong to none.
    #[error(
        "some resources ({resources}) belong to none of the cases in the input, and nothing of them was read: they name no record \
         and no woman of it, or do not tell which of several; have them refer to the record (EpisodeOfCare)"
    )]
    NoCase {
        /// How many.
        resources: usize,
    },
    /// The cases in it have so much in common that reading each of them would exceed the limit.
    #[error(
        "the cases in the input share so much that reading them exceeds the limit of {limit} elements; split it, or raise the limit (--max-elements)"
    )]
    SharedTooMuch {
        /// The limit.
        limit: u32,
    },
    /// No clinical value of it is understood.
    #[error(
        "no clinical value was understood ({read} values read, {lost} of them lost); see whether it is the right file, \
         and of a kind that the tables know"
    )]
    NothingClinical {
        /// How many values were read.
        read: u32,
        /// How many of them were lost.
        lost: u32,
    },
    /// It is FHIR in which several may be what there is one of (the current pregnancy), and that does not say which.
    #[error(
        "several may be the current one: {}; say which (--current), or have the record refer to one",
        listed(.candidates)
    )]
    WhichCurrent {
        /// References to them.
        candidates: Vec<String>,
    },
    /// What was said to be the current one is not in it.
    #[error("what was named as the current one is not in the input; {}", choice(.candidates))]
    NoSuchCurrent {
        /// References to those that are.
        candidates: Vec<String>,
    },
    /// It is FHIR, and nothing in it is what the tables know.
    #[error(
        "nothing was recognised: none of the {values} values in the input is of a resource that the mapping tables know \
         by its type, profile, code and references; see which profiles and codes they have (mappings/fhir-stu3), and add \
         what the resources refer to"
    )]
    NothingRecognised {
        /// How many values were read in vain.
        values: u32,
    },
    /// Of several inputs that are one case, one could not be read.
    #[error("input {number}: {error}")]
    Input {
        /// Which, from 1.
        number: usize,
        /// Why.
        error: Box<Error>,
    },
    /// The earlier delivery is of another case, or nothing in it says that it is of this one.
    #[error("{}, so that nothing of it may be deleted; give the earlier message of this case; if it is, and a number was corrected, deliver without it, and take the earlier resources off the server by hand", difference(.numbers))]
    OtherCase {
        /// What the numbers that differ are called; none if both have no number that tells cases apart.
        numbers: Vec<String>,
    },
    /// The earlier delivery is of another kind of message: what only that kind can say is not taken back by this one.
    #[error(
        "the earlier delivery is {earlier} and this is {now}, which cannot say all that the other can: nothing of it may be deleted; give the earlier message of the same kind"
    )]
    OtherKind {
        /// What people call the kind of the earlier delivery.
        earlier: String,
        /// The same of this one.
        now: String,
    },
    /// The earlier delivery is a bundle with ids that this converter does not make.
    #[error(
        "the earlier bundle has resources with other ids than these tables and this key make ({resources} of them), so that it is \
         not known what to delete; give the message that the bundle was made of, and the same key"
    )]
    OtherIds {
        /// How many.
        resources: usize,
    },
    /// Nothing tells which of several alike (children) in the earlier delivery is which of those in this one.
    #[error(
        "nothing tells which occurrence of {group} in the earlier delivery is which in this one, so that the ids of one could pass to \
         another; give both deliveries with the number of each ({}), or leave out the earlier one and take what it put off the \
         server by hand", .numbers.join(", ")
    )]
    WhichOccurrence {
        /// What the group is called.
        group: String,
        /// What the numbers are called that would tell.
        numbers: Vec<String>,
    },
    /// The format cannot say that something is deleted.
    #[error(
        "{format} cannot say what is deleted; for what an earlier delivery had, choose a transaction bundle (fhir-json, fhir-xml)"
    )]
    NoDeletion {
        /// The format.
        format: &'static str,
    },
    /// The tables have no binding of this kind of message to the format asked for.
    #[error(
        "the tables have no rows that write {message} as {format}; choose another format (ada is there for every kind), or add \
         rows (docs/new-kind.md says how)"
    )]
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
            Self::TakenBack { .. } => "taken-back",
            Self::TwoPersons { .. } => "two-persons",
            Self::ReferenceDay { .. } => "reference-day",
            Self::UnknownTemplate { .. } => "unknown-template",
            Self::NoSuchKind { .. } => "no-such-kind",
            Self::WhichKind { .. } => "which-kind",
            Self::SeveralMessages { .. } => "several-messages",
            Self::WhichCase { .. } => "which-case",
            Self::NoSuchCase { .. } => "no-such-case",
            Self::NoCase { .. } => "no-case",
            Self::SharedTooMuch { .. } => "shared-too-much",
            Self::NothingClinical { .. } => "nothing-clinical",
            Self::WhichCurrent { .. } => "which-current",
            Self::NoSuchCurrent { .. } => "no-such-current",
            Self::NothingRecognised { .. } => "nothing-recognised",
            Self::Input { error, .. } => error.code(),
            Self::OtherCase { .. } => "other-case",
            Self::OtherKind { .. } => "other-kind",
            Self::OtherIds { .. } => "other-ids",
            Self::WhichOccurrence { .. } => "which-occurrence",
            Self::NoDeletion { .. } => "no-deletion",
            Self::NoBinding { .. } => "no-binding",
        }
    }

    /// Where in the input it went wrong, if it was at one place.
    pub fn place(&self) -> Option<LineColumn> {
        match self {
            Self::Syntax { place, .. } | Self::ReferenceDay { place } => Some(*place),
            Self::TwoPersons { place } | Self::TakenBack { place } => *place,
            Self::Input { error, .. } => error.place(),
            _ => None,
        }
    }

    /// A fault in the syntax of a text.
    pub(super) fn syntax(text: &str, fault: &SyntaxError) -> Self {
        Self::Syntax { place: LineColumn::of(text, fault.position), message: fault.message.to_owned() }
    }
}

/// A place before what is said of it, if there is one.
fn at(place: Option<LineColumn>) -> String {
    place.map(|place| format!("{place}: ")).unwrap_or_default()
}

/// More than so many cases are counted, not named.
const LISTED: usize = 20;

/// The first of several, and how many more there are.
fn listed(candidates: &[String]) -> String {
    let (shown, rest) = candidates.split_at(candidates.len().min(LISTED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", shown.join(", "))
}

/// In what two deliveries differ.
fn difference(numbers: &[String]) -> String {
    if numbers.is_empty() {
        "nothing tells that the earlier delivery is of this case: it has no number that this one has too".to_owned()
    } else {
        format!("the earlier delivery is of another case: it has another {}", numbers.join(", "))
    }
}

/// What there is to choose from.
fn choice(candidates: &[String]) -> String {
    if candidates.is_empty() {
        "there is none that could be the current one".to_owned()
    } else {
        format!("choose {}", candidates.join(" or "))
    }
}
