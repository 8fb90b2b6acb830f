use std::collections::HashMap;

use crate::check::Context;
use crate::check::context::FhirTable;
use crate::check::rule::{Findings, rule};

rule! {
    /// Two rows of a FHIR table make resources that cannot be told apart.
    ///
    /// ## Why
    /// What was written for the one concept is read as the other.
    ///
    /// ## How to mend it
    /// One of them has a wrong code or pattern. If both concepts have one code in the standard, their patterns must differ in what they refer to.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -11,Explanation,,,smoking,365981007,2.16.840.1.113883.6.96,Smokes,,,,valueString,string,,,ours,invented,
    /// +11,Explanation,,,observation,E,1.2.4,Explanation,,,,valueString,string,,,ours,invented,
    /// ```
    "OOI-307" "same-resource" Error run
}

/// The groups whose resources a pattern refers to.
fn members(table: &FhirTable<'_>) -> Vec<String> {
    let Some(plan) = &table.plan else { return Vec::new() };
    let mut groups = Vec::new();
    for role in &plan.roles {
        role.pattern.each_leaf(&mut |leaf| groups.extend(leaf.text.strip_prefix("@*").map(str::to_owned)));
    }
    groups
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    // Without a plan nobody can tell what refers to what.
    for table in context.fhir.iter().filter(|table| table.plan.is_some()) {
        let dataset = context.dataset_of(table.sheet.path);
        let members = members(table);
        // What refers to a resource tells it from another: a reason of a referral is no history.
        let referred = |number: &str| -> Vec<&str> {
            let mut groups = Vec::new();
            let (mut at, mut below) = (number, u32::MAX);
            // A group stands above what is in it. Where it does not, there may be a circle; that is another finding.
            while let Some(row) = dataset.and_then(|dataset| dataset.concepts.get(at)).filter(|row| row.line() < below)
            {
                groups.extend(members.iter().map(String::as_str).filter(|group| *group == at));
                (at, below) = (row.get("parent"), row.line());
            }
            groups
        };
        let mut seen = HashMap::new();
        for row in table.sheet.rows().filter(|row| !row.get("pattern").is_empty() && !row.get("code").is_empty()) {
            let what = ["pattern", "code", "code_system", "also_code"].map(|column| row.get(column));
            let what = (what, referred(row.get("concept")));
            if let Some(line) = seen.insert(what, row.line()) {
                let message = format!("its resource looks the same as that of line {line}");
                findings.cell(row, "code", message, "mend the code or the pattern of one of them");
            }
        }
    }
}
