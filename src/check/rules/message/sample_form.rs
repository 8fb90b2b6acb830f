use std::collections::HashSet;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// A row of `samples.csv` has a form that its concept cannot have, a cell that nothing uses, or a concept that is not in the message.
    ///
    /// ## Why
    /// A date in a code, a bound that the form does not read, a second value of what occurs once: samples then silently look otherwise than the row
    /// says.
    ///
    /// ## How to mend it
    /// Mostly a cell stands in the column beside its own. What each form reads is in the reference; the codes of `one-of` are codes of the value set.
    ///
    /// ## Example
    /// `messages/mini/samples.csv`
    /// ```diff
    /// -3,90,,,yes,,,
    /// +3,90,,,day,-14000,-7000,
    /// ```
    "OOI-209" "sample-form" Error run
}

/// Form, the kinds of concept that can have it (none: any), and the columns that it reads.
const FORMS: &[(&str, &[&str], &[&str])] = &[
    ("", &[], &[]),
    ("day", &["date", "datetime"], &["from", "to"]),
    ("moment", &["datetime"], &["from", "to"]),
    ("near", &["date", "datetime"], &["from", "to", "values"]),
    ("gestation", &["quantity"], &["values"]),
    ("number", &["quantity", "count"], &["from", "to", "values"]),
    ("yes", &["boolean"], &["from"]),
    ("nth", &["count"], &[]),
    ("count", &["count"], &["from", "values"]),
    ("bsn", &["identifier"], &["values"]),
    ("identifier", &["identifier"], &["values"]),
    ("one-of", &[], &["values"]),
];

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let path = format!("messages/{}/samples.csv", message.name);
        for row in context.sheet(&path).into_iter().flat_map(crate::check::Sheet::rows) {
            let Some(concept) = context.concept(row.sheet.path, row.get("concept")) else { continue };
            form(row, concept.get("kind"), findings);
            if row.get("form") == "one-of" {
                one_of(context, row, concept, findings);
            }
            let used = message.use_of(row.get("concept"));
            if used.is_none() {
                findings.cell(
                    row,
                    "concept",
                    "the message does not use the concept",
                    "mend the number, or take the row away",
                );
            }
            if used.is_some_and(|used| used.get("max") == "1") && !row.get("more").is_empty() {
                findings.cell(row, "more", "the concept occurs once", "empty the cell, or mend `max` in concepts.csv");
            }
            when(context, row, findings);
        }
    }
}

/// What must be so: a concept that is answered with yes, or `concept=code|code`.
fn when(context: &Context<'_>, row: Row<'_>, findings: &mut Findings<'_>) {
    let (number, codes) = match row.get("when").split_once('=') {
        Some((number, codes)) => (number, Some(codes)),
        None => (row.get("when"), None),
    };
    if number.is_empty() {
        return;
    }
    let Some(concept) = context.concept(row.sheet.path, number) else {
        return findings.cell(row, "when", format!("`{number}` is no concept of the dataset"), "mend the number");
    };
    let kind = concept.get("kind");
    match codes {
        None if kind != "boolean" => {
            findings.cell(row, "when", format!("a {kind} is not answered with yes"), "name the concept that is");
        }
        Some(codes) => {
            let set = context.value_set(concept.get("value_set"));
            let is_member = |code: &str| set.is_none_or(|set| set.rows().any(|member| member.get("code") == code));
            if let Some(code) = codes.split('|').find(|code| !is_member(code)) {
                let message = format!("`{code}` is not in the value set of {number}");
                findings.cell(row, "when", message, "mend the code, or the concept");
            }
        }
        None => {}
    }
}

fn form(row: Row<'_>, kind: &str, findings: &mut Findings<'_>) {
    let name = row.get("form");
    let Some((_, kinds, reads)) = FORMS.iter().find(|form| form.0 == name) else { return };
    if !kinds.is_empty() && !kinds.contains(&kind) {
        let help = format!("`{name}` is for {}", kinds.join(" and "));
        findings.cell(row, "form", format!("a {kind} has no form `{name}`"), help);
    }
    for column in ["from", "to", "values"] {
        if !row.get(column).is_empty() && !reads.contains(&column) {
            let message = if name.is_empty() { "without a form".to_owned() } else { format!("form `{name}`") };
            findings.cell(row, column, format!("{message} reads no `{column}`"), "empty the cell, or mend `form`");
        }
    }
    if let (Ok(from), Ok(to)) = (row.get("from").parse::<f64>(), row.get("to").parse::<f64>())
        && from > to
    {
        findings.cell(row, "to", "the largest value is below the least", "mend `from` or `to`");
    }
}

/// The codes of a sample are codes of the value set.
fn one_of(context: &Context<'_>, row: Row<'_>, concept: Row<'_>, findings: &mut Findings<'_>) {
    let Some(set) = context.value_set(concept.get("value_set")).filter(|_| concept.get("kind") == "code") else {
        return;
    };
    let members: HashSet<&str> = set.rows().map(|member| member.get("code")).collect();
    if let Some(code) = row.get("values").split('|').find(|code| !members.contains(code)) {
        let message = format!("`{code}` is not in value set {}", set.name());
        findings.cell(row, "values", message, "mend the code, or the value set");
    }
}
