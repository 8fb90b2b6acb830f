use std::collections::HashMap;

use crate::check::Context;
use crate::check::registry::rule;
use crate::check::run::Findings;

rule! {
    /// A concept has two rows where it can have one.
    ///
    /// ## Why
    /// One fact, one row: of two rows nobody can say which is right. In a FHIR table a concept may have several rows if each puts it in
    /// another element, or the same element of another resource; then all but the first are copies.
    ///
    /// ## How to mend it
    /// Keep the row that is right. A row that was meant for another concept gets that number.
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
            "fhir-stu3/*.csv" => &["concept", "resource", "element"],
            "fhir-stu3/elements.csv" => &["type", "element"],
            "fhir-stu3/profiles.csv" => &["profile", "element"],
            _ => continue,
        };
        let mut seen = HashMap::new();
        for row in sheet.rows() {
            let what: Vec<&str> = key.iter().map(|column| row.get(column)).collect();
            if what[0].is_empty() {
                continue;
            }
            let Some(other) = seen.insert(what, row) else { continue };
            // The slip may be in either: what else the rows say tells.
            for (row, line) in [(other, row.line()), (row, other.line())] {
                let message = format!("`{}` has a row on line {line} too", row.get(key[0]));
                findings.cell(row, key[0], message, "keep one of the two, or mend the number of the other");
            }
        }
    }
}
