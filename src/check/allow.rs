//! Findings that the tables allow, each for a reason.
//!
//! In a table the column `allow` says `OOI-###: reason`, with `;` between several. In TOML and XML a comment
//! `allow OOI-###: reason` (and `; OOI-###: reason` for more) does so for its own line and the one below it.

use super::{Body, Diagnostic, Files};
use crate::tables::layout::ALLOW;

/// Permission for one finding.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// Path within the mappings folder.
    pub file: String,
    /// Line of the permission.
    pub line: u32,
    /// First character, from 1.
    pub start: u32,
    /// One past its last character.
    pub end: u32,
    /// The code of the check.
    pub code: String,
    /// Why; empty if it does not say, and then it permits nothing.
    pub reason: String,
    reach: u32,
}

impl Allowed {
    /// True if it permits this finding.
    pub fn covers(&self, finding: &Diagnostic) -> bool {
        !self.reason.is_empty()
            && self.code == finding.code
            && self.file == finding.file
            && (self.line..=self.line + self.reach).contains(&finding.line)
    }
}

/// All permissions.
pub fn all(files: &Files) -> Vec<Allowed> {
    let mut all = Vec::new();
    for file in files.iter() {
        match (&file.body, &file.text) {
            (Body::Csv(sheet), _) => {
                for row in &sheet.rows {
                    let Some(cell) = sheet.cell(row, ALLOW).filter(|cell| !cell.text.is_empty()) else { continue };
                    for part in cell.text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
                        let (code, reason) = split(part);
                        let line = row.line;
                        all.push(Allowed {
                            file: file.path.clone(),
                            line,
                            start: cell.start,
                            end: cell.end,
                            code,
                            reason,
                            reach: cell.line.saturating_sub(line),
                        });
                    }
                }
            }
            (_, Some(text)) if matches!(file.extension(), "toml" | "xml") => {
                for (at, line) in (1..).zip(text.lines()) {
                    let comment =
                        line.find(['#', '<']).map(|at| line[at..].trim_start_matches(['#', '<', '!', '-', ' ']));
                    let Some(parts) = comment.and_then(|comment| comment.strip_prefix("allow OOI-")) else { continue };
                    let parts = parts.split_once("-->").map_or(parts, |(inside, _)| inside);
                    let end = u32::try_from(line.chars().count() + 1).unwrap_or(1);
                    // A reason may have a semicolon of its own.
                    for part in parts.split("; OOI-") {
                        let (code, reason) = split(part.trim_end_matches([' ', '-', '>']));
                        let code = format!("OOI-{code}");
                        all.push(Allowed { file: file.path.clone(), line: at, start: 1, end, code, reason, reach: 1 });
                    }
                }
            }
            _ => {}
        }
    }
    all
}

fn split(part: &str) -> (String, String) {
    let (code, reason) = part.split_once(':').unwrap_or((part, ""));
    (code.trim().to_owned(), reason.trim().to_owned())
}
