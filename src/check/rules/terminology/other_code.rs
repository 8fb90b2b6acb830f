use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A FHIR row has another code than the message row of the same concept, in the same code system.
    ///
    /// ## Why
    /// In a system without check digits nothing else shows a slip: a concept has one code in a system, whatever the format.
    ///
    /// ## How to mend it
    /// Compare with the publication, and write the same in both.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -9,Times,,,times,S,1.2.4,Times,,,,valueQuantity.value,decimal,,,ours,invented,
    /// +9,Times,,,times,T,1.2.4,Times,,,,valueQuantity.value,decimal,,,ours,invented,
    /// ```
    "OOI-409" "other-code" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        for row in table.sheet.rows() {
            let number = row.get("concept");
            let rows = context.messages.iter().filter(|m| m.dataset == table.dataset).filter_map(|m| m.rows);
            let Some(own) = rows.flat_map(crate::check::sheet::Sheet::rows).find(|own| own.get("concept") == number)
            else {
                continue;
            };
            let checked = context.systems.get(own.get("code_system")).is_some_and(|s| !s.get("check_digit").is_empty());
            if own.get("code").is_empty() || checked {
                continue;
            }
            for (code, system) in [("code", "code_system"), ("also_code", "also_system")] {
                let same = row.get(system) == own.get("code_system");
                if same && !row.get(code).is_empty() && row.get(code) != own.get("code") {
                    let message = format!("the message has `{}` for the concept", own.get("code"));
                    findings.cell(row, code, message, format!("compare with {}:{}", own.sheet.path, own.line()));
                }
            }
        }
    }
}
