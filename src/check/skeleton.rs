//! Where the holes and slots of a skeleton are.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};

use crate::tables::SKELETON;

/// The marks of a skeleton.
#[derive(Debug, Default)]
pub struct SkeletonMarks {
    /// Outside patterns.
    pub root: Marks,
    /// By name of the pattern.
    pub patterns: BTreeMap<String, Marks>,
}

/// Holes, slots and columns of a part of a skeleton.
#[derive(Debug, Default)]
pub struct Marks {
    /// Holes that hold a value, and whether the value carries its type; and the name of the element.
    pub values: BTreeMap<String, Hole>,
    /// Holes for `negationInd`.
    pub negations: BTreeSet<String>,
    /// Slots.
    pub slots: BTreeSet<String>,
    /// Columns of the row that stand in it.
    pub columns: BTreeSet<String>,
}

/// A hole that holds a value.
#[derive(Debug)]
pub struct Hole {
    /// The element.
    pub element: String,
    /// Its value carries its type.
    pub typed: bool,
}

impl Marks {
    /// True if a row can name this as the place of its value.
    pub fn has_hole(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.negations.contains(name)
    }

    fn read(&mut self, node: Node<'_, '_>, skip_patterns: bool) {
        if skip_patterns && node.has_tag_name((SKELETON, "patterns")) {
            return;
        }
        for attribute in node.attributes() {
            let value = attribute.value();
            match (attribute.namespace(), attribute.name()) {
                (Some(SKELETON), "value") => {
                    let typed = node.attribute((SKELETON, "typed")) == Some("true");
                    let element = node.tag_name().name().to_owned();
                    self.values.insert(value.to_owned(), Hole { element, typed });
                }
                (Some(SKELETON), "negation") => {
                    self.negations.insert(value.to_owned());
                }
                (Some(SKELETON), "slot") => {
                    self.slots.insert(value.to_owned());
                }
                _ => {
                    if let Some(column) = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                        self.columns.insert(column.to_owned());
                    }
                }
            }
        }
        node.children().filter(Node::is_element).for_each(|child| self.read(child, skip_patterns));
    }
}

impl SkeletonMarks {
    /// Reads a skeleton; `None` if it is no XML.
    pub fn read(text: &str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        let mut marks = Self::default();
        marks.root.read(document.root_element(), true);
        for pattern in document.descendants().filter(|node| node.has_tag_name((SKELETON, "pattern"))) {
            let mut inner = Marks::default();
            inner.read(pattern, false);
            marks.patterns.insert(pattern.attribute("name").unwrap_or_default().to_owned(), inner);
        }
        Some(marks)
    }
}
