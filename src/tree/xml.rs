//! FHIR XML: reading from a parsed document, writing.

use std::borrow::Cow;

use quick_xml::escape::{escape, partial_escape};
use roxmltree::{Document, Node};

use super::{Leaf, Limits, Primitive, SyntaxError, Tree};
use crate::dataset::Text;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

const FHIR: &str = "http://hl7.org/fhir";
const XHTML: &str = "http://www.w3.org/1999/xhtml";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What a text is called where FHIR has none.
const TEXT: &str = "text()";

/// Reads one FHIR resource in XML. Returns it with the number of its leaves.
///
/// # Errors
/// If the text is no XML, no FHIR, or exceeds a limit.
pub fn parse_xml(text: &str, limits: &Limits) -> Result<(Tree, u32), SyntaxError> {
    let options = roxmltree::ParsingOptions { nodes_limit: limits.nodes, ..roxmltree::ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|_| SyntaxError::new(0, "is no XML"))?;
    tree_of(&document, limits, 0, 0)
}

/// The tree of a parsed FHIR XML document that begins at a byte of its source, where so many leaves came before it; with
/// the number of leaves up to its end.
///
/// # Errors
/// If the document element is not in the FHIR namespace, or the nesting exceeds the limit.
pub fn tree_of(
    document: &Document<'_>,
    limits: &Limits,
    offset: usize,
    leaves: u32,
) -> Result<(Tree, u32), SyntaxError> {
    let root = document.root_element();
    if root.tag_name().namespace() != Some(FHIR) {
        return Err(SyntaxError::new(root.range().start, "is XML, but no FHIR resource"));
    }
    let mut reader = Reader { limits, offset, leaves };
    let tree = reader.resource(root, 0)?;
    Ok((tree, reader.leaves))
}

struct Reader<'a> {
    limits: &'a Limits,
    offset: usize,
    leaves: u32,
}

impl Reader<'_> {
    /// A resource: its name becomes the member `resourceType`, as in JSON.
    fn resource(&mut self, node: Node<'_, '_>, depth: usize) -> Result<Tree, SyntaxError> {
        let mut members = vec![("resourceType".into(), self.leaf(node.tag_name().name(), node))];
        self.members(node, depth, &mut members)?;
        if let Some(value) = self.value(node) {
            push(&mut members, "value", value);
        }
        Ok(Tree::Object(members))
    }

    fn value(&mut self, node: Node<'_, '_>) -> Option<Tree> {
        node.attribute("value").map(|value| self.leaf(value, node))
    }

    /// What an element holds besides its value. What FHIR has no place for gets a name that no row has: it is lost, and
    /// not passed over.
    fn members(
        &mut self,
        node: Node<'_, '_>,
        depth: usize,
        members: &mut Vec<(Text, Tree)>,
    ) -> Result<(), SyntaxError> {
        if depth > self.limits.depth {
            return Err(SyntaxError::new(node.range().start, "nested deeper than the limit of depth (--max-depth)"));
        }
        self.attributes(node, members);
        for child in node.children() {
            self.child(child, depth + 1, members)?;
        }
        Ok(())
    }

    fn attributes(&mut self, node: Node<'_, '_>, members: &mut Vec<(Text, Tree)>) {
        for attribute in node.attributes() {
            let name = match attribute.namespace() {
                None if attribute.name() == "value" => continue,
                None => Cow::Borrowed(attribute.name()),
                // Where a schema is: markup, like the declarations of namespaces.
                Some(XSI) => continue,
                Some(namespace) => Cow::Owned(format!("{{{namespace}}}{}", attribute.name())),
            };
            push(members, &name, self.leaf_at(attribute.value(), attribute.range().start));
        }
    }

    fn child(&mut self, node: Node<'_, '_>, depth: usize, members: &mut Vec<(Text, Tree)>) -> Result<(), SyntaxError> {
        if node.is_element() {
            return self.element(node, depth, members);
        }
        if let Some(text) = node.text().filter(|text| node.is_text() && !text.trim().is_empty()) {
            push(members, TEXT, self.leaf(text, node));
        }
        Ok(())
    }

    fn element(
        &mut self,
        node: Node<'_, '_>,
        depth: usize,
        members: &mut Vec<(Text, Tree)>,
    ) -> Result<(), SyntaxError> {
        let name = match (node.tag_name().namespace(), node.tag_name().name()) {
            (Some(FHIR), name) => Cow::Borrowed(name),
            (Some(XHTML), name) => {
                let source = &node.document().input_text()[node.range()];
                push(members, name, self.leaf(source, node));
                return Ok(());
            }
            (namespace, name) => Cow::Owned(format!("{{{}}}{name}", namespace.unwrap_or_default())),
        };
        let mut inner = Vec::new();
        if !holds_resources(node) {
            self.members(node, depth, &mut inner)?;
            let value = self.value(node);
            push_primitive_or_object(members, &name, value, inner);
            return Ok(());
        }
        self.attributes(node, &mut inner);
        if let Some(value) = self.value(node) {
            push(&mut inner, "value", value);
        }
        for child in node.children() {
            if is_resource(child) {
                let resource = self.resource(child, depth)?;
                push(members, &name, resource);
            } else {
                self.child(child, depth + 1, &mut inner)?;
            }
        }
        if !inner.is_empty() {
            push(members, &name, Tree::Object(inner));
        }
        Ok(())
    }

    fn leaf(&mut self, text: &str, node: Node<'_, '_>) -> Tree {
        self.leaf_at(text, node.range().start)
    }

    fn leaf_at(&mut self, text: &str, position: usize) -> Tree {
        let ix = self.leaves;
        self.leaves += 1;
        let position = u32::try_from(self.offset + position).unwrap_or(u32::MAX);
        Tree::Leaf(Leaf { text: text.into(), kind: Primitive::String, position, ix })
    }
}

