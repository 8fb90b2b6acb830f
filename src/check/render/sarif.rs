//! SARIF 2.1.0.

use serde_json::json;

use super::Paths;
use crate::check::{ALL, Diagnostic, Report};

pub(super) fn render(report: &Report, path: Paths<'_>) -> String {
    let shown =
        |code: &str| report.findings.iter().chain(report.allowed.iter().map(|(f, _)| f)).any(|f| f.code == code);
    let rules = ALL.iter().filter(|rule| shown(rule.code)).map(|rule| {
        json!({
            "id": rule.code,
            "name": rule.name,
            "shortDescription": { "text": rule.summary() },
            "help": { "text": rule.manual(), "markdown": rule.manual() },
            "defaultConfiguration": { "level": rule.severity.name() },
        })
    });
    let result = |finding: &Diagnostic| {
        json!({
            "ruleId": finding.code,
            "level": finding.severity.name(),
            "message": { "text": format!("{}\n{}", finding.message, finding.help) },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": path(&finding.file) },
                "region": { "startLine": finding.line, "startColumn": finding.start, "endColumn": finding.end },
            }}],
        })
    };
    let allowed = report.allowed.iter().map(|(finding, reason)| {
        let mut value = result(finding);
        value["suppressions"] = json!([{ "kind": "inSource", "justification": reason }]);
        value
    });
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "ooievaar", "version": env!("CARGO_PKG_VERSION"), "rules": rules.collect::<Vec<_>>() } },
            "columnKind": "unicodeCodePoints",
            "results": report.findings.iter().map(result).chain(allowed).collect::<Vec<_>>(),
        }],
    });
    format!("{document:#}\n")
}
