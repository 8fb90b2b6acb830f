//! SARIF 2.1.0.

use std::fmt::Write as _;

use serde_json::json;

use super::Paths;
use crate::check::{Diagnostic, Report, all};

pub(super) fn render(report: &Report, path: Paths<'_>) -> String {
    let shown =
        |code: &str| report.findings.iter().chain(report.allowed.iter().map(|(f, _)| f)).any(|f| f.code == code);
    let rules = all().filter(|rule| shown(rule.code)).map(|rule| {
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
                "artifactLocation": { "uri": uri(&path(&finding.file)) },
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

/// A path as a reference of URI: what a URI cannot hold is in percents.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("mijn tabellen/100%/é.csv"), "mijn%20tabellen/100%25/%C3%A9.csv");
    }
}
