use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::unknown_element::kind_at;
use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};
use crate::check::slip::is_slip_of;

rule! {
    /// The facts of FHIR contradict each other.
    ///
    /// ## Why
    /// `elements.csv` and `profiles.csv` are generated from the specification. An element without its type, a place that is skipped, a minimum of two: that is not
    /// what the specification says, but a slip in the copy.
    ///
    /// ## How to mend it
    /// Compare with the specification (FHIR 3.0.2) or the profile.
    ///
    /// ## Example
    /// `fhir-stu3/elements.csv`
    /// ```diff
    /// -Meta,profile,3,*,url
    /// +Meta,profile,3,*,uri
    /// ```
    "OOI-309" "contradictory-facts" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    if let Some(sheet) = context.sheet("fhir-stu3/elements.csv") {
        elements(sheet, findings);
    }
    let Some(profiles) = context.sheet("fhir-stu3/profiles.csv") else { return };
    for row in profiles.rows() {
        let (element, min, max) = (row.get("element"), row.get("min"), row.get("max"));
        if element.is_empty() {
            if (min, max) != ("0", "*") {
                findings.cell(
                    row,
                    "min",
                    "a row that only names the profile says `0` and `*`",
                    "compare with the profile",
                );
            }
            continue;
        }
        if max != "0" && min == "0" {
            findings.cell(
                row,
                "min",
                "the row says nothing: the element is neither demanded nor forbidden",
                "take the row away, or mend it",
            );
        }
        if min.parse::<u32>().is_ok_and(|min| min > 1 || max.parse::<u32>().is_ok_and(|max| max < min)) {
            findings.cell(row, "min", "no profile demands this", "compare with the profile");
        }
        let (kind, plain) = (row.get("type"), element.replace("[x]", ""));
        let choice = plain.len() < element.len();
        if kind != "Extension" && !choice && kind_at(&context.elements, kind, &plain).is_none() {
            findings.cell(row, "element", format!("{kind} has no element `{element}`"), "see elements.csv");
        }
        let (path, last) = element.rsplit_once('.').unwrap_or(("", element));
        let holder = if path.is_empty() { Some(kind.to_owned()) } else { kind_at(&context.elements, kind, path) };
        let repeats = holder.is_none_or(|holder| !choice && context.elements.repeats(&holder, last));
        if kind != "Extension" && max == "*" && !repeats {
            findings.cell(row, "max", format!("`{element}` of {kind} does not repeat"), "compare with the profile");
        }
    }
}

fn elements(sheet: Sheet<'_>, findings: &mut Findings<'_>) {
    let types: HashSet<&str> = sheet.rows().map(|row| row.get("type")).collect();
    let mut by_type: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    let mut kinds: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for row in sheet.rows() {
        by_type.entry(row.get("type")).or_default().extend(row.get("position").parse::<u32>());
        kinds.entry((row.get("element"), row.get("kinds"))).or_default().push(row.get("type"));
    }
    let mut last: Option<(&str, u32, &str)> = None;
    for row in sheet.rows() {
        let (kind, element, types_of) = (row.get("type"), row.get("element"), row.get("kinds"));
        let Ok(position) = row.get("position").parse::<u32>() else { continue };
        let expected = match last {
            Some((before, at, _)) if before == kind => at..=at + 1,
            _ => 1..=1,
        };
        let shared = last.is_some_and(|(before, at, kinds)| before == kind && at == position && kinds == types_of);
        if !expected.contains(&position) || shared {
            let message = format!("place {position} does not follow");
            findings.cell(
                row,
                "position",
                message,
                "a row is missing, double or misplaced: compare with the specification",
            );
        }
        last = Some((kind, position, types_of));
        for name in types_of.split(' ').filter(|name| !name.is_empty()) {
            let primitive = name.starts_with(|c: char| c.is_ascii_lowercase());
            let known = types.contains(name) || name == "Resource";
            if (!primitive && !known) || (primitive && !PRIMITIVES.contains(&name)) {
                findings.cell(row, "kinds", format!("`{name}` is no type"), "name a type of the specification");
            }
            if name.contains('.')
                && name != format!("{kind}.{element}")
                && !name.starts_with(kind.split('.').next().unwrap_or(kind))
            {
                findings.cell(
                    row,
                    "kinds",
                    format!("`{name}` belongs to another type"),
                    "compare with the specification",
                );
            }
        }
        if types_of.is_empty() {
            findings.cell(row, "kinds", "an element without a type", "compare with the specification");
        }
        if row.get("max") == "0" {
            findings.cell(row, "max", "an element that cannot occur", "compare with the specification");
        }
        if let Some((parent, name)) = kind.rsplit_once('.')
            && !sheet.rows().any(|other| other.get("type") == parent && other.get("element") == name)
        {
            findings.cell(row, "type", format!("{parent} has no element `{name}`"), "compare with the specification");
        }
        // The elements that every type has, and the variants of a choice, say in their names what they are.
        let wrong = match element {
            "id" => !matches!(types_of, "id" | "string"),
            "extension" | "modifierExtension" => types_of != "Extension",
            _ => false,
        };
        let variant = element.strip_prefix("value").is_some_and(|name| {
            name.starts_with(|c: char| c.is_ascii_uppercase())
                && (types.contains(name) || PRIMITIVES.iter().any(|p| p.eq_ignore_ascii_case(name)))
                && !name.eq_ignore_ascii_case(types_of)
                && !types_of.contains('.')
        });
        if wrong || variant {
            findings.cell(row, "kinds", format!("`{element}` is no {types_of}"), "compare with the specification");
        }
        if matches!(element, "extension" | "modifierExtension" | "contained") != (row.get("max") == "*")
            && matches!(
                element,
                "extension" | "modifierExtension" | "contained" | "id" | "meta" | "text" | "language" | "implicitRules"
            )
        {
            findings.cell(
                row,
                "max",
                format!("`{element}` occurs otherwise in every type"),
                "compare with the specification",
            );
        }
    }
    common(sheet, findings);
}

/// What every resource or backbone element has.
fn common(sheet: Sheet<'_>, findings: &mut Findings<'_>) {
    let mut first: BTreeMap<&str, Row<'_>> = BTreeMap::new();
    let mut names: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
    for row in sheet.rows() {
        first.entry(row.get("type")).or_insert(row);
        names.entry(row.get("type")).or_default().insert(row.get("element"));
    }
    for (kind, row) in first {
        let has = |name: &str| names.get(kind).is_some_and(|names| names.contains(name));
        let resource = has("implicitRules") || has("contained");
        let domain = has("contained") || has("text") && has("implicitRules");
        let wanted: &[&str] = match (resource, domain) {
            (_, true) => {
                &["id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"]
            }
            (true, false) => &["id", "meta", "implicitRules", "language"],
            _ => &["id", "extension"],
        };
        for name in wanted.iter().filter(|name| !has(name)) {
            let slip = sheet.rows().find(|row| row.get("type") == kind && is_slip_of(row.get("element"), name));
            let (row, column) = slip.map_or((row, "type"), |row| (row, "element"));
            findings.cell(row, column, format!("{kind} lacks `{name}`"), "add the row: the specification has it");
        }
    }
}

const PRIMITIVES: &[&str] = &[
    "base64Binary",
    "boolean",
    "code",
    "date",
    "dateTime",
    "decimal",
    "id",
    "instant",
    "integer",
    "markdown",
    "oid",
    "positiveInt",
    "string",
    "time",
    "unsignedInt",
    "uri",
    "xhtml",
];
