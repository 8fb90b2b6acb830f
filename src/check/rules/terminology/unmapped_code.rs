use std::collections::HashSet;

use super::code_outside_value_set::{sets_of, slip};
use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};
use crate::dataset::NullFlavor;

rule! {
    /// A code of a value set has no row in the code map of its concept, or one of the null flavours has none in a map that translates others.
    ///
    /// ## Why
    /// The code goes to the other side as it is. That can be right (it is the same there, or nothing says what it is there), but somebody must have
    /// decided so.
    ///
    /// ## How to mend it
    /// Add a row: with its translation; with `equal` and itself if the code is the same in 3.2; or with `unmatched`, no target, and in `source` why.
    ///
    /// ## Example
    /// `code-maps/colour.csv`
    /// ```diff
    /// +1.2.4,B,1.2.5,blue,blue,equivalent,yes,invented
    /// ```
    "OOI-405" "unmapped-code" Warning run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets_in("code-maps") {
        let mapped: HashSet<(&str, &str)> =
            sheet.rows().map(|row| (row.get("source_system"), row.get("source_code"))).collect();
        for set in sets_of(context, sheet.name()).iter().filter_map(|set| context.value_set(set)) {
            let members = || set.rows().filter(|row| row.get("code_system") != NullFlavor::SYSTEM);
            let unmapped = members().filter(|row| !mapped.contains(&(row.get("code_system"), row.get("code")))).count();
            if slip(context, sheet).is_some() {
                continue;
            }
            if unmapped * 2 > members().count() {
                other_map(context, sheet, set, unmapped, findings);
                continue;
            }
            for row in set.rows() {
                let (system, code) = (row.get("code_system"), row.get("code"));
                if system != NullFlavor::SYSTEM && !mapped.contains(&(system, code)) {
                    findings.cell(
                        row,
                        "code",
                        format!("has no row in {}", sheet.path),
                        "add the row; `unmatched` if it goes as it is",
                    );
                }
            }
        }
        forgotten(context, sheet, findings);
        let (nulls, missing): (Vec<&NullFlavor>, Vec<&NullFlavor>) =
            NullFlavor::ALL.iter().partition(|flavor| mapped.contains(&(NullFlavor::SYSTEM, flavor.code())));
        if let (false, Some(flavor)) = (nulls.is_empty(), missing.first()) {
            let message = format!("null flavours are translated, but `{flavor}` has no row");
            let help = "add the row: a map that translates null flavours translates them all";
            findings.text(sheet.path, NullFlavor::SYSTEM, message, help);
        }
        for row in sheet.rows() {
            let stays = ["system", "code"]
                .iter()
                .all(|part| row.get(&format!("source_{part}")) == row.get(&format!("target_{part}")));
            if (row.get("relation") == "equal") != stays {
                let message =
                    if stays { "the same code is `equal`" } else { "`equal` is for a code that stays what it is" };
                findings.cell(row, "relation", message, "mend the relation or the target");
            }
            let unmatched = row.get("relation") == "unmatched";
            for column in ["target_system", "target_code"] {
                if unmatched != row.get(column).is_empty() {
                    let message = if unmatched { "`unmatched` has no target" } else { "the target is missing" };
                    findings.cell(row, column, message, "mend the relation or the target");
                }
            }
        }
    }
}

/// A map that does not know most codes of a value set is not meant for it: what names it is wrong.
fn other_map(context: &Context<'_>, map: Sheet<'_>, set: Sheet<'_>, unmapped: usize, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        for row in table.sheet.rows().filter(|row| row.get("code_map") == map.name()) {
            let concept = context.concept(table.sheet.path, row.get("concept"));
            if concept.is_some_and(|concept| concept.get("value_set") == set.name()) {
                let message = format!("{unmapped} codes of value set {} have no row in this map", set.name());
                findings.cell(row, "code_map", message, "name the map of the value set");
            }
        }
    }
}

/// A row that names no map while the others with its value set do.
fn forgotten(context: &Context<'_>, map: Sheet<'_>, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        let set = |row: Row<'_>| {
            context.concept(table.sheet.path, row.get("concept")).map_or("", |concept| concept.get("value_set"))
        };
        let users: Vec<Row<'_>> = table.sheet.rows().filter(|row| row.get("code_map") == map.name()).collect();
        for row in table.sheet.rows().filter(|row| row.get("code_map").is_empty() && !set(*row).is_empty()) {
            let like = users.iter().find(|user| set(**user) == set(row) && user.get("datatype") == row.get("datatype"));
            if let Some(user) = like {
                let message =
                    format!("`{}` is empty, but line {} has it for the same value set", "code_map", user.line());
                findings.cell(row, "code_map", message, format!("name the map `{}`", map.name()));
            }
        }
    }
}
