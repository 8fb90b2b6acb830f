use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// No example message holds a value of a concept.
    ///
    /// ## Why
    /// A row without an example was never seen to work. Only looked for with `--examples`.
    ///
    /// ## How to mend it
    /// Put the concept, with an invented value, in one of the example messages.
    "OOI-502" "no-example" Warning run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(examples) = &context.examples else { return };
    for message in &context.messages {
        let Some(rows) = message.rows else { continue };
        for row in rows.rows().filter(|row| row.get("in") != "-") {
            let number = row.get("concept");
            let key = format!("{}/{number}", message.dataset);
            if context.concept(rows.path, number).is_some() && !examples.contains(&key) {
                findings.cell(row, "concept", "no example message has a value of it", "add one to an example message");
            }
        }
    }
}
