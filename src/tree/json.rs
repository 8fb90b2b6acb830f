//! JSON: reading with positions and exact digits, writing.

use std::fmt::Write as _;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use super::{Leaf, Limits, Primitive, SyntaxError, Tree};
use crate::dataset::Text;

/// Reads one JSON value. Returns it with the number of its leaves.
///
/// `null` (FHIR uses it only to fill places in arrays) becomes an empty object.
///
/// # Errors
/// If the bytes are no JSON, hold something after the value, or exceed a limit.
pub fn parse_json(bytes: &[u8], limits: &Limits) -> Result<(Tree, u32), SyntaxError> {
    parse_json_at(bytes, limits, 0, 0)
}

/// Reads one JSON value that is a part of a larger text: it begins at `offset`, and so many leaves came before it.
/// Returns it with the number of leaves up to its end.
///
/// # Errors
/// As [`parse_json`]; the position counts from the beginning of the larger text.
pub fn parse_json_at(bytes: &[u8], limits: &Limits, offset: usize, leaves: u32) -> Result<(Tree, u32), SyntaxError> {
    let mut parser = Parser { jiter: Jiter::new(bytes), limits, offset, nodes: 0, leaves };
    let moved = |e: SyntaxError| SyntaxError::new(e.position + offset, e.message);
    let peek = parser.jiter.peek().map_err(|e| moved(fault(&e)))?;
    let tree = parser.value(peek, 0).map_err(moved)?;
    parser.jiter.finish().map_err(|e| moved(fault(&e)))?;
    Ok((tree, parser.leaves))
}

struct Parser<'a> {
    jiter: Jiter<'a>,
    limits: &'a Limits,
    offset: usize,
    nodes: u32,
    leaves: u32,
}

impl Parser<'_> {
    fn value(&mut self, peek: Peek, depth: usize) -> Result<Tree, SyntaxError> {
        let position = self.jiter.current_index();
        self.nodes += 1;
        if depth > self.limits.depth {
            return Err(SyntaxError::new(position, "nested deeper than the limit of depth (--max-depth)"));
        }
        if self.nodes > self.limits.nodes {
            return Err(SyntaxError::new(position, "has more values than the limit of elements (--max-elements)"));
        }
        match peek {
            Peek::Object => self.object(depth),
            Peek::Array => {
                let mut items = Vec::new();
                let mut next = self.jiter.known_array().map_err(|e| fault(&e))?;
                while let Some(peek) = next {
                    items.push(self.value(peek, depth + 1)?);
                    next = self.jiter.array_step().map_err(|e| fault(&e))?;
                }
                Ok(Tree::Array(items))
            }
            Peek::String => {
                let text = self.jiter.known_str().map_err(|e| fault(&e))?.into();
                Ok(self.leaf(text, Primitive::String, position))
            }
            Peek::True | Peek::False => {
                let value = self.jiter.known_bool(peek).map_err(|e| fault(&e))?;
                Ok(self.leaf(if value { "true" } else { "false" }.into(), Primitive::Boolean, position))
            }
            Peek::Null => {
                self.jiter.known_null().map_err(|e| fault(&e))?;
                Ok(Tree::object())
            }
            _ => {
                let digits = self.jiter.known_number_bytes(peek).map_err(|e| fault(&e))?;
                let text = Text::from_utf8(digits).map_err(|_| SyntaxError::new(position, "is no number"))?;
                Ok(self.leaf(text, Primitive::Number, position))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Tree, SyntaxError> {
        let mut members: Vec<(Text, Tree)> = Vec::new();
        let mut key = self.jiter.known_object().map_err(|e| fault(&e))?.map(Text::from);
        while let Some(name) = key {
            let position = self.jiter.current_index();
            if members.iter().any(|(other, _)| *other == name) {
                return Err(SyntaxError::new(position, "an object has the same member twice"));
            }
            let peek = self.jiter.peek().map_err(|e| fault(&e))?;
            members.push((name, self.value(peek, depth + 1)?));
            key = self.jiter.next_key().map_err(|e| fault(&e))?.map(Text::from);
        }
        Ok(Tree::Object(members))
    }

    fn leaf(&mut self, text: Text, kind: Primitive, position: usize) -> Tree {
        let ix = self.leaves;
        self.leaves += 1;
        Tree::Leaf(Leaf {
            text: text.into(),
            kind,
            position: u32::try_from(position + self.offset).unwrap_or(u32::MAX),
            ix,
        })
    }
}

fn fault(error: &JiterError) -> SyntaxError {
    let message = match &error.error_type {
        JiterErrorType::JsonError(kind) => match kind {
            JsonErrorType::EofWhileParsingList
            | JsonErrorType::EofWhileParsingObject
            | JsonErrorType::EofWhileParsingString
            | JsonErrorType::EofWhileParsingValue => {
                "the JSON ends too early; the file is truncated: make or fetch it again"
            }
            JsonErrorType::TrailingCharacters => "there is something after the end of the JSON",
            JsonErrorType::InvalidUnicodeCodePoint => "is not UTF-8",
            JsonErrorType::RecursionLimitExceeded => "nested deeper than the limit of depth (--max-depth)",
            _ => "is no JSON",
        },
        JiterErrorType::WrongType { .. } => "is no JSON",
    };
    SyntaxError::new(error.index, message)
}

/// Writes a tree as JSON after what `out` holds: indented by two spaces, or on one line.
pub fn write_json(tree: &Tree, indented: bool, out: &mut String) {
    write(tree, indented.then_some(0), out);
}

/// Writes an object as [`write_json`] does, with one more member: a list, of which an item is made when it is written.
///
/// `next` makes `item` into the next one, until it returns `None`. Without items there is no such member.
pub fn write_json_list(
    head: &[(Text, Tree)],
    list: &str,
    mut item: Tree,
    mut next: impl FnMut(&mut Tree) -> Option<()>,
    indented: bool,
    out: &mut String,
) {
    let level = |level| indented.then_some(level);
    out.push('{');
    write_members(head, level(0), out);
    let mut count = 0;
    while next(&mut item).is_some() {
        if count == 0 {
            separate(head.len(), level(0), out);
            write_string(list, out);
            out.push_str(if indented { ": [" } else { ":[" });
        }
        separate(count, level(1), out);
        write(&item, level(2), out);
        count += 1;
    }
    if count > 0 {
        close(']', level(1), out);
    }
    close('}', level(0), out);
}

fn write(tree: &Tree, indent: Option<usize>, out: &mut String) {
    match tree {
        Tree::Leaf(leaf) if leaf.kind == Primitive::String => write_string(&leaf.text, out),
        Tree::Leaf(leaf) => out.push_str(&leaf.text),
        Tree::Object(members) if members.is_empty() => out.push_str("null"),
        Tree::Object(members) => {
            out.push('{');
            write_members(members, indent, out);
            close('}', indent, out);
        }
        Tree::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(at, indent, out);
                write(item, indent.map(|level| level + 1), out);
            }
            close(']', indent, out);
        }
    }
}

