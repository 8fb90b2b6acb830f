//! Files that are no tables, laid over each other: a skeleton by its named parts and patterns, metadata by key.

use std::ops::Range;
use std::sync::Arc;

use roxmltree::{Document, Node};

use super::flat::Flat;
use super::{SKELETON, TableError};

/// True if a skeleton is to be laid over another.
pub(super) fn is_layer(text: &str) -> bool {
    Document::parse(text).is_ok_and(|document| document.root_element().has_tag_name((SKELETON, "layer")))
}

/// A skeleton over another: `<o:pattern name="…">` in place of the pattern of that name, or as one more; what stands in
/// `<o:part name="…">` in place of every element with `o:part="…"`.
pub(super) fn lay_skeleton(file: &Arc<str>, own: &str, base: &Flat) -> Result<Flat, TableError> {
    let xml = |file: &str, text: &str, fault: &roxmltree::Error| TableError {
        line: u64::from(fault.pos().row),
        ..TableError::file(file, format!("is no XML: {fault} ({} bytes)", text.len()))
    };
    let layer = Document::parse(own).map_err(|fault| xml(file, own, &fault))?;
    let below = Document::parse(&base.text).map_err(|fault| xml(file, &base.text, &fault))?;
    let line = |node: Node<'_, '_>| u64::from(layer.text_pos_at(node.range().start).row);
    let mut changes: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for change in layer.root_element().children().filter(Node::is_element) {
        let fault = |message: String| TableError { line: line(change), ..TableError::file(file, message) };
        let name = change.attribute("name").ok_or_else(|| fault("has no `name`".to_owned()))?;
        match change.tag_name().name() {
            "pattern" => {
                let is_same = |node: &Node<'_, '_>| {
                    node.has_tag_name((SKELETON, "pattern")) && node.attribute("name") == Some(name)
                };
                let end = || {
                    let patterns = below.descendants().find(|node| node.has_tag_name((SKELETON, "patterns")))?;
                    let last = patterns.children().rfind(Node::is_element)?.range().end;
                    Some(last..last)
                };
                let place = below.descendants().find(is_same).map(|node| node.range()).or_else(end);
                let place = place.ok_or_else(|| fault("the skeleton below has no `o:patterns`".to_owned()))?;
                changes.push((place, change.range()));
            }
            "part" => {
                let places: Vec<_> =
                    below.descendants().filter(|node| node.attribute((SKELETON, "part")) == Some(name)).collect();
                if places.is_empty() {
                    return Err(fault(format!("the skeleton below has no element with `o:part=\"{name}\"`")));
                }
                changes.extend(places.iter().map(|node| (node.range(), inside(change))));
            }
            other => return Err(fault(format!("`{other}` has no meaning here; `o:pattern` and `o:part` have"))),
        }
    }
    changes.sort_by_key(|(place, _)| (place.start, place.end));
    let mut result = Flat::default();
    let mut at = 0;
    for (place, text) in changes {
        // A part within another that is replaced goes with it.
        if place.start < at {
            continue;
        }
        copy(&mut result, base, at..place.start);
        let from = u64::from(layer.text_pos_at(text.start).row);
        result.add(&own[text], file, from);
        at = place.end;
    }
    copy(&mut result, base, at..base.text.len());
    Ok(result)
}

/// What stands within an element, without the white space around it.
fn inside(node: Node<'_, '_>) -> Range<usize> {
    let mut all =
        node.children().filter(|child| !child.is_text() || child.text().is_some_and(|text| !text.trim().is_empty()));
    let start = node.range().end;
    let Some(first) = all.next() else { return start..start };
    let last = all.next_back().unwrap_or(first);
    first.range().start..last.range().end
}

/// Copies a part of a text with where its lines stand.
fn copy(result: &mut Flat, base: &Flat, range: Range<usize>) {
    let first = base.text[..range.start].matches('\n').count();
    for (line, part) in (first..).zip(base.text[range].split_inclusive('\n')) {
        if let Some((file, number)) = base.lines.get(line) {
            result.add(part, file, *number);
        }
    }
}

/// Metadata over other metadata: a key takes the place of that key below, a section of the same name is laid over that section.
pub(super) fn lay_toml(file: &Arc<str>, own: &str, base: &Flat) -> Result<Flat, TableError> {
    let parse = |text: &str| {
        text.parse::<toml::Table>()
            .map_err(|fault| TableError::at(file, text, fault.span().map_or(0, |span| span.start), fault.message()))
    };
    let mut merged = parse(&base.text)?;
    merge(&mut merged, parse(own)?);
    let text = toml::to_string(&merged).unwrap_or_default();
    let mut result = Flat::default();
    for line in text.split_inclusive('\n') {
        // The key of a line tells where it was written.
        let key = line.split('=').next().unwrap_or_default().trim();
        let says = |text: &str| text.trim_start().split('=').next().is_some_and(|own| own.trim() == key);
        let own_line = own.lines().position(says).map(|at| (Arc::clone(file), at as u64 + 1));
        let below = || base.text.lines().position(says).and_then(|at| base.lines.get(at).cloned());
        let (at, number) = own_line.or_else(below).unwrap_or_else(|| (Arc::clone(file), 1));
        result.add(line, &at, number);
    }
    Ok(result)
}

fn merge(below: &mut toml::Table, own: toml::Table) {
    for (key, value) in own {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(own)) => merge(below, own),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}
