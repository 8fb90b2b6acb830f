//! `skeleton.xml` as it is written: elements with the marks that say where values and rows go.

use std::collections::HashMap;

use roxmltree::{Attribute, Document, Node};

use super::{Hollow, Namespace, XSI, XSI_TYPE};
use crate::dataset::Text;
use crate::ledger::Reason;
use crate::tables::{SKELETON, Source, TableError};

/// A skeleton file.
pub(super) struct Skeleton {
    pub file: String,
    pub namespaces: Vec<Namespace>,
    pub root: Raw,
    pub patterns: HashMap<String, Raw>,
}

/// An element of a skeleton.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    pub line: u64,
    pub namespace: usize,
    pub local: Text,
    pub attributes: Vec<(Text, Text)>,
    pub text: Text,
    pub value: Text,
    pub typed: bool,
    pub negation: Text,
    /// The hole or slot, in the node of what the row refers to, of which it says the value again.
    pub again: Text,
    /// Its code tells the element from those that look like it; empty, or the code beside which it is preferred.
    pub listed: Option<Text>,
    pub slot: Text,
    pub any: Vec<Text>,
    pub hollow: Hollow,
    pub instead: bool,
    pub otherwise: Option<(Text, Text)>,
    pub lost: Option<Reason>,
    pub children: Vec<RawChild>,
}

/// What an element of a skeleton holds.
#[derive(Clone, Debug)]
pub(super) enum RawChild {
    Element(Box<Raw>),
    /// `<o:row/>`: where the node of a row goes.
    Row,
    /// `<o:row o:slot="…"/>`: a slot without a wrapper.
    Slot(Text),
}

impl Raw {
    /// True if nothing in it depends on an instance.
    pub fn is_filler(&self) -> bool {
        self.value.is_empty()
            && self.negation.is_empty()
            && self.again.is_empty()
            && self.slot.is_empty()
            && self.children.iter().all(|child| matches!(child, RawChild::Element(raw) if raw.is_filler()))
    }
}

impl Skeleton {
    pub fn load(source: &Source, file: &str) -> Result<Self, TableError> {
        let text = source.text(file)?;
        let document = Document::parse(&text).map_err(|fault| TableError {
            line: u64::from(fault.pos().row),
            ..TableError::file(file, format!("is no XML: {fault}"))
        })?;
        let mut parser = Parser { file, document: &document, namespaces: Vec::new(), patterns: HashMap::new() };
        let root_node = document.root_element();
        for namespace in root_node.namespaces().filter(|n| !matches!(n.uri(), SKELETON | XSI)) {
            let prefix = namespace.name().unwrap_or_default();
            parser.namespaces.push(Namespace { uri: namespace.uri().into(), prefix: prefix.into() });
        }
        let root = parser.element(root_node, 0)?;
        Ok(Self { file: file.to_owned(), namespaces: parser.namespaces, root, patterns: parser.patterns })
    }

    pub fn fault(&self, raw: &Raw, message: impl Into<String>) -> TableError {
        TableError { line: raw.line, ..TableError::file(&self.file, message) }
    }
}

struct Parser<'a> {
    file: &'a str,
    document: &'a Document<'a>,
    namespaces: Vec<Namespace>,
    patterns: HashMap<String, Raw>,
}

/// Deeper than any message; a table that goes beyond is a mistake.
const MAX_DEPTH: usize = 100;

