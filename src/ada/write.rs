//! From an instance to ADA XML.

use std::collections::HashMap;

use super::{ID, has_oid};
use crate::dataset::{
    Code, Concept, ConceptIx, Content, Dataset, Instance, Kind, NodeIx, NullFlavor, Text, Value, is_decimal,
    plain_number,
};
use crate::ledger::{BrokenRule, Reason, Unmet, Unwritten};
use crate::plan::AdaPlan;
use crate::terminology::Terminology;

/// A document, and what came of the case in it.
#[derive(Debug)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The leaves that it could not hold.
    pub unwritten: Vec<Unwritten>,
    /// What the published form demands and the case does not give, in the order of its lines.
    pub unmet: Vec<Unmet>,
    /// What stands in it although the published form has no element for it.
    pub broken: Vec<BrokenRule>,
}

/// Writes an instance as an ADA document.
///
/// The children of a group stand in the order of the dataset. Dates are absolute.
pub fn write(instance: &Instance, dataset: &Dataset, plan: &AdaPlan, terminology: &Terminology) -> Written {
    let mut writer = Writer {
        instance,
        dataset,
        plan,
        terminology,
        text: String::new(),
        names: names(instance, dataset),
        unwritten: Vec::new(),
        lacking: Vec::new(),
        broken: Vec::new(),
    };
    writer.document();
    let unmet = writer.unmet();
    Written { text: writer.text, unwritten: writer.unwritten, unmet, broken: writer.broken }
}

pub(super) struct Writer<'a> {
    pub(super) instance: &'a Instance,
    pub(super) dataset: &'a Dataset,
    pub(super) plan: &'a AdaPlan,
    terminology: &'a Terminology,
    pub(super) text: String,
    /// What the groups are called to which something refers.
    names: HashMap<NodeIx, String>,
    pub(super) unwritten: Vec<Unwritten>,
    /// Where something begins that the form wants to be known otherwise, and its concept.
    pub(super) lacking: Vec<(usize, ConceptIx)>,
    pub(super) broken: Vec<BrokenRule>,
}

/// Names for the groups to which something refers: the concept of the leaf by which they are known, and a number.
fn names(instance: &Instance, dataset: &Dataset) -> HashMap<NodeIx, String> {
    let mut names = HashMap::new();
    for ix in instance.references(dataset) {
        let Some(target) = instance.referred(dataset, ix) else { continue };
        let (number, nth) = (&dataset.get(instance.node(target).concept).number, names.len() + 1);
        names.entry(instance.node(target).parent).or_insert_with(|| format!("c{number}-{nth}"));
    }
    names
}

impl<'a> Writer<'a> {
    fn document(&mut self) {
        let mut content = self.sorted(NodeIx::ROOT);
        content.retain(|ix| has_oid(&self.concept(*ix).number));
        self.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<adaxml>\n");
        self.meta();
        let plan = self.plan;
        self.text.push_str("  <data>\n    <");
        self.text.push_str(&plan.root);
        for (name, value) in &plan.attributes {
            attribute(&mut self.text, name, value);
        }
        self.close(&plan.root, &content, 2);
        self.text.push_str("  </data>\n</adaxml>\n");
    }

    /// Ends a start tag that is open, with or without children.
    fn close(&mut self, element: &str, children: &[NodeIx], depth: usize) {
        if children.is_empty() {
            self.text.push_str("/>\n");
            return;
        }
        self.text.push_str(">\n");
        for child in children {
            self.node(*child, depth + 1);
        }
        self.end(element, depth);
    }

    /// Begins a start tag.
    pub(super) fn open(&mut self, element: &str, depth: usize) {
        indent(&mut self.text, depth);
        self.text.push('<');
        self.text.push_str(element);
    }

    /// Writes an end tag.
    pub(super) fn end(&mut self, element: &str, depth: usize) {
        indent(&mut self.text, depth);
        self.text.push_str("</");
        self.text.push_str(element);
        self.text.push_str(">\n");
    }

    fn node(&mut self, ix: NodeIx, depth: usize) {
        let concept = self.concept(ix);
        if self.instance.node(ix).content.is_some() {
            return self.leaf(ix, &concept.element, depth);
        }
        self.open(&concept.element, depth);
        self.concept_id(concept);
        if let Some(name) = self.names.get(&ix) {
            attribute(&mut self.text, ID, name);
        }
        self.close(&concept.element, &self.sorted(ix), depth);
    }

    /// Writes a leaf as an element of that name.
    pub(super) fn leaf(&mut self, ix: NodeIx, element: &str, depth: usize) {
        let Some(content) = &self.instance.node(ix).content else { return };
        if !texts(content).into_iter().all(is_xml) {
            self.unwritten.push(Unwritten { node: ix, reason: Reason::Datatype });
            return;
        }
        self.tell(ix, content);
        let concept = self.concept(ix);
        if concept.refers_to.is_some() {
            return self.reference(ix, element, depth);
        }
        self.open(element, depth);
        self.concept_id(concept);
        leaf(&mut self.text, content, concept, self.plan, self.terminology);
        self.text.push_str("/>\n");
    }

    /// Writes a leaf that means a group in the same document.
    fn reference(&mut self, ix: NodeIx, element: &str, depth: usize) {
        let meant = self.instance.referred(self.dataset, ix).map(|target| self.instance.node(target).parent);
        let Some(name) = meant.and_then(|group| self.names.get(&group)).cloned() else {
            self.unwritten.push(Unwritten { node: ix, reason: Reason::NoCarrier });
            return;
        };
        self.open(element, depth);
        self.concept_id(self.concept(ix));
        attribute(&mut self.text, "value", &name);
        attribute(&mut self.text, "datatype", "reference");
        self.text.push_str("/>\n");
    }

