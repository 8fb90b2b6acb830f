use std::collections::HashSet;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};
use crate::dataset::NullFlavor;
use crate::terminology::CheckDigit;

rule! {
    /// A code map translates a code that is in no value set of the concepts that use the map.
    ///
    /// ## Why
    /// The row can never match. Mostly the code has a typo, and the code that was meant goes untranslated.
    ///
    /// ## How to mend it
    /// Look the code up in the value set of the concept. Null flavours need not be members.
    ///
    /// ## Example
    /// `code-maps/colour.csv`
    /// ```diff
    ///  1.2.4,B,1.2.5,blue,blue,equivalent,yes,invented
    /// -1.2.4,G,1.2.5,green,green,equivalent,yes,invented
    /// ```
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
            .flat_map(Sheet::rows)
            .map(|row| (row.get("code_system"), row.get("code")))
            .collect();
        let slip = slip(context, sheet);
        for row in sheet.rows() {
            // Where the member of the value set has the slip, that is told.
            if slip.is_some_and(|slip| slip.in_set) {
                continue;
            }
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

/// The one code of a value set that its map does not know, while the map has one that is not in the set: a slip in one of the two.
#[derive(Clone, Copy)]
pub(super) struct Slip {
    /// It is in the value set: its code cannot be one.
    pub in_set: bool,
}

/// Finds such a slip.
pub(super) fn slip(context: &Context<'_>, map: Sheet<'_>) -> Option<Slip> {
    let plain = |system: &str| system != NullFlavor::SYSTEM;
    let rows: Vec<Row<'_>> = map.rows().filter(|row| plain(row.get("source_system"))).collect();
    let sets = sets_of(context, map.name());
    let members = sets.iter().filter_map(|set| context.value_set(set)).flat_map(Sheet::rows);
    let members: Vec<Row<'_>> = members.filter(|row| plain(row.get("code_system"))).collect();
    let same = |row: &Row<'_>, member: &Row<'_>| {
        row.get("source_code") == member.get("code") && row.get("source_system") == member.get("code_system")
    };
    let outside = rows.iter().filter(|row| !members.iter().any(|member| same(row, member))).count();
    let unmapped: Vec<&Row<'_>> = members.iter().filter(|member| !rows.iter().any(|row| same(row, member))).collect();
    let [member] = unmapped.as_slice() else { return None };
    let (code, system) = (member.get("code"), context.systems.get(member.get("code_system")));
    let scheme = system.and_then(|row| CheckDigit::from_name(row.get("check_digit")));
    let cannot_be = scheme.is_some_and(|scheme| !scheme.is_valid(code));
    (outside == 1).then_some(Slip { in_set: cannot_be })
}
