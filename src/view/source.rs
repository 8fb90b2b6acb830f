//! The source beside what was read of it: in pieces, so that a value can lead to its place.

/// An input: what it is called, and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// What to call it.
    pub name: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
    /// True if all of it may be shown beside the case; false if it has records of others too.
    pub is_of_one_case: bool,
}

/// The inputs of a case, one after the other, as positions are counted.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    files: Vec<(usize, SourceFile<'a>)>,
    /// Where the lines of all of them begin.
    lines: Vec<usize>,
}

/// A piece of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The position, if something that was read or lost begins here.
    pub mark: Option<u32>,
    /// What stands there.
    pub text: String,
}

/// So much is marked, if nothing ends it sooner.
const MARKED: usize = 160;

impl<'a> Sources<'a> {
    /// The inputs in the order in which they were read.
    pub fn new(files: &[SourceFile<'a>]) -> Self {
        let mut own = Vec::new();
        let mut lines = Vec::new();
        let mut start = 0;
        for file in files {
            own.push((start, *file));
            lines.push(start);
            let ends = file.bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            lines.extend(ends.map(|(at, _)| start + at + 1));
            start += file.bytes.len();
        }
        Self { files: own, lines }
    }

    /// The place of a position: the file if there are several, the line and the column.
    pub fn place(&self, position: u32) -> String {
        let place = self.line_and_column(position);
        match self.file(position).filter(|_| self.files.len() > 1) {
            Some((_, file)) => format!("{}:{place}", file.name),
            None => place,
        }
    }

    /// Line and column in the file.
    pub fn line_and_column(&self, position: u32) -> String {
        let Some((start, file)) = self.file(position) else { return String::new() };
        let position = (position as usize).min(start + file.bytes.len());
        let begins = |at: usize| self.lines.partition_point(|line| *line <= at);
        let line = begins(position) - begins(*start) + 1;
        let begin = self.lines[begins(position) - 1];
        let column = String::from_utf8_lossy(&file.bytes[begin - start..position - start]).chars().count() + 1;
        format!("{line}:{column}")
    }

    /// What stands at a position.
    pub fn excerpt(&self, position: u32) -> String {
        let Some((start, file)) = self.file(position) else { return String::new() };
        let from = (position as usize - start).min(file.bytes.len());
        String::from_utf8_lossy(&file.bytes[from..end(file.bytes, from, file.bytes.len())]).trim().to_owned()
    }

    fn file(&self, position: u32) -> Option<&(usize, SourceFile<'a>)> {
        self.files.iter().rfind(|(start, _)| *start <= position as usize)
    }

    /// True if the source may be shown where that position is.
    pub fn is_shown(&self, position: u32) -> bool {
        self.file(position).is_some_and(|(_, file)| file.is_of_one_case)
    }

    /// The files that may be shown, each in pieces: what begins at one of the positions, which are in order, is marked.
    pub fn pieces(&self, positions: &[u32]) -> Vec<(&'a str, Vec<Piece>)> {
        let cut = |(start, file): &(usize, SourceFile<'a>)| {
            let own =
                positions.iter().copied().filter(|at| (*start..start + file.bytes.len()).contains(&(*at as usize)));
            (file.name, pieces(file.bytes, *start, &own.collect::<Vec<_>>()))
        };
        self.files.iter().filter(|(_, file)| file.is_of_one_case).map(cut).collect()
    }
}

fn pieces(bytes: &[u8], start: usize, positions: &[u32]) -> Vec<Piece> {
    let text = |from: usize, to: usize| String::from_utf8_lossy(&bytes[from..to]).into_owned();
    let mut pieces = Vec::new();
    let mut done = 0;
    for (nth, position) in positions.iter().enumerate() {
        let from = (*position as usize - start).max(done);
        let limit = positions.get(nth + 1).map_or(bytes.len(), |next| *next as usize - start);
        if from > done {
            pieces.push(Piece { mark: None, text: text(done, from) });
        }
        done = end(bytes, from, limit);
        pieces.push(Piece { mark: Some(*position), text: text(from, done) });
    }
    if done < bytes.len() {
        pieces.push(Piece { mark: None, text: text(done, bytes.len()) });
    }
    pieces
}

/// Where what begins at a place ends: with its text in JSON, its tag in XML, or its line; and never within a character.
fn end(bytes: &[u8], from: usize, limit: usize) -> usize {
    let limit = limit.min(from + MARKED);
    let mut end = limit.min(from + length(&bytes[from..limit]));
    while end < bytes.len() && end > from && bytes[end] & 0b1100_0000 == 0b1000_0000 {
        end += 1;
    }
    end
}

fn length(rest: &[u8]) -> usize {
    let until = |is_end: &dyn Fn(u8) -> bool| rest.iter().position(|byte| is_end(*byte)).unwrap_or(rest.len());
    match rest.first() {
        // A text of JSON, in which a quote may follow a backslash.
        Some(b'"') => {
            let mut is_escaped = false;
            let is_end = |byte: &u8| {
                let ends = *byte == b'"' && !is_escaped;
                is_escaped = *byte == b'\\' && !is_escaped;
                ends
            };
            rest[1..].iter().position(is_end).map_or(rest.len(), |at| at + 2)
        }
        Some(b'<') => {
            let end = until(&|byte| b">\n".contains(&byte));
            end + usize::from(rest.get(end) == Some(&b'>'))
        }
        // An attribute of XML: to the end of its value.
        Some(_) if is_attribute(rest) => {
            let open = until(&|byte| b"\"'".contains(&byte));
            let close = rest[open + 1..].iter().position(|byte| *byte == rest[open]);
            close.map_or(rest.len(), |at| open + at + 2)
        }
        // A number or a boolean of JSON, or a text of XML.
        Some(first) if first.is_ascii_digit() || b"-tfn".contains(first) => {
            until(&|byte| b",]}<\n\r\t".contains(&byte))
        }
        _ => until(&|byte| b"<\n".contains(&byte)),
    }
}

/// True if an attribute of XML begins here: a name, an equals sign and a quote.
fn is_attribute(rest: &[u8]) -> bool {
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte)).count();
    let mut after = rest[name..].iter().filter(|byte| !byte.is_ascii_whitespace());
    name > 0 && after.next() == Some(&b'=') && after.next().is_some_and(|byte| b"\"'".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_source_and_begin_where_values_do() {
        let text = "<a>\n<b v=\"één\"/><c/>\n</a>";
        let at = |what: &str| u32::try_from(text.find(what).unwrap()).unwrap();
        let files = [SourceFile { name: "a.xml", bytes: text.as_bytes(), is_of_one_case: true }];
        let sources = Sources::new(&files);
        let pieces = sources.pieces(&[at("<b"), at("v="), at("<c")]).remove(0).1;
        assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
        let marked: Vec<&str> =
            pieces.iter().filter(|piece| piece.mark.is_some()).map(|piece| piece.text.as_str()).collect();
        assert_eq!(marked, ["<b ", "v=\"één\"", "<c/>"]);
        assert_eq!(sources.place(at("<c")), "2:13");
        assert_eq!(sources.excerpt(at("<b")), "<b v=\"één\"/>");
    }

    /// JSON may be one line: what is shown of a value is that value alone.
    #[test]
    fn a_value_of_json_ends_where_it_ends() {
        let text = r#"{"a":true,"b":{"c":-1.5},"d":null}"#;
        let files = [SourceFile { name: "a.json", bytes: text.as_bytes(), is_of_one_case: true }];
        let at = |what: &str| u32::try_from(text.find(what).unwrap()).unwrap();
        let shown = ["true", "-1.5", "null"].map(|value| Sources::new(&files).excerpt(at(value)));
        assert_eq!(shown, ["true", "-1.5", "null"]);
    }

    #[test]
    fn positions_count_on_from_one_file_to_the_next() {
        let files = [
            SourceFile { name: "a", bytes: b"{}\n", is_of_one_case: true },
            SourceFile { name: "b", bytes: b"\n{\"x\":1}", is_of_one_case: true },
        ];
        let sources = Sources::new(&files);
        assert_eq!(sources.place(5), "b:2:2");
        assert_eq!(sources.pieces(&[5])[1].1[1], Piece { mark: Some(5), text: "\"x\"".to_owned() });
    }
}
