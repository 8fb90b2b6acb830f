use std::collections::{BTreeMap, BTreeSet};

use super::unknown_element::resource_type;
use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context};

rule! {
    /// An answer of `answers.toml` says yes with a value that takes the statement back, or no with none that does.
    ///
    /// ## Why
    /// Where yes and no change places, every disorder that a woman does not have becomes one that she has. `modifiers.csv` says which values change what a resource
    /// states: yes has none of them, and no has one.
    ///
    /// ## How to mend it
    /// Put the values back. If yes is no more than a suspicion, allow it on the line above, with the reason.
    ///
    /// ## Example
    /// `fhir-stu3/answers.toml`
    /// ```diff
    /// -status = "cancelled"
    /// +status = "final"
    /// ```
    "OOI-317" "turned-answer" Error run
}

const PATH: &str = "fhir-stu3/answers.toml";

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(Body::Toml(answers)) = context.files.get(PATH).map(|file| &file.body) else { return };
    let types = users(context);
    for (name, answer) in answers {
        let Some(types) = types.get(name.as_str()) else { continue };
        let said = |part: &str| -> Vec<(String, String)> {
            let values = answer.get(part).and_then(toml::Value::as_table).into_iter().flatten();
            let plain = |value: &toml::Value| match value {
                toml::Value::String(text) => Some(text.clone()),
                toml::Value::Boolean(yes) => Some(yes.to_string()),
                _ => None,
            };
            values.filter_map(|(element, value)| Some((element.clone(), plain(value)?))).collect()
        };
        for (element, value) in said("yes") {
            if types.iter().any(|kind| changes(context, kind, &element, &value) == Some(true)) {
                let message = format!("yes is said by `{value}`, which takes the statement back");
                at(context, name, "yes", Some(&element), message, findings);
            }
        }
        let no = said("no");
        let judged = || {
            let all = no.iter().flat_map(|(element, value)| types.iter().map(move |kind| (kind, element, value)));
            all.filter_map(|(kind, element, value)| changes(context, kind, element, value))
        };
        if judged().next().is_some() && !judged().any(|takes_back| takes_back) {
            at(
                context,
                name,
                "no",
                None,
                "no is said by values that leave the statement as it is".to_owned(),
                findings,
            );
        }
    }
}

/// The types of resource in which each answer is used.
fn users<'c>(context: &'c Context<'_>) -> BTreeMap<&'c str, BTreeSet<String>> {
    let mut users: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for table in &context.fhir {
        for row in table.sheet.rows() {
            if let Some((_, answer)) = row.get("datatype").split_once('/') {
                users.entry(answer).or_default().extend(resource_type(context, table.sheet, row));
            }
        }
    }
    users
}

/// True if a value of an element changes what a resource states, false if it changes nothing; `None` if the element is no modifier.
fn changes(context: &Context<'_>, kind: &str, element: &str, value: &str) -> Option<bool> {
    let rows = context.sheet("fhir-stu3/modifiers.csv")?;
    let row = rows.rows().find(|row| row.get("type") == kind && row.get("element") == element)?;
    Some(!row.get("harmless").split_whitespace().any(|harmless| harmless == value))
}

/// A finding at an element of a section, or at the section.
fn at(
    context: &Context<'_>,
    name: &str,
    part: &str,
    element: Option<&str>,
    message: String,
    findings: &mut Findings<'_>,
) {
    let text = context.files.get(PATH).and_then(|file| file.text.as_deref()).unwrap_or_default();
    let header = format!("[{name}.{part}]");
    let lines = || (1_u32..).zip(text.lines());
    let first = lines().find(|(_, line)| line.trim() == header).map_or(1, |(line, _)| line);
    let own = lines().skip_while(|(line, _)| *line <= first).take_while(|(_, line)| !line.starts_with('['));
    let found = element.and_then(|element| {
        own.filter(|(_, line)| line.split('=').next().is_some_and(|key| key.trim() == element))
            .map(|(line, _)| line)
            .next()
    });
    let line = found.unwrap_or(first);
    let width = context.files.get(PATH).map_or(1, |file| file.line(line).chars().count());
    let end = u32::try_from(width).unwrap_or(1) + 1;
    findings.at(PATH, line, 1, end, message, "compare with modifiers.csv; put yes and no back, or allow it");
}
