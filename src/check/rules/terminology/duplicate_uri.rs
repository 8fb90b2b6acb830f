use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::slip::is_slip_of;

rule! {
    /// A code system has two rows, two systems have one URI, a `urn:oid:` names another OID, or a URI is a letter off its name.
    ///
    /// ## Why
    /// The way back from a URI must have one answer.
    ///
    /// ## How to mend it
    /// Keep one row for each OID, and one OID for each URI.
    ///
    /// ## Example
    /// `code-systems.csv`
    /// ```diff
    /// -1.2.4,urn:oid:1.2.5,Colours,invented,,A|99999-9
    /// +1.2.4,urn:oid:1.2.4,Colours,invented,,A|99999-9
    /// ```
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
        let last = row.get("uri").rsplit('/').next().unwrap_or_default();
        if is_slip_of(last, row.get("name")) {
            let message = format!("ends in `{last}`, where the system is called `{}`", row.get("name"));
            findings.cell(row, "uri", message, "mend the one or the other");
        }
    }
}
