use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::plan::fhir::Place;
use crate::plan::load_dataset;

rule! {
    /// A concept that repeats goes into an element that does not.
    ///
    /// ## Why
    /// The second value has no place: it is lost, or overwrites the first.
    ///
    /// ## How to mend it
    /// Make a resource for each (`per`), use a repeating element with `[]`, or mend the cardinality in `concepts.csv`.
    ///
    /// ## Example
    /// `messages/mini/concepts.csv`
    /// ```diff
    /// -3,0,*
    /// +3,0,1
    /// ```
    "OOI-306" "repeats-in-one" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let source = context.files.source();
    for table in &context.fhir {
        let Some(plan) = &table.plan else { continue };
        for message in context.messages.iter().filter(|message| message.dataset == table.dataset) {
            let Ok(dataset) = load_dataset(&source, &message.dataset, &message.name) else { continue };
            for field in &plan.fields {
                let Place::Role(role, path) = &field.place else { continue };
                let role = plan.role(*role);
                let concept = dataset.get(field.concept);
                if !concept.in_use || concept.max == Some(1) || role.per == field.concept {
                    continue;
                }
                let mut kind = role.resource_type.as_str();
                // The last element takes one more of itself; one above it does only where the path says so.
                let last = path.steps.len().saturating_sub(1);
                let repeats = path.steps.iter().enumerate().any(|(at, step)| {
                    let repeats = plan.elements.repeats(kind, &step.name) && (at == last || step.append);
                    kind = plan.elements.kind_of(kind, &step.name);
                    repeats
                });
                if repeats {
                    continue;
                }
                if let Some(row) = table.sheet.rows().find(|row| u64::from(row.line()) == field.line) {
                    let message = format!("the concept repeats in {}, the element does not", message.name);
                    findings.cell(row, "element", message, "make a resource for each, or use an element that repeats");
                }
            }
        }
    }
}
