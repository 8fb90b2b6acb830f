use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};

rule! {
    /// A code map translates a code into another one than the published concept map, or gives a code another label than its publication.
    ///
    /// ## Why
    /// Male and female, or any two targets that changed places, are codes of their system all the same: no arithmetic and no label in another language shows it. Where a
    /// concept map is published, the table of the same name in `code-maps/published/` has it, apart from ours, so that a slip in the one shows. `published-labels.csv` has what the publications call the
    /// other codes that are translated into: a target that changed places with another and left its label behind is found by it. Where the label went with it, and no concept map is
    /// published, only what they translate can contradict the two (OOI-412): `ooievaar mappings diff OLD NEW --examples DIR` shows what a change does.
    ///
    /// ## How to mend it
    /// Mend the map. If another translation was decided on, allow it with the reason.
    ///
    /// ## Example
    /// `code-maps/colour.csv`
    /// ```diff
    /// -1.2.4,R,1.2.5,blue,red,equivalent,yes,invented
    /// -1.2.4,B,1.2.5,red,blue,equivalent,yes,invented
    /// +1.2.4,R,1.2.5,red,red,equivalent,yes,invented
    /// +1.2.4,B,1.2.5,blue,blue,equivalent,yes,invented
    /// ```
    "OOI-413" "unpublished-translation" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    labels(context, findings);
    for sheet in context.sheets_in("code-maps") {
        let Some(facts) = context.sheet(&format!("code-maps/published/{}.csv", sheet.name())) else { continue };
        let key = |row: Row<'_>| (row.get("source_system").to_owned(), row.get("source_code").to_owned());
        let rows: HashMap<_, Row<'_>> = sheet.rows().map(|row| (key(row), row)).collect();
        for fact in facts.rows() {
            // Where its row is not there, the code has no translation at all: another check says so.
            let Some(row) = rows.get(&key(fact)) else { continue };
            for column in ["target_system", "target_code"] {
                if row.get(column) != fact.get(column) {
                    let message = format!("`{}` is not the translation that is published", row.get(column));
                    let help = format!("published: `{}` ({}:{})", fact.get(column), facts.path, fact.line());
                    findings.cell(*row, column, message, help);
                    findings.mend(fact.get(column));
                }
            }
        }
    }
}

/// Targets that the publications call otherwise: the code is another's, or the label is.
fn labels(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(facts) = context.sheet("published-labels.csv") else { return };
    for row in context.sheets_in("code-maps").flat_map(Sheet::rows) {
        let is_of = |fact: &Row<'_>| {
            fact.get("code_system") == row.get("target_system") && fact.get("code") == row.get("target_code")
        };
        let label = row.get("target_display");
        let is_called = facts.rows().filter(is_of).any(|fact| fact.get("display") == label);
        let Some(fact) = facts.rows().find(is_of).filter(|_| !label.is_empty() && !is_called) else { continue };
        let published = fact.get("display");
        let message = format!("`{}` is published as `{published}`", row.get("target_code"));
        let help = format!("put the code back, or mend the label ({}:{})", facts.path, fact.line());
        findings.cell(row, "target_code", message, help);
        if let Some(other) = facts.rows().find(|fact| fact.get("display") == label) {
            findings.mend(other.get("code"));
        }
    }
}
