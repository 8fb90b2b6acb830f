//! What stands around a message: of SOAP only the body holds what is sent.

use roxmltree::{Document, Node};

use crate::ledger::{Loss, Reason, shown_name};

/// The namespaces of SOAP 1.1 and 1.2.
const NAMESPACES: [&str; 2] = ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];
/// The document element.
const ENVELOPE: &str = "Envelope";
/// The parts in which a message is none that was sent, and what such a document is.
const ASIDE: [(&str, &str); 2] = [
    ("Header", "a SOAP envelope with a message in its header, which is about the transport"),
    ("Fault", "a SOAP fault, which says that something went wrong with the message that it quotes"),
];

/// What a document is that has a message in such a part; `None` for any other place.
pub(super) fn aside(message: Node<'_, '_>) -> Option<&'static str> {
    let of_soap =
        message.ancestors().filter(|node| node.tag_name().namespace().is_some_and(|own| NAMESPACES.contains(&own)));
    of_soap.map(|node| node.tag_name().name()).find_map(said_of)
}

/// The same by the names, without prefix, of the elements around a message, the outermost first.
pub(crate) fn aside_by_names<'n>(around: impl IntoIterator<Item = &'n str>) -> Option<&'static str> {
    let mut around = around.into_iter();
    if around.next() != Some(ENVELOPE) {
        return None;
    }
    around.find_map(said_of)
}

/// What another wrapper says around a message, and nothing reads.
pub(super) fn around(document: &Document<'_>, message: Node<'_, '_>) -> Option<Loss> {
    let said = |node: Node<'_, '_>| {
        node.attributes().len() + usize::from(node.is_text() && node.text().is_some_and(|text| !text.trim().is_empty()))
    };
    // What is inside begins within the message, whatever its depth.
    let outside = document.descendants().filter(|node| !message.range().contains(&node.range().start));
    let leaves = u32::try_from(outside.map(said).sum::<usize>()).unwrap_or(u32::MAX);
    let root = document.root_element();
    (leaves > 0).then(|| Loss {
        reason: Reason::Unknown,
        position: u32::try_from(root.range().start).unwrap_or(u32::MAX),
        path: Some(format!("/{}", shown_name(root.tag_name().name()))),
        concept: None,
        within: None,
        rule: None,
        leaves,
    })
}

fn said_of(name: &str) -> Option<&'static str> {
    ASIDE.iter().find(|(part, _)| *part == name).map(|(_, said)| *said)
}
