use std::collections::HashSet;

use crate::check::Context;
use crate::check::registry::rule;
use crate::check::run::Findings;
use crate::dataset::NullFlavor;

rule! {
    /// A code map translates a code that is in no value set of the concepts that use the map.
    ///
    /// ## Why
    /// The row can never match. Mostly the code has a typo, and the code that was meant goes untranslated.
    ///
    /// ## How to mend it
    /// Look the code up in the value set of the concept. Null flavours need not be members.
    "OOI-404" "code-outside-value-set" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets_in("code-maps") {
        let sets = sets_of(context, sheet.name());
        if sets.is_empty() {
            continue;
        }
        let members: HashSet<(&str, &str)> = sets
            .iter()
            .filter_map(|set| context.value_set(set))
            .flat_map(super::super::sheet::Sheet::rows)
            .map(|row| (row.get("code_system"), row.get("code")))
            .collect();
        for row in sheet.rows() {
            let (system, code) = (row.get("source_system"), row.get("source_code"));
            if system != NullFlavor::SYSTEM && !members.contains(&(system, code)) {
                let message = format!("`{code}` of `{system}` is not in value set {}", sets.join(", "));
                findings.cell(row, "source_code", message, "mend the code or its system");
            }
        }
    }
}

/// The value sets of the concepts that a code map translates.
pub(super) fn sets_of<'a>(context: &Context<'a>, map: &str) -> Vec<&'a str> {
    let mut sets = Vec::new();
    for table in &context.fhir {
        for row in table.sheet.rows().filter(|row| row.get("code_map") == map) {
            let set =
                context.concept(table.sheet.path, row.get("concept")).map_or("", |concept| concept.get("value_set"));
            if !set.is_empty() && !sets.contains(&set) {
                sets.push(set);
            }
        }
    }
    sets
}
