use std::collections::HashSet;

use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A transaction uses a concept that has no row.
    ///
    /// ## Why
    /// Coverage: a value of that concept is lost on every conversion. A row is missing, or was lost in a merge.
    ///
    /// A transaction that exists as ADA alone (without `rows.csv`) need not be complete: `ooievaar mappings coverage` shows what is.
    ///
    /// ## How to mend it
    /// Add the row. If the format has no place for the concept, its `in` or `element` is `-` and `note` says why.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// +11,Explanation,4.parts,observation,,1.2.3.11,E,1.2.4,Explanation,ST,invented,
    /// ```
    "OOI-201" "concept-without-row" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let Some(uses) = message.concepts else { continue };
        let fhir = context.fhir.iter().find(|table| table.datasets.contains(&message.dataset));
        // A transaction that exists as ADA alone need not be complete in other formats: `coverage` shows what is.
        let fhir = fhir.filter(|_| message.rows.is_some());
        let tables = message.rows.into_iter().chain(fhir.map(|table| table.sheet));
        for table in tables {
            let bound: HashSet<&str> = table.rows().map(|row| row.get("concept")).collect();
            for row in uses.rows() {
                let number = row.get("concept");
                let group = context.concept(uses.path, number).is_none_or(|concept| concept.get("kind") == "group");
                if !group && !bound.contains(number) {
                    findings.cell(row, "concept", format!("has no row in {}", table.path), "add the row");
                }
            }
        }
        parents(context, uses, findings);
    }
    // A group needs no row, but a message that had one for every occurrence of its template has lost it otherwise.
    for message in &context.messages {
        let (Some(rows), Some(templates)) = (message.rows, message.templates) else { continue };
        let bound: HashSet<&str> = rows.rows().map(|row| row.get("concept")).collect();
        for row in templates.rows().filter(|row| !row.get("concept").is_empty()) {
            if !bound.contains(row.get("concept")) {
                let message = format!("is published with a template, but has no row in {}", rows.path);
                findings.cell(row, "concept", message, "add the row");
            }
        }
    }
}

/// The group of a concept in use is in use.
fn parents(context: &Context<'_>, uses: crate::check::sheet::Sheet<'_>, findings: &mut Findings<'_>) {
    let mut above: HashSet<&str> = HashSet::new();
    for row in uses.rows() {
        let number = row.get("concept");
        if let Some(parent) = context.concept(uses.path, number).map(|concept| concept.get("parent"))
            && !parent.is_empty()
            && !above.contains(parent)
        {
            let message = format!("the group `{parent}`, which holds it, has no row above this one");
            findings.cell(row, "concept", message, "add the group, or move the row");
        }
        above.insert(number);
    }
}
