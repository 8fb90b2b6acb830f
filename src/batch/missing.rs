//! What messages lack that their standard demands: the list of a run, and the same in the answer of a worker.

use serde_json::{Value, json};

use crate::convert::Outcome;

/// What one message lacks, as lines of JSON. `name` is what its source is called.
pub(super) fn lines(outcome: &Outcome, name: &str) -> Vec<u8> {
    let mut lines = Vec::new();
    for entry in entries(outcome) {
        let mut line = json!({ "path": name });
        if let (Some(line), Value::Object(entry)) = (line.as_object_mut(), entry) {
            line.extend(entry);
        }
        lines.extend_from_slice(line.to_string().as_bytes());
        lines.push(b'\n');
    }
    lines
}

/// What one message lacks, a thing each, with the line of the written message.
pub(super) fn entries(outcome: &Outcome) -> impl Iterator<Item = Value> {
    let dataset = outcome.dataset();
    outcome.missing.iter().map(move |unmet| {
        json!({
            "concept": dataset.get(unmet.concept).number.as_str(),
            "name": dataset.path(unmet.concept),
            "demand": unmet.demand.code(),
            "remedy": outcome.remedy(unmet),
            "line": unmet.line,
            "filler": unmet.filler.map(|(flavor, _)| flavor.code()),
        })
    })
}
