//! What running every row both ways says against the tables.

use super::Files;
use crate::convert::{Converter, Error, Format, MessageKind};
use crate::dataset::{Content, Value};
use crate::ledger::Reason;
use crate::proof::{RowProof, Verdict, prove};

/// A row whose claim to be exact is refuted.
#[derive(Clone, Debug)]
pub struct Refuted {
    /// Path of the table within the mappings folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What does not come back.
    pub why: String,
    /// What to do.
    pub help: &'static str,
}

/// Runs the rows of all messages; of tables that cannot be run nothing is known.
pub fn refuted(files: &Files) -> Vec<Refuted> {
    let source = files.source();
    let Ok(converter) = Converter::from_source(&source) else { return Vec::new() };
    let Ok(kinds) = converter.kinds() else { return Vec::new() };
    let mut all = Vec::new();
    for kind in kinds {
        match prove(&converter, &source, kind) {
            Ok(proofs) => {
                let refuted = proofs.iter().filter(|proof| proof.is_false()).map(|proof| Refuted {
                    file: proof.row.file.clone(),
                    line: u32::try_from(proof.row.line).unwrap_or(1).max(1),
                    why: why(proof),
                    help: help(proof),
                });
                all.extend(refuted);
            }
            Err(error) => all.push(unproved(kind, &error)),
        }
    }
    all
}

/// What most often is behind it.
fn help(proof: &RowProof) -> &'static str {
    match &proof.verdict {
        Verdict::Lossy(reasons) if reasons.keys().all(|reason| *reason == Reason::NullFlavor) => {
            "say in demands.csv which null flavours may stand there (`nulls`; `-`: none), or mend the row"
        }
        Verdict::Changed(_) if matches!(proof.format, Format::FhirJson) => {
            "mend the row; a resource that nothing refers to is not found again: let what belongs to it refer to it (`@if`); or \
             write `-` for its place and say why in `note`"
        }
        _ => "mend the row, or write `-` for its place and say why in `note`",
    }
}

fn why(proof: &RowProof) -> String {
    let (times, how) = match &proof.verdict {
        Verdict::Lossy(reasons) => {
            let codes: Vec<&str> = reasons.keys().map(|reason| reason.code()).collect();
            (reasons.values().sum(), format!("are lost ({})", codes.join(", ")))
        }
        Verdict::Changed(times) => (*times, "come back changed or are not recognised".to_owned()),
        Verdict::Exact | Verdict::Kept | Verdict::Coarser(_) => (0, String::new()),
    };
    let first = proof.first.as_ref().map_or_else(String::new, |content| format!("; the first: {}", shown(content)));
    format!("{times} of {} values, written as {} and read again, {how}{first}", proof.values, proof.format.name())
}

/// A message that cannot be read again is a fault of the message, not of one row.
fn unproved(kind: &MessageKind, error: &Error) -> Refuted {
    let why = format!("the rows cannot be run both ways: {error}");
    Refuted { file: format!("messages/{}/rows.csv", kind.name), line: 1, why, help: "mend the skeleton or the rows" }
}

/// A value that was made up from the tables, as they write it.
fn shown(content: &Content) -> String {
    match content {
        Content::Null { flavor, .. } => format!("no value, for the reason {flavor}"),
        Content::Value(value) => match value {
            Value::Code(code) => format!("code `{}` of {}", code.code, code.system),
            Value::Boolean(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
            Value::DateTime(moment) => format!("`{moment}`"),
            Value::Quantity(quantity) => format!("`{} {}`", quantity.value, quantity.unit),
            Value::Count(count) => format!("`{count}`"),
            Value::Identifier(id) => format!("an identifier of {}", id.root),
            Value::Text(text) => format!("the text {text:?}"),
        },
    }
}
