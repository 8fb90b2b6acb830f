use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::fhir::unknown_element::known_uri;
use crate::check::rule::{Findings, rule};
use crate::check::slip::is_slip_of;
use crate::check::{Body, Context};
use crate::tables::layout::{Content, is_oid};
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
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -8,Remark,,,remark,48767-8,1.2.44,Remark,,,,valueString,string,,,ours,invented,
    /// +8,Remark,,,remark,48767-8,1.2.4,Remark,,,,valueString,string,,,ours,invented,
    /// ```
    "OOI-401" "unknown-code-system" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        let Some(layout) = sheet.layout else { continue };
        for column in layout.columns.iter().filter(|column| column.content == Content::Oid && is_system(column.name)) {
            for row in sheet.rows() {
                let oid = row.get(column.name);
                if !oid.is_empty() && column.content.holds(oid) && !context.systems.contains_key(oid) {
                    let message = format!("`{oid}` has no row in code-systems.csv");
                    findings.cell(row, column.name, message, "mend the OID, or add its row");
                }
            }
        }
    }
    alone(context, findings);
    misspelt(context, findings);
    namespaces(context, findings);
    for (_, file, tree) in context.pattern_files() {
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

/// A row of `code-systems.csv` that nothing names, while several cells name what is a letter off and has no row: the slip is in the row.
fn misspelt(context: &Context<'_>, findings: &mut Findings<'_>) {
    const SEVERAL: usize = 2;
    let Some(sheet) = context.sheet("code-systems.csv") else { return };
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for other in context.sheets().filter(|other| other.path != sheet.path) {
        let columns = other.layout.into_iter().flat_map(|layout| layout.columns);
        for column in columns.filter(|column| column.content == Content::Oid && is_system(column.name)) {
            other.rows().for_each(|row| *named.entry(row.get(column.name).to_owned()).or_default() += 1);
        }
    }
    for (.., tree) in context.pattern_files() {
        systems(tree, &mut |uri| *named.entry(uri.to_owned()).or_default() += 1);
    }
    for column in ["oid", "uri"] {
        let known: HashSet<&str> = sheet.rows().map(|row| row.get(column)).collect();
        let unknown = || named.iter().filter(|(name, times)| **times >= SEVERAL && !known.contains(name.as_str()));
        for (name, times) in unknown().filter(|(name, _)| is_oid(name) == (column == "oid")) {
            let idle = sheet.rows().filter(|row| !named.contains_key(row.get(column)));
            let near: Vec<_> = idle.filter(|row| is_slip_of(row.get(column), name)).collect();
            // The one whose URI still has the OID, or else the only one that is a letter off.
            let meant = match near.as_slice() {
                _ if sheet.rows().any(|row| row.get("uri") == format!("urn:oid:{name}")) => {
                    sheet.rows().find(|row| row.get("uri") == format!("urn:oid:{name}"))
                }
                [only] => Some(*only),
                _ => None,
            };
            if let Some(row) = meant {
                let message = format!("nothing names it, and {times} cells name `{name}`, which has no row");
                let help = format!("if this is a slip of it, mend it; if `{name}` is another system, add a row for it");
                findings.cell(row, column, message, help);
                findings.mend(name);
            }
        }
    }
}

fn is_system(column: &str) -> bool {
    column.ends_with("system")
}

/// The namespaces of identifiers that the TOML files name. The slip may be in `code-systems.csv`.
fn namespaces(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut named: BTreeSet<(String, &str)> = BTreeSet::new();
    let mut look = |path: String, keys: &[&str]| {
        let Some(Body::Toml(table)) = context.files.get(&path).map(|file| &file.body) else { return };
        let Some((first, rest)) = keys.split_first() else { return };
        let value = rest.iter().fold(table.get(*first), |value, key| value?.get(key));
        let oids: Vec<&str> = match value {
            Some(toml::Value::Array(items)) => items.iter().filter_map(toml::Value::as_str).collect(),
            Some(toml::Value::Table(table)) => table.values().filter_map(toml::Value::as_str).collect(),
            _ => Vec::new(),
        };
        named.extend(oids.into_iter().map(|oid| (path.clone(), oid)));
    };
    look("fhir-stu3/identity.toml".to_owned(), &["secret_namespaces"]);
    for message in &context.messages {
        look(format!("messages/{}/message.toml", message.name), &["ada", "namespaces"]);
    }
    let unknown = || named.iter().filter(|(_, oid)| is_oid(oid) && !context.systems.contains_key(oid));
    for (path, oid) in unknown() {
        let message = format!("`{oid}` has no row in code-systems.csv");
        findings.text(path, &format!("\"{oid}\""), message, "mend the OID, or add its row");
    }
    let rows = context.sheet("code-systems.csv").into_iter().flat_map(crate::check::Sheet::rows);
    for row in rows {
        if let Some((path, oid)) = unknown().find(|(_, oid)| is_slip_of(row.get("oid"), oid)) {
            let message = format!("{path} has `{oid}`, which has no row");
            findings.cell(row, "oid", message, "if this is a slip of it, mend it");
        }
    }
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
