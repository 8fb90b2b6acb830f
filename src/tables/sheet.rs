//! A CSV table with a header, and rows that know their line.

use super::{Source, TableError};

/// A CSV file in memory.
#[derive(Clone, Debug)]
pub struct Sheet {
    file: String,
    columns: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

/// One row of a [`Sheet`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    sheet: &'a Sheet,
    /// Line in the file, from 1.
    pub line: u64,
    record: &'a csv::StringRecord,
}

impl Sheet {
    /// Reads a CSV file (comma, double quotes, a header line). A byte-order mark and CRLF, as spreadsheets write
    /// them, are accepted.
    ///
    /// # Errors
    /// If the file cannot be read, is no CSV, or lacks one of the `columns`.
    pub fn load(source: &Source, file: &str, columns: &[&str]) -> Result<Self, TableError> {
        let text = source.text(file)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let fault = |e: &csv::Error| TableError {
            line: e.position().map_or(0, csv::Position::line),
            ..TableError::file(file, format!("is no CSV table: {e}"))
        };
        let header = reader.headers().map_err(|e| fault(&e))?.iter().map(str::to_owned).collect::<Vec<_>>();
        if let Some(missing) = columns.iter().find(|column| !header.iter().any(|name| name == *column)) {
            return Err(TableError { line: 1, ..TableError::file(file, format!("has no column `{missing}`")) });
        }
        let mut rows = Vec::new();
        for record in reader.into_records() {
            let record = record.map_err(|e| fault(&e))?;
            rows.push((record.position().map_or(0, csv::Position::line), record));
        }
        Ok(Self { file: file.to_owned(), columns: header, rows })
    }

    /// The path within the mappings folder.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row { sheet: self, line: *line, record })
    }
}

impl<'a> Row<'a> {
    /// The cell in a column; empty if the table has no such column.
    pub fn get(&self, column: &str) -> &'a str {
        let at = self.sheet.columns.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default()
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
