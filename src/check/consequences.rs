//! One cause, one finding: what only follows from another fault is not told.

use std::collections::HashSet;

use super::allow::Allowed;
use super::{Context, Diagnostic, Files, Severity, registry};

/// Where a finding is, and of which check.
type Key<'d> = (&'static str, &'d str, u32, &'d str);

fn key(finding: &Diagnostic) -> Key<'_> {
    (finding.code, &finding.file, finding.line, &finding.column)
}

/// The findings without those that go away when the others are mended, as far as it is certain how.
/// What the tables allow is right, and has no consequences.
pub fn without(
    files: &Files,
    context: &Context<'_>,
    found: Vec<Diagnostic>,
    permissions: &[Allowed],
) -> Vec<Diagnostic> {
    let is_allowed = |finding: &Diagnostic| permissions.iter().any(|allowed| allowed.covers(finding));
    let mends: Vec<&Diagnostic> =
        found.iter().filter(|finding| finding.mend.is_some() && !is_allowed(finding)).collect();
    let mut kept = if mends.is_empty() {
        found
    } else {
        let mended = files.mended(&mends);
        let mut again = Context::new(&mended);
        again.checks.clone_from(&context.checks);
        again.examples.clone_from(&context.examples);
        let left = registry::found(&again);
        let still: HashSet<Key<'_>> = left.iter().map(key).collect();
        found.into_iter().filter(|finding| finding.mend.is_some() || still.contains(&key(finding))).collect()
    };
    let is_error = |finding: &Diagnostic| finding.severity == Severity::Error && !is_allowed(finding);
    // Loaders stop at the first fault, which the checks find at its cell; and faulty tables read no example.
    if kept.iter().any(|finding| is_error(finding) && finding.rule != "does-not-compile") {
        kept.retain(|finding| !matches!(finding.rule, "does-not-compile" | "no-example"));
    }
    // A row that names the wrong file leaves the right one without a user.
    if kept.iter().any(|finding| is_error(finding) && NAMES.contains(&finding.column.as_str())) {
        kept.retain(|finding| finding.rule != "stray-file");
    }
    kept
}

/// The columns that name a file.
const NAMES: [&str; 3] = ["pattern", "code_map", "value_set"];
