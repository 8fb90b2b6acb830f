use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A row can never match: no transaction uses its concept.
    ///
    /// ## Why
    /// The row looks as if it did something. Or the concept is missing in `concepts.csv`, and its values are refused.
    ///
    /// ## How to mend it
    /// Add the concept to `concepts.csv` with its cardinality, or take the row away.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    ///  11,Explanation,4.parts,observation,,1.2.3.11,E,1.2.4,Explanation,ST,invented,
    /// -12,Weight,4.parts,observation,,,27113001,2.16.840.1.113883.6.96,Weight,PQ,invented,
    /// ```
    "OOI-202" "row-never-used" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let own = message.rows.into_iter().chain(message.templates);
        // A template that stands in the skeleton itself is about no concept.
        for row in own.flat_map(crate::check::sheet::Sheet::rows).filter(|row| !row.get("concept").is_empty()) {
            if message.concepts.is_some() && message.use_of(row.get("concept")).is_none() {
                let name = &message.name;
                findings.cell(
                    row,
                    "concept",
                    format!("messages/{name}/concepts.csv does not use it"),
                    "add it there, or take the row away",
                );
            }
        }
    }
    for table in &context.fhir {
        let users: Vec<_> = context.messages.iter().filter(|m| table.datasets.contains(&m.dataset)).collect();
        for row in table.sheet.rows() {
            if !users.iter().any(|message| message.use_of(row.get("concept")).is_some()) {
                let help = "add it to concepts.csv of a message, or take the row away";
                findings.cell(row, "concept", "no message uses it", help);
            }
        }
    }
}
