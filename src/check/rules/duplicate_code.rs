use std::collections::HashMap;

use crate::check::Context;
use crate::check::registry::rule;
use crate::check::run::Findings;

rule! {
    /// A code stands twice in a value set or code map, or two members have one ordinal or a gap lies between them.
    ///
    /// ## Why
    /// Of two rows for a code only one can be used. An ADA document names a member by its ordinal: the position that it has in the published value set.
    ///
    /// ## How to mend it
    /// Take one of them away. Ordinals count from 1, in the order of the publication; members of earlier versions come after, with the ordinal of their time.
    "OOI-402" "duplicate-code" Error run
}

/// How `source` ends on a member of an earlier version: its ordinal is that of its time.
const OLD: &str = "not in the current version";

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (folder, key) in [("value-sets", ["code", "code_system"]), ("code-maps", ["source_code", "source_system"])] {
        for sheet in context.sheets_in(folder) {
            let mut seen = HashMap::new();
            for row in sheet.rows().filter(|row| !row.get(key[0]).is_empty()) {
                if let Some(line) = seen.insert(key.map(|column| row.get(column)), row.line()) {
                    findings.cell(
                        row,
                        key[0],
                        format!("the code already stands on line {line}"),
                        "keep one of the two",
                    );
                }
            }
        }
    }
    for sheet in context.sheets_in("value-sets") {
        let (mut last, mut counted) = (0, true);
        for row in sheet.rows().filter(|row| !row.get("source").ends_with(OLD)) {
            let Ok(ordinal) = row.get("ordinal").parse::<u32>() else {
                counted = false;
                continue;
            };
            if ordinal <= last || (counted && ordinal != last + 1) {
                let message = format!("ordinal {ordinal} follows {last}");
                findings.cell(
                    row,
                    "ordinal",
                    message,
                    "count in the order of the publication: a row is missing, double or misplaced",
                );
            }
            last = ordinal;
        }
    }
}
