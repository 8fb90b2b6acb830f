use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context};
use crate::tables::layout::Content;

rule! {
    /// A number is no concept of the dataset.
    ///
    /// ## Why
    /// The row binds nothing. Mostly two digits changed places, or the number is from another release of the dataset.
    ///
    /// ## How to mend it
    /// Look the concept up in `dataset/`, by its name. The name in the row tells which was meant.
    ///
    /// ## Example
    /// `messages/mini/samples.csv`
    /// ```diff
    /// -88,50,,7,,,,
    /// +8,50,,7,,,,
    /// ```
    "OOI-102" "unknown-concept" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        let Some(layout) = sheet.layout else { continue };
        if layout.path == "dataset/*.csv" {
            continue;
        }
        let Some(dataset) = context.dataset_of(sheet.path) else { continue };
        for column in layout.columns.iter().filter(|column| column.content == Content::Concept) {
            for row in sheet.rows() {
                let number = row.get(column.name);
                if number.is_empty() || context.concept(sheet.path, number).is_some() {
                    continue;
                }
                let meant = dataset.sheet.rows().filter(|concept| concept.get("name") == row.get("name"));
                let meant: Vec<&str> = meant.map(|concept| concept.get("concept")).take(3).collect();
                let help = match meant.as_slice() {
                    [] => "look it up in the dataset, by its name".to_owned(),
                    numbers => format!("a concept of this name is {}", numbers.join(", or ")),
                };
                findings.cell(row, column.name, format!("`{number}` is no concept of {}", dataset.sheet.path), help);
                suspect(context, dataset.sheet, row, number, findings);
            }
        }
    }
    metadata(context, findings);
}

/// A concept that the rows of its name do not use, while they use a number that does not exist: the slip may be in the dataset.
fn suspect(
    context: &Context<'_>,
    dataset: crate::check::sheet::Sheet<'_>,
    row: crate::check::sheet::Row<'_>,
    number: &str,
    findings: &mut Findings<'_>,
) {
    let tables = || context.sheets().filter(|sheet| sheet.path != dataset.path);
    let used = |number: &str| tables().any(|sheet| sheet.rows().any(|row| row.get("concept") == number));
    for concept in
        dataset.rows().filter(|concept| !row.get("name").is_empty() && concept.get("name") == row.get("name"))
    {
        if !used(concept.get("concept")) {
            let message = format!("no row uses this number, but a row of this name has `{number}`");
            findings.cell(concept, "concept", message, format!("mend this, or {}:{}", row.sheet.path, row.line()));
        }
    }
}

/// Concepts that `identity.toml` and `message.toml` name.
fn metadata(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut look = |path: &str, dataset: &str, value: &toml::Value| {
        let Some(dataset) = context.datasets.get(dataset) else { return };
        each_number(value, &mut |number| {
            if !dataset.concepts.contains_key(number) {
                let message = format!("`{number}` is no concept of {}", dataset.sheet.path);
                findings.text(path, number, message, "look it up in the dataset");
            }
        });
    };
    if let Some(Body::Toml(identity)) = context.files.get("fhir-stu3/identity.toml").map(|file| &file.body) {
        for (name, entry) in identity.get("dataset").and_then(|d| d.as_table()).into_iter().flatten() {
            look("fhir-stu3/identity.toml", name, entry);
        }
    }
    for message in &context.messages {
        let path = format!("messages/{}/message.toml", message.name);
        if let Some(Body::Toml(meta)) = context.files.get(&path).map(|file| &file.body)
            && let Some(align) = meta.get("align")
        {
            look(&path, &message.dataset, align);
        }
    }
}

fn each_number(value: &toml::Value, visit: &mut impl FnMut(&str)) {
    match value {
        toml::Value::String(text) => visit(text),
        toml::Value::Array(items) => items.iter().for_each(|item| each_number(item, visit)),
        toml::Value::Table(table) => table.iter().for_each(|(_, item)| each_number(item, visit)),
        _ => {}
    }
}
