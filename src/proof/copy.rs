//! What one of several rows for a concept says when it is read without the others.

use crate::convert::MessageKind;
use crate::dataset::{ConceptIx, Content, Instance};
use crate::fhir::{Source, extract};
use crate::plan::fhir::FhirPlan;
use crate::tree::{Limits, parse_json};

/// What became of a value.
pub(super) enum Copied {
    /// It came back as it was.
    Back,
    /// Nothing came back.
    Silent,
    /// Something else came back.
    Changed,
}

/// Reads what was written by the rows of a plan.
pub(super) fn read(
    kind: &MessageKind,
    plan: &FhirPlan,
    output: &[u8],
    written: &Instance,
    concept: ConceptIx,
) -> Copied {
    let Ok((tree, leaves)) = parse_json(output, &Limits::default()) else { return Copied::Changed };
    let roots = [tree];
    let source = Source::of(plan, &roots, leaves);
    let Ok((found, ..)) = extract(plan, &kind.dataset, &kind.terminology, source, None) else {
        return Copied::Changed;
    };
    let of = |instance: &Instance| -> Vec<Content> {
        let leaves = instance.leaves().filter(|(_, node, _)| node.concept == concept);
        leaves.map(|(_, _, content)| content.clone()).collect()
    };
    match of(&found) {
        none if none.is_empty() => Copied::Silent,
        same if same == of(written) => Copied::Back,
        _ => Copied::Changed,
    }
}
