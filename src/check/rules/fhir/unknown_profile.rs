use std::collections::HashMap;

use crate::check::rule::{Findings, rule};
use crate::check::{Context, File};
use crate::plan::fhir::ElementPath;
use crate::tables::LIKE;
use crate::tree::Tree;

rule! {
    /// A pattern or row names a profile or an extension that is not published, or for another type of resource.
    ///
    /// ## Why
    /// A receiver that validates refuses the resource; one that does not loses the extension.
    ///
    /// ## How to mend it
    /// `profiles.csv` holds the profiles and extensions as facts. Mend the URL; if it is new, add its facts.
    ///
    /// ## Example
    /// `fhir-stu3/patterns/person.json`
    /// ```diff
    /// -      "http://example.org/persons"
    /// +      "http://example.org/person"
    /// ```
    "OOI-303" "unknown-profile" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(profiles) = context.sheet("fhir-stu3/profiles.csv") else { return };
    let mut known: HashMap<&str, &str> = HashMap::new();
    for row in profiles.rows() {
        let (url, kind) = (row.get("profile"), row.get("type"));
        if context.elements.type_name(kind).is_empty() && kind != "Extension" {
            findings.cell(row, "type", format!("`{kind}` is no type in elements.csv"), "name a type of FHIR STU3");
        }
        let base = row.get("element").split('.').next().unwrap_or_default();
        let choice = base.strip_suffix("[x]");
        let exists = |name: &str| !context.elements.kind_of(kind, name).is_empty();
        let found = match choice {
            _ if base.is_empty() || kind == "Extension" => true,
            Some(stem) => ["CodeableConcept", "DateTime", "Quantity", "String", "Boolean", "Reference", "Period"]
                .iter()
                .any(|kind| exists(&format!("{stem}{kind}"))),
            None => exists(base),
        };
        if !found {
            findings.cell(row, "element", format!("{kind} has no element `{base}`"), "see elements.csv");
        }
        if *known.entry(url).or_insert(kind) != kind {
            findings.cell(
                row,
                "type",
                format!("other rows of this profile say `{}`", known[url]),
                "a profile has one type",
            );
        }
    }
    let mut used: Vec<String> = Vec::new();
    for (name, file, tree) in context.pattern_files() {
        let whole = context.patterns.get(name).unwrap_or(tree);
        pattern(file, tree, whole, &known, &mut used, findings);
    }
    for table in &context.fhir {
        for row in table.sheet.rows() {
            for path in row.get("element").split('|') {
                let Ok(path) = ElementPath::parse(path) else { continue };
                for step in path.steps.iter().filter(|step| step.name == "extension") {
                    for (_, url) in step.conditions.iter().filter(|(name, _)| name.iter().any(|name| name == "url")) {
                        used.push(url.to_string());
                        if !known.contains_key(url.as_str()) {
                            findings.cell(
                                row,
                                "element",
                                format!("`{url}` is no extension of profiles.csv"),
                                "mend the URL, or add its facts",
                            );
                        }
                    }
                }
            }
        }
    }
    for row in profiles.rows().filter(|row| row.get("element").is_empty()) {
        if !used.iter().any(|url| url == row.get("profile")) {
            let help = "mend the URL, or take its rows away";
            findings.cell(row, "profile", "no pattern or row uses this profile or extension", help);
        }
    }
    for row in profiles.rows().filter(|row| !row.get("element").is_empty()) {
        let named =
            profiles.rows().any(|other| other.get("element").is_empty() && other.get("profile") == row.get("profile"));
        if !named {
            findings.cell(row, "profile", "no row without an element names this profile", "mend the URL");
        }
    }
}

/// What a file of a pattern says of profiles; `whole` is the pattern as it results.
fn pattern(
    file: &File,
    tree: &Tree,
    whole: &Tree,
    known: &HashMap<&str, &str>,
    used: &mut Vec<String>,
    findings: &mut Findings<'_>,
) {
    let kind = whole.text_at("resourceType").unwrap_or_default();
    let profiles = tree.get("meta").and_then(|meta| meta.get("profile")).map_or(&[][..], Tree::items);
    if profiles.is_empty() && tree.get(LIKE).is_none() {
        findings.text(&file.path, "resourceType", "the pattern names no profile", "name it in `meta.profile`");
    }
    for url in profiles.iter().filter_map(Tree::text) {
        used.push(url.to_owned());
        match known.get(url) {
            None => findings.text(
                &file.path,
                url,
                format!("`{url}` is no profile of profiles.csv"),
                "mend the URL, or add its facts",
            ),
            Some(of) if *of != kind => {
                findings.text(
                    &file.path,
                    url,
                    format!("is a profile of {of}, not of {kind}"),
                    "mend the URL or the type",
                );
            }
            Some(_) => {}
        }
    }
    extensions(tree, &mut |url| {
        used.push(url.to_owned());
        if !known.contains_key(url) {
            findings.text(
                &file.path,
                url,
                format!("`{url}` is no extension of profiles.csv"),
                "mend the URL, or add its facts",
            );
        }
    });
}

fn extensions(tree: &Tree, visit: &mut impl FnMut(&str)) {
    match tree {
        Tree::Object(members) => {
            for (name, value) in members {
                if name == "extension" {
                    value.items().iter().filter_map(|item| item.text_at("url")).for_each(&mut *visit);
                }
                extensions(value, visit);
            }
        }
        Tree::Array(items) => items.iter().for_each(|item| extensions(item, visit)),
        Tree::Leaf(_) => {}
    }
}