fn write_members(members: &[(Text, Tree)], indent: Option<usize>, out: &mut String) {
    for (at, (key, value)) in members.iter().enumerate() {
        separate(at, indent, out);
        write_string(key, out);
        out.push_str(if indent.is_some() { ": " } else { ":" });
        write(value, indent.map(|level| level + 1), out);
    }
}

fn separate(at: usize, indent: Option<usize>, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
    if let Some(level) = indent {
        new_line(level + 1, out);
    }
}

fn close(bracket: char, indent: Option<usize>, out: &mut String) {
    if let Some(level) = indent {
        new_line(level, out);
    }
    out.push(bracket);
}

fn new_line(level: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
}

/// True for the bytes that a JSON string cannot hold as they are.
const ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// Where the first byte is that a JSON string cannot hold as it is.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES * 0x80;
    // Eight bytes at once: the high bit of a byte of `word - n` is set where the byte was less than n (or had it set).
    let less = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word;
    let (words, _) = bytes.as_chunks::<8>();
    let is_plain = |chunk: &[u8; 8]| {
        let word = u64::from_le_bytes(*chunk);
        let quote = less(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = less(word ^ (ONES * u64::from(b'\\')), 1);
        (less(word, 0x20) | quote | backslash) & HIGH == 0
    };
    let skip = 8 * words.iter().take_while(|chunk| is_plain(chunk)).count();
    bytes[skip..].iter().position(|byte| ESCAPED[usize::from(*byte)]).map(|at| skip + at)
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = first_escaped(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_characters_survive() {
        let source = r#"{"a":6.30,"b":[true,"x\n\"é"],"c":{"d":1E2}}"#;
        let (tree, leaves) = parse_json(source.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(leaves, 4);
        let mut out = String::new();
        write_json(&tree, false, &mut out);
        assert_eq!(out, source);
    }

    #[test]
    fn what_a_string_cannot_hold_is_escaped_wherever_it_stands() {
        for filler in ["a", "\u{7f}", "é", "\u{a0}", " !#[]~"] {
            for special in ["\"", "\\", "\n", "\u{0}", "\u{1f}"] {
                for before in 0..20 {
                    let text = format!("{}{special}{}{special}", filler.repeat(before), filler.repeat(9));
                    let mut out = String::new();
                    write_json(&Tree::string(text.as_str()), false, &mut out);
                    assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
                }
            }
        }
    }

    #[test]
    fn a_list_made_item_by_item_is_written_as_the_whole() {
        for indented in [false, true] {
            for count in 0..3 {
                let head = vec![("a".into(), Tree::number("1"))];
                let items: Vec<Tree> =
                    (0..count).map(|at| Tree::Object(vec![("b".into(), Tree::number(at.to_string()))])).collect();
                let mut whole = head.clone();
                if count > 0 {
                    whole.push(("list".into(), Tree::Array(items.clone())));
                }
                let (mut expected, mut written) = (String::new(), String::new());
                write_json(&Tree::Object(whole), indented, &mut expected);
                let mut items = items.into_iter();
                let next = |item: &mut Tree| items.next().map(|next| *item = next);
                write_json_list(&head, "list", Tree::object(), next, indented, &mut written);
                assert_eq!(written, expected);
            }
        }
    }

    #[test]
    fn hostile_input_is_an_error() {
        let deep = "[".repeat(100_000);
        for source in [deep.as_str(), "", "{", "{\"a\":1,\"a\":2}", "{} x", "\u{1}", "[1,", "nul"] {
            assert!(parse_json(source.as_bytes(), &Limits::default()).is_err());
        }
        assert!(parse_json(b"\"\xff\"", &Limits::default()).is_err());
    }
}
