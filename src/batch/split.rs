//! Files that hold many messages: an XML wrapper around them, or a message a line.

use std::fmt;
use std::io::{self, BufRead, Read as _};
use std::ops::ControlFlow;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::frame::{self, Frame};
use super::markup::{self, Token, Tokens};
use super::unit::Fault;
use crate::convert::aside_by_names;

/// Takes a message, with the line on which it begins; tells whether to go on.
pub(super) type Take<'t> = &'t mut dyn FnMut(usize, Result<Vec<u8>, Fault>) -> ControlFlow<()>;

/// True if the beginning of a document shows a message inside something that is none itself. With white space before its
/// declaration it is no document, and refused as such like any other.
pub(super) fn is_wrapper(head: &[u8], begins_message: impl Fn(&str, bool) -> bool) -> bool {
    let text = without_mark(head);
    if text.first().is_some_and(u8::is_ascii_whitespace) && text.trim_ascii_start().starts_with(b"<?xml ") {
        return false;
    }
    let mut tokens = Tokens::new(text, head.len());
    let (mut token, mut met) = (Vec::new(), 0);
    while let Ok(Some(kind)) = tokens.next(&mut token) {
        if matches!(kind, Token::Start | Token::Empty) {
            // What comes first in the outermost element has nothing around it that could belong to it.
            if begins_message(markup::local(markup::name(&token)), met <= 1) {
                return met > 0;
            }
            met += 1;
        }
    }
    false
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// An element around the messages.
struct Around {
    name: Vec<u8>,
    /// Name and whole attribute of each namespace declaration.
    namespaces: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A message that is being read.
struct Piece {
    line: usize,
    name: Vec<u8>,
    bytes: Vec<u8>,
    /// What the file is, if it has the message where none is that was sent.
    aside: Option<&'static str>,
}

/// Gives each message in a wrapper, as a document of its own: with the XML declaration of the file, and the namespaces
/// that the elements around it declare. One that is broken does not spoil the next.
pub(super) fn wrapped(
    reader: impl BufRead,
    limit: usize,
    begins_message: impl Fn(&str, bool) -> bool,
    take: Take<'_>,
) -> ControlFlow<()> {
    let mut tokens = Tokens::new(reader, limit);
    let (mut token, mut line) = (Vec::new(), 1);
    let (mut declaration, mut around, mut piece) = (Vec::new(), Vec::<Around>::new(), None::<Piece>);
    let mut give = |piece: Piece| {
        let content = match piece.aside {
            Some(found) => Err(Fault::new("wrong-kind", format!("it is {found}")).at_line(piece.line)),
            None if piece.bytes.len() > limit => Err(Fault::too_large(limit)),
            None => Ok(piece.bytes),
        };
        take(piece.line, content)
    };
    loop {
        let kind = match tokens.next(&mut token) {
            Ok(Some(kind)) => kind,
            Ok(None) => break,
            Err(error) => {
                if let Some(piece) = piece {
                    give(piece)?;
                }
                return take(line, Err(Fault::container("file", &error).at_line(line)));
            }
        };
        let start = matches!(kind, Token::Start | Token::Empty);
        let begins = start && begins_message(markup::local(markup::name(&token)), around.len() == 1);
        // The same message element within itself: the end of the one before is missing.
        let anew = begins && piece.as_ref().is_some_and(|piece| piece.name == markup::name(&token));
        if let Some(broken) = piece.take_if(|_| anew) {
            give(broken)?;
        }
        if let Some(open) = &mut piece {
            if open.bytes.len() <= limit {
                open.bytes.extend_from_slice(&token);
            }
            let is_over = kind == Token::End && open.name == markup::name(&token);
            if let Some(whole) = piece.take_if(|_| is_over) {
                give(whole)?;
            }
        } else if begins {
            let names = around.iter().map(|open| markup::local(&open.name));
            let begun = Piece {
                line,
                name: markup::name(&token).to_owned(),
                bytes: document(&declaration, &around, &token),
                aside: aside_by_names(names),
            };
            if kind == Token::Empty { give(begun)? } else { piece = Some(begun) }
        } else {
            match kind {
                Token::Start => around.push(Around {
                    name: markup::name(&token).to_owned(),
                    namespaces: owned(markup::namespaces(&token)),
                }),
                Token::End => {
                    if let Some(at) = around.iter().rposition(|open| open.name == markup::name(&token)) {
                        around.truncate(at);
                    }
                }
                Token::Instruction if token.starts_with(b"<?xml ") => declaration.clone_from(&token),
                Token::Declaration => {
                    let message = "has a document type declaration, which is refused; remove it";
                    return take(line, Err(Fault::new("syntax", message).at_line(line)));
                }
                _ => {}
            }
        }
        line += memchr::memchr_iter(b'\n', &token).count();
    }
    if let Some(piece) = piece {
        give(piece)?;
    }
    if around.is_empty() {
        return ControlFlow::Continue(());
    }
    let message = "the file ends before its outermost element does; messages may be missing: make or fetch it again";
    take(line, Err(Fault::new("container", message).at_line(line)))
}

fn owned(namespaces: Vec<(&[u8], &[u8])>) -> Vec<(Vec<u8>, Vec<u8>)> {
    namespaces.into_iter().map(|(name, attribute)| (name.to_owned(), attribute.to_owned())).collect()
}

/// The beginning of a document with this start tag.
fn document(declaration: &[u8], around: &[Around], tag: &[u8]) -> Vec<u8> {
    let split = 1 + markup::name(tag).len();
    let mut bytes = [declaration, &tag[..split]].concat();
    let mut declared: Vec<Vec<u8>> = markup::namespaces(tag).into_iter().map(|(name, _)| name.to_owned()).collect();
    for (name, attribute) in around.iter().rev().flat_map(|open| &open.namespaces) {
        if !declared.contains(name) {
            bytes.push(b' ');
            bytes.extend_from_slice(attribute);
            declared.push(name.clone());
        }
    }
    bytes.extend_from_slice(&tag[split..]);
    bytes
}

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// FHIR bundles.
    Bundles,
    /// Frames.
    Frames,
}

/// What a file holds a line, if its beginning shows that each line is a message of its own. Loose resources are not: a
/// file of them is one case.
pub(super) fn lines_of(head: &[u8], path: &str) -> Option<Lines> {
    let mut lines =
        without_mark(head).split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let by_name =
        [".ndjson", ".jsonl"].iter().any(|end| path.trim_end_matches(".gz").trim_end_matches(".zst").ends_with(end));
    if by_name {
        // The first line that tells anything: a broken one before it must not spoil the rest.
        return match lines.find_map(line_kind)? {
            Line::Message(kind) => Some(kind),
            Line::Resource => None,
        };
    }
    match line_kind(lines.next()?)? {
        Line::Message(Lines::Frames) => Some(Lines::Frames),
        // A bundle by itself is one message, whatever its size.
        Line::Message(Lines::Bundles) => lines.next()?.starts_with(b"{").then_some(Lines::Bundles),
        Line::Resource => None,
    }
}

/// What a line turns out to be.
enum Line {
    Message(Lines),
    Resource,
}

/// What a line is, of which the end may be missing. `None` if it does not tell.
fn line_kind(line: &[u8]) -> Option<Line> {
    struct Told<'t>(&'t mut Option<Line>);

    impl<'de> Visitor<'de> for Told<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
            while let Some(name) = members.next_key::<String>()? {
                match name.as_str() {
                    "message" | "base64" => *self.0 = Some(Line::Message(Lines::Frames)),
                    "resourceType" => {
                        let is_bundle = members.next_value::<String>()? == "Bundle";
                        *self.0 = Some(if is_bundle { Line::Message(Lines::Bundles) } else { Line::Resource });
                    }
                    _ => {
                        members.next_value::<IgnoredAny>()?;
                        continue;
                    }
                }
                break;
            }
            Ok(())
        }
    }

    let mut told = None;
    // It ends in an error if there is more in the line than was looked at; what was told counts.
    let _ = serde_json::Deserializer::from_slice(line).deserialize_map(Told(&mut told));
    told
}

