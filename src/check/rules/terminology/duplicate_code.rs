use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// A code stands twice in a value set or code map, or the ordinals of the members are no row: one is double or missing.
    ///
    /// ## Why
    /// Of two rows for a code only one can be used. An ADA document names a member by its ordinal: the position that it has in the published value set.
    ///
    /// ## How to mend it
    /// Take one of them away. Ordinals count from 1, in the order of the publication; members of earlier versions come after, with the ordinal of their time.
    ///
    /// ## Example
    /// `value-sets/Colour.csv`
    /// ```diff
    ///  B,1.2.4,blue,2,invented
    /// -B,1.2.4,blue,3,invented
    /// ```
    "OOI-402" "duplicate-code" Error run
}

/// How `source` ends on a member of an earlier version: its ordinal is that of its time.
const OLD: &str = "not in the current version";

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (folder, key) in [("value-sets", ["code", "code_system"]), ("code-maps", ["source_code", "source_system"])] {
        for sheet in context.sheets_in(folder) {
            let mut seen = HashMap::new();
            for row in sheet.rows().filter(|row| !row.get(key[0]).is_empty()) {
                let Some(other) = seen.insert(key.map(|column| row.get(column)), row) else { continue };
                // Of two rows that say the same, one is too many.
                if ["display", "target_code", "target_system"].iter().all(|column| row.get(column) == other.get(column))
                {
                    findings.cell(
                        row,
                        key[0],
                        format!("the code stands on line {} too", other.line()),
                        "keep one of the two",
                    );
                    findings.remove();
                    continue;
                }
                // The slip may be in either: the label beside it tells.
                for (row, line) in [(other, row.line()), (row, other.line())] {
                    let message = format!("the code stands on line {line} too");
                    findings.cell(row, key[0], message, "keep one of the two, or mend the code of the other");
                }
            }
        }
    }
    for sheet in context.sheets_in("value-sets") {
        let has = |row: &Row<'_>| !row.get("ordinal").is_empty();
        for row in sheet.rows().filter(|row| !has(row) && !row.get("source").ends_with(OLD)) {
            if sheet.rows().any(|other| other.get("source") == row.get("source") && has(&other)) {
                findings.cell(row, "ordinal", "the other members from this source have an ordinal", "give it its own");
            }
        }
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
            // One that was counted twice stands for the next.
            last = if ordinal <= last { last + 1 } else { ordinal };
        }
    }
}
