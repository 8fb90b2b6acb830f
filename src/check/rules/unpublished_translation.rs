use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// A code map translates a code into another one than the published concept map.
    ///
    /// ## Why
    /// Male and female, or any two targets that changed places, are codes of their system all the same: no arithmetic and no label in another language shows it. Where a
    /// concept map is published, the table of the same name in `code-maps/published/` has it, apart from ours, so that a slip in the one shows. A map
    /// without such a table is not compared: there `ooievaar mappings diff OLD NEW --examples DIR` shows what a change does.
    ///
    /// ## How to mend it
    /// Mend the map. If another translation was decided on, allow it with the reason.
    "OOI-413" "unpublished-translation" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
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
