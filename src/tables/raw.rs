//! A CSV table as somebody left it: every cell with its place, and in what its form differs from ours.
//!
//! Spreadsheets write semicolons or tabs, a byte-order mark, CRLF and quotes where none are needed. All of that is
//! read; [`RawSheet::canonical`] writes it as it should be.

use std::fmt::Write as _;

/// A CSV file with its cells in place.
#[derive(Clone, Debug)]
pub struct RawSheet {
    /// The names of the columns.
    pub header: RawRow,
    /// The rows below the header.
    pub rows: Vec<RawRow>,
    /// In what the form differs from the canonical one: the first of each kind.
    pub flaws: Vec<Flaw>,
}

/// A row of a [`RawSheet`].
#[derive(Clone, Debug)]
pub struct RawRow {
    /// Line of its first character, from 1.
    pub line: u32,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A cell, without quotes and without white space around it.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Line of its first character, from 1.
    pub line: u32,
    /// Its first character on that line, counted from 1.
    pub start: u32,
    /// One past its last character on that line.
    pub end: u32,
}

/// A difference from the canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Which.
    pub form: Form,
    /// Where it is seen first: line, from 1.
    pub line: u32,
    /// First character, from 1.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
}

/// What can differ from the canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UTF-16.
    Utf16,
    /// Windows-1252.
    Windows1252,
    /// A byte-order mark.
    ByteOrderMark,
    /// CRLF or CR at the end of a line.
    LineEnd,
    /// Semicolons or tabs between the cells.
    Separator,
    /// Quotes where none are needed, or none where they are.
    Quoting,
    /// White space around a cell.
    Padding,
    /// A line without content.
    BlankLine,
    /// The last line does not end.
    NoFinalLineEnd,
    /// Empty cells beyond the last column.
    Surplus,
}

impl Form {
    /// What is wrong, as the end of a sentence about the file.
    pub fn about(self) -> &'static str {
        match self {
            Self::Utf16 => "is in UTF-16, not in UTF-8",
            Self::Windows1252 => {
                "is not in UTF-8: it is read as Windows-1252, in which this is the first letter of the kind"
            }
            Self::ByteOrderMark => "begins with a byte-order mark",
            Self::LineEnd => "has lines that end with a carriage return",
            Self::Separator => "has something else than commas between its cells",
            Self::Quoting => "has a cell with quotes it does not need, or without those it needs",
            Self::Padding => "has white space around a cell",
            Self::BlankLine => "has a blank line",
            Self::NoFinalLineEnd => "has a last line that does not end",
            Self::Surplus => "has empty cells beyond the last column",
        }
    }

    /// How to mend it.
    pub fn help(self) -> &'static str {
        match self {
            Self::Windows1252 => {
                "run `ooievaar mappings fmt`, and see with `ooievaar mappings diff` that all letters are right: what \
                 Windows-1252 lacks (≥) was lost when the file was saved; save as \"CSV UTF-8\""
            }
            _ => "run `ooievaar mappings fmt`",
        }
    }
}

/// Why a text is no table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Line, from 1.
    pub line: u32,
    /// Character on the line, from 1.
    pub start: u32,
    /// What is wrong.
    pub message: &'static str,
}

