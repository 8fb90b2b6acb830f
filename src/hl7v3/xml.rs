//! What the reader and the writer need of XML.

use roxmltree::{Attribute, Node};

use crate::plan::hl7v3::{XSI, XSI_TYPE};

/// True if the text is more than layout.
pub(super) fn is_content(text: &str) -> bool {
    // Mostly it is the indentation of an element: that goes by eight.
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut others = words.iter().filter(|word| *word != b"        ").flatten().chain(rest);
    others.any(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// The name of an attribute as the plan knows it; `None` if it is in a namespace that the plan does not know.
pub(super) fn attribute_name<'a>(attribute: &Attribute<'a, '_>) -> Option<&'a str> {
    match attribute.namespace() {
        None => Some(attribute.name()),
        Some(XSI) if attribute.name() == "type" => Some(XSI_TYPE),
        Some(_) => None,
    }
}

/// The value of an attribute that the plan names.
pub(super) fn attribute<'a>(element: Node<'a, '_>, name: &str) -> Option<&'a str> {
    if name == XSI_TYPE { element.attribute((XSI, "type")) } else { element.attribute(name) }
}

/// A type name without its prefix.
pub(super) fn without_prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The leaves of an element and all that it holds. Not recursive: the input may be nested without end.
pub(super) fn leaves(element: Node<'_, '_>) -> u32 {
    element.descendants().map(own_leaves).sum()
}

/// The attributes of an element, or a text that is more than layout.
fn own_leaves(node: Node<'_, '_>) -> u32 {
    if node.is_element() {
        u32::try_from(node.attributes().len()).unwrap_or(u32::MAX)
    } else {
        u32::from(node.is_text() && node.text().is_some_and(is_content))
    }
}

/// True if XML 1.0 can hold every character.
pub(super) fn is_representable(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..))
}

/// Adds text with what XML reserves escaped. A carriage return would be read as a line feed.
pub(super) fn push_text(out: &mut String, text: &str) {
    push_escaped(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

/// Adds ` name="value"`. Line ends and tabs would be read as spaces.
pub(super) fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_escaped(out, value, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
    out.push('"');
}

/// What is escaped is ASCII, so a text is cut between characters.
fn push_escaped(out: &mut String, text: &str, escape: impl Fn(u8) -> Option<&'static str>) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(escaped) = escape(byte) {
            out.push_str(&text[from..at]);
            out.push_str(escaped);
            from = at + 1;
        }
    }
    out.push_str(&text[from..]);
}
