use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// The tables cannot be made into a plan.
    ///
    /// ## Why
    /// This is the fault with which a conversion would refuse the tables. What a check of its own finds at the same place is not repeated here.
    ///
    /// ## How to mend it
    /// The message says what is wrong. One fault can hide the next: check again.
    ///
    /// ## Example
    /// `fhir-stu3/answers.toml`
    /// ```diff
    /// -"status[" = "final"
    /// +status = "final"
    /// ```
    "OOI-090" "does-not-compile" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for fault in &context.faults {
        let line = u32::try_from(fault.line).unwrap_or(0);
        if findings.has_error(&fault.file, line) {
            continue;
        }
        let row = context.sheet(&fault.file).and_then(|sheet| sheet.rows().find(|row| row.line() == line));
        let help = "mend it; conversions refuse the tables";
        if let Some(row) = row {
            findings.cell(row, &fault.column, fault.message.clone(), help);
        } else {
            let end = context.files.get(&fault.file).map_or(2, |f| f.line(line.max(1)).chars().count() + 1);
            let end = u32::try_from(end).unwrap_or(2);
            findings.at(&fault.file, line.max(1), 1, end, fault.message.clone(), help);
        }
    }
}
