//! Edits of a document that leave its syntax whole: bytes alone seldom get past a parser.
//!
//! A script is a row of steps of five bytes: what to do, where (two bytes), and with what (two bytes).

use std::ops::Range;

use ooievaar::tree::{Chars, Tree};

/// The most steps of a script that are done.
const STEPS: usize = 8;
/// A resource does not grow beyond this many nodes.
const LARGEST: usize = 6_000;

/// Values that are special somewhere.
const VALUES: [&str; 16] = [
    "", " ", "0", "-1", "1.50", "true", "false", "UNK", "OTH", "NI", "20200102", "202001021530+0100", "999900006",
    "2.16.840.1.113883.5.1008", "urn:oid:2.16.840.1.113883.2.4.6.3", "\u{e9}\u{1F476}&lt;",
];

/// Members that any resource may have, and some of which a bundle has.
const MEMBERS: [&str; 8] =
    ["contained", "extension", "modifierExtension", "meta", "text", "resource", "entry", "resourceType"];

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

/// A document of XML, and where its parts are.
pub struct Xml {
    text: String,
    elements: Vec<Range<usize>>,
    values: Vec<Range<usize>>,
}

impl Xml {
    /// Takes a document apart.
    pub fn new(text: String) -> Self {
        let document = roxmltree::Document::parse(&text).expect("a seed is XML");
        let elements: Vec<_> = document.descendants().filter(|node| node.is_element()).skip(1).collect();
        let values = elements.iter().flat_map(|element| element.attributes().map(|attribute| attribute.range_value()));
        let (elements, values) = (elements.iter().map(|element| element.range()).collect(), values.collect());
        Self { text, elements, values }
    }

    /// Does the steps of a script, each to the document as it was; of two that overlap only the first.
    pub fn edited(&self, script: &[u8]) -> String {
        let mut changes: Vec<(Range<usize>, &str)> = steps(script).map(|step| self.change(&step)).collect();
        changes.sort_by_key(|(range, _)| range.start);
        let mut edited = String::with_capacity(self.text.len() * 2);
        let mut done = 0;
        for (range, by) in changes {
            if range.start >= done {
                edited.push_str(&self.text[done..range.start]);
                edited.push_str(by);
                done = range.end;
            }
        }
        edited.push_str(&self.text[done..]);
        edited
    }

    /// What a step puts in the place of what.
    fn change(&self, step: &Step) -> (Range<usize>, &str) {
        fn nth(ranges: &[Range<usize>], at: usize) -> Range<usize> {
            ranges.get(at % ranges.len().max(1)).cloned().unwrap_or_default()
        }
        let element = nth(&self.elements, step.at);
        let other = &self.text[nth(&self.elements, step.with)];
        match step.what % 7 {
            0 => (element, ""),
            1 => (element.end..element.end, &self.text[element]),
            2 => (element, other),
            3 => (element.start..element.start, other),
            4 => (nth(&self.values, step.at), &self.text[nth(&self.values, step.with)]),
            5 => (element.end..element.end, value(step.with)),
            _ => (nth(&self.values, step.at), value(step.with)),
        }
    }
}

/// Does the steps of a script to a resource.
pub fn tree(seed: &Tree, script: &[u8]) -> Tree {
    let mut tree = seed.clone();
    for step in steps(script) {
        let count = nodes(&tree);
        if count > LARGEST {
            break;
        }
        let other = nth(&mut tree, &mut (step.with % count)).map(|node| node.clone());
        let (Some(node), Some(other)) = (nth(&mut tree, &mut (step.at % count)), other) else { break };
        match (step.what % 6, node) {
            (0, node) => *node = Tree::object(),
            (1, Tree::Array(items)) => {
                if let Some(item) = items.get(step.with % items.len().max(1)).cloned() {
                    items.push(item);
                }
            }
            (2, Tree::Object(members)) if !members.is_empty() => {
                members.remove(step.with % members.len());
            }
            (4, node @ Tree::Object(_)) => node.set(MEMBERS[step.with % MEMBERS.len()], other),
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
