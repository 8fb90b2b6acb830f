//! What can be wrong with a table.

/// A fault in the mapping tables, at its file, line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", place(*.line, .column))]
pub struct TableError {
    /// Path within the mappings folder.
    pub file: String,
    /// Line, from 1; 0 if the fault concerns the file as a whole.
    pub line: u64,
    /// Name of the column; empty if the fault concerns the row as a whole.
    pub column: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl TableError {
    /// A fault of a file as a whole.
    pub fn file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, column: String::new(), message: message.into() }
    }
}

fn place(line: u64, column: &str) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, "") => format!(":{line}"),
        (line, column) => format!(":{line} (column {column})"),
    }
}
