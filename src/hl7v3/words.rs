//! Texts: taken whole, or lost whole. A part of a sentence may say the opposite of it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Attribute, Node};

use super::xml::{is_content, is_representable, leaves};

/// Markup within a line: what it holds is read on.
const INLINE: &[&str] = &["content", "linkHtml", "span", "b", "strong", "i", "em", "u"];
/// Markup of lines: what it holds stands apart from what is before and after it.
const LINES: &[&str] = &["paragraph", "list", "item", "br", "p", "div", "ul", "ol", "li"];
/// Attributes of markup that change how a text looks, never what it says. What is struck out (`revised`), and the styles
/// that a sender made up, are not among them.
const LAYOUT: &[&str] = &["ID", "id", "language", "listType", "align", "href", "name", "title"];
/// The styles of the standard (CDA R2, 4.3.5.11).
const STYLES: &[&str] = &[
    "Bold",
    "Underline",
    "Italics",
    "Emphasis",
    "Lrule",
    "Rrule",
    "Toprule",
    "Botrule",
    "Arabic",
    "LittleRoman",
    "BigRoman",
    "LittleAlpha",
    "BigAlpha",
    "Disc",
    "Circle",
    "Square",
];
/// Parts of an encapsulated text (ED) that are no words of it.
const ASIDE: &[&str] = &["reference", "thumbnail"];

/// The words of an element, without the markup between them.
#[derive(Debug, Default)]
pub(super) struct Words<'d, 'i> {
    /// The text; `None` if there is none, or not all of it could be taken.
    pub text: Option<Cow<'d, str>>,
    /// The texts it is made of; if it could not be taken, all leaves that went with it.
    pub leaves: u32,
    /// How it was laid out, which a text cannot hold.
    pub layout: Vec<(Node<'d, 'i>, Attribute<'d, 'i>)>,
    /// Child elements that are not part of the text.
    pub others: Vec<Node<'d, 'i>>,
}

impl<'d, 'i> Words<'d, 'i> {
    /// Takes the text of an element. `is_known` tells of a child element that it is something by itself.
    pub fn of(element: Node<'d, 'i>, is_known: impl Fn(Node<'d, 'i>) -> bool) -> Self {
        let mut words = Self::default();
        let mut is_whole = true;
        // A line ends before the next word.
        let mut ended = false;
        for child in element.children() {
            if child.is_element() && (ASIDE.contains(&child.tag_name().name()) || is_known(child)) {
                words.others.push(child);
                continue;
            }
            // Where the lines end that are open. As deep as the input: so not recursive.
            let mut lines = Vec::new();
            for node in child.descendants() {
                while lines.pop_if(|end| *end <= node.range().start).is_some() {
                    ended = true;
                }
                if node.is_element() {
                    is_whole &= words.markup(node);
                    if LINES.contains(&node.tag_name().name()) {
                        ended = true;
                        lines.push(node.range().end);
                    }
                } else if node.is_text()
                    && let Some(text) = node.text()
                {
                    words.add(text, &mut ended);
                }
            }
            ended |= !lines.is_empty();
        }
        if !is_whole {
            let lost = element.children().filter(|child| !words.others.contains(child)).map(leaves).sum();
            return Self { leaves: lost, others: words.others, ..Self::default() };
        }
        words
    }

    /// Looks at an element of markup; false if it says something that its words do not.
    fn markup(&mut self, element: Node<'d, 'i>) -> bool {
        let name = element.tag_name().name();
        let is_style = |attribute: &Attribute<'_, '_>| {
            attribute.name() == "styleCode" && attribute.value().split_whitespace().all(|style| STYLES.contains(&style))
        };
        self.layout.extend(element.attributes().map(|attribute| (element, attribute)));
        (INLINE.contains(&name) || LINES.contains(&name))
            && element.attributes().all(|attribute| LAYOUT.contains(&attribute.name()) || is_style(&attribute))
    }

    /// Adds a piece of text: pieces around a comment or within markup are one text.
    fn add(&mut self, piece: &'d str, ended: &mut bool) {
        self.leaves += u32::from(is_content(piece));
        match &mut self.text {
            None if is_content(piece) => self.text = Some(Cow::Borrowed(piece)),
            None => {}
            // Between two lines there is nothing but how they are laid out.
            Some(_) if *ended && !is_content(piece) => {}
            Some(text) if *ended => {
                let text = text.to_mut();
                text.truncate(text.trim_end().len());
                text.push('\n');
                text.push_str(piece.trim_start());
            }
            Some(text) => text.to_mut().push_str(piece),
        }
        *ended &= !is_content(piece);
    }
}

/// In what form a text is given (the attributes of ED).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TextForm<'d> {
    representation: Option<&'d str>,
    media_type: Option<&'d str>,
    compression: Option<&'d str>,
    charset: Option<&'d str>,
}

impl<'d> TextForm<'d> {
    /// Takes an attribute; false if it says nothing of the form.
    pub fn take(&mut self, name: &str, value: &'d str) -> bool {
        let part = match name {
            "representation" => &mut self.representation,
            "mediaType" => &mut self.media_type,
            "compression" => &mut self.compression,
            "charset" => &mut self.charset,
            _ => return false,
        };
        *part = Some(value);
        true
    }

    /// The text that is meant; `None` if it is in a form that is not read.
    pub fn decode(self, text: Cow<'d, str>) -> Option<Cow<'d, str>> {
        let media_type = self.media_type.map_or("text/plain", |own| own.split(';').next().unwrap_or_default().trim());
        if self.compression.is_some() {
            return None;
        }
        match (self.representation, media_type) {
            (None | Some("TXT"), "text/plain" | "text/x-hl7-text+xml") => Some(text),
            (Some("B64"), "text/plain") if self.is_unicode() => {
                let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
                let text = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
                (is_content(&text) && is_representable(&text)).then_some(Cow::Owned(text))
            }
            _ => None,
        }
    }

    fn is_unicode(self) -> bool {
        self.charset.is_none_or(|own| ["utf-8", "us-ascii"].iter().any(|known| own.eq_ignore_ascii_case(known)))
    }
}
