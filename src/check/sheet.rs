//! A table and its rows, as the checks see them.

use crate::tables::layout::Layout;
use crate::tables::{Cell, RawRow, RawSheet};

/// A table that can be read.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// Path within the mappings folder.
    pub path: &'a str,
    /// Its layout, if it is of a known kind.
    pub layout: Option<&'static Layout>,
    /// The cells.
    pub raw: &'a RawSheet,
}

/// A row of a [`Sheet`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The table.
    pub sheet: Sheet<'a>,
    /// The cells.
    pub raw: &'a RawRow,
}

impl<'a> Sheet<'a> {
    /// The rows, in order.
    pub fn rows(self) -> impl Iterator<Item = Row<'a>> {
        self.raw.rows.iter().map(move |raw| Row { sheet: self, raw })
    }

    /// The name of the file, without folder and extension.
    pub fn name(self) -> &'a str {
        let file = self.path.rsplit('/').next().unwrap_or(self.path);
        file.strip_suffix(".csv").unwrap_or(file)
    }
}

impl<'a> Row<'a> {
    /// What a cell says; empty if the table has no such column.
    pub fn get(self, column: &str) -> &'a str {
        self.cell(column).map_or("", |cell| cell.text.as_str())
    }

    /// A cell; `None` if the table has no such column.
    pub fn cell(self, column: &str) -> Option<&'a Cell> {
        self.sheet.raw.cell(self.raw, column)
    }

    /// Line, from 1.
    pub fn line(self) -> u32 {
        self.raw.line
    }
}

/// The columns that hold a code, with those of its system.
const CODES: &[(&str, &str)] = &[
    ("code", "code_system"),
    ("also_code", "also_system"),
    ("source_code", "source_system"),
    ("target_code", "target_system"),
];

/// The codes of a table: row, and the columns of the code and of its system.
pub fn coded(sheet: Sheet<'_>) -> impl Iterator<Item = (Row<'_>, &'static str, &'static str)> {
    let columns = CODES.iter().filter(move |(code, _)| sheet.raw.column(code).is_some());
    columns.flat_map(move |(code, system)| {
        sheet.rows().filter(|row| !row.get(code).is_empty()).map(|row| (row, *code, *system))
    })
}
