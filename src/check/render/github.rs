//! Workflow commands of GitHub Actions.

use std::fmt::Write as _;

use super::Paths;
use crate::check::Report;

pub(super) fn render(report: &Report, path: Paths<'_>) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let message = format!("{} {}; {}", finding.concept, finding.message, finding.help);
        let _ = writeln!(
            text,
            "::{} file={},line={},col={},endColumn={},title={}::{}",
            finding.severity.name(),
            property(&path(&finding.file)),
            finding.line,
            finding.start,
            finding.end,
            property(&format!("{} {}", finding.code, finding.rule)),
            data(message.trim_start()),
        );
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
