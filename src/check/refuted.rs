//! What running every row both ways says against the tables.

use super::Context;
use super::sheet::Row;
use crate::convert::{Converter, Error, Format, MessageKind};
use crate::dataset::{Content, Value};
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
}

/// Runs the rows of all messages; of tables that cannot be run nothing is known.
pub fn refuted(context: &Context<'_>) -> Vec<Refuted> {
    let Ok(converter) = Converter::from_source(&context.files.source()) else { return Vec::new() };
    let mut all = Vec::new();
    for kind in converter.kinds() {
        match prove(&converter, kind) {
            Ok(proofs) => {
                for proof in proofs.iter().filter(|proof| proof.is_false()) {
                    let why = why(proof);
                    let rows = rows_of(context, kind, proof).into_iter();
                    all.extend(rows.map(|row| Refuted {
                        file: row.sheet.path.to_owned(),
                        line: row.line(),
                        why: why.clone(),
                    }));
                }
            }
            Err(error) => all.push(unproved(kind, &error)),
        }
    }
    all
}

/// The rows that say where the concept is in the format.
fn rows_of<'c>(context: &Context<'c>, kind: &MessageKind, proof: &RowProof) -> Vec<Row<'c>> {
    let number = kind.dataset.get(proof.concept).number.as_str();
    let message = context.messages.iter().find(|message| message.name == kind.name);
    let (sheet, place) = if proof.format == Format::Hl7v3 {
        (message.and_then(|message| message.rows), "in")
    } else {
        let of_dataset = context.fhir.iter().find(|table| table.dataset == kind.dataset.name);
        (of_dataset.map(|table| table.sheet), "element")
    };
    let rows = sheet.into_iter().flat_map(super::Sheet::rows);
    rows.filter(|row| row.get("concept") == number && row.get(place) != "-").collect()
}

fn why(proof: &RowProof) -> String {
    let (times, how) = match &proof.verdict {
        Verdict::Lossy(reasons) => {
            let codes: Vec<&str> = reasons.keys().map(|reason| reason.code()).collect();
            (reasons.values().sum(), format!("are lost ({})", codes.join(", ")))
        }
        Verdict::Changed(times) => (*times, "come back changed or are not recognised".to_owned()),
        Verdict::Exact | Verdict::Kept => (0, String::new()),
    };
    let first = proof.first.as_ref().map_or_else(String::new, |content| format!("; the first: {}", shown(content)));
    format!("{times} of {} values, written as {} and read again, {how}{first}", proof.values, proof.format.name())
}

/// A message that cannot be read again is a fault of the message, not of one row.
fn unproved(kind: &MessageKind, error: &Error) -> Refuted {
    let why = format!("the rows cannot be run both ways: {error}");
    Refuted { file: format!("messages/{}/rows.csv", kind.name), line: 1, why }
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
