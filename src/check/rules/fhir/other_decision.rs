use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// `follows` names another publication than `source`.
    ///
    /// ## Why
    /// Where the publications differ, the two columns are the account of the choice. A row that says both leaves the next reader without one.
    ///
    /// ## How to mend it
    /// What comes from `fhirmapping 2.3` follows `2.3`, what comes from `fhirmapping 3.2` follows `3.2`. What a profile decides follows `profile`; what only
    /// fits a profile is `ours`.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -3,Born,person,,,,,,,,,birthDate,date,,,3.2,profile person,
    /// +3,Born,person,,,,,,,,,birthDate,date,,,ours,invented,
    /// ```
    "OOI-310" "other-decision" Warning run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        for row in table.sheet.rows() {
            let (follows, source) = (row.get("follows"), row.get("source"));
            let fits = match source.split_once(' ') {
                Some(("fhirmapping", release)) => release.split(' ').next() == Some(follows),
                Some(("profile", _)) => matches!(follows, "profile" | "ours"),
                _ => true,
            };
            if !fits {
                let message = format!("the row follows `{follows}`, but comes from {source}");
                findings.cell(row, "follows", message, "mend `follows` or `source`");
            }
        }
    }
}
