//! One JSON document.

use serde_json::{Value, json};

use super::Paths;
use crate::check::{Diagnostic, Report};

pub(super) fn render(report: &Report, path: Paths<'_>) -> String {
    let finding = |finding: &Diagnostic| {
        let mut value = serde_json::to_value(finding).unwrap_or(Value::Null);
        value["file"] = Value::from(path(&finding.file));
        value
    };
    let allowed = report.allowed.iter().map(|(diagnostic, reason)| {
        let mut value = finding(diagnostic);
        value["reason"] = Value::from(reason.as_str());
        value
    });
    let document = json!({
        "files": report.files,
        "rows": report.rows,
        "errors": report.errors(),
        "warnings": report.findings.len() - report.errors(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "allowed": allowed.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}