/// The text of a table in one of the encodings in which spreadsheets save, and the flaw that it is; `None` if it is in no
/// encoding that can be told.
pub fn decode(bytes: &[u8]) -> Option<(String, Flaw)> {
    let utf16 = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((encoding_rs::UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => Some((encoding_rs::UTF_16BE, rest)),
        _ => None,
    };
    if let Some((encoding, rest)) = utf16 {
        let text = encoding.decode_without_bom_handling_and_without_replacement(rest)?.into_owned();
        return Some((text, Flaw { form: Form::Utf16, line: 1, start: 1, end: 2 }));
    }
    // Bytes that mean nothing in Windows-1252: then it is something else.
    if bytes.iter().any(|byte| matches!(byte, 0 | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)) {
        return None;
    }
    let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
    let before = &text[..text.find(|c: char| !c.is_ascii())?];
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let line = number(before.matches('\n').count() + 1);
    let start = number(before.chars().rev().take_while(|c| *c != '\n').count() + 1);
    Some((text, Flaw { form: Form::Windows1252, line, start, end: start + 1 }))
}

impl RawSheet {
    /// Reads a table.
    ///
    /// # Errors
    /// If it has no header, or a quoted cell does not end where a cell can end.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let separator = separator(text);
        let chars = text.chars().peekable();
        let mut scanner = Scanner { chars, line: 1, at: 1, separator, is_header: true, flaws: Vec::new() };
        if text.starts_with('\u{feff}') {
            scanner.chars.next();
            scanner.flaw(Form::ByteOrderMark, 1, 2);
        }
        let mut rows = Vec::new();
        while scanner.chars.peek().is_some() {
            rows.extend(scanner.row()?);
            scanner.is_header = rows.is_empty();
        }
        if separator != ',' {
            scanner.flaws.push(Flaw { form: Form::Separator, line: 1, start: 1, end: 2 });
        }
        if rows.is_empty() {
            return Err(Malformed {
                line: 1,
                start: 1,
                message: "is empty; a table begins with the names of its columns",
            });
        }
        let header = rows.remove(0);
        let width = header.cells.len();
        for row in &mut rows {
            while row.cells.len() > width && row.cells.last().is_some_and(|cell| cell.text.is_empty()) {
                let cell = row.cells.pop();
                scanner.line = row.line;
                let start = cell.map_or(1, |cell| cell.start);
                scanner.flaw(Form::Surplus, start, start + 1);
            }
        }
        Ok(Self { header, rows, flaws: scanner.flaws })
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.cells.iter().position(|cell| cell.text == name)
    }

    /// The cell of a row in a column; `None` if the table has no such column, or the row ends before it.
    pub fn cell<'a>(&self, row: &'a RawRow, column: &str) -> Option<&'a Cell> {
        row.cells.get(self.column(column)?)
    }

    /// The table as it should be written: commas, LF, quotes only where needed, no byte-order mark, no blank lines.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        self.lines().for_each(|(row, is_header)| write_row(&mut text, row, is_header));
        text
    }

    /// A row as it should be written, with the end of its line.
    pub(super) fn line(row: &RawRow, is_header: bool) -> String {
        let mut text = String::new();
        write_row(&mut text, row, is_header);
        text
    }

    /// The same on the lines where the rows stand now, so that a place in it is a place in the file.
    pub fn in_place(&self) -> String {
        let mut text = String::new();
        let mut line = 1;
        for (row, is_header) in self.lines() {
            while line < row.line {
                text.push('\n');
                line += 1;
            }
            let before = text.len();
            write_row(&mut text, row, is_header);
            let lines = text[before..].bytes().filter(|byte| *byte == b'\n').count();
            line += u32::try_from(lines).unwrap_or(u32::MAX);
        }
        text
    }

    /// All rows, and whether each is the header.
    fn lines(&self) -> impl Iterator<Item = (&RawRow, bool)> {
        std::iter::once((&self.header, true)).chain(self.rows.iter().map(|row| (row, false)))
    }
}

fn write_row(text: &mut String, row: &RawRow, is_header: bool) {
    for (at, cell) in row.cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if needs_quotes(&cell.text, is_header) {
            let _ = write!(text, "\"{}\"", cell.text.replace('"', "\"\""));
        } else {
            text.push_str(&cell.text);
        }
    }
    text.push('\n');
}

/// In the header also around what could be taken for what stands between the cells, or for a byte-order mark.
fn needs_quotes(text: &str, is_header: bool) -> bool {
    text.contains([',', '"', '\n', '\r']) || (is_header && text.contains([';', '\t', '\u{feff}']))
}

/// What stands between the cells: what the header has most of, outside quotes.
fn separator(text: &str) -> char {
    let mut quoted = false;
    let mut counts = [(',', 0), (';', 0), ('\t', 0)];
    for c in text.chars().take_while(|c| *c != '\n') {
        quoted ^= c == '"';
        for (candidate, count) in &mut counts {
            *count += usize::from(!quoted && c == *candidate);
        }
    }
    let best = counts.iter().fold(counts[0], |best, next| if next.1 > best.1 { *next } else { best });
    best.0
}

