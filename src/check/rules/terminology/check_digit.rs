use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::coded;
use crate::plan::fhir::ElementPath;
use crate::terminology::CheckDigit;
use crate::tree::Tree;

rule! {
    /// A code cannot be a code of its system: its check digit is wrong.
    ///
    /// ## Why
    /// Some systems give their codes a digit that is computed from the others, just to find a slip of the keyboard. A code that fails does not exist.
    ///
    /// ## How to mend it
    /// Look the code up by its display. Which systems have check digits is in `code-systems.csv`.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -6,Height,,,height,50373001,2.16.840.1.113883.6.96,Height,,,,valueQuantity,Quantity,,,ours,invented,
    /// +6,Height,,,height,50373000,2.16.840.1.113883.6.96,Height,,,,valueQuantity,Quantity,,,ours,invented,
    /// ```
    "OOI-407" "check-digit" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let scheme_of = |oid: &str| context.systems.get(oid).and_then(|row| CheckDigit::from_name(row.get("check_digit")));
    for sheet in context.sheets() {
        for (row, code, system) in coded(sheet) {
            if let Some(scheme) = scheme_of(row.get(system))
                && !scheme.is_valid(row.get(code))
            {
                findings.cell(
                    row,
                    code,
                    format!("`{}` cannot be a code of its system", row.get(code)),
                    "look it up by its display",
                );
            }
        }
    }
    let turned = turned(context);
    for row in context.systems.values().filter(|row| turned.contains(row.get("uri"))) {
        let message = "none of the codes that the patterns give this URI can be a code of the system";
        findings.cell(*row, "uri", message, "mend the URI: it seems to be that of another system");
    }
    let by_uri = |uri: &str| {
        let row = context.systems.values().find(|row| row.get("uri") == uri)?;
        CheckDigit::from_name(row.get("check_digit"))
    };
    let wrong =
        |uri: &str, code: &str| !turned.contains(uri) && by_uri(uri).is_some_and(|scheme| !scheme.is_valid(code));
    for (_, file, tree) in context.pattern_files() {
        codings(tree, &mut |system, code| {
            if wrong(system, code) {
                findings.text(
                    &file.path,
                    &format!("\"{code}\""),
                    format!("`{code}` cannot be a code of `{system}`"),
                    "look it up by its display",
                );
            }
        });
    }
    for table in &context.fhir {
        for row in table.sheet.rows() {
            let Ok(path) = ElementPath::parse(row.get("element")) else { continue };
            for token in path.steps.iter().flat_map(|step| &step.tokens) {
                if wrong(&token.system, &token.code) {
                    findings.cell(
                        row,
                        "element",
                        format!("`{}` cannot be a code of its system", token.code),
                        "look it up",
                    );
                }
            }
        }
    }
}

/// The URIs of which no code can be one of its system: it is the URI that is wrong. So is that of the system to which these codes belong.
fn turned<'c>(context: &'c Context<'_>) -> HashSet<&'c str> {
    const SEVERAL: usize = 3;
    let schemes: Vec<(&str, CheckDigit)> = context
        .systems
        .values()
        .filter_map(|row| Some((row.get("uri"), CheckDigit::from_name(row.get("check_digit"))?)))
        .collect();
    let mut codes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (.., tree) in context.pattern_files() {
        codings(tree, &mut |system, code| {
            if let Some((uri, _)) = schemes.iter().find(|(uri, _)| *uri == system) {
                codes.entry(uri).or_default().insert(code.to_owned());
            }
        });
    }
    let off = |scheme: CheckDigit, codes: &BTreeSet<String>| codes.iter().all(|code| !scheme.is_valid(code));
    let wrong = schemes.iter().filter(|(uri, scheme)| codes.get(uri).is_some_and(|codes| off(*scheme, codes)));
    let wrong: Vec<(&str, CheckDigit)> = wrong.copied().collect();
    let sure = wrong.iter().filter(|(uri, _)| codes[uri].len() >= SEVERAL);
    let mut all: HashSet<&str> = sure.clone().map(|(uri, _)| *uri).collect();
    // Two that changed places: the codes of the one fit the other.
    for (uri, _) in sure {
        let others = wrong.iter().filter(|(other, scheme)| other != uri && !off(*scheme, &codes[uri]));
        all.extend(others.map(|(other, _)| *other));
    }
    all
}

fn codings(tree: &Tree, visit: &mut impl FnMut(&str, &str)) {
    if let (Some(system), Some(code)) = (tree.text_at("system"), tree.text_at("code"))
        && !code.starts_with('{')
    {
        visit(system, code);
    }
    match tree {
        Tree::Object(members) => members.iter().for_each(|(_, value)| codings(value, visit)),
        Tree::Array(items) => items.iter().for_each(|item| codings(item, visit)),
        Tree::Leaf(_) => {}
    }
}
