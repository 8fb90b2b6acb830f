use std::collections::HashMap;

use crate::check::Context;
use crate::check::context::FhirTable;
use crate::check::rule::{Findings, rule};
use crate::plan::fhir::Place;

rule! {
    /// Two concepts go into one element of one resource.
    ///
    /// ## Why
    /// The one overwrites the other, and what is read back is a guess.
    ///
    /// ## How to mend it
    /// Give one of them another element, or tell them apart by what stands in brackets (`identifier[system=…]`).
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -11,Explanation,8,,,,,,,,,valueString,string,,,ours,invented,
    /// +11,Explanation,,,observation,E,1.2.4,Explanation,,,,valueString,string,,,ours,invented,
    /// ```
    "OOI-308" "same-element" Error run
}

/// True if the row is the key of an aligned group: it stands where the other key stands.
fn aligned(table: &FhirTable<'_>, line: u32) -> bool {
    let fields = table.plan.iter().flat_map(|plan| &plan.fields);
    fields.filter(|field| field.line == u64::from(line)).any(|field| matches!(field.place, Place::Aligned))
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for table in context.fhir.iter().filter(|table| table.plan.is_some()) {
        let mut seen: HashMap<(&str, &str), (u32, &str)> = HashMap::new();
        for row in table.sheet.rows() {
            let (element, resource) = (row.get("element"), row.get("resource"));
            if element.is_empty() || element == "-" || aligned(table, row.line()) {
                continue;
            }
            let role = if resource.is_empty() { row.get("concept") } else { resource };
            let concept = row.get("concept");
            if let Some((line, other)) = seen.insert((role, element), (row.line(), concept))
                && other != concept
                && !element.contains("[]")
            {
                let message = format!("line {line} puts another concept in `{element}` of `{role}`");
                findings.cell(row, "element", message, "give one of them another element");
            }
        }
    }
}
