//! Edits of a document that leave its syntax whole: bytes alone seldom get past a parser.
//!
//! A script is a row of steps of five bytes: what to do, where (two bytes), and with what (two bytes).

use ooievaar::tree::{Chars, Tree};

/// The most steps of a script that are done.
const STEPS: usize = 8;
/// A document does not grow beyond this many bytes, or this many nodes.
const LARGEST: usize = 60_000;

/// Values that are special somewhere.
const VALUES: [&str; 16] = [
    "", " ", "0", "-1", "1.50", "true", "false", "UNK", "OTH", "NI", "20200102", "202001021530+0100", "999900006",
    "2.16.840.1.113883.5.1008", "urn:oid:2.16.840.1.113883.2.4.6.3", "\u{e9}\u{1F476}&lt;",
];

/// One step of a script.
struct Step {
    what: u8,
    at: usize,
    with: usize,
}

fn steps(script: &[u8]) -> impl Iterator<Item = Step> {
    let (steps, _) = script.as_chunks::<5>();
    steps.iter().take(STEPS).map(|[what, a, b, c, d]| Step {
        what: *what,
        at: usize::from(u16::from_be_bytes([*a, *b])),
        with: usize::from(u16::from_be_bytes([*c, *d])),
    })
}

fn value(with: usize) -> &'static str {
    VALUES[with % VALUES.len()]
}

/// Does the steps of a script to an XML document.
pub fn xml(seed: &str, script: &[u8]) -> String {
    let mut text = seed.to_owned();
    for step in steps(script) {
        let Some(next) = xml_step(&text, &step) else { break };
        if next.len() > LARGEST {
            break;
        }
        text = next;
    }
    text
}

fn xml_step(text: &str, step: &Step) -> Option<String> {
    let document = roxmltree::Document::parse(text).ok()?;
    let elements: Vec<_> = document.descendants().filter(|node| node.is_element()).skip(1).collect();
    let element = *elements.get(step.at % elements.len().max(1))?;
    let other = *elements.get(step.with % elements.len().max(1))?;
    let attributes: Vec<_> = elements.iter().flat_map(|element| element.attributes()).collect();
    let replaced = |range: std::ops::Range<usize>, by: &str| {
        let mut next = text.to_owned();
        next.replace_range(range, by);
        Some(next)
    };
    match step.what % 6 {
        0 => replaced(element.range(), ""),
        1 => replaced(element.range().end..element.range().end, &text[element.range()]),
        2 => replaced(element.range(), &text[other.range()]),
        3 => replaced(element.range().start..element.range().start, &text[other.range()]),
        what => {
            let attribute = attributes.get(step.at % attributes.len().max(1))?;
            let other = attributes.get(step.with % attributes.len().max(1))?;
            let by = if what == 4 { &text[other.range_value()] } else { value(step.with) };
            replaced(attribute.range_value(), by)
        }
    }
}

/// Does the steps of a script to a resource.
pub fn tree(seed: &Tree, script: &[u8]) -> Tree {
    let mut tree = seed.clone();
    for step in steps(script) {
        let count = nodes(&tree);
        if count > LARGEST / 10 {
            break;
        }
        let other = nth(&mut tree, &mut (step.with % count)).map(|node| node.clone());
        let (Some(node), Some(other)) = (nth(&mut tree, &mut (step.at % count)), other) else { break };
        match (step.what % 5, node) {
            (0, node) => *node = Tree::object(),
            (1, Tree::Array(items)) => {
                if let Some(item) = items.get(step.with % items.len().max(1)).cloned() {
                    items.push(item);
                }
            }
            (2, Tree::Object(members)) if !members.is_empty() => {
                members.remove(step.with % members.len());
            }
            (3, Tree::Leaf(leaf)) => leaf.text = Chars::from(value(step.with)),
            (_, node) => *node = other,
        }
    }
    tree
}

fn nodes(tree: &Tree) -> usize {
    1 + match tree {
        Tree::Object(members) => members.iter().map(|(_, tree)| nodes(tree)).sum(),
        Tree::Array(items) => items.iter().map(nodes).sum(),
        Tree::Leaf(_) => 0,
    }
}

fn nth<'t>(tree: &'t mut Tree, left: &mut usize) -> Option<&'t mut Tree> {
    if *left == 0 {
        return Some(tree);
    }
    *left -= 1;
    match tree {
        Tree::Object(members) => members.iter_mut().find_map(|(_, tree)| nth(tree, left)),
        Tree::Array(items) => items.iter_mut().find_map(|tree| nth(tree, left)),
        Tree::Leaf(_) => None,
    }
}
