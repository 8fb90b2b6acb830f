//! What a check is, and where it puts what it finds.

use super::diagnostic::Mend;
use super::sheet::Row;
use super::{Context, Diagnostic, Severity};

/// The checks of one thing that tables are about.
#[derive(Debug)]
pub struct Group {
    /// What the manual calls it.
    pub title: &'static str,
    /// What its checks look at, in one sentence.
    pub about: &'static str,
    /// The digit with which the numbers of its codes begin.
    pub codes: char,
    /// Its checks, in the order of their codes.
    pub rules: &'static [&'static Rule],
}

/// One check.
#[derive(Debug)]
pub struct Rule {
    /// Its code. Codes are never given to another check.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How bad its findings are.
    pub severity: Severity,
    /// Its manual page, in lines of Markdown: the first says what is wrong.
    pub page: &'static [&'static str],
    /// Looks for findings.
    pub(super) run: fn(&Context<'_>, &mut Findings<'_>),
}

impl Rule {
    /// The manual page, in Markdown.
    pub fn manual(&self) -> String {
        let mut text = format!("# {} {} ({})\n\n", self.code, self.name, self.severity.name());
        for line in self.page {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text
    }

    /// What it finds, in one sentence.
    pub fn summary(&self) -> &'static str {
        self.page.first().map_or("", |line| line.trim())
    }
}

/// Makes the registered constant of a check; the doc comment is its manual page.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $code:literal $name:literal $severity:ident $run:path) => {
        $(#[doc = $doc])+
        pub(in crate::check) const RULE: $crate::check::rule::Rule = $crate::check::rule::Rule {
            code: $code,
            name: $name,
            severity: $crate::check::Severity::$severity,
            page: &[$($doc),+],
            run: $run,
        };
    };
}
pub(super) use rule;

/// Where a check puts what it finds.
pub struct Findings<'f> {
    rule: &'static Rule,
    context: &'f Context<'f>,
    found: &'f mut Vec<Diagnostic>,
}

impl<'f> Findings<'f> {
    /// Those of one check, behind what was found before.
    pub(super) fn new(rule: &'static Rule, context: &'f Context<'f>, found: &'f mut Vec<Diagnostic>) -> Self {
        Self { rule, context, found }
    }

    /// A finding in a cell of a row.
    pub fn cell(&mut self, row: Row<'_>, column: &str, message: impl Into<String>, help: impl Into<String>) {
        let (line, start, end) = row.cell(column).map_or((row.line(), 1, 1), |cell| (cell.line, cell.start, cell.end));
        self.at(row.sheet.path, line, start, end, message, help);
        let number = row.get("concept");
        if let Some(last) = self.found.last_mut() {
            column.clone_into(&mut last.column);
            if !number.is_empty() {
                let name = self.context.concept(row.sheet.path, number).map_or("", |row| row.get("name"));
                last.concept = printable(format!("{number} {name}").trim_end().to_owned());
            }
        }
    }

    /// A finding somewhere in a file: line and characters from 1.
    pub fn at(
        &mut self,
        file: &str,
        line: u32,
        start: u32,
        end: u32,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let text = self.context.files.get(file).map_or("", |file| file.line(line));
        self.found.push(Diagnostic {
            code: self.rule.code,
            rule: self.rule.name,
            severity: self.rule.severity,
            file: file.to_owned(),
            line,
            start,
            end: end.max(start + 1),
            column: String::new(),
            concept: String::new(),
            message: printable(message.into()),
            help: help.into(),
            fixable: false,
            text: text.to_owned(),
            mend: None,
        });
    }

    /// A finding where a text stands in a file; on its first line if it does not.
    pub fn text(&mut self, file: &str, needle: &str, message: impl Into<String>, help: impl Into<String>) {
        let found = self.context.files.get(file).and_then(|file| Some((file, file.text.as_deref()?.find(needle)?)));
        let (line, start) = found.map_or((1, 1), |(file, at)| file.place(at));
        let width = found.map_or(1, |_| u32::try_from(needle.chars().count()).unwrap_or(1));
        self.at(file, line, start, start + width, message, help);
    }

    /// True if a cell already has an error.
    pub fn cell_has_error(&self, row: Row<'_>, column: &str) -> bool {
        let here = |f: &&Diagnostic| f.file == row.sheet.path && f.line == row.line() && f.column == column;
        self.found.iter().filter(here).any(|f| f.severity == Severity::Error)
    }

    /// Says what the cell of the last finding must be: that is certain, and what goes away with it is not told.
    pub fn mend(&mut self, text: &str) {
        if let Some(last) = self.found.last_mut() {
            last.mend = Some(Mend::Say(text.to_owned()));
        }
    }

    /// Says that the row of the last finding should not be there.
    pub fn remove(&mut self) {
        if let Some(last) = self.found.last_mut() {
            last.mend = Some(Mend::Remove);
        }
    }

    /// Says that `fmt` mends the last finding.
    pub fn fixable(&mut self) {
        if let Some(last) = self.found.last_mut() {
            last.fixable = true;
        }
    }

    /// True if a check already found an error on a line of a file. What a loader refuses is no finding of its own, but follows from one.
    pub fn has_error(&self, file: &str, line: u32) -> bool {
        let own = |f: &&Diagnostic| f.severity == Severity::Error && f.rule != "does-not-compile";
        self.found.iter().filter(own).any(|f| f.file == file && (line == 0 || f.line == line))
    }
}

/// A message without the control characters that a cell can have: a terminal would obey them, and XML knows none.
fn printable(message: String) -> String {
    if !message.chars().any(char::is_control) {
        return message;
    }
    message.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
