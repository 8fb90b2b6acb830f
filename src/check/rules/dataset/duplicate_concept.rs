use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};

rule! {
    /// A concept, or another thing that a table is about, has two rows where it can have one.
    ///
    /// ## Why
    /// One fact, one row: of two rows nobody can say which is right. In a FHIR table a concept may have several rows if each puts it in
    /// another element, or the same element of another resource; then all but the first are copies.
    ///
    /// ## How to mend it
    /// Keep the row that is right. A row that was meant for another concept gets that number.
    ///
    /// ## Example
    /// `messages/mini/concepts.csv`
    /// ```diff
    ///  9,0,1
    /// -9,0,1
    /// ```
    "OOI-101" "duplicate-concept" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        let Some(layout) = sheet.layout else { continue };
        let key: &[&str] = match layout.path {
            "dataset/*.csv" | "messages/*/samples.csv" | "messages/*/concepts.csv" | "messages/*/rows.csv" => {
                &["concept"]
            }
            "messages/*/templates.csv" => &["concept", "template", "code"],
            "messages/*/published.csv" => &["concept"],
            "messages/*/demands.csv" => &["concept", "demand", "of"],
            "hl7v3/modifiers.csv" => &["element", "attribute", "of"],
            "hl7v3/published.csv" => &["element", "attribute"],
            "units.csv" => &["unit"],
            "fhir-stu3/published/*.csv" => &["concept", "profile", "element", "code", "code_system"],
            "fhir-stu3/*.csv" => &["concept", "resource", "element"],
            "fhir-stu3/elements.csv" => &["type", "element"],
            "fhir-stu3/profiles.csv" => &["profile", "element"],
            "fhir-stu3/invariants.csv" => &["of", "key"],
            "fhir-stu3/withdrawals.csv" => &["type", "item", "element"],
            _ => continue,
        };
        let mut seen = HashMap::new();
        for row in sheet.rows() {
            let what: Vec<&str> = key.iter().map(|column| row.get(column)).collect();
            // A row may be about no concept, but then about something else.
            let Some(named) = key.iter().copied().find(|column| !row.get(column).is_empty()) else { continue };
            let Some(other) = seen.insert(what, row) else { continue };
            // Of two rows that say the same, one is too many.
            let same = layout.columns.iter().all(|column| row.get(column.name) == other.get(column.name));
            if same {
                let message = format!("`{}` has the same row on line {}", row.get(named), other.line());
                findings.cell(row, named, message, "keep one of the two");
                findings.remove();
                continue;
            }
            if let Some((row, number)) = renumbered(context, other, row) {
                let message = format!("`{}` has another row: this one seems to be concept {number}", row.get(named));
                findings.cell(row, named, message, "mend the number");
                findings.mend(number);
                continue;
            }
            // The slip may be in either: what else the rows say tells.
            for (row, line) in [(other, row.line()), (row, other.line())] {
                let message = format!("`{}` has a row on line {line} too", row.get(named));
                findings.cell(row, named, message, "keep one of the two, or mend the number of the other");
            }
        }
    }
}

/// Of two rows of a dataset with one number, the one that is what a published concept without a row is; with the number of that.
fn renumbered<'c>(context: &'c Context<'_>, a: Row<'c>, b: Row<'c>) -> Option<(Row<'c>, &'c str)> {
    let facts = || {
        let own = context.messages.iter().filter(|message| {
            context.dataset_of(a.sheet.path).is_some_and(|dataset| dataset.sheet.name() == message.dataset)
        });
        own.filter_map(|message| context.sheet(&format!("messages/{}/published.csv", message.name)))
            .flat_map(Sheet::rows)
    };
    if !a.sheet.path.starts_with("dataset/") {
        return None;
    }
    let is = |row: Row<'_>, fact: Row<'_>| {
        ["parent", "kind", "unit", "value_set"].iter().all(|column| row.get(column) == fact.get(column))
    };
    let own = |row: Row<'_>| facts().any(|fact| fact.get("concept") == row.get("concept") && is(row, fact));
    let wrong = match (own(a), own(b)) {
        (true, false) => b,
        (false, true) => a,
        _ => return None,
    };
    let missing = |fact: &Row<'_>| context.concept(a.sheet.path, fact.get("concept")).is_none();
    let number = facts().find(|fact| missing(fact) && is(wrong, *fact))?.get("concept");
    Some((wrong, number))
}
