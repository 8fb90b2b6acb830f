use std::collections::HashSet;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::plan::fhir::{ElementPath, Elements};
use crate::tree::Tree;

/// How the path to the code of a coding ends.
const CODING: &str = ".coding.code";

rule! {
    /// A row of `modifiers.csv` or `withdrawals.csv` names an element that its type does not have, names one twice, calls something harmless that is no code, or does not what a pattern writes; or one lacks.
    ///
    /// ## Why
    /// What is refuted, not done or entered in error is kept from being read as if it were so by these rows. One that matches nothing lets it through.
    ///
    /// ## How to mend it
    /// Compare with the specification (FHIR 3.0.2): the elements that it calls modifiers, and the codes that they may have.
    ///
    /// ## Example
    /// `fhir-stu3/modifiers.csv`
    /// ```diff
    /// -Observation,state,final,registered cancelled entered-in-error,invented
    /// +Observation,status,final,registered cancelled entered-in-error,invented
    /// ```
    "OOI-313" "unknown-modifier" Error run
}

/// Elements that every type has, and no row of `elements.csv` needs to say so.
const OF_ALL: [&str; 2] = ["implicitRules", "modifierExtension"];

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(sheet) = context.sheet("fhir-stu3/modifiers.csv") else { return };
    let mut seen = HashSet::new();
    for row in sheet.rows() {
        let (kind, element) = (row.get("type"), row.get("element"));
        let own = type_of(context, kind);
        let is_known = if kind == "*" { OF_ALL.contains(&element) } else { has(context, own, element) };
        if !is_known {
            let is_type = kind == "*" || !own.is_empty();
            let (column, message) = if is_type {
                ("element", format!("{kind} has no element `{element}`"))
            } else {
                ("type", format!("`{kind}` is no type in elements.csv"))
            };
            findings.cell(row, column, message, "see elements.csv");
        }
        if !seen.insert((kind, element)) {
            findings.cell(row, "element", format!("{kind}.{element} has a row above"), "keep the row that is right");
        }
        let harmless: Vec<&str> = row.get("harmless").split_whitespace().collect();
        let (wrong, right): (Vec<&str>, Vec<&str>) =
            harmless.iter().partition(|word| row.get("harmful").split_whitespace().any(|harmful| harmful == **word));
        if let Some(word) = wrong.first() {
            let message = format!("`{word}` is among the values that change what is said");
            findings.cell(row, "harmless", message, "what it takes back would be read as stated: take it out");
            findings.mend(&right.join(" "));
        }
        // A coding has codes of any system.
        let is_coding = element.ends_with(CODING);
        let is_code = |word: &str| is_coding || word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if let Some(word) = row.get("harmless").split_whitespace().find(|word| !is_code(word)) {
            findings.cell(row, "harmless", format!("`{word}` is no code of FHIR"), "name codes, with spaces between");
        }
    }
    withdrawing(context, findings);
    lacking(context, &seen, findings);
    written(context, findings);
}

/// The type that a cell names: by its name, or by an element that has it. Of a primitive the table has nothing but its users.
fn type_of<'c>(context: &'c Context<'_>, cell: &'c str) -> &'c str {
    match cell.split_once('.') {
        _ if Elements::is_primitive(cell) => cell,
        Some((kind, element)) if context.elements.type_name(cell).is_empty() => context.elements.kind_of(kind, element),
        _ => context.elements.type_name(cell),
    }
}

/// True if a type has an element, or what a path leads to.
fn has(context: &Context<'_>, kind: &str, element: &str) -> bool {
    let Ok(path) = ElementPath::parse(element) else { return false };
    let mut at = kind;
    path.steps.iter().all(|step| {
        let is_there = context.elements.get(at, &step.name).is_some() || step.name == "extension";
        at = context.elements.kind_of(at, &step.name);
        is_there
    })
}

