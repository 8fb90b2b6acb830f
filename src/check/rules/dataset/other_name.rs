use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// The name in a row is not the name of the concept.
    ///
    /// ## Why
    /// The number binds, the name is for people. When they disagree, the row is about another concept than its editor thinks.
    ///
    /// ## How to mend it
    /// Compare with the dataset: mend the number if the name is what was meant, else the name.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -8,Remarks,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remark,ST,invented,
    /// +8,Remark,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remark,ST,invented,
    /// ```
    "OOI-105" "other-name" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        if !matches!(sheet.layout.map(|l| l.path), Some("messages/*/rows.csv" | "fhir-stu3/*.csv")) {
            continue;
        }
        for row in sheet.rows() {
            let Some(concept) = context.concept(sheet.path, row.get("concept")) else { continue };
            if concept.get("name") != row.get("name") {
                let message = format!("concept {} is called `{}`", row.get("concept"), concept.get("name"));
                findings.cell(row, "name", message, "mend the number or the name");
            }
        }
    }
}
