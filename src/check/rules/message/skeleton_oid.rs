use std::collections::HashSet;

use roxmltree::{Document, Node};

use crate::check::context::Message;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Sheet;
use crate::check::{Body, Context};
use crate::tables::SKELETON;
use crate::tables::layout::is_oid;
use crate::terminology::CheckDigit;

rule! {
    /// A skeleton has an OID that no table knows, or a code that cannot be one of its system.
    ///
    /// ## Why
    /// What is fixed in a skeleton is written in every message and expected in every one that is read. With a slip in a template or code system, what others send is lost, and what
    /// is written is not understood.
    ///
    /// ## How to mend it
    /// Mend the skeleton. A templateId is in `templates.csv` of its message (with an empty `concept` if it carries none), any other OID in `code-systems.csv`.
    ///
    /// ## Example
    /// `messages/mini/skeleton.xml`
    /// ```diff
    /// -    <id o:value="number" o:else="nullFlavor=NI" root="1.2.3.6"/>
    /// +    <id o:value="number" o:else="nullFlavor=NI" root="1.2.6"/>
    /// ```
    "OOI-212" "skeleton-oid" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let path = format!("messages/{}/skeleton.xml", message.name);
        let text = context.files.get(&path).and_then(|file| file.text.as_deref()).unwrap_or_default();
        let Ok(document) = Document::parse(text) else { continue };
        let templates = templates(context, message);
        for node in document.descendants().filter(Node::is_element) {
            for attribute in node.attributes().filter(|attribute| attribute.namespace() != Some(SKELETON)) {
                let value = attribute.value();
                // `3.2` can be a code or a version.
                if !is_oid(value) || value.split('.').count() < 4 {
                    continue;
                }
                let is_template = node.tag_name().name() == "templateId";
                let known = if is_template {
                    templates.as_ref().is_none_or(|templates| templates.contains(value))
                } else {
                    context.systems.contains_key(value)
                };
                if known {
                    continue;
                }
                let table = if is_template { "templates.csv" } else { "code-systems.csv" };
                let place = document.text_pos_at(attribute.range().start);
                let width = u32::try_from(attribute.range().len()).unwrap_or(1);
                let help = format!("mend the OID, or add its row to {table}");
                findings.at(
                    &path,
                    place.row,
                    place.col,
                    place.col + width,
                    format!("`{value}` has no row in {table}"),
                    help,
                );
            }
            code(context, &path, &document, node, findings);
        }
    }
}

/// The published templates of a message; `None` if it has no table of them.
fn templates<'c>(context: &'c Context<'_>, message: &'c Message<'_>) -> Option<HashSet<&'c str>> {
    let mut known: HashSet<&str> = message.templates?.rows().map(|row| row.get("template")).collect();
    known.extend(message.rows.into_iter().flat_map(Sheet::rows).map(|row| row.get("template")));
    if let Some(Body::Toml(table)) =
        context.files.get(&format!("messages/{}/message.toml", message.name)).map(|file| &file.body)
    {
        known.extend(table.get("template").and_then(toml::Value::as_str));
    }
    Some(known)
}

/// A fixed code that its system cannot have.
fn code(context: &Context<'_>, path: &str, document: &Document<'_>, node: Node<'_, '_>, findings: &mut Findings<'_>) {
    let (Some(code), Some(system)) = (node.attribute_node("code"), node.attribute("codeSystem")) else { return };
    let scheme = context.systems.get(system).and_then(|row| CheckDigit::from_name(row.get("check_digit")));
    if scheme.is_some_and(|scheme| !scheme.is_valid(code.value())) {
        let place = document.text_pos_at(code.range().start);
        let width = u32::try_from(code.range().len()).unwrap_or(1);
        let message = format!("`{}` cannot be a code of its system", code.value());
        findings.at(path, place.row, place.col, place.col + width, message, "look it up by its displayName");
    }
}
