use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A table lacks a column, has one that is not known or one twice, or has a row with another number of cells.
    ///
    /// ## Why
    /// A column is found by its name. A header with a typo silently empties a column; a row with a cell too many shifts the cells after it.
    ///
    /// ## How to mend it
    /// The columns of each table are in the reference. `allow` may stand in every table. Remarks go in `note` or `source`.
    ///
    /// ## Example
    /// `value-sets/Colour.csv`
    /// ```diff
    /// -code,code_system,dispaly,ordinal,source
    /// +code,code_system,display,ordinal,source
    /// ```
    "OOI-003" "columns" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        let Some(layout) = sheet.layout else { continue };
        let header = &sheet.raw.header;
        for column in layout.columns.iter().filter(|column| !column.optional) {
            if sheet.raw.column(column.name).is_none() {
                let message = format!("there is no column `{}`", column.name);
                findings.at(sheet.path, header.line, 1, 1, message, format!("add it: {}", column.about));
            }
        }
        for (at, cell) in header.cells.iter().enumerate() {
            let (line, start, end) = (cell.line, cell.start, cell.end);
            if !layout.columns.iter().any(|column| column.name == cell.text) {
                let names: Vec<_> = layout.columns.iter().map(|column| column.name).collect();
                let message = format!("`{}` is no column of this table", cell.text);
                findings.at(sheet.path, line, start, end, message, format!("the columns are {}", names.join(", ")));
            } else if header.cells.iter().take(at).any(|other| other.text == cell.text) {
                let message = format!("there is another column `{}`", cell.text);
                findings.at(sheet.path, line, start, end, message, "keep one of them");
            }
        }
        for row in &sheet.raw.rows {
            if row.cells.len() != header.cells.len() {
                let message = format!("the row has {} cells, the header {}", row.cells.len(), header.cells.len());
                let end = row.cells.last().map_or(1, |cell| cell.end);
                let help = "a comma too many or too few, or a cell with a comma that lacks its quotes";
                findings.at(sheet.path, row.line, 1, end, message, help);
            }
        }
    }
}
