//! The list of what was lost, or had to be told: a line for each, which names its place and never its value.

use serde_json::json;

use crate::convert::Outcome;
use crate::dataset::{Code, Node};

/// A code that is in no value set of its concept: nothing is lost of it, and it must be possible to find it.
const UNKNOWN_CODE: (&str, &str) =
    ("unknown-code", "the code was kept as it is; correct it in the source, or add it to the value set");

/// The losses of one message, and its codes that are in no value set, as lines of JSON. `name` is what it is called, `lines_before` how many lines stand before it in
/// its file.
pub(super) fn lines(outcome: &Outcome, name: &str, source: &[u8], lines_before: usize) -> Vec<u8> {
    let losses = &outcome.ledger.losses;
    let codes: Vec<(&Node, &Code)> = outcome.reading.unknown_codes().collect();
    if losses.is_empty() && codes.is_empty() {
        return Vec::new();
    }
    let dataset = outcome.reading.dataset();
    let (places, gone) = (Places::of(source), outcome.ledger.gone());
    let mut lines = Vec::new();
    for loss in losses {
        let (line, column) = places.find(loss.position as usize);
        let entry = json!({
            "path": name,
            "reason": loss.reason.code(),
            "remedy": loss.reason.remedy(),
            "rule": loss.rule.as_deref(),
            "concept": loss.concept.map(|ix| dataset.get(ix).number.as_str()),
            "name": loss.concept.map(|ix| dataset.path(ix)),
            "element": loss.path,
            "line": line + lines_before,
            "column": column,
            "values": loss.leaves,
            "written": gone.is_written(loss),
        });
        lines.extend_from_slice(entry.to_string().as_bytes());
        lines.push(b'\n');
    }
    let (reason, remedy) = UNKNOWN_CODE;
    for (node, _) in codes {
        let (line, column) = places.find(node.origin.position as usize);
        let entry = json!({
            "path": name,
            "reason": reason,
            "remedy": remedy,
            "concept": dataset.get(node.concept).number.as_str(),
            "name": dataset.path(node.concept),
            "line": line + lines_before,
            "column": column,
            "values": 0,
            "written": true,
        });
        lines.extend_from_slice(entry.to_string().as_bytes());
        lines.push(b'\n');
    }
    lines
}

/// The element of a loss as reports count it: the path without the numbers in it.
pub(super) fn element(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    // What follows a bracket that opens is a number, and the bracket that closes.
    parts.fold(first, |shown, part| shown + part.split_once(']').map_or("", |(_, rest)| rest))
}

/// Where the lines of a source begin.
struct Places<'s> {
    source: &'s [u8],
    starts: Vec<usize>,
}

impl<'s> Places<'s> {
    fn of(source: &'s [u8]) -> Self {
        let ends = source.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        Self { source, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// Line and column, both from 1; a column is a character.
    fn find(&self, position: usize) -> (usize, usize) {
        let position = position.min(self.source.len());
        let line = self.starts.partition_point(|start| *start <= position);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        (line, column(&self.source[start..position]))
    }
}

/// The same of one position: most messages have a few near their beginning, and need no list of lines.
pub(super) fn place(source: &[u8], position: usize) -> (usize, usize) {
    let before = &source[..position.min(source.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    (before.split(|byte| *byte == b'\n').count(), column(&before[start..]))
}

/// The column after what stands before it in its line.
fn column(before: &[u8]) -> usize {
    String::from_utf8_lossy(before).chars().count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let source = "é1\n2é3\n".as_bytes();
        let places = Places::of(source);
        assert!((0..12).all(|position| places.find(position) == place(source, position)));
        assert_eq!(places.find(0), (1, 1));
        assert_eq!(places.find(2), (1, 2));
        assert_eq!(places.find(7), (2, 3));
        assert_eq!(places.find(99), (3, 1));
    }

    #[test]
    fn an_element_has_no_numbers() {
        assert_eq!(element("/a/b[2]/c[13]/@d"), "/a/b/c/@d");
        assert_eq!(element("Observation[3].component[0].code"), "Observation.component.code");
        assert_eq!(element("a[1"), "a");
    }
}
