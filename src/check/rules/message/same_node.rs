use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// Two rows of a message match the same input.
    ///
    /// ## Why
    /// A reader cannot tell their nodes apart: what was written for the one concept is read as the other.
    ///
    /// ## How to mend it
    /// One of them has a wrong template, code or place. If the standard itself makes them alike, one concept needs another place.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -7,Smokes?,4.parts,observation,,1.2.3.6,50373000,2.16.840.1.113883.6.96,Height,negation,invented,
    /// +7,Smokes?,4.parts,observation,,1.2.3.7,365981007,2.16.840.1.113883.6.96,Smokes,negation,invented,
    /// ```
    "OOI-206" "same-node" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let Some(rows) = message.rows else { continue };
        let mut seen = HashMap::new();
        for row in rows.rows().filter(|row| !row.get("pattern").is_empty() && !row.get("in").is_empty()) {
            let what = ["in", "template", "code", "code_system"].map(|column| row.get(column));
            if let Some(line) = seen.insert(what, row.line()) {
                let message = format!("its node looks the same as that of line {line}");
                findings.cell(row, "template", message, "mend the template, code or place of one of them");
            }
        }
    }
}
