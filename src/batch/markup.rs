//! Markup as a stream of tokens, for files that are larger than memory. It knows where tags begin and end and leaves
//! all else to the parser that gets the pieces.

use std::io::{self, BufRead};

/// What kind of token was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Text, a comment, a CDATA section.
    Content,
    /// `<?…?>`.
    Instruction,
    /// `<!…>`, which XML only has in a document type declaration.
    Declaration,
    /// `<name …>`.
    Start,
    /// `<name …/>`.
    Empty,
    /// `</name>`.
    End,
    /// The input ends within a token.
    Broken,
}

/// Reads tokens in any encoding in which markup looks as in ASCII.
pub(super) struct Tokens<R> {
    reader: R,
    /// Longest token; what is longer comes in parts that count as content.
    longest: usize,
    /// The `<` of the next token has been read.
    open: bool,
}

impl<R: BufRead> Tokens<R> {
    pub fn new(reader: R, longest: usize) -> Self {
        Self { reader, longest, open: false }
    }

    /// The next token; its bytes replace those in `token`. `None` at the end.
    pub fn next(&mut self, token: &mut Vec<u8>) -> io::Result<Option<Token>> {
        token.clear();
        if !self.open {
            self.open = self.until(b'<', token)?;
            if self.open {
                token.pop();
            }
            if !token.is_empty() {
                return Ok(Some(Token::Content));
            }
            if !self.open {
                return Ok(None);
            }
        }
        self.open = false;
        token.push(b'<');
        let (mut quote, mut at) = (None, 1);
        loop {
            if token.len() > self.longest {
                return Ok(Some(Token::Content));
            }
            if !self.until(b'>', token)? {
                return Ok(Some(if token.len() > self.longest { Token::Content } else { Token::Broken }));
            }
            let (kind, end): (_, &[u8]) = match &token[1..] {
                [b'!', b'-', b'-', ..] => (Token::Content, b"-->"),
                rest if rest.starts_with(b"![CDATA[") => (Token::Content, b"]]>"),
                [b'?', ..] => (Token::Instruction, b"?>"),
                [b'!', ..] => return Ok(Some(Token::Declaration)),
                [b'/', ..] => return Ok(Some(Token::End)),
                _ => {
                    // A `>` within quotes does not end a tag.
                    for byte in &token[at..] {
                        match quote {
                            None if matches!(byte, b'"' | b'\'') => quote = Some(*byte),
                            Some(open) if open == *byte => quote = None,
                            _ => {}
                        }
                    }
                    at = token.len();
                    if quote.is_some() {
                        continue;
                    }
                    return Ok(Some(if token.ends_with(b"/>") { Token::Empty } else { Token::Start }));
                }
            };
            // `<!-->` does not close itself.
            if token.len() >= 4 + end.len() && token.ends_with(end) {
                return Ok(Some(kind));
            }
        }
    }

    /// Appends up to and with a byte. False if the input ended, or the token became too long, before it.
    fn until(&mut self, end: u8, token: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() || token.len() > self.longest {
                return Ok(false);
            }
            let found = memchr::memchr(end, buffer);
            let used = found.map_or(buffer.len(), |at| at + 1);
            token.extend_from_slice(&buffer[..used]);
            self.reader.consume(used);
            if found.is_some() {
                return Ok(true);
            }
        }
    }
}

/// The name in a tag, with its prefix.
pub(super) fn name(tag: &[u8]) -> &[u8] {
    let rest = tag.strip_prefix(b"</").or(tag.strip_prefix(b"<")).unwrap_or(tag);
    let end = rest.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
    &rest[..end.unwrap_or(rest.len())]
}

/// The name without its prefix, if it is a name.
pub(super) fn local(name: &[u8]) -> &str {
    let name = std::str::from_utf8(name).unwrap_or_default();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The namespace declarations in a start tag: name and the whole attribute.
pub(super) fn namespaces(tag: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    let mut rest = &tag[(1 + name(tag).len()).min(tag.len())..];
    while let Some(equals) = rest.iter().position(|byte| *byte == b'=') {
        let start = rest[..equals].trim_ascii_end().iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
        let attribute = rest[start..equals].trim_ascii();
        let Some(open) = rest[equals..].iter().position(|byte| matches!(byte, b'"' | b'\'')) else { break };
        let value = equals + open + 1;
        let Some(close) = rest[value..].iter().position(|byte| *byte == rest[value - 1]) else { break };
        if attribute == b"xmlns" || attribute.starts_with(b"xmlns:") {
            found.push((attribute, &rest[start..=value + close]));
        }
        rest = &rest[value + close + 1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, longest: usize) -> Vec<(Token, String)> {
        let mut tokens = Tokens::new(io::BufReader::with_capacity(3, text.as_bytes()), longest);
        let (mut token, mut found) = (Vec::new(), Vec::new());
        while let Some(kind) = tokens.next(&mut token).unwrap() {
            found.push((kind, String::from_utf8(token.clone()).unwrap()));
        }
        found
    }

    #[test]
    fn tokens_are_what_xml_says_and_add_up_to_the_text() {
        use Token::{Content, Empty, End, Instruction, Start};
        let text = "<?xml version='1.0'?><!-- <a> --><b c='>' d=\"/>\"><![CDATA[</b>]]> x<e/></b>\n";
        let found = all(text, 1000);
        let kinds: Vec<Token> = found.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Instruction, Content, Start, Content, Content, Empty, End, Content]);
        assert_eq!(found.into_iter().map(|(_, text)| text).collect::<String>(), text);
    }

    #[test]
    fn an_input_that_ends_within_a_token_says_so() {
        for text in ["<a", "<a b='>", "<!-- a -", "<!-->", "<![CDATA[ ]>"] {
            assert_eq!(all(text, 1000).last().unwrap().0, Token::Broken, "{text}");
        }
    }

    #[test]
    fn a_token_that_is_too_long_comes_in_parts() {
        let text = format!("<a>{}</a><!--{}-->", "x".repeat(100), "y".repeat(100));
        let found = all(&text, 20);
        assert!(found.iter().all(|(_, part)| part.len() < 30), "{found:?}");
        assert_eq!(found.into_iter().map(|(_, text)| text).collect::<String>(), text);
    }

    #[test]
    fn names_and_namespaces_are_found_in_a_tag() {
        let tag = b"<p:a x='xmlns=\"no\"' xmlns = 'urn:1' \n xmlns:q=\"urn:2\" y=\"1\">";
        assert_eq!((name(tag), local(name(tag))), (&b"p:a"[..], "a"));
        let names: Vec<&[u8]> = namespaces(tag).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [&b"xmlns"[..], b"xmlns:q"]);
        assert_eq!(namespaces(tag)[1].1, b"xmlns:q=\"urn:2\"");
    }
}
