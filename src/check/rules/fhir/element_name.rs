use std::collections::{BTreeMap, BTreeSet};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;
use crate::check::slip::is_slip_of;

rule! {
    /// An element of FHIR is not called as its type or the other types say.
    ///
    /// ## Why
    /// The names follow rules: each element of a choice ends in its type, an element with parts of its own gives them its name, and what many types have is
    /// called the same in all of them. A name that is a letter off is read and written by nobody else.
    ///
    /// ## How to mend it
    /// Compare with the specification (FHIR 3.0.2).
    ///
    /// ## Example
    /// `fhir-stu3/elements.csv`
    /// ```diff
    /// -Observation,valueDatTime,8,1,dateTime
    /// +Observation,valueDateTime,8,1,dateTime
    /// ```
    "OOI-311" "element-name" Error run
}

/// So many types that use a name speak for it.
const MANY: usize = 5;
const HELP: &str = "compare with the specification";

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(sheet) = context.sheet("fhir-stu3/elements.csv") else { return };
    let place = |row: Row<'_>| (row.get("type").to_owned(), row.get("position").to_owned());
    let mut choices: BTreeMap<(String, String), Vec<Row<'_>>> = BTreeMap::new();
    let mut types: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for row in sheet.rows() {
        choices.entry(place(row)).or_default().push(row);
        types.entry((row.get("kinds"), row.get("element"))).or_default().insert(row.get("type"));
    }
    for rows in choices.values().filter(|rows| rows.len() > 1) {
        let stems: Vec<Option<&str>> = rows.iter().map(|row| stem(*row)).collect();
        let common = |stem: Option<&str>| 2 * stems.iter().filter(|other| **other == stem).count() > stems.len();
        for (row, stem) in rows.iter().zip(&stems) {
            if stem.is_none() || (!common(*stem) && stems.len() > 2) {
                let message = format!("`{}` is not how a choice calls its {}", row.get("element"), row.get("kinds"));
                findings.cell(*row, "element", message, HELP);
            }
        }
    }
    for row in sheet.rows() {
        let (kinds, element) = (row.get("kinds"), row.get("element"));
        if kinds.rsplit_once('.').is_some_and(|(_, name)| name != element) {
            let message = format!("an element of type `{kinds}` is not called `{element}`");
            findings.cell(row, "element", message, HELP);
        }
        if types.get(&(kinds, element)).is_some_and(|types| types.len() > 1) {
            continue;
        }
        let often = types.range((kinds, "")..).take_while(|((of, _), _)| *of == kinds);
        let meant = often.filter(|(_, types)| types.len() >= MANY).find(|((_, other), _)| is_slip_of(element, other));
        if let Some(((_, other), _)) = meant {
            findings.cell(row, "element", format!("other types call it `{other}`"), HELP);
        }
    }
}

/// The name of a choice without its type; `None` if it does not end in that.
fn stem(row: Row<'_>) -> Option<&str> {
    let (element, kind) = (row.get("element"), row.get("kinds"));
    let at = element.len().checked_sub(kind.len())?;
    element.get(at..).filter(|end| end.eq_ignore_ascii_case(kind)).and_then(|_| element.get(..at))
}