/// What takes others back is an element of its type, and so is the reference to them.
fn withdrawing(context: &Context<'_>, findings: &mut Findings<'_>) {
    for row in context.sheet("fhir-stu3/withdrawals.csv").into_iter().flat_map(crate::check::Sheet::rows) {
        let (kind, item) = (row.get("type"), row.get("item"));
        if kind == "*" {
            continue;
        }
        if context.elements.type_name(kind).is_empty() {
            findings.cell(row, "type", format!("`{kind}` is no type in elements.csv"), "see elements.csv");
            continue;
        }
        let holder = if item.is_empty() { kind.to_owned() } else { format!("{kind}.{item}") };
        let has = |element: &str| context.elements.get(&holder, element);
        if !item.is_empty() && context.elements.get(kind, item).is_none() {
            findings.cell(row, "item", format!("{kind} has no element `{item}`"), "see elements.csv");
        } else if has(row.get("element")).is_none() {
            let message = format!("{holder} has no element `{}`", row.get("element"));
            findings.cell(row, "element", message, "see elements.csv");
        } else if !["", "*"].contains(&row.get("takes_back")) && has(row.get("takes_back")).is_none() {
            let message = format!("{holder} has no element `{}`", row.get("takes_back"));
            findings.cell(
                row,
                "takes_back",
                message,
                "see elements.csv; `*` is everything, an empty cell the resource itself",
            );
        }
    }
}

/// A value that a pattern fixes is one that changes nothing, or what we write ourselves is not read. If one pattern alone says so, the slip is there.
fn written(context: &Context<'_>, findings: &mut Findings<'_>) {
    for row in context.sheet("fhir-stu3/modifiers.csv").into_iter().flat_map(crate::check::Sheet::rows) {
        let element = row.get("element");
        let fixed = context.pattern_files().filter_map(|(name, file, tree)| {
            let whole = context.patterns.get(name).unwrap_or(tree);
            let own = whole.text_at("resourceType").is_some_and(|kind| kind == row.get("type"));
            Some((file.path.as_str(), tree.get(element).and_then(Tree::text).filter(|_| own)?))
        });
        let (harmless, harmful): (Vec<_>, Vec<_>) =
            fixed.partition(|(_, value)| row.get("harmless").split_whitespace().any(|own| own == *value));
        let is_known = |value: &str| row.get("harmful").split_whitespace().any(|own| own == value);
        match harmful.as_slice() {
            [] => {}
            [(path, value)] if !harmless.is_empty() || is_known(value) => {
                let message = format!("`{element}` says `{value}`, which takes back what the resource states");
                let help = format!("mend it; the values that change nothing are in {}:{}", row.sheet.path, row.line());
                findings.text(path, &format!("\"{value}\""), message, help);
            }
            [(path, value), ..] => {
                let message = format!("`{value}` is not among them, but {path} writes it");
                findings.cell(row, "harmless", message, "add it if it changes nothing, or mend the pattern");
            }
        }
    }
}

/// Resources that we make, and values, lack no modifier that others of their kind have.
fn lacking(context: &Context<'_>, seen: &HashSet<(&str, &str)>, findings: &mut Findings<'_>) {
    let Some(elements) = context.sheet("fhir-stu3/elements.csv") else { return };
    let names: HashSet<&str> = seen.iter().map(|(_, element)| *element).collect();
    let plans = || context.fhir.iter().filter_map(|table| table.plan.as_ref());
    let coded = || elements.rows().filter(|row| row.get("kinds") == "code" && !row.get("type").contains('.'));
    for name in names.into_iter().filter(|name| !OF_ALL.contains(name)) {
        let types: Vec<&str> = coded().filter(|row| row.get("element") == name).map(|row| row.get("type")).collect();
        let (known, unknown): (Vec<&str>, Vec<&str>) = types.iter().partition(|kind| seen.contains(&(**kind, name)));
        let most = known.len() > unknown.len();
        for kind in unknown {
            let is_made = plans().any(|plan| !plan.roles_of_type(kind).is_empty());
            if is_made || most {
                let message = format!("{kind} has no row for its `{name}`, as others have");
                findings.at(
                    "fhir-stu3/modifiers.csv",
                    1,
                    1,
                    1,
                    message,
                    "add the row, with the values that change nothing",
                );
            }
        }
    }
}
