use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// Several codes have one target, and nothing decides which of them it goes back to.
    ///
    /// ## Why
    /// A message written from FHIR would need a guess.
    ///
    /// ## How to mend it
    /// `canonical` is `yes` on the row that decides. If none may (which was meant is then not for us to say), it is `no` on all of them.
    ///
    /// ## Example
    /// `code-maps/colour.csv`
    /// ```diff
    /// -1.2.4,R,1.2.5,red,red,wider,,invented
    /// -1.2.4,B,1.2.5,red,red,wider,,invented
    /// +1.2.4,R,1.2.5,red,red,equivalent,yes,invented
    /// +1.2.4,B,1.2.5,blue,blue,equivalent,yes,invented
    /// ```
    "OOI-406" "undecided-way-back" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets_in("code-maps") {
        // A code that stays what it is goes back to itself.
        let stays = |row: &Row<'_>| {
            row.get("source_code") == row.get("target_code") && row.get("source_system") == row.get("target_system")
        };
        for row in sheet.rows().filter(|row| !row.get("target_code").is_empty() && !stays(row)) {
            let same = || {
                sheet
                    .rows()
                    .filter(|other| !stays(other))
                    .filter(|other| ["target_system", "target_code"].iter().all(|c| other.get(c) == row.get(c)))
            };
            let (rivals, yes) = (same().count(), same().filter(|row| row.get("canonical") == "yes").count());
            let no = same().filter(|row| row.get("canonical") == "no").count();
            if yes > 1 && row.get("canonical") == "yes" {
                findings.cell(row, "canonical", format!("{yes} rows with this target say `yes`"), "one may");
            } else if rivals > 1 && yes == 0 && no < rivals && row.get("canonical") != "no" {
                let message = format!("{rivals} codes have this target, and none is the way back");
                findings.cell(row, "canonical", message, "say `yes` on one of them, or `no` on all");
            } else if rivals == 1 && row.get("canonical") == "no" {
                findings.cell(
                    row,
                    "canonical",
                    "`no`, but no other code has this target",
                    "see whether the target is what this code means, and mend it; if it is, empty the cell",
                );
            }
        }
    }
}
