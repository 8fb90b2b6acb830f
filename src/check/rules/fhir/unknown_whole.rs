use std::collections::HashSet;

use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A row of `wholes.csv` names an element that its type does not have or that refers to nothing, or names one twice.
    ///
    /// ## Why
    /// By these rows a reference to a part (a contact) counts as one to the whole (its episode). One that matches nothing does nothing, and what belongs to the whole is lost.
    ///
    /// ## How to mend it
    /// Write the type and the element as `elements.csv` has them.
    ///
    /// ## Example
    /// `fhir-stu3/wholes.csv`
    /// ```diff
    ///  type,element,source
    /// -Observation,code,invented
    /// ```
    "OOI-314" "unknown-whole" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(sheet) = context.sheet("fhir-stu3/wholes.csv") else { return };
    let mut seen = HashSet::new();
    for row in sheet.rows() {
        let (kind, element) = (row.get("type"), row.get("element"));
        if context.elements.type_name(kind).is_empty() {
            findings.cell(row, "type", format!("`{kind}` is no type in elements.csv"), "see elements.csv");
        } else if context.elements.get(kind, element).is_none_or(|found| found.kind.as_str() != "Reference") {
            let message = format!("{kind} has no reference `{element}`");
            findings.cell(row, "element", message, "see elements.csv");
        }
        if !seen.insert((kind, element)) {
            findings.cell(row, "element", format!("{kind}.{element} has a row above"), "take one away");
        }
    }
}