/// True for an element whose children are resources: one, as FHIR has it, or whatever a sender made of it.
fn holds_resources(node: Node<'_, '_>) -> bool {
    matches!(node.tag_name().name(), "resource" | "contained") && node.children().any(is_resource)
}

fn is_resource(node: Node<'_, '_>) -> bool {
    node.tag_name().namespace() == Some(FHIR) && node.tag_name().name().starts_with(|c: char| c.is_ascii_uppercase())
}

fn push(members: &mut Vec<(Text, Tree)>, name: &str, tree: Tree) {
    match members.iter_mut().find(|(key, _)| key == name) {
        Some((_, Tree::Array(items))) => items.push(tree),
        Some((_, single)) => {
            let first = std::mem::replace(single, Tree::object());
            *single = Tree::Array(vec![first, tree]);
        }
        None => members.push((name.into(), tree)),
    }
}

/// A primitive with extensions is two members in JSON: `x` and `_x`, of which the nth belongs to the nth. Without a value
/// it looks like an object: only who knows the types of elements can tell.
fn push_primitive_or_object(
    members: &mut Vec<(Text, Tree)>,
    name: &str,
    value: Option<Tree>,
    inner: Vec<(Text, Tree)>,
) {
    let Some(leaf) = value else {
        push(members, name, Tree::Object(inner));
        return;
    };
    push(members, name, leaf);
    if !inner.is_empty() {
        let nth = members.iter().find(|(key, _)| key == name).map_or(1, |(_, tree)| tree.items().len());
        let companion = format!("_{name}");
        let before = members.iter().find(|(key, _)| *key == companion).map_or(0, |(_, tree)| tree.items().len());
        // The companion stands at the position of its value.
        for _ in before + 1..nth {
            push(members, &companion, Tree::object());
        }
        push(members, &companion, Tree::Object(inner));
    }
}

/// Writes a resource as XML after what `out` holds, indented by two spaces.
///
/// The members must be in the order of the FHIR specification, as the writer of resources leaves them.
pub fn write_xml(tree: &Tree, out: &mut String) {
    out.push_str(DECLARATION);
    write_resource(tree, 0, true, out);
}

/// Writes a resource as [`write_xml`] does, with one more element that repeats: each is made when it is written.
///
/// `next` makes `item` into the next one, until it returns `None`.
pub fn write_xml_list(
    head: &[(Text, Tree)],
    list: &str,
    mut item: Tree,
    mut next: impl FnMut(&mut Tree) -> Option<()>,
    out: &mut String,
) {
    out.push_str(DECLARATION);
    let name = head.iter().find(|(name, _)| name == "resourceType").and_then(|(_, value)| value.text());
    let name = name.unwrap_or("Resource");
    open_outermost(name, out);
    write_members(head, 1, out);
    while next(&mut item).is_some() {
        write_element(list, Some(&item), None, 1, out);
    }
    close(name, 0, out);
}

fn write_resource(tree: &Tree, level: usize, outermost: bool, out: &mut String) {
    let name = tree.text_at("resourceType").unwrap_or("Resource");
    if outermost {
        open_outermost(name, out);
    } else {
        open(name, level, out);
    }
    if let Tree::Object(members) = tree {
        write_members(members, level + 1, out);
    }
    close(name, level, out);
}

fn write_members(members: &[(Text, Tree)], level: usize, out: &mut String) {
    for (key, value) in members {
        if key == "resourceType" || is_attribute(members, key) {
            continue;
        }
        if let Some(name) = key.strip_prefix('_') {
            if !members.iter().any(|(other, _)| other == name) {
                for companion in value.items() {
                    write_element(name, None, Some(companion), level, out);
                }
            }
            continue;
        }
        let companions =
            members.iter().find(|(other, _)| other.strip_prefix('_') == Some(key)).map(|(_, tree)| tree.items());
        for (at, item) in value.items().iter().enumerate() {
            let companion = companions.and_then(|items| items.get(at));
            write_element(key, Some(item), companion, level, out);
        }
    }
}

/// In a resource `id` is an element; in a datatype, and with `url` of an extension, it is an attribute.
fn is_attribute(members: &[(Text, Tree)], key: &str) -> bool {
    let in_resource = members.iter().any(|(name, _)| name == "resourceType");
    match key {
        "id" => !in_resource,
        "url" => is_extension(members),
        _ => false,
    }
}

