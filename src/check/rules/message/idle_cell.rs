use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A row lacks a cell that its pattern needs, or has one that nothing uses.
    ///
    /// ## Why
    /// A code without its system is no code. A template in a row without a pattern is read by nobody, however right it looks.
    ///
    /// ## How to mend it
    /// Fill the cell, or empty it. A code, its system and its display go together.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -3,Born,born,,,1.2.3.3,,,,TS,invented,
    /// +3,Born,born,,,,,,,TS,invented,
    /// ```
    "OOI-208" "idle-cell" Error run
}

const CODED: &[(&str, &str, &str)] =
    &[("code", "code_system", "display"), ("also_code", "also_system", "also_display")];

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let messages = context.messages.iter().filter_map(|message| message.rows);
    let fhir = context.fhir.iter().map(|table| table.sheet);
    for row in messages.chain(fhir).flat_map(crate::check::sheet::Sheet::rows) {
        for (code, system, display) in CODED {
            if !row.get(code).is_empty() && row.get(system).is_empty() {
                findings.cell(row, system, "a code without its code system", "give the OID of the system");
            }
            if row.get(code).is_empty() && !row.get(display).is_empty() {
                findings.cell(row, code, "a display without a code", "give the code, or empty the display");
            }
            let is_system_of_values = *code == "code" && row.get("datatype") == "CS" && row.get("pattern").is_empty();
            if row.get(code).is_empty() && !row.get(system).is_empty() && !is_system_of_values {
                findings.cell(row, system, "a code system without a code", "give the code, or empty the system");
            }
        }
        if row.get("pattern").is_empty() {
            for column in ["template", "code", "repeat", "per", "also_code"] {
                if !row.get(column).is_empty() {
                    let message = format!("`{column}` is given, but the row makes nothing that could carry it");
                    findings.cell(row, column, message, "name a pattern, or empty the cell");
                }
            }
        }
    }
    needs(context, findings);
}

/// What a pattern of a skeleton says with a column, all rows with that pattern say if most do.
fn needs(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let (Some(rows), Some(skeleton)) = (message.rows, &message.skeleton) else { continue };
        for row in rows.rows() {
            let Some(marks) = skeleton.patterns.get(row.get("pattern")) else { continue };
            for column in ["code", "template"] {
                if marks.columns.contains(column) && column == "code" && row.get(column).is_empty() {
                    let message = format!("pattern `{}` needs a {column}", row.get("pattern"));
                    findings.cell(row, column, message, "give the one that is published");
                }
                if !marks.columns.contains(column) && !row.get(column).is_empty() {
                    let message = format!("pattern `{}` has no place for a {column}", row.get("pattern"));
                    findings.cell(row, column, message, "empty the cell, or name another pattern");
                }
            }
        }
    }
}