struct Scanner<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: u32,
    at: u32,
    separator: char,
    /// The next row is the header.
    is_header: bool,
    flaws: Vec<Flaw>,
}

impl Scanner<'_> {
    fn flaw(&mut self, form: Form, start: u32, end: u32) {
        if !self.flaws.iter().any(|flaw| flaw.form == form) {
            self.flaws.push(Flaw { form, line: self.line, start, end });
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\n' {
            self.line += 1;
            self.at = 1;
        } else {
            self.at += 1;
        }
        Some(c)
    }

    /// Passes the end of a line, if that is what comes; true if it was, or nothing comes any more.
    fn line_end(&mut self) -> bool {
        match self.chars.peek() {
            None => {
                self.flaw(Form::NoFinalLineEnd, self.at, self.at + 1);
                true
            }
            Some('\n') => {
                self.next();
                true
            }
            Some('\r') => {
                self.flaw(Form::LineEnd, self.at, self.at + 1);
                self.chars.next();
                if self.chars.peek() == Some(&'\n') {
                    self.next();
                } else {
                    self.line += 1;
                    self.at = 1;
                }
                true
            }
            Some(_) => false,
        }
    }

    /// The next row; `None` for a line without content.
    fn row(&mut self) -> Result<Option<RawRow>, Malformed> {
        let line = self.line;
        let mut cells = Vec::new();
        loop {
            cells.push(self.cell()?);
            let (at_line, at) = (self.line, self.at);
            if self.line_end() {
                break;
            }
            self.next();
            if self.chars.peek().is_none() {
                cells.push(Cell { text: String::new(), line: at_line, start: at + 1, end: at + 1 });
                self.line_end();
                break;
            }
        }
        if cells.iter().all(|cell| cell.text.is_empty()) {
            self.line = line;
            self.flaw(Form::BlankLine, 1, 2);
            self.line = line + 1;
            return Ok(None);
        }
        Ok(Some(RawRow { line, cells }))
    }

    fn cell(&mut self) -> Result<Cell, Malformed> {
        let (line, start) = (self.line, self.at);
        let mut text = String::new();
        let quoted = self.chars.peek() == Some(&'"');
        let mut end = None;
        if quoted {
            self.next();
            loop {
                let (at_line, at) = (self.line, self.at);
                match self.next() {
                    None => return Err(Malformed { line, start, message: "has a quoted cell that does not end" }),
                    Some('"') if self.chars.peek() == Some(&'"') => {
                        self.next();
                        text.push('"');
                    }
                    Some('"') => break,
                    Some('\n') => {
                        end.get_or_insert(at);
                        text.truncate(text.trim_end_matches('\r').len());
                        text.push('\n');
                    }
                    Some('\r') if self.chars.peek() == Some(&'\n') => {
                        self.line = at_line;
                        self.flaw(Form::LineEnd, at, at + 1);
                    }
                    Some(c) => text.push(c),
                }
            }
            let ends = |c: &char| *c == self.separator || matches!(c, '\n' | '\r');
            if self.chars.peek().is_some_and(|c| !ends(c)) {
                let message =
                    "has something between a closing quote and the end of its cell; double the quotes inside it";
                return Err(Malformed { line: self.line, start: self.at, message });
            }
        } else {
            while let Some(c) = self.chars.peek().copied() {
                if c == self.separator || matches!(c, '\n' | '\r') {
                    break;
                }
                text.push(c);
                self.next();
            }
        }
        let end = end.unwrap_or(self.at);
        let trimmed = text.trim();
        if trimmed.len() < text.len() {
            self.flaw(Form::Padding, start, end);
        }
        if (quoted || self.separator == ',') && needs_quotes(trimmed, self.is_header) != quoted {
            self.flaw(Form::Quoting, start, end);
        }
        Ok(Cell { text: trimmed.to_owned(), line, start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<Form> {
        RawSheet::parse(text).unwrap().flaws.iter().map(|flaw| flaw.form).collect()
    }

    #[test]
    fn a_canonical_table_has_no_flaws_and_stays_as_it_is() {
        let text = "code,display\n1,\"a, b\"\n2,\"say \"\"x\"\"\"\n3,\n";
        let sheet = RawSheet::parse(text).unwrap();
        assert_eq!(sheet.flaws, []);
        assert_eq!(sheet.canonical(), text);
        assert_eq!(sheet.rows[1].cells[1].text, "say \"x\"");
    }

    #[test]
    fn a_name_with_another_separator_in_it_is_quoted() {
        for text in ["\"a;b;c\",d\n1;2;3,4\n", "\"a\tb\tc\",d\n1,2\n"] {
            let sheet = RawSheet::parse(text).unwrap();
            assert_eq!((sheet.header.cells.len(), sheet.flaws.as_slice()), (2, &[][..]));
            assert_eq!(sheet.canonical(), text);
            assert_eq!(sheet.in_place(), text);
        }
    }

    #[test]
    fn the_canonical_form_has_no_other() {
        for text in
            ["\u{feff}\u{feff}a,b\n", " \u{feff}a,b\n", "a,b\n1,\"x\r\r\ny\"\n", "a,b\"c;;;d\"\n", "a,b\r\r1\r\n,\n"]
        {
            let once = RawSheet::parse(text).unwrap().canonical();
            let again = RawSheet::parse(&once).unwrap();
            assert_eq!((again.flaws.as_slice(), again.canonical()), (&[][..], once), "{text:?}");
        }
    }

    #[test]
    fn what_a_spreadsheet_writes_is_read_and_mended() {
        let text = "\u{feff}code;display;\r\n\"1\";a, b;\r\n\r\n 2 ;\"c;d\";\r\n";
        let sheet = RawSheet::parse(text).unwrap();
        for form in [Form::ByteOrderMark, Form::LineEnd, Form::Separator, Form::Quoting, Form::Padding, Form::BlankLine]
        {
            assert!(sheet.flaws.iter().any(|flaw| flaw.form == form), "{form:?}");
        }
        assert_eq!(sheet.canonical(), "code,display,\n1,\"a, b\",\n2,c;d,\n");
        assert_eq!(sheet.in_place(), "code,display,\n1,\"a, b\",\n\n2,c;d,\n");
        assert_eq!((sheet.rows[1].line, sheet.rows[1].cells[1].start, sheet.rows[1].cells[1].end), (4, 5, 10));
    }

    #[test]
    fn the_encodings_of_spreadsheets_are_told_apart() {
        let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}a\tb\r\nlengte ≥\té\r\n".encode_utf16().flat_map(order).collect()
        };
        for bytes in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            let (text, flaw) = decode(&bytes).unwrap();
            assert_eq!((text.as_str(), flaw.form), ("a\tb\r\nlengte ≥\té\r\n", Form::Utf16));
        }
        let (text, flaw) = decode(b"a;b\r\nCervixinsuffici\xebntie;\x80 5\r\n").unwrap();
        assert_eq!(text, "a;b\r\nCervixinsufficiëntie;€ 5\r\n");
        assert_eq!((flaw.form, flaw.line, flaw.start), (Form::Windows1252, 2, 16));
        // Half a character, UTF-16 without a mark, and a byte that Windows-1252 has not.
        for bytes in [&b"\xff\xfea"[..], b"a\0\xe9\0", b"a,\x90\n"] {
            assert!(decode(bytes).is_none());
        }
    }

    #[test]
    fn each_flaw_is_seen_where_it_is() {
        assert_eq!(forms("a,b\n1,2"), [Form::NoFinalLineEnd]);
        assert_eq!(forms("a\tb\n1\t2\n"), [Form::Separator]);
        assert_eq!(forms("a,b\n1,2,\n"), [Form::Surplus]);
        assert_eq!(RawSheet::parse("a,b\n1,\"2\n").unwrap_err().line, 2);
        assert_eq!(RawSheet::parse("a,b\n1,\"2\"3\n").unwrap_err().start, 6);
    }
}
