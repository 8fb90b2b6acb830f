//! What can be wrong with a table.

/// A fault in the mapping tables, at its file, line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(.file, *.line, .column))]
pub struct TableError {
    /// Path within the mappings folder; empty if the fault is of the folder as a whole.
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

    /// A fault at a byte offset of the text of a file.
    pub fn at(file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|byte| **byte == b'\n').count() as u64;
        Self { line, ..Self::file(file, message) }
    }
}

fn place(file: &str, line: u64, column: &str) -> String {
    match (file, line, column) {
        ("", ..) => String::new(),
        (file, 0, _) => format!("{file}: "),
        (file, line, "") => format!("{file}:{line}: "),
        (file, line, column) => format!("{file}:{line} (column {column}): "),
    }
}
