//! The list of what messages lack that their standard demands: a line for each thing.

use serde_json::json;

use crate::convert::Outcome;

/// What one message lacks, as lines of JSON. `name` is what its source is called; the line is that of the written message.
pub(super) fn lines(outcome: &Outcome, name: &str) -> Vec<u8> {
    let dataset = outcome.dataset();
    let mut lines = Vec::new();
    for unmet in &outcome.missing {
        let entry = json!({
            "path": name,
            "concept": dataset.get(unmet.concept).number.as_str(),
            "name": dataset.path(unmet.concept),
            "demand": unmet.demand.code(),
            "remedy": outcome.remedy(unmet),
            "line": unmet.line,
            "filler": unmet.filler.map(|(flavor, _)| flavor.code()),
        });
        lines.extend_from_slice(entry.to_string().as_bytes());
        lines.push(b'\n');
    }
    lines
}
