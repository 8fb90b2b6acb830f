//! Counts of what the tables cover, and how they are written as text.

use std::fmt::Write as _;

/// Counts, by dataset, transaction, profile and value set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The tables of counts.
    pub sections: Vec<Section>,
}

/// One table of counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What its lines are about.
    pub title: &'static str,
    /// What the counts say, for somebody who does not know the tables.
    pub about: &'static str,
    /// What is counted: the first is the whole, the others are parts of it.
    pub columns: Vec<&'static str>,
    /// What is counted in each.
    pub lines: Vec<Line>,
}

/// One line of counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name in the tables.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The counts; `None` where there is nothing that could be counted: the tables do not bind it to the format.
    pub counts: Vec<Option<usize>>,
}

impl Line {
    pub(super) fn new(name: &str, counts: impl IntoIterator<Item = usize>) -> Self {
        Self { name: name.to_owned(), title: name.to_owned(), counts: counts.into_iter().map(Some).collect() }
    }
}

impl Coverage {
    /// A table for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let names = section.lines.iter().map(|line| line.name.chars().count()).chain([section.title.len()]);
            let width = names.max().unwrap_or(0);
            let _ = write!(text, "{:width$}", section.title);
            for column in &section.columns {
                let _ = write!(text, "  {column}");
            }
            text.push('\n');
            for line in &section.lines {
                let _ = write!(text, "{:width$}", line.name);
                for (column, count) in section.columns.iter().zip(&line.counts) {
                    let _ = write!(text, "  {:>1$}", shown(*count), column.len());
                }
                text.push('\n');
            }
            text.push('\n');
        }
        text
    }

    /// CSV: one count a line.
    pub fn csv(&self) -> String {
        let mut text = String::from("section,name,what,count\n");
        for section in &self.sections {
            for line in &section.lines {
                for (column, count) in section.columns.iter().zip(&line.counts) {
                    if let Some(count) = count {
                        let _ = writeln!(text, "{},{},{column},{count}", section.title, line.name);
                    }
                }
            }
        }
        text
    }
}

/// A count, as tables show it.
pub(super) fn shown(count: Option<usize>) -> String {
    count.map_or_else(|| "-".to_owned(), |count| count.to_string())
}
