//! For people.

use std::fmt::Write as _;

use super::Paths;
use crate::check::{Report, Severity};

/// The widest part of a line that is shown.
const WIDTH: usize = 100;

pub(super) fn render(report: &Report, path: Paths<'_>) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let about = if finding.concept.is_empty() { String::new() } else { format!(" ({})", finding.concept) };
        let _ = writeln!(text, "{}[{}]: {}{about}", finding.severity.name(), finding.code, finding.message);
        let column = if finding.column.is_empty() { String::new() } else { format!(", column `{}`", finding.column) };
        let _ = writeln!(text, "  --> {}:{}:{}{column}", path(&finding.file), finding.line, finding.start);
        let margin = " ".repeat(finding.line.to_string().len());
        let (shown, before, width) = window(&finding.text, finding.start as usize, finding.end as usize);
        let _ = writeln!(text, "{margin} |\n{} | {shown}", finding.line);
        let _ = writeln!(text, "{margin} | {}{}", " ".repeat(before), "^".repeat(width));
        let _ = writeln!(text, "{margin} = help: {}\n", finding.help);
    }
    let warnings = report.findings.len() - report.errors();
    let fixable = report.findings.iter().filter(|finding| finding.fixable).count();
    let _ = writeln!(
        text,
        "{} files, {} rows: {}, {}{}{}",
        report.files,
        report.rows,
        count(report.errors(), Severity::Error),
        count(warnings, Severity::Warning),
        if report.allowed.is_empty() {
            String::new()
        } else {
            format!(", {} allowed for a reason", report.allowed.len())
        },
        if fixable == 0 { String::new() } else { format!("; `--fix` mends {fixable}") },
    );
    if let Some(first) = report.findings.first() {
        let _ = writeln!(text, "`ooievaar mappings explain {}` says more about a check.", first.code);
    }
    text
}

fn count(number: usize, severity: Severity) -> String {
    format!("{number} {}{}", severity.name(), if number == 1 { "" } else { "s" })
}

/// The part of a line around a cell, the characters before the cell in it, and the width of the underlining.
fn window(line: &str, start: usize, end: usize) -> (String, usize, usize) {
    let clean = |c: char| if c.is_control() || c == '\u{feff}' { ' ' } else { c };
    let chars: Vec<char> = line.chars().map(clean).collect();
    let start = start.saturating_sub(1).min(chars.len());
    let end = end.saturating_sub(1).clamp(start, chars.len().max(start));
    let from = if end < WIDTH { 0 } else { start.saturating_sub(WIDTH / 3) };
    let to = chars.len().min(from + WIDTH);
    let mut shown: String = chars[from..to].iter().collect();
    let mut before = start - from;
    if from > 0 {
        shown.insert(0, '…');
        before += 1;
    }
    if to < chars.len() {
        shown.push('…');
    }
    (shown.trim_end().to_owned(), before, (end.min(to).max(start) - start).max(1))
}
