use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;
use crate::plan::fhir::{ElementPath, Elements};
use crate::tree::Tree;

rule! {
    /// An element of a FHIR row or pattern does not exist in its type.
    ///
    /// ## Why
    /// Every receiver would refuse the resource, or not see the value.
    ///
    /// ## How to mend it
    /// `elements.csv` has the elements of every type. A choice is written with its type: `valueQuantity`, not `value[x]`.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -3,Born,person,,,,,,,,,birthdate,date,,,ours,invented,
    /// +3,Born,person,,,,,,,,,birthDate,date,,,ours,invented,
    /// ```
    "OOI-301" "unknown-element" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        for row in table.sheet.rows() {
            let element = row.get("element");
            if element == "-" && row.get("note").is_empty() {
                findings.cell(row, "note", "does not say why FHIR has no place for the concept", "say why");
            }
            if element.is_empty() || element == "-" {
                continue;
            }
            if row.get("resource").starts_with("each:") {
                for alternative in element.split('|') {
                    let Some((kind, path)) = alternative.split_once('.') else {
                        findings.cell(row, "element", "must begin with a resource type", "write `Type.element`");
                        continue;
                    };
                    follow(context, row, kind, path, findings);
                }
            } else if let Some(kind) = resource_type(context, table.sheet, row) {
                for path in ElementPath::alternatives(element) {
                    follow(context, row, &kind, path.strip_prefix(&format!("{kind}.")).unwrap_or(path), findings);
                }
            }
        }
    }
    for (name, file, tree) in context.pattern_files() {
        let whole = context.patterns.get(name).unwrap_or(tree);
        let kind = whole.text_at("resourceType").unwrap_or_default();
        if context.elements.type_name(kind).is_empty() {
            let message = format!("`{kind}` is no type of resource in elements.csv");
            findings.text(&file.path, "resourceType", message, "name a resource type of FHIR STU3");
            continue;
        }
        walk(&context.elements, tree, kind, &mut |kind, name| {
            let needle = format!("\"{name}\"");
            findings.text(&file.path, &needle, format!("{kind} has no element `{name}`"), "see elements.csv");
        });
    }
}

/// The type of the resource that a row puts its leaf in.
pub(super) fn resource_type(
    context: &Context<'_>,
    sheet: crate::check::sheet::Sheet<'_>,
    row: Row<'_>,
) -> Option<String> {
    let role = |row: Row<'_>| match row.get("resource") {
        "" => row.get("concept").to_owned(),
        name => name.to_owned(),
    };
    let maker = sheet.rows().find(|other| !other.get("pattern").is_empty() && role(*other) == role(row))?;
    context.patterns.get(maker.get("pattern"))?.text_at("resourceType").map(str::to_owned)
}

/// The type at the end of a path; `None` after a finding, or where the path leads into an extension.
pub(super) fn kind_at(elements: &Elements, kind: &str, path: &str) -> Option<String> {
    let path = ElementPath::parse(path).ok()?;
    let mut kind = kind.to_owned();
    for step in &path.steps {
        let next = elements.kind_of(&kind, &step.name);
        if next.is_empty() {
            return None;
        }
        next.clone_into(&mut kind);
    }
    Some(kind)
}

fn follow(context: &Context<'_>, row: Row<'_>, kind: &str, path: &str, findings: &mut Findings<'_>) {
    let parsed = match ElementPath::parse(path) {
        Ok(parsed) => parsed,
        Err(message) => {
            findings.cell(row, "element", message, "write a path as in the rows beside it");
            return;
        }
    };
    if context.elements.type_name(kind).is_empty() {
        findings.cell(row, "element", format!("`{kind}` is no type in elements.csv"), "name a type of FHIR STU3");
        return;
    }
    let mut kind = kind.to_owned();
    for step in &parsed.steps {
        let next = context.elements.kind_of(&kind, &step.name);
        if next.is_empty() {
            findings.cell(row, "element", format!("{kind} has no element `{}`", step.name), "see elements.csv");
            return;
        }
        if !step.append && step.conditions.is_empty() && step.tokens.is_empty() {
            next.clone_into(&mut kind);
            continue;
        }
        if !context.elements.repeats(&kind, &step.name) && step.append {
            findings.cell(row, "element", format!("`{}` does not repeat", step.name), "take the brackets away");
        }
        next.clone_into(&mut kind);
        for (inner, value) in &step.conditions {
            let mut at = kind.clone();
            for name in inner {
                let next = context.elements.kind_of(&at, name);
                if next.is_empty() {
                    findings.cell(row, "element", format!("{at} has no element `{name}`"), "see elements.csv");
                    return;
                }
                next.clone_into(&mut at);
            }
            if at == "uri" && inner.last().is_some_and(|name| name == "system") && !known_uri(context, value) {
                findings.cell(
                    row,
                    "element",
                    format!("`{value}` is no URI of code-systems.csv"),
                    "mend it, or add the system",
                );
            }
        }
        for token in &step.tokens {
            if !known_uri(context, &token.system) {
                let message = format!("`{}` is no URI of code-systems.csv", token.system);
                findings.cell(row, "element", message, "mend it, or add the system");
            }
        }
    }
}

/// True if a URI stands in `code-systems.csv`.
pub(in crate::check) fn known_uri(context: &Context<'_>, uri: &str) -> bool {
    context.systems.values().any(|row| row.get("uri") == uri)
}

fn walk(elements: &Elements, tree: &Tree, kind: &str, unknown: &mut impl FnMut(&str, &str)) {
    match tree {
        Tree::Object(members) => {
            for (name, value) in members {
                if name.starts_with('@') || name == "resourceType" {
                    continue;
                }
                let inner = elements.kind_of(kind, name);
                if inner.is_empty() {
                    unknown(kind, name);
                } else {
                    walk(elements, value, inner, unknown);
                }
            }
        }
        Tree::Array(items) => items.iter().for_each(|item| walk(elements, item, kind, unknown)),
        Tree::Leaf(_) => {}
    }
}
