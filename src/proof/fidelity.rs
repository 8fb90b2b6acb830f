//! The table of every concept: where it is in each format, who decided, and whether it comes back.

use std::fmt::Write as _;

use super::{RowProof, Verdict};
use crate::convert::{Format, MessageKind};
use crate::dataset::{ConceptIx, Kind};
use crate::plan::Manifest;
use crate::tables::{Row, Sheet, Source, TableError};

/// The table of a kind of message, in Markdown.
///
/// # Errors
/// If a table cannot be read.
pub fn fidelity(source: &Source, kind: &MessageKind, proofs: &[RowProof]) -> Result<String, TableError> {
    let source = &source.laid();
    let message = Sheet::load(source, &format!("messages/{}/rows.csv", kind.name), &["concept", "in", "template"])?;
    let fhir = match Manifest::load(source)?.dataset(&kind.dataset.name)?.fhir.as_deref() {
        Some(name) => Some(Sheet::load(source, &format!("fhir-stu3/{name}.csv"), &["concept", "element", "follows"])?),
        None => None,
    };
    let mut text = format!(
        "## {}\n\n| concept | name | HL7v3 | FHIR | PWD 3.2 | decided by | HL7v3 there and back | ADA there and back | FHIR there and back |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        kind.title
    );
    for (ix, concept) in kind.dataset.concepts().filter(|(_, concept)| concept.in_use && concept.kind != Kind::Group) {
        let number = concept.number.as_str();
        let own = message.rows().find(|row| row.get("concept") == number);
        let rows: Vec<Row<'_>> = fhir.iter().flat_map(Sheet::rows).filter(|row| row.get("concept") == number).collect();
        let first = rows.first();
        let _ = writeln!(
            text,
            "| {number} | {} | {} | {} | {} | {} | {} | {} | {} |",
            escaped(&concept.name),
            own.map_or_else(|| "-".to_owned(), |row| escaped(&message_place(&row))),
            if rows.is_empty() { "-".to_owned() } else { escaped(&fhir_place(fhir.as_ref(), &rows)) },
            first.map_or("", |row| row.get("pwd32")),
            first.map_or("", |row| row.get("follows")),
            verdict(proofs, ix, Format::Hl7v3),
            verdict(proofs, ix, Format::Ada),
            verdict(proofs, ix, Format::FhirJson),
        );
    }
    Ok(text)
}

fn message_place(row: &Row<'_>) -> String {
    match row.get("template") {
        "" => row.get("in").to_owned(),
        template => format!("{} {template}", row.get("in")),
    }
}

/// The pattern of the resource and the element, for each row.
fn fhir_place(sheet: Option<&Sheet>, rows: &[Row<'_>]) -> String {
    let pattern = |row: &Row<'_>| {
        if !row.get("pattern").is_empty() {
            return row.get("pattern").to_owned();
        }
        let role = row.get("resource");
        let maker = sheet.and_then(|sheet| {
            sheet.rows().find(|other| other.get("resource") == role && !other.get("pattern").is_empty())
        });
        maker.map_or_else(|| role.to_owned(), |maker| maker.get("pattern").to_owned())
    };
    let place = |row: &Row<'_>| {
        let element = if row.get("element").is_empty() { row.get("datatype") } else { row.get("element") };
        let short = element.replace("http://nictiz.nl/fhir/StructureDefinition/", "");
        format!("{} `{}`", pattern(row), short.replace("http://hl7.org/fhir/StructureDefinition/", ""))
    };
    rows.iter().map(place).collect::<Vec<_>>().join("<br>")
}

fn verdict(proofs: &[RowProof], concept: ConceptIx, format: Format) -> String {
    let Some(proof) =
        proofs.iter().find(|proof| proof.concept == concept && proof.format == format && !proof.row.is_copy)
    else {
        return String::new();
    };
    match &proof.verdict {
        Verdict::Lossy(reasons) => {
            let reasons: Vec<&str> = reasons.keys().map(|reason| reason.code()).collect();
            format!("lossy: {}", reasons.join(", "))
        }
        other => other.code().to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
