use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::tables::pattern_file;
use crate::tree::Tree;

rule! {
    /// A row or pattern names a role that no row makes, a role has two rows, or a row names a pattern or code map that does not exist.
    ///
    /// ## Why
    /// A reference to nothing, or a value without a resource.
    ///
    /// ## How to mend it
    /// A role is the `resource` of a row with `pattern`, or its concept number. Patterns are files in `fhir-stu3/patterns/`.
    ///
    /// ## Example
    /// `fhir-stu3/patterns/observation.json`
    /// ```diff
    /// -    "reference": "@persons"
    /// +    "reference": "@person"
    /// ```
    "OOI-305" "unknown-role" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        let mut roles: HashMap<&str, u32> = HashMap::new();
        for row in table.sheet.rows().filter(|row| !row.get("pattern").is_empty()) {
            let pattern = pattern_file(row.get("pattern"));
            if context.files.get(&pattern).is_none() {
                findings.cell(row, "pattern", format!("there is no {pattern}"), "mend the name, or add the pattern");
            }
            let role = if row.get("resource").is_empty() { row.get("concept") } else { row.get("resource") };
            if let Some(line) = roles.insert(role, row.line()) {
                findings.cell(
                    row,
                    "resource",
                    format!("line {line} makes the role `{role}` too"),
                    "name one of them otherwise",
                );
            }
        }
        for row in table.sheet.rows() {
            let map = row.get("code_map");
            if !map.is_empty() && context.files.get(&format!("code-maps/{map}.csv")).is_none() {
                findings.cell(
                    row,
                    "code_map",
                    format!("there is no code-maps/{map}.csv"),
                    "mend the name, or add the table",
                );
            }
            if !row.get("pattern").is_empty() || matches!(row.get("element"), "-") {
                continue;
            }
            match row.get("resource").strip_prefix("each:") {
                Some(group) if context.concept(table.sheet.path, group).is_none() => {
                    findings.cell(
                        row,
                        "resource",
                        format!("`{group}` is no concept"),
                        "name the group of the resources",
                    );
                }
                None if row.get("resource").is_empty() => {
                    findings.cell(
                        row,
                        "resource",
                        "names no resource, and the row makes none",
                        "name the role of the resource",
                    );
                }
                None if !roles.contains_key(row.get("resource")) => {
                    findings.cell(
                        row,
                        "resource",
                        format!("no row makes the role `{}`", row.get("resource")),
                        "name the role of the resource",
                    );
                }
                _ => {}
            }
        }
        references(context, table.sheet, &roles, findings);
    }
}

/// The references in the patterns that a table uses.
fn references(
    context: &Context<'_>,
    sheet: crate::check::sheet::Sheet<'_>,
    roles: &HashMap<&str, u32>,
    findings: &mut Findings<'_>,
) {
    let is_used = |name: &str| sheet.rows().any(|row| row.get("pattern") == name);
    for (_, file, tree) in context.pattern_files().filter(|(name, ..)| is_used(name)) {
        let known = |name: &str| roles.contains_key(name) || context.concept(sheet.path, name).is_some();
        names(tree, &mut |text, name| {
            if !known(name) {
                let message = format!("`{name}` is neither a role nor a concept of {}", sheet.path);
                findings.text(&file.path, &format!("\"{text}\""), message, "name the role of a row");
            }
        });
    }
}

fn names(tree: &Tree, visit: &mut impl FnMut(&str, &str)) {
    match tree {
        Tree::Object(members) => {
            for (key, value) in members {
                match value.text() {
                    Some(text) if key == "@if" => visit(text, text),
                    Some(text) if key == "reference" => {
                        if let Some(target) = text.strip_prefix('@') {
                            visit(text, target.trim_start_matches(['?', '*']));
                        }
                    }
                    _ => names(value, visit),
                }
            }
        }
        Tree::Array(items) => items.iter().for_each(|item| names(item, visit)),
        Tree::Leaf(_) => {}
    }
}
