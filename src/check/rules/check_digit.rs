use crate::check::registry::rule;
use crate::check::run::Findings;
use crate::check::sheet::coded;
use crate::check::{Body, Context};
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
    let by_uri = |uri: &str| {
        let row = context.systems.values().find(|row| row.get("uri") == uri)?;
        CheckDigit::from_name(row.get("check_digit"))
    };
    let wrong = |uri: &str, code: &str| by_uri(uri).is_some_and(|scheme| !scheme.is_valid(code));
    for file in context.files.iter().filter(|file| file.path.starts_with("fhir-stu3/patterns/")) {
        let Body::Json(tree) = &file.body else { continue };
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
