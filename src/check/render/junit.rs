//! `JUnit` XML: each check is a test, each finding a failure of it.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::Paths;
use crate::check::{Report, all};

pub(super) fn render(report: &Report, path: Paths<'_>) -> String {
    let failed = all().filter(|rule| report.findings.iter().any(|finding| finding.code == rule.code)).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites tests=\"{}\" failures=\"{failed}\">", all().count());
    let _ = writeln!(text, "  <testsuite name=\"mappings\" tests=\"{}\" failures=\"{failed}\">", all().count());
    for rule in all() {
        let own: Vec<_> = report.findings.iter().filter(|finding| finding.code == rule.code).collect();
        let _ = write!(text, "    <testcase classname=\"mappings\" name=\"{} {}\"", rule.code, rule.name);
        if own.is_empty() {
            text.push_str("/>\n");
            continue;
        }
        // A test case has one failure: build servers show no more.
        let _ = writeln!(text, ">\n      <failure type=\"{}\" message=\"{} found\">", rule.severity.name(), own.len());
        for finding in own {
            let place = format!("{}:{}:{}", path(&finding.file), finding.line, finding.start);
            let line = format!("{place}: {} {}; {}", finding.concept, finding.message, finding.help);
            let _ = writeln!(text, "{}", escape(line.replace(":  ", ": ").as_str()));
        }
        text.push_str("      </failure>\n    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}
