use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};

rule! {
    /// A message demands a concept that no row gives a place, or a filler stands for it that the message does not allow.
    ///
    /// ## Why
    /// What has no place is never written: every message lacks it, whatever the source says. A filler that is not allowed is as illegal as what it stands for.
    ///
    /// ## How to mend it
    /// Give the concept a row in `rows.csv`, with its place in the skeleton; or mend the number, or the null flavour, of the demand. Compare with the rules of the message.
    ///
    /// ## Example
    /// `messages/mini/demands.csv`
    /// ```diff
    /// -3,needed,,,,NI,,invented
    /// +3,needed,,,,UNK,,invented
    /// ```
    "OOI-217" "unserved-demand" Error run
}

/// What stands in `in` of a row without a place.
const NOWHERE: &str = "-";

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let table = |name: &str| context.sheet(&format!("messages/{}/{name}", message.name));
        let (Some(demands), Some(rows)) = (table("demands.csv"), table("rows.csv")) else { continue };
        let places: HashMap<&str, &str> = rows.rows().map(|row| (row.get("concept"), row.get("in"))).collect();
        for row in demands.rows() {
            unplaced(context, row, &places, findings);
            refused(demands, row, findings);
        }
    }
}

fn unplaced(context: &Context<'_>, row: Row<'_>, places: &HashMap<&str, &str>, findings: &mut Findings<'_>) {
    let number = row.get("concept");
    let is_known = context.concept(row.sheet.path, number).is_some();
    if is_known && places.get(number).is_none_or(|place| *place == NOWHERE) {
        let message = format!("no row of rows.csv gives `{number}` a place, so that nothing meets this demand");
        findings.cell(row, "concept", message, "give it a row in rows.csv, or mend the number");
    }
}

fn refused(demands: Sheet<'_>, row: Row<'_>, findings: &mut Findings<'_>) {
    let filler = row.get("filler");
    let own = |other: &Row<'_>| other.get("concept") == row.get("concept") && other.get("demand") == "nulls";
    let Some(allowed) = demands.rows().find(own).filter(|_| !filler.is_empty()) else { return };
    if !allowed.get("values").split_whitespace().any(|flavor| flavor == filler) {
        let message =
            format!("`{filler}` may not stand there: line {} allows `{}`", allowed.line(), allowed.get("values"));
        findings.cell(row, "filler", message, "compare with the rules of the message, and mend the one or the other");
    }
}
