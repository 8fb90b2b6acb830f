use crate::check::registry::rule;
use crate::check::run::Findings;
use crate::check::{Context, File};

rule! {
    /// A cell does not hold what its column is for, or is empty where it may not be.
    ///
    /// ## Why
    /// Most slips show here: cells that changed places, an OID with a digit too few, a code with a space, a word that no program knows.
    ///
    /// ## How to mend it
    /// The message says what the cell must be. What each column holds is in the reference.
    "OOI-004" "malformed-cell" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        let Some(layout) = context.files.get(sheet.path).and_then(File::layout) else { continue };
        for column in layout.columns.iter().filter(|column| sheet.raw.column(column.name).is_some()) {
            for row in sheet.rows() {
                match row.get(column.name) {
                    "" if column.may_be_empty => {}
                    "" => findings.cell(row, column.name, format!("`{}` is empty", column.name), column.about),
                    text if !column.content.holds(text) => {
                        let message = format!("`{text}` must be {}", column.content.about());
                        findings.cell(row, column.name, message, format!("`{}` is {}", column.name, column.about));
                    }
                    text if text.contains("  ") => {
                        findings.cell(row, column.name, "has two spaces in a row", "keep one");
                    }
                    _ => {}
                }
            }
        }
    }
}