    fn concept_id(&mut self, concept: &Concept) {
        if has_oid(&concept.number)
            && let Some(id) = self.plan.concept_id(&concept.number)
        {
            attribute(&mut self.text, "conceptId", &id);
        }
    }

    /// The children that hold something, in the order of the dataset: an empty group says nothing.
    fn sorted(&self, ix: NodeIx) -> Vec<NodeIx> {
        let mut children: Vec<NodeIx> =
            self.instance.children(ix).filter(|child| self.instance.holds_value(*child)).collect();
        children.sort_by_key(|child| self.instance.node(*child).concept);
        children
    }

    fn concept(&self, ix: NodeIx) -> &'a Concept {
        self.dataset.get(self.instance.node(ix).concept)
    }
}

fn leaf(text: &mut String, content: &Content, concept: &Concept, plan: &AdaPlan, terminology: &Terminology) {
    match content {
        Content::Value(Value::Code(code)) => coded(text, code, concept, terminology),
        Content::Value(value) => plain(text, value, plan),
        Content::Null { flavor, original_text } => {
            null(text, *flavor, concept, terminology);
            if let Some(original) = original_text {
                attribute(text, "originalText", original);
            }
        }
    }
    match concept.kind {
        _ if !plan.datatypes || !has_oid(&concept.number) => {}
        Kind::Date => attribute(text, "datatype", "date"),
        Kind::DateTime => attribute(text, "datatype", "datetime"),
        _ => {}
    }
}

fn coded(text: &mut String, code: &Code, concept: &Concept, terminology: &Terminology) {
    let member = terminology.value_set_of(concept).and_then(|set| set.find(&code.code, &code.system));
    if let Some(member) = member.filter(|member| !member.ordinal.is_empty()) {
        attribute(text, "value", &member.ordinal);
    } else if !has_oid(&concept.number) {
        // The codes of the transmission have no list: the code stands for its position.
        attribute(text, "value", &code.code);
    }
    attribute(text, "code", &code.code);
    if !code.system.is_empty() {
        attribute(text, "codeSystem", &code.system);
    }
    if let Some(display) = code.display.as_ref().or(member.map(|member| &member.display)) {
        attribute(text, "displayName", display);
    }
    if let Some(original) = &code.original_text {
        attribute(text, "originalText", original);
    }
}

/// A null flavour is a code where the value set has it, as ADA forms offer it there, and an attribute elsewhere. A yes or no that is
/// not known has its own value in the forms: the schema gives it beside `true` and `false`.
fn null(text: &mut String, flavor: NullFlavor, concept: &Concept, terminology: &Terminology) {
    let member = terminology.value_set_of(concept).and_then(|set| set.find(flavor.code(), NullFlavor::SYSTEM));
    let Some(member) = member else {
        if concept.kind == Kind::Boolean && flavor == NullFlavor::Unknown {
            return attribute(text, "value", flavor.code());
        }
        return attribute(text, "nullFlavor", flavor.code());
    };
    if !member.ordinal.is_empty() {
        attribute(text, "value", &member.ordinal);
    }
    attribute(text, "code", &member.code);
    attribute(text, "codeSystem", &member.system);
    attribute(text, "displayName", &member.display);
}

fn plain(text: &mut String, value: &Value, plan: &AdaPlan) {
    match value {
        Value::Code(_) => {}
        Value::Boolean(value) => attribute(text, "value", if *value { "true" } else { "false" }),
        Value::DateTime(value) => attribute(text, "value", &value.to_local()),
        Value::Quantity(quantity) => {
            // ADA has decimals (`xs:decimal`), without powers of ten.
            let plain = plain_number(&quantity.value).filter(|_| !is_decimal(&quantity.value));
            attribute(text, "value", plain.as_deref().unwrap_or(&quantity.value));
            if !quantity.unit.is_empty() {
                attribute(text, "unit", plan.unit_word(&quantity.unit));
            }
        }
        Value::Count(value) | Value::Text(value) => attribute(text, "value", value),
        Value::Identifier(id) => {
            if !id.extension.is_empty() {
                attribute(text, "value", &id.extension);
            }
            if !id.root.is_empty() {
                attribute(text, "root", &id.root);
            }
        }
    }
}

/// Everything in a leaf that came from outside.
fn texts(content: &Content) -> Vec<&str> {
    match content {
        Content::Null { original_text, .. } => original_text.iter().map(Text::as_str).collect(),
        Content::Value(Value::Code(code)) => {
            [Some(&code.code), Some(&code.system), code.display.as_ref(), code.original_text.as_ref()]
                .into_iter()
                .flatten()
                .map(Text::as_str)
                .collect()
        }
        Content::Value(Value::Quantity(quantity)) => vec![&quantity.value, &quantity.unit],
        Content::Value(Value::Identifier(id)) => vec![&id.root, &id.extension],
        Content::Value(Value::Count(text) | Value::Text(text)) => vec![text],
        Content::Value(Value::Boolean(_) | Value::DateTime(_)) => Vec::new(),
    }
}

/// XML 1.0 has no place for most control characters, not even as a reference.
fn is_xml(text: &str) -> bool {
    !text.chars().any(|c| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

pub(super) fn attribute(text: &mut String, name: &str, value: &str) {
    text.push(' ');
    text.push_str(name);
    text.push_str("=\"");
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            // A parser turns these into spaces unless they are references.
            '\t' => text.push_str("&#9;"),
            '\n' => text.push_str("&#10;"),
            '\r' => text.push_str("&#13;"),
            c => text.push(c),
        }
    }
    text.push('"');
}

fn indent(text: &mut String, depth: usize) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}