/// Gives the message of each line that is not blank.
pub(super) fn lines(mut reader: impl BufRead, kind: Lines, limit: usize, take: Take<'_>) -> ControlFlow<()> {
    let mut number = 0;
    let longest = if kind == Lines::Frames { frame::longest(limit) } else { limit };
    loop {
        number += 1;
        let line = match line(&mut reader, longest) {
            Ok(None) => return ControlFlow::Continue(()),
            Ok(Some(line)) => line,
            Err(error) => return take(number, Err(Fault::container("file", &error).at_line(number))),
        };
        if line.len() > longest {
            take(number, Err(Fault::too_large(limit)))?;
        } else if !line.trim_ascii().is_empty() {
            let content = match kind {
                Lines::Bundles => Ok(line),
                Lines::Frames => {
                    Frame::parse(&line).and_then(Frame::into_message).map_err(|fault| fault.at_line(number))
                }
            };
            take(number, content)?;
        }
    }
}

/// The next line, of which no more than a byte above the limit is kept. `None` at the end.
pub(super) fn line(reader: &mut impl BufRead, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if reader.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > limit && line.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, limit: usize) -> Vec<(usize, Result<String, String>)> {
        let mut found = Vec::new();
        let _ = wrapped(
            text.as_bytes(),
            limit,
            |name, alone| name == "m" || alone && name == "inner",
            &mut |line, content| {
                found.push((line, content.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|fault| fault.code)));
                ControlFlow::Continue(())
            },
        );
        found
    }

    #[test]
    fn a_message_gets_the_declaration_and_the_namespaces_around_it() {
        let text = "<?xml version='1.0'?>\n<b xmlns='u:1' xmlns:p='u:2'><x xmlns='u:3'>\n<m a='1'>é</m><p:m xmlns='u:4'/></x></b>\n";
        assert!(is_wrapper(text.as_bytes(), |name, alone| name == "m" || alone && name == "inner"));
        assert_eq!(
            pieces(text, 999),
            [
                (3, Ok("<?xml version='1.0'?><m xmlns='u:3' xmlns:p='u:2' a='1'>é</m>".to_owned())),
                (3, Ok("<?xml version='1.0'?><p:m xmlns:p='u:2' xmlns='u:4'/>".to_owned())),
            ]
        );
    }

    #[test]
    fn a_broken_message_does_not_spoil_the_next() {
        let text = "<b>\n<m><x></m>\n<m><y>\n<m>z</m></b>";
        let found: Vec<_> = pieces(text, 999).into_iter().map(|(line, piece)| (line, piece.unwrap())).collect();
        assert_eq!(found, [(2, "<m><x></m>".into()), (3, "<m><y>\n".into()), (4, "<m>z</m>".to_owned())]);
    }

    #[test]
    fn what_is_cut_off_or_too_large_is_reported_and_not_lost() {
        let code = |code: &str| Err(code.to_owned());
        assert_eq!(pieces("<b><m>1</m>", 999), [(1, Ok("<m>1</m>".into())), (1, code("container"))]);
        assert_eq!(pieces("<b><m>1</m", 999), [(1, Ok("<m>1</m".into())), (1, code("container"))]);
        assert_eq!(
            pieces("<b><m>1234567890123456789</m><m/></b>", 20),
            [(1, code("too-large")), (1, Ok("<m/>".into()))]
        );
        assert_eq!(pieces("<!DOCTYPE b><b><m/></b>", 999), [(1, code("syntax"))]);
    }

    #[test]
    fn a_message_by_itself_is_no_wrapper() {
        assert!(!is_wrapper(b"\xEF\xBB\xBF<?xml version='1.0'?><m><m/></m>", |name, alone| name == "m"
            || alone && name == "inner"));
        assert!(!is_wrapper(b"<a><b><inner/></b></a>", |name, alone| name == "m" || alone && name == "inner"));
        assert!(!is_wrapper(b"<a><id/><inner/></a>", |name, alone| name == "m" || alone && name == "inner"));
        assert!(is_wrapper(b"<a><inner/></a>", |name, alone| name == "m" || alone && name == "inner"));
        assert!(!is_wrapper(b"<a><b/></a>", |name, alone| name == "m" || alone && name == "inner"));
    }

    #[test]
    fn lines_are_messages_only_if_the_first_shows_it() {
        let bundle = br#"{"resourceType":"Bundle"}"#;
        assert_eq!(lines_of(bundle, "a.ndjson.gz"), Some(Lines::Bundles));
        assert_eq!(lines_of(bundle, "a.json"), None, "one bundle is one message in any case");
        assert_eq!(lines_of(&[&bundle[..], b"\n", bundle].concat(), "a.json"), Some(Lines::Bundles));
        assert_eq!(lines_of(b"{\"message\":\"\"}\n", "a.jsonl"), Some(Lines::Frames));
        assert_eq!(lines_of(b"{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Patient\"}", "a.ndjson"), None);
        assert_eq!(lines_of(b"{\n  \"resourceType\": \"Bundle\"\n}", "a.json"), None);
        assert_eq!(
            lines_of(b"{\"message\":\"\"}", "stdin"),
            Some(Lines::Frames),
            "a frame is never the message itself"
        );
    }

    #[test]
    fn a_first_line_that_is_broken_or_longer_than_what_is_looked_at_hides_no_others() {
        let bundle = br#"{"resourceType":"Bundle"}"#;
        let broken = [&b"nonsense\n{\"resourceType\":\n[1]\n"[..], bundle].concat();
        assert_eq!(lines_of(&broken, "a.ndjson"), Some(Lines::Bundles));
        assert_eq!(lines_of(&broken, "a.json"), None);
        assert_eq!(
            lines_of(br#"{"id":{"a":[1]},"resourceType":"Bundle","entry":[{"#, "a.ndjson"),
            Some(Lines::Bundles)
        );
        assert_eq!(lines_of(br#"{"id":7,"message":"<?xml"#, "a.ndjson"), Some(Lines::Frames));
        assert_eq!(lines_of(br#"{"resourceType":"Patient","contained":[{"#, "a.ndjson"), None);
    }

    #[test]
    fn lines_come_with_their_number_and_a_bad_one_stops_nothing() {
        let mut found = Vec::new();
        let long = frame::longest(30);
        let _ = lines(
            format!("\n{{\"message\":\"a\"}}\nno\n{{\"message\":\"{}\"}}\n{{\"message\":\"b\"}}", "x".repeat(long))
                .as_bytes(),
            Lines::Frames,
            30,
            &mut |line, content| {
                found.push((line, content.map(|bytes| bytes.len()).map_err(|fault| fault.code)));
                ControlFlow::Continue(())
            },
        );
        assert_eq!(found, [(2, Ok(4)), (3, Err("frame".into())), (4, Err("too-large".into())), (5, Ok(4))]);
    }
}
