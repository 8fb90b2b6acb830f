//! How the structure of two XML documents differs, without a word of what they say.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

/// A pair of elements is the same element as far as it shares attributes and texts within.
type Facts = BTreeMap<String, u32>;

/// Adds what differs between two documents to the counts. The lines hold names only, never a value.
pub fn compare(original: &str, written: &str, counts: &mut BTreeMap<String, u32>) {
    let (original, written) = (Document::parse(original).unwrap(), Document::parse(written).unwrap());
    let original = original.root_element();
    // A message that comes without its wrapper is compared with what is written inside the wrapper.
    let same = |node: &Node<'_, '_>| node.tag_name() == original.tag_name();
    let written =
        written.descendants().find(same).expect("what is written holds the outermost element of the original");
    elements(original, written, counts);
}

fn elements(original: Node<'_, '_>, written: Node<'_, '_>, counts: &mut BTreeMap<String, u32>) {
    let mut count = |what: &str, of: Node<'_, '_>| *counts.entry(format!("{what} {}", path(of))).or_default() += 1;
    for attribute in original.attributes() {
        let name = attribute.name();
        match written.attributes().find(|other| other.name() == name && other.namespace() == attribute.namespace()) {
            None => count(&format!("attribute {name} left out:"), original),
            Some(other) if other.value() != attribute.value() => {
                count(&format!("attribute {name} differs:"), original);
            }
            Some(_) => {}
        }
    }
    for attribute in written.attributes() {
        let name = attribute.name();
        if !original.attributes().any(|other| other.name() == name && other.namespace() == attribute.namespace()) {
            count(&format!("attribute {name} added:"), original);
        }
    }
    if text(original) != text(written) {
        count("text differs:", original);
    }
    let pairs = pairs(original, written);
    for child in original.children().filter(Node::is_element) {
        if !pairs.iter().any(|(left, _)| *left == child) {
            count("element left out:", child);
        }
    }
    for child in written.children().filter(Node::is_element) {
        if !pairs.iter().any(|(_, right)| *right == child) {
            count("element added:", child);
        }
    }
    let order: Vec<usize> = pairs.iter().map(|(_, right)| right.range().start).collect();
    if !order.is_sorted() {
        let names: Vec<_> = pairs.iter().map(|(left, _)| left.tag_name().name()).collect();
        let mut kinds: Vec<_> = pairs.iter().map(|(_, right)| (right.range().start, right.tag_name().name())).collect();
        kinds.sort_unstable();
        // Occurrences of one element among each other, or elements of different names.
        let same_names = kinds.iter().map(|(_, name)| *name).eq(names);
        count(if same_names { "same elements, other order:" } else { "elements in another order:" }, original);
    }
    for (left, right) in pairs {
        elements(left, right, counts);
    }
}

/// Pairs the children that are most alike, in the order of the original.
fn pairs<'a, 'b>(original: Node<'a, 'a>, written: Node<'b, 'b>) -> Vec<(Node<'a, 'a>, Node<'b, 'b>)> {
    let with_facts = |node: Node<'_, '_>| {
        let mut all = Facts::new();
        facts(node, "", &mut all);
        all
    };
    let left: Vec<_> = original.children().filter(Node::is_element).map(|node| (node, with_facts(node))).collect();
    let right: Vec<_> = written.children().filter(Node::is_element).map(|node| (node, with_facts(node))).collect();
    let mut candidates = Vec::new();
    for (i, (a, a_facts)) in left.iter().enumerate() {
        for (j, (b, b_facts)) in right.iter().enumerate() {
            if a.tag_name() == b.tag_name() {
                let shared: u32 =
                    a_facts.iter().map(|(fact, n)| (*n).min(b_facts.get(fact).copied().unwrap_or(0))).sum();
                candidates.push((std::cmp::Reverse(shared), i.abs_diff(j), i, j));
            }
        }
    }
    candidates.sort_unstable();
    let mut result = Vec::new();
    for (_, _, i, j) in candidates {
        if !result.iter().any(|(taken_i, taken_j)| *taken_i == i || *taken_j == j) {
            result.push((i, j));
        }
    }
    result.sort_unstable();
    result.into_iter().map(|(i, j)| (left[i].0, right[j].0)).collect()
}

fn facts(node: Node<'_, '_>, path: &str, all: &mut Facts) {
    let path = format!("{path}/{}", node.tag_name().name());
    for attribute in node.attributes() {
        *all.entry(format!("{path}@{}={}", attribute.name(), attribute.value())).or_default() += 1;
    }
    if !text(node).is_empty() {
        *all.entry(format!("{path}={}", text(node))).or_default() += 1;
    }
    for child in node.children().filter(Node::is_element) {
        facts(child, &path, all);
    }
}

fn text(node: Node<'_, '_>) -> String {
    let pieces: String = node.children().filter_map(|child| child.is_text().then(|| child.text()).flatten()).collect();
    if pieces.trim().is_empty() { String::new() } else { pieces }
}

/// The names of the element and of two around it.
fn path(node: Node<'_, '_>) -> String {
    let mut names: Vec<_> = node.ancestors().filter(Node::is_element).map(|node| node.tag_name().name()).collect();
    let more = names.len() > 3;
    names.truncate(3);
    names.reverse();
    format!("{}{}", if more { "…/" } else { "/" }, names.join("/"))
}