impl Parser<'_> {
    fn line(&self, node: Node<'_, '_>) -> u64 {
        u64::from(self.document.text_pos_at(node.range().start).row)
    }

    fn fault(&self, node: Node<'_, '_>, message: impl Into<String>) -> TableError {
        TableError { line: self.line(node), ..TableError::file(self.file, message) }
    }

    fn element(&mut self, node: Node<'_, '_>, depth: usize) -> Result<Raw, TableError> {
        if depth > MAX_DEPTH {
            return Err(self.fault(node, "is nested too deeply"));
        }
        let uri = node.tag_name().namespace().unwrap_or_default();
        let Some(namespace) = self.namespaces.iter().position(|n| n.uri == uri) else {
            return Err(self.fault(node, "is in a namespace that the root element does not declare"));
        };
        let local = node.tag_name().name().into();
        let mut raw = Raw { line: self.line(node), namespace, local, ..Raw::default() };
        for attribute in node.attributes() {
            self.attribute(node, attribute, &mut raw)?;
        }
        for child in node.children() {
            if child.is_text() {
                raw.text.push_str(child.text().unwrap_or_default().trim());
            } else if child.is_element() {
                self.child(child, &mut raw, depth)?;
            }
        }
        Ok(raw)
    }

    fn child(&mut self, child: Node<'_, '_>, raw: &mut Raw, depth: usize) -> Result<(), TableError> {
        if child.tag_name().namespace() != Some(SKELETON) {
            let element = self.element(child, depth + 1)?;
            raw.children.push(RawChild::Element(Box::new(element)));
            return Ok(());
        }
        match child.tag_name().name() {
            "row" => raw.children.push(match child.attribute((SKELETON, "slot")) {
                Some(slot) => RawChild::Slot(slot.into()),
                None => RawChild::Row,
            }),
            "patterns" if depth == 0 => {
                for pattern in child.children().filter(Node::is_element) {
                    self.pattern(pattern)?;
                }
            }
            other => return Err(self.fault(child, format!("`o:{other}` has no meaning here"))),
        }
        Ok(())
    }

    fn pattern(&mut self, node: Node<'_, '_>) -> Result<(), TableError> {
        let name = node.attribute("name").filter(|_| node.has_tag_name((SKELETON, "pattern")));
        let Some(name) = name else {
            return Err(self.fault(node, "only `<o:pattern name=\"…\">` can stand in `o:patterns`"));
        };
        let mut elements = node.children().filter(Node::is_element);
        let (Some(element), None) = (elements.next(), elements.next()) else {
            return Err(self.fault(node, "a pattern holds exactly one element"));
        };
        let raw = self.element(element, 1)?;
        if self.patterns.insert(name.to_owned(), raw).is_some() {
            return Err(self.fault(node, format!("there is another pattern `{name}`")));
        }
        Ok(())
    }

    fn attribute(&self, node: Node<'_, '_>, attribute: Attribute<'_, '_>, raw: &mut Raw) -> Result<(), TableError> {
        let value: Text = attribute.value().into();
        match (attribute.namespace(), attribute.name()) {
            (None, name) => raw.attributes.push((name.into(), value)),
            (Some(XSI), "type") => raw.attributes.push((XSI_TYPE.into(), value)),
            (Some(SKELETON), "value") => raw.value = value,
            (Some(SKELETON), "negation") => raw.negation = value,
            (Some(SKELETON), "slot") => raw.slot = value,
            (Some(SKELETON), "again") => raw.again = value,
            (Some(SKELETON), "listed") => raw.listed = Some(value),
            (Some(SKELETON), "typed") => raw.typed = value == "true",
            (Some(SKELETON), "keep") if value == "true" => raw.hollow = Hollow::Kept,
            (Some(SKELETON), "must") if value == "true" => raw.hollow = Hollow::Demanded,
            (Some(SKELETON), "instead") => raw.instead = value == "true",
            (Some(SKELETON), "any") => raw.any = value.split_whitespace().map(Text::from).collect(),
            (Some(SKELETON), "else") => {
                let parts = value.split_once('=').map(|(name, value)| (name.into(), value.into()));
                let missing = || self.fault(node, "`o:else` names an attribute and its value, as `name=value`");
                raw.otherwise = Some(parts.ok_or_else(missing)?);
            }
            (Some(SKELETON), "lost") => {
                let reason = Reason::ALL.iter().find(|reason| reason.code() == value);
                let message = || format!("`{value}` is no reason of the ledger");
                raw.lost = Some(*reason.ok_or_else(|| self.fault(node, message()))?);
            }
            // The name of a part, for skeletons that are like this one.
            (Some(SKELETON), "part" | "keep" | "must") | (Some(XSI), _) => {}
            (_, name) => return Err(self.fault(node, format!("attribute `{name}` has no meaning here"))),
        }
        Ok(())
    }
}
