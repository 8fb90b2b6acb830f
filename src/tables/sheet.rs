//! A CSV table with a header, and rows that know their line.

use std::cell::RefCell;

use csv_core::{ReadRecordResult, Reader};

use super::{Source, TableError};

thread_local! {
    /// The automaton that reads a table: to build it takes longer than to read most tables. (A clone of one does not read.)
    static READER: RefCell<Reader> = RefCell::new(Reader::new());
}

/// A CSV file in memory.
#[derive(Clone, Debug)]
pub struct Sheet {
    file: String,
    columns: Vec<String>,
    rows: Vec<Record>,
    cells: Cells,
}

/// What all cells say, one after the other.
#[derive(Clone, Debug)]
struct Cells {
    text: String,
    ends: Vec<usize>,
}

/// A row as long as the header.
#[derive(Clone, Copy, Debug)]
struct Record {
    line: u64,
    /// Which of all cells is its first.
    first: usize,
}

/// One row of a [`Sheet`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    sheet: &'a Sheet,
    /// Line in the file, from 1.
    pub line: u64,
    first: usize,
}

impl Cells {
    fn get(&self, at: usize) -> Option<&str> {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..*self.ends.get(at)?)
    }
}

impl Sheet {
    /// Reads a CSV file (comma, double quotes, a header line). A byte-order mark and CRLF, as spreadsheets write
    /// them, are accepted.
    ///
    /// # Errors
    /// If the file cannot be read, is no CSV, or lacks one of the `columns`.
    pub fn load(source: &Source, file: &str, columns: &[&str]) -> Result<Self, TableError> {
        let text = source.text(file)?;
        let (mut records, cells) = READER.with_borrow_mut(|reader| {
            reader.reset();
            read(reader, text.strip_prefix('\u{feff}').unwrap_or(&text))
        });
        let fault = |line, message: String| TableError { line, ..TableError::file(file, message) };
        let end = |at: usize| records.get(at + 1).map_or(cells.ends.len(), |next| next.first);
        let width = if records.is_empty() { 0 } else { end(0) };
        let header: Vec<String> = (0..width).filter_map(|at| cells.get(at)).map(str::to_owned).collect();
        if let Some(missing) = columns.iter().find(|column| !header.iter().any(|name| name == *column)) {
            return Err(fault(1, format!("has no column `{missing}`")));
        }
        for (at, record) in records.iter().enumerate() {
            let count = end(at) - record.first;
            if count != width {
                let message = format!("is no CSV table: the row has {count} cells, the header {width}");
                return Err(fault(record.line, message));
            }
        }
        records.drain(..records.len().min(1));
        Ok(Self { file: file.to_owned(), columns: header, rows: records, cells })
    }

    /// The path within the mappings folder.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|record| Row { sheet: self, line: record.line, first: record.first })
    }
}

impl<'a> Row<'a> {
    /// The cell in a column; empty if the table has no such column.
    pub fn get(&self, column: &str) -> &'a str {
        let at = self.sheet.columns.iter().position(|name| name == column);
        at.and_then(|at| self.sheet.cells.get(self.first + at)).unwrap_or_default()
    }

    /// A fault in one cell of this row.
    pub fn fault(&self, column: &str, message: impl Into<String>) -> TableError {
        TableError {
            file: self.sheet.file.clone(),
            line: self.line,
            column: column.to_owned(),
            message: message.into(),
        }
    }
}

/// All rows of a table, the header too. The reader takes anything: it has no faults.
fn read(reader: &mut Reader, text: &str) -> (Vec<Record>, Cells) {
    let mut input = text.as_bytes();
    // What the cells say is no longer than the file.
    let mut output = vec![0; text.len() + 1];
    let mut ends = vec![0; 32];
    let (mut records, mut written, mut count, mut line) = (Vec::new(), 0, 0, 1);
    loop {
        // The reader would pass what is left of the last line, and blank lines, but count them with the row.
        while let [first @ (b'\r' | b'\n'), rest @ ..] = input {
            line += u64::from(*first == b'\n' || rest.first() != Some(&b'\n'));
            input = rest;
        }
        let record = Record { line, first: count };
        let start = written;
        loop {
            let (result, read, more, cells) = reader.read_record(input, &mut output[written..], &mut ends[count..]);
            let (passed, rest) = input.split_at(read);
            line += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            input = rest;
            // They are counted from the beginning of the record.
            ends[count..count + cells].iter_mut().for_each(|end| *end += start);
            written += more;
            count += cells;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => output.resize(output.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    line += u64::from(passed.last() == Some(&b'\r') && input.first() != Some(&b'\n'));
                    break records.push(record);
                }
                ReadRecordResult::End => {
                    output.truncate(written);
                    ends.truncate(count);
                    // Only whole characters of ASCII are left out, so what is left is text.
                    let text = String::from_utf8(output).unwrap_or_default();
                    return (records, Cells { text, ends });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;

    fn load(text: &str) -> Result<Sheet, TableError> {
        let files = BTreeMap::from([("t.csv".to_owned(), text.as_bytes().to_vec())]);
        Sheet::load(&Source::Memory(Arc::new(files)), "t.csv", &["a", "b"])
    }

    #[test]
    fn cells_are_found_by_the_names_of_their_columns() {
        let wide = ",c".repeat(99) + ",c99";
        for text in ["b,a\n2,1\n\"x, \"\"é\"\"\ny\",\n", "\u{feff}b,a\r\n2,1\r\n\"x, \"\"é\"\"\ny\","] {
            let sheet = load(text).unwrap();
            let rows: Vec<_> = sheet.rows().map(|row| (row.line, row.get("a"), row.get("b"), row.get("c"))).collect();
            assert_eq!(rows, [(2, "1", "2", ""), (3, "", "x, \"é\"\ny", "")]);
        }
        let sheet = load("a,b\r\n\r\n\"1\n\",2\n\n\n3,4\r5,6").unwrap();
        let lines: Vec<_> = sheet.rows().map(|row| (row.line, row.get("b"))).collect();
        assert_eq!(lines, [(3, "2"), (7, "4"), (8, "6")]);
        let sheet = load(&format!("a,b{wide}\n1,2{wide}\n3,4{wide}\n")).unwrap();
        let rows: Vec<_> = sheet.rows().map(|row| (row.get("b"), row.get("c99"))).collect();
        assert_eq!(rows, [("2", "c99"), ("4", "c99")]);
    }

    #[test]
    fn a_table_that_is_none_is_refused_at_its_line() {
        for (text, line) in [("", 1), ("a\n", 1), ("a,b\n1,2\n3\n", 3), ("a,b\n1,2,3\n", 2)] {
            assert_eq!(load(text).unwrap_err().line, line, "{text}");
        }
        assert_eq!(load("a,b").unwrap().rows().count(), 0);
    }
}
