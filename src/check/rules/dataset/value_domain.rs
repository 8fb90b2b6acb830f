use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A concept lacks its value set or unit, names one that does not exist, or has one that its kind cannot have.
    ///
    /// ## Why
    /// Without its value set a code cannot be checked, drawn for a test or given its ADA position; a quantity without unit has no meaning.
    ///
    /// ## How to mend it
    /// A `code` names a table in `value-sets/` (unless it is of the envelope, whose numbers begin with `W`). A `quantity` has a
    /// `unit`. Nothing else has either.
    ///
    /// ## Example
    /// `dataset/mini.csv`
    /// ```diff
    /// -8,4,Remark,remark,string,cm,,invented
    /// +8,4,Remark,remark,string,,,invented
    /// ```
    "OOI-104" "value-domain" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for dataset in context.datasets.values() {
        let name = dataset.sheet.name();
        let used = |number: &str| {
            context
                .messages
                .iter()
                .any(|message| message.dataset == name && message.rows.is_some() && message.use_of(number).is_some())
        };
        for row in dataset.sheet.rows() {
            let (kind, set, unit) = (row.get("kind"), row.get("value_set"), row.get("unit"));
            let number = row.get("concept");
            // The envelope of a message is no part of a dataset: nobody publishes value sets for it.
            if kind == "code" && set.is_empty() && used(number) && !number.starts_with('W') {
                findings.cell(row, "value_set", "a code without a value set", "name the value set");
            }
            if kind != "code" && !set.is_empty() {
                findings.cell(row, "value_set", format!("a {kind} has no value set"), "empty the cell, or mend `kind`");
            }
            if !set.is_empty() && context.files.get(&format!("value-sets/{set}.csv")).is_none() {
                let message = format!("there is no value-sets/{set}.csv");
                findings.cell(row, "value_set", message, "mend the name, or import the value set");
            }
            if kind == "quantity" && unit.is_empty() && used(number) {
                findings.cell(row, "unit", "a quantity without a unit", "give the unit of the dataset");
            }
            if kind != "quantity" && !unit.is_empty() {
                findings.cell(row, "unit", format!("a {kind} has no unit"), "empty the cell, or mend `kind`");
            }
        }
    }
}
