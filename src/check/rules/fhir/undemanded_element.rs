use std::collections::{BTreeMap, HashSet};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// A profile does not demand an element that every other profile of its type demands.
    ///
    /// ## Why
    /// What four or more profiles of a type agree on, the type itself demands. A row that is missing from `profiles.csv` silences the check that a resource has
    /// what its profile asks for.
    ///
    /// ## How to mend it
    /// Compare with the profile, and add the row. If the profile really leaves it free, allow this in the row that names the profile.
    ///
    /// ## Example
    /// `fhir-stu3/profiles.csv`
    /// ```diff
    /// +http://example.org/times,Observation,code,1,1
    /// ```
    "OOI-312" "undemanded-element" Error run
}

/// So many profiles that agree speak for their type.
const MANY: usize = 4;

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(profiles) = context.sheet("fhir-stu3/profiles.csv") else { return };
    let mut names: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    let mut demands: BTreeMap<(&str, &str), HashSet<&str>> = BTreeMap::new();
    for row in profiles.rows() {
        let (kind, profile, element) = (row.get("type"), row.get("profile"), row.get("element"));
        if element.is_empty() {
            names.entry(kind).or_default().push(row);
        } else if row.get("max") != "0" {
            demands.entry((kind, element)).or_default().insert(profile);
        }
    }
    for ((kind, element), by) in demands {
        let all = names.get(kind).map(Vec::as_slice).unwrap_or_default();
        let mut lack = all.iter().filter(|row| !by.contains(row.get("profile")));
        if let (Some(row), None) = (lack.next(), lack.next())
            && all.len() > MANY
        {
            let message = format!("every other profile of {kind} demands `{element}`, this one does not");
            findings.cell(
                *row,
                "profile",
                message,
                format!("add the row for `{element}`, or compare with the profile"),
            );
        }
    }
}
