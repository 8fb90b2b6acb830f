//! What an input is: its text, and its format.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::{Error, Format};
use crate::tree::Limits;

const FHIR: &str = "http://hl7.org/fhir";
const ADA: &str = "adaxml";

/// The text of an input, decoded as its byte-order mark or XML declaration says; UTF-8 else.
pub(super) fn text<'b>(bytes: &'b [u8], limits: &Limits) -> Result<Cow<'b, str>, Error> {
    if bytes.len() > limits.bytes {
        return Err(Error::TooLarge { bytes: bytes.len(), limit: limits.bytes });
    }
    if bytes.trim_ascii().is_empty() {
        return Err(Error::Empty);
    }
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some((encoding, skip)) => (encoding, skip),
        None => (declared(bytes).unwrap_or(UTF_8), 0),
    };
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(&bytes[skip..]);
    let text = decoded.ok_or_else(|| match declared(bytes) {
        // Without a declaration, bytes that are no text are no text: not a wrong encoding.
        None if !looks_like_markup(bytes) => Error::NotAText,
        _ => Error::Encoding { encoding: encoding.name() },
    })?;
    if text.trim_start().is_empty() { Err(Error::Empty) } else { Ok(text) }
}

fn looks_like_markup(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'<' | b'{' | b'[' | 0xEF | 0xFE | 0xFF))
}

/// The encoding that an XML declaration names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(200)];
    let head = head.strip_prefix(b"<?xml")?;
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&head[..end]).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = value[1..].split(quote).next()?;
    // UTF-16 without a byte-order mark cannot have been read up to here.
    Encoding::for_label(name.as_bytes()).filter(|encoding| encoding.is_ascii_compatible())
}

/// What the first characters of a text, or the root element of a document, show.
pub(super) enum Sniffed<'t> {
    /// One JSON value.
    Json(&'t str),
    /// Several JSON values, one a line.
    Lines(&'t str),
    /// An XML document.
    Xml(roxmltree::Document<'t>),
}

/// Looks at a text.
pub(super) fn sniff<'t>(text: &'t str, limits: &Limits) -> Result<Sniffed<'t>, Error> {
    match text.trim_start().chars().next() {
        Some('<') => Ok(Sniffed::Xml(document(text, limits)?)),
        Some('{') if is_lines(text) => Ok(Sniffed::Lines(text)),
        Some('{' | '[') => Ok(Sniffed::Json(text)),
        _ => Err(Error::NotAText),
    }
}

/// True if each line is an object of its own: a second line begins with a brace.
fn is_lines(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let closed = |line: &str| line.starts_with('{') && line.trim_end().ends_with('}');
    lines.next().is_some_and(closed) && lines.next().is_some_and(|line| line.starts_with('{'))
}

fn document<'t>(text: &'t str, limits: &Limits) -> Result<roxmltree::Document<'t>, Error> {
    let options = roxmltree::ParsingOptions { nodes_limit: limits.nodes, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(text, options)
        .map_err(|fault| Error::Syntax { place: place(text, &fault), message: explain(text, &fault).to_owned() })
}

/// Where a document breaks. The parser does not say so of all faults.
fn place(text: &str, fault: &roxmltree::Error) -> super::LineColumn {
    match fault {
        roxmltree::Error::UnclosedRootNode | roxmltree::Error::UnexpectedEndOfStream => {
            super::LineColumn::of(text, text.trim_end().len())
        }
        roxmltree::Error::DtdDetected => super::LineColumn::of(text, text.find("<!DOCTYPE").unwrap_or_default()),
        _ => {
            let pos = fault.pos();
            super::LineColumn { line: pos.row as usize, column: pos.col as usize }
        }
    }
}

/// What is wrong with a document, in words that hold nothing of it.
fn explain(text: &str, fault: &roxmltree::Error) -> &'static str {
    use roxmltree::Error as Fault;
    match fault {
        Fault::UnexpectedDeclaration(pos) if before(text, *pos).trim_ascii().is_empty() => {
            "white space stands before the XML declaration, which must come first; remove what is before it"
        }
        Fault::UnexpectedDeclaration(_) => {
            "an XML declaration stands in the middle: several documents in one file; give each a file of its own"
        }
        Fault::UnknownToken(pos) if begins_element(&text[before(text, *pos).len()..]) => {
            "another element follows the end of the document: several documents in one file; give each a file of its own"
        }
        Fault::DtdDetected => "has a document type declaration, which is refused; remove it",
        Fault::NodesLimitReached => "has more elements than the limit of elements (--max-elements)",
        Fault::EntityReferenceLoop(_) | Fault::UnknownEntityReference(..) | Fault::MalformedEntityReference(_) => {
            "refers to an entity that XML does not define"
        }
        Fault::UnclosedRootNode | Fault::UnexpectedEndOfStream => {
            "the XML ends too early; the file is truncated: make or fetch it again"
        }
        Fault::UnexpectedCloseTag(..) | Fault::UnexpectedEntityCloseTag(_) => "an end tag does not match its start tag",
        Fault::DuplicatedAttribute(..) => "an element has the same attribute twice",
        Fault::UnknownNamespace(..) => "a prefix has no namespace",
        Fault::NoRootNode => "there is no element in it",
        Fault::NonXmlChar(..) => "has a character that XML does not allow",
        _ => "is no well-formed XML",
    }
}

/// What stands before a place in a text.
fn before(text: &str, pos: roxmltree::TextPos) -> &str {
    let line: usize = text.split_inclusive('\n').take(pos.row.saturating_sub(1) as usize).map(str::len).sum();
    let column = text[line..].chars().take(pos.col.saturating_sub(1) as usize).map(char::len_utf8).sum::<usize>();
    &text[..line + column]
}

/// True for the beginning of a start tag. Within an element it is none that is out of place.
fn begins_element(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|rest| rest.starts_with(|first: char| first.is_alphabetic() || first == '_'))
}

/// The format of a document by its root element, if that alone tells.
pub(super) fn xml_format(document: &roxmltree::Document<'_>) -> Option<Format> {
    let root = document.root_element().tag_name();
    match (root.namespace(), root.name()) {
        (Some(FHIR), _) => Some(Format::FhirXml),
        (None, ADA) => Some(Format::Ada),
        _ => None,
    }
}