/// An extension has a `url` and besides only `id`, `extension` or one `value[x]`.
fn is_extension(members: &[(Text, Tree)]) -> bool {
    members.iter().all(|(name, _)| {
        let name = name.strip_prefix('_').unwrap_or(name);
        matches!(name, "url" | "id" | "extension") || name.starts_with("value")
    }) && members.len() > 1
}

fn write_element(name: &str, item: Option<&Tree>, companion: Option<&Tree>, level: usize, out: &mut String) {
    let members: &[(Text, Tree)] = match (item, companion) {
        // Nothing in a list is `null` in JSON, with what stands in its place beside it.
        (Some(Tree::Object(members)), _) if !members.is_empty() => members,
        (_, Some(Tree::Object(members))) => members,
        _ => &[],
    };
    if let Some(tree) = item
        && tree.get("resourceType").is_some()
    {
        open(name, level, out);
        write_resource(tree, level + 1, false, out);
        close(name, level, out);
        return;
    }
    indent(level, out);
    if let Some(div) = item.and_then(Tree::text).filter(|text| name == "div" && text.starts_with('<')) {
        out.push_str(div);
        out.push('\n');
        return;
    }
    out.push('<');
    out.push_str(name);
    for key in ["id", "url"] {
        if is_attribute(members, key)
            && let Some(text) = members.iter().find(|(other, _)| other == key).and_then(|(_, tree)| tree.text())
        {
            write_attribute(key, text, out);
        }
    }
    if let Some(text) = item.and_then(Tree::text) {
        write_attribute("value", text, out);
    }
    if members.iter().all(|(key, _)| is_attribute(members, key)) {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    write_members(members, level + 1, out);
    close(name, level, out);
}

fn write_attribute(name: &str, text: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    let escaped = escape(text);
    if escaped.contains(['\n', '\r', '\t']) {
        out.push_str(&escaped.replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;"));
    } else {
        out.push_str(&escaped);
    }
    out.push('"');
}

fn open(name: &str, level: usize, out: &mut String) {
    indent(level, out);
    out.push('<');
    out.push_str(&partial_escape(name));
    out.push_str(">\n");
}

/// The document element.
fn open_outermost(name: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push_str(" xmlns=\"");
    out.push_str(FHIR);
    out.push_str("\">\n");
}

fn close(name: &str, level: usize, out: &mut String) {
    indent(level, out);
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
}

fn indent(level: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", level));
}

#[cfg(test)]
mod tests {
    use super::super::{parse_json, write_json};
    use super::*;

    #[test]
    fn what_fhir_has_no_place_for_is_kept_under_another_name() {
        let xml = r#"<Patient xmlns="http://hl7.org/fhir" xmlns:o="urn:other" xmlns:x="http://www.w3.org/2001/XMLSchema-instance"
            x:schemaLocation="a b" value="1" o:id="2"><o:birthDate value="3"/><birthDate>4</birthDate>
            <contained id="5">6<Basic><id value="7"/></Basic><Basic/><id value="8"/></contained></Patient>"#;
        let (tree, leaves) = parse_xml(xml, &Limits::default()).unwrap();
        let mut json = String::new();
        write_json(&tree, false, &mut json);
        let expected = r#"{"resourceType":"Patient","{urn:other}id":"2","{urn:other}birthDate":"3","birthDate":{"text()":"4"},"contained":[{"resourceType":"Basic","id":"7"},{"resourceType":"Basic"},{"id":["5","8"],"text()":"6"}],"value":"1"}"#;
        assert_eq!((json.as_str(), leaves), (expected, 11));
    }

    #[test]
    fn json_and_xml_are_two_forms_of_one_tree() {
        let json = r#"{"resourceType":"Patient","id":"a","extension":[{"url":"u","valueCode":"x&\"y"}],"birthDate":"2020","_birthDate":{"extension":[{"url":"v","valueString":"a\nb"}]},"link":[{"other":{"reference":"r"}}],"contained":[{"resourceType":"Basic","id":"b"}]}"#;
        let (tree, leaves) = parse_json(json.as_bytes(), &Limits::default()).unwrap();
        let mut xml = String::new();
        write_xml(&tree, &mut xml);
        let (back, back_leaves) = parse_xml(&xml, &Limits::default()).unwrap();
        assert_eq!(leaves, back_leaves);
        for (path, expected) in [("birthDate", "2020"), ("id", "a")] {
            assert_eq!(back.text_at(path), Some(expected));
        }
        let extension = back.get("_birthDate").and_then(|tree| tree.get("extension")).unwrap();
        assert_eq!(extension.text_at("valueString"), Some("a\nb"));
        assert_eq!(back.get("contained").and_then(|tree| tree.text_at("resourceType")), Some("Basic"));
        let mut again = String::new();
        write_json(&back, false, &mut again);
        assert!(again.contains(r#""valueCode":"x&\"y""#));
    }
}
