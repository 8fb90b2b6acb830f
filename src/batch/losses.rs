//! The list of what was lost: a line for each loss, which names its place and never its value.

use serde_json::json;

use crate::convert::Outcome;

/// The losses of one message as lines of JSON. `name` is what it is called, `lines_before` how many lines stand before it in
/// its file.
pub(super) fn lines(outcome: &Outcome, name: &str, source: &[u8], lines_before: usize) -> Vec<u8> {
    let losses = &outcome.ledger.losses;
    if losses.is_empty() {
        return Vec::new();
    }
    let dataset = outcome.reading.dataset();
    let places = Places::of(source);
    let mut lines = Vec::new();
    for loss in losses {
        let (line, column) = places.find(loss.position as usize);
        let entry = json!({
            "path": name,
            "reason": loss.reason.code(),
            "rule": loss.rule.as_deref(),
            "concept": loss.concept.map(|ix| dataset.get(ix).number.as_str()),
            "name": loss.concept.map(|ix| dataset.path(ix)),
            "element": loss.path,
            "line": line + lines_before,
            "column": column,
            "values": loss.leaves,
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
        (line, String::from_utf8_lossy(&self.source[start..position]).chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let places = Places::of("é1\n2é3\n".as_bytes());
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
