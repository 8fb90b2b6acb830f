use std::collections::HashSet;

use super::unknown_element::known_uri;
use crate::check::registry::rule;
use crate::check::run::Findings;
use crate::check::slip::is_slip_of;
use crate::check::{Body, Context};
use crate::tables::layout::{self, Content};
use crate::tree::Tree;

rule! {
    /// A code system has no row in `code-systems.csv`.
    ///
    /// ## Why
    /// FHIR names systems by URI, HL7v3 by OID. Without its row an OID is written as `urn:oid:…`, which no receiver compares with the URI that it knows;
    /// and mostly it is a typo.
    ///
    /// ## How to mend it
    /// Mend the OID. If it is right, add its row: the URI that the publication gives, or `urn:oid:` and the OID.
    "OOI-401" "unknown-code-system" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        let Some(layout) = layout::of(sheet.path) else { continue };
        for column in layout.columns.iter().filter(|column| column.content == Content::Oid && is_system(column.name)) {
            for row in sheet.rows() {
                let oid = row.get(column.name);
                if !oid.is_empty() && column.content.holds(oid) && !context.systems.contains_key(oid) {
                    findings.cell(
                        row,
                        column.name,
                        format!("`{oid}` has no row in code-systems.csv"),
                        "mend the OID, or add its row",
                    );
                }
            }
        }
    }
    alone(context, findings);
    secret(context, findings);
    for file in context.files.iter().filter(|file| file.path.starts_with("fhir-stu3/patterns/")) {
        let Body::Json(tree) = &file.body else { continue };
        systems(tree, &mut |uri| {
            if !known_uri(context, uri) {
                findings.text(
                    &file.path,
                    uri,
                    format!("`{uri}` is no URI of code-systems.csv"),
                    "mend it, or add the system",
                );
            }
        });
    }
}

/// The namespaces that must not be traced have a row: a slip in the one or the other would give their secret away.
fn secret(context: &Context<'_>, findings: &mut Findings<'_>) {
    const FILE: &str = "fhir-stu3/identity.toml";
    let Some(Body::Toml(identity)) = context.files.get(FILE).map(|file| &file.body) else { return };
    let namespaces = identity.get("secret_namespaces").and_then(toml::Value::as_array).into_iter().flatten();
    for oid in namespaces.filter_map(toml::Value::as_str).filter(|oid| !context.systems.contains_key(oid)) {
        let message = format!("`{oid}`, which must stay secret, has no row in code-systems.csv");
        findings.text(FILE, oid, message.clone(), "mend the OID, or add its row");
        for row in context.systems.values().filter(|row| is_slip_of(row.get("oid"), oid)) {
            findings.cell(*row, "oid", message.clone(), "is this the row that is meant?");
        }
    }
}

fn is_system(column: &str) -> bool {
    column.ends_with("system")
}

/// A member of a value set in a system that all others leave to another: of one code in both.
fn alone(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut pairs: HashSet<(&str, &str, &str)> = HashSet::new();
    for sheet in context.sheets_in("value-sets") {
        for row in sheet.rows() {
            pairs.insert((row.get("code"), row.get("code_system"), sheet.path));
        }
    }
    for sheet in context.sheets_in("value-sets") {
        for row in
            sheet.rows().filter(|row| row.get("code").len() >= 6 && row.get("code").bytes().all(|b| b.is_ascii_digit()))
        {
            let (code, system) = (row.get("code"), row.get("code_system"));
            let others: Vec<_> = pairs.iter().filter(|(c, _, path)| *c == code && *path != sheet.path).collect();
            if !others.is_empty() && others.iter().all(|(_, other, _)| *other != system) {
                let message = format!("`{code}` is a code of `{}` in {}", others[0].1, others[0].2);
                findings.cell(row, "code_system", message, "mend the code or its system");
            }
        }
    }
}

fn systems(tree: &Tree, visit: &mut impl FnMut(&str)) {
    match tree {
        Tree::Object(members) => {
            for (key, value) in members {
                match value.text() {
                    Some(text) if key == "system" && !text.starts_with('{') => visit(text),
                    _ => systems(value, visit),
                }
            }
        }
        Tree::Array(items) => items.iter().for_each(|item| systems(item, visit)),
        Tree::Leaf(_) => {}
    }
}
