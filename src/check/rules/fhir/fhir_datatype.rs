use super::unknown_element::{kind_at, resource_type};
use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context};
use crate::dataset::Kind;
use crate::plan::fhir::ElementPath;

rule! {
    /// The datatype of a FHIR row does not go with the kind of the concept, or with the type of the element.
    ///
    /// ## Why
    /// A code in a boolean, a quantity in a string: receivers refuse the resource, or the value cannot be written at all.
    ///
    /// ## How to mend it
    /// The type of the element is in `elements.csv`, the kind of the concept in the dataset. `answer/<name>` and `<datatype>/<name>` name a
    /// section of `answers.toml`.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -3,Born,person,,,,,,,,,birthDate,boolean,,,ours,invented,
    /// +3,Born,person,,,,,,,,,birthDate,date,,,ours,invented,
    /// ```
    "OOI-302" "fhir-datatype" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let answers = match context.files.get("fhir-stu3/answers.toml").map(|file| &file.body) {
        Some(Body::Toml(table)) => Some(table),
        _ => None,
    };
    for table in &context.fhir {
        for row in table.sheet.rows() {
            let (datatype, answer) = match row.get("datatype").split_once('/') {
                Some((datatype, answer)) => (datatype, Some(answer)),
                None => (row.get("datatype"), None),
            };
            if let (Some(answer), Some(answers)) = (answer, answers)
                && !answers.contains_key(answer)
            {
                findings.cell(row, "datatype", format!("answers.toml has no `{answer}`"), "mend the name, or add it");
            }
            let element = row.get("element");
            if datatype.is_empty() {
                let kind = context.kind(table.sheet.path, row.get("concept"));
                let leaf = kind.is_some_and(|kind| kind != Kind::Group);
                if element != "-" && (!element.is_empty() || (leaf && row.get("per").is_empty())) {
                    findings.cell(row, "datatype", "a value without a datatype", "name the datatype of the value");
                }
                continue;
            }
            let Some(kind) = context.kind(table.sheet.path, row.get("concept")) else { continue };
            let Some(kinds) = kinds_of(datatype) else {
                findings.cell(
                    row,
                    "datatype",
                    format!("`{datatype}` is no datatype of this table"),
                    "see the reference",
                );
                continue;
            };
            if !kinds.contains(&kind) && (datatype != "answer" || kind == Kind::Group) {
                let kind = format!("{kind:?}").to_lowercase();
                findings.cell(
                    row,
                    "datatype",
                    format!("`{datatype}` cannot hold a {kind}"),
                    "compare with a row of the same kind",
                );
                continue;
            }
            if datatype == "answer" || element.is_empty() || element == "-" {
                if element.is_empty() && datatype != "answer" {
                    findings.cell(row, "element", "a value without an element", "name the element that holds it");
                }
                continue;
            }
            let types: Vec<String> = if row.get("resource").starts_with("each:") {
                element
                    .split('|')
                    .filter_map(|alternative| alternative.split_once('.'))
                    .filter_map(|(kind, path)| kind_at(&context.elements, kind, path))
                    .collect()
            } else {
                let kind = resource_type(context, table.sheet, row).unwrap_or_default();
                let prefix = format!("{kind}.");
                let paths = ElementPath::alternatives(element);
                paths
                    .filter_map(|path| kind_at(&context.elements, &kind, path.strip_prefix(&prefix).unwrap_or(path)))
                    .collect()
            };
            for found in types.iter().filter(|found| !holds(found, datatype)) {
                findings.cell(
                    row,
                    "datatype",
                    format!("the element is a {found}, which holds no `{datatype}`"),
                    "mend the datatype or the element",
                );
            }
        }
    }
}

/// The kinds of concept that a datatype can hold.
fn kinds_of(datatype: &str) -> Option<&'static [Kind]> {
    Some(match datatype {
        "CodeableConcept" | "Coding" | "code" => &[Kind::Code],
        "boolean" => &[Kind::Boolean],
        "integer" => &[Kind::Count, Kind::Quantity],
        "decimal" | "Quantity" => &[Kind::Quantity, Kind::Count],
        "date" | "birthDate" | "dateTime" | "instant" => &[Kind::Date, Kind::DateTime],
        "Identifier" => &[Kind::Identifier, Kind::String],
        "string" | "compact" => &[Kind::String, Kind::Text, Kind::Complex, Kind::Identifier],
        "answer" => &[Kind::Boolean, Kind::Code],
        _ => return None,
    })
}

/// True if an element of this type holds the datatype.
fn holds(element: &str, datatype: &str) -> bool {
    match datatype {
        "birthDate" | "date" => element == "date",
        "string" | "compact" => matches!(element, "string" | "markdown" | "Annotation"),
        "integer" => matches!(element, "integer" | "positiveInt" | "unsignedInt"),
        "Quantity" => matches!(element, "Quantity" | "SimpleQuantity" | "Age" | "Duration" | "Count"),
        other => element == other,
    }
}
