//! What SOAP puts around a message: only its body holds what is sent.

use roxmltree::Node;

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

fn said_of(name: &str) -> Option<&'static str> {
    ASIDE.iter().find(|(part, _)| *part == name).map(|(_, said)| *said)
}
