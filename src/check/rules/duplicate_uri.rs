use std::collections::HashMap;

use crate::check::Context;
use crate::check::registry::rule;
use crate::check::run::Findings;

rule! {
    /// A code system has two rows, two systems have one URI, or a `urn:oid:` names another OID.
    ///
    /// ## Why
    /// The way back from a URI must have one answer.
    ///
    /// ## How to mend it
    /// Keep one row for each OID, and one OID for each URI.
    "OOI-408" "duplicate-uri" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(sheet) = context.sheet("code-systems.csv") else { return };
    for column in ["oid", "uri"] {
        let mut seen = HashMap::new();
        for row in sheet.rows().filter(|row| !row.get(column).is_empty()) {
            if let Some(line) = seen.insert(row.get(column), row.line()) {
                findings.cell(row, column, format!("already stands on line {line}"), "keep one of the two");
            }
        }
    }
    for row in sheet.rows() {
        if let Some(oid) = row.get("uri").strip_prefix("urn:oid:")
            && oid != row.get("oid")
        {
            findings.cell(row, "uri", "names another OID than `oid`", "write the same OID in both");
        }
    }
}
