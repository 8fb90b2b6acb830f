//! What the checker finds.

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Conversions would be wrong or impossible.
    Error,
    /// Something that a careful editor would mend.
    Warning,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The code of the check, such as `OOI-101`. It never changes its meaning.
    pub code: &'static str,
    /// The name of the check.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Path within the mappings folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// First character of the cell, from 1.
    pub start: u32,
    /// One past its last character.
    pub end: u32,
    /// Name of the column; empty outside tables.
    pub column: String,
    /// Number and name of the concept of the row; empty if it has none.
    pub concept: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// True if `fmt` mends it.
    pub fixable: bool,
    /// The line of the file.
    #[serde(skip)]
    pub text: String,
    /// What makes it go away, if that is certain.
    #[serde(skip)]
    pub(super) mend: Option<Mend>,
}

/// A change of a table that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// The cell says this.
    Say(String),
    /// The row is not there.
    Remove,
}
