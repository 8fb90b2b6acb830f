use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;
use crate::plan::fhir::{Codec, FhirPlan, Place, RoleIx};
use crate::tree::Tree;

rule! {
    /// A profile demands an element that neither the pattern nor a row fills; or a row fills one that the profile forbids.
    ///
    /// ## Why
    /// Every resource of that kind would break its profile.
    ///
    /// ## How to mend it
    /// Fix the element in the pattern, or add the row that fills it. Where the message does not say, the pattern holds the extension
    /// `data-absent-reason`.
    ///
    /// ## Example
    /// `fhir-stu3/patterns/observation.json`
    /// ```diff
    /// +  "status": "final",
    /// ```
    "OOI-304" "mandatory-element" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(profiles) = context.sheet("fhir-stu3/profiles.csv") else { return };
    let mut facts: HashMap<&str, Vec<Row<'_>>> = HashMap::new();
    for row in profiles.rows().filter(|row| !row.get("element").is_empty()) {
        facts.entry(row.get("profile")).or_default().push(row);
    }
    for table in &context.fhir {
        let Some(plan) = &table.plan else { continue };
        for (at, role) in (0..).zip(&plan.roles) {
            let Some(row) = table.sheet.rows().find(|row| u64::from(row.line()) == role.line) else { continue };
            for fact in role.profiles.iter().filter_map(|profile| facts.get(profile.as_str())).flatten() {
                let element = fact.get("element");
                // What an optional element must hold is only known of one that is there.
                if element.contains('.') && fact.get("max") != "0" {
                    continue;
                }
                let filled = fills(plan, RoleIx(at), element);
                if fact.get("max") == "0" && filled {
                    findings.cell(
                        row,
                        "pattern",
                        format!("{} forbids `{element}`", fact.get("profile")),
                        "leave it out",
                    );
                } else if fact.get("min") != "0" && !filled {
                    let message = format!("{} demands `{element}`, and nothing fills it", fact.get("profile"));
                    findings.cell(row, "pattern", message, "fix it in the pattern, or add the row that fills it");
                }
            }
        }
    }
}

/// True if the pattern of a role, or a row, puts something in an element.
fn fills(plan: &FhirPlan, ix: RoleIx, element: &str) -> bool {
    let role = plan.role(ix);
    let path: Vec<&str> = element.split('.').collect();
    if has(&role.pattern, &path) {
        return true;
    }
    let fields = plan.fields.iter().filter(|field| match &field.place {
        Place::Role(of, _) => *of == ix,
        Place::Each(..) => true,
        Place::Aligned | Place::None => false,
    });
    for field in fields {
        let placed: Vec<&[crate::plan::fhir::Step]> = match &field.place {
            Place::Role(_, path) => vec![&path.steps],
            Place::Each(_, alternatives) => alternatives
                .iter()
                .filter(|(kind, _)| *kind == role.resource_type)
                .map(|(_, path)| &path.steps[..])
                .collect(),
            Place::Aligned | Place::None => Vec::new(),
        };
        let on_path = |steps: &[crate::plan::fhir::Step]| {
            path.iter().enumerate().all(|(at, name)| steps.get(at).is_some_and(|step| is(&step.name, name)))
        };
        if placed.iter().any(|steps| on_path(steps)) {
            return true;
        }
        let answers = field.beside.into_iter().chain(match field.codec {
            Codec::Answer(answer) => Some(answer),
            _ => None,
        });
        let states = |answer: usize| {
            let answer = &plan.answers[answer];
            [&answer.yes, &answer.no, &answer.null, &answer.absent]
                .into_iter()
                .flatten()
                .any(|(path, _)| on_path(&path.steps))
        };
        if answers.into_iter().any(states) {
            return true;
        }
    }
    false
}

fn has(tree: &Tree, path: &[&str]) -> bool {
    let Some((name, rest)) = path.split_first() else { return true };
    match tree {
        Tree::Object(members) => members.iter().any(|(member, value)| is(member, name) && has(value, rest)),
        Tree::Array(items) => items.iter().any(|item| has(item, path)),
        Tree::Leaf(_) => false,
    }
}

/// True if an element is the one that a fact names: itself, its extensions, or one of a choice.
fn is(element: &str, named: &str) -> bool {
    let element = element.strip_prefix('_').unwrap_or(element);
    match named.strip_suffix("[x]") {
        Some(stem) => element.strip_prefix(stem).is_some_and(|kind| kind.starts_with(|c: char| c.is_ascii_uppercase())),
        None => element == named,
    }
}
