use std::collections::HashSet;

use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context, File};
use crate::tables::{LIKE, schema};

rule! {
    /// A file is not used: nothing names it, or its path is none that the tables know.
    ///
    /// ## Why
    /// Somebody will maintain it in the belief that it decides something; or it was meant to be used, and a name has a typo.
    ///
    /// ## How to mend it
    /// Name it where it belongs (`value_set` in the dataset, `code_map` or `pattern` in a table, `messages` in `ooievaar.toml`), or take it away.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -5,Colour,,,observation,118184002,2.16.840.1.113883.6.96,Colour,C,1.2.4,Colour,valueCodeableConcept,CodeableConcept,,,ours,invented,
    /// +5,Colour,,,observation,118184002,2.16.840.1.113883.6.96,Colour,C,1.2.4,Colour,valueCodeableConcept,CodeableConcept,colour,,ours,invented,
    /// ```
    "OOI-006" "stray-file" Warning run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let named = |folder: &'static str, column: &'static str| -> HashSet<&str> {
        let sheets = context.sheets().filter(|sheet| sheet.path.starts_with(folder));
        sheets.flat_map(move |sheet| sheet.rows().map(move |row| row.get(column)).collect::<Vec<_>>()).collect()
    };
    let (mut sets, maps, mut patterns) =
        (named("dataset/", "value_set"), named("fhir-stu3/", "code_map"), named("fhir-stu3/", "pattern"));
    patterns.extend(context.pattern_files().filter_map(|(.., tree)| tree.text_at(LIKE)));
    // A concept can have a second value set, which `source` names.
    sets.extend(named("dataset/", "source").iter().flat_map(|text| text.split_whitespace()));
    let Some(Body::Toml(manifest)) = context.files.get("ooievaar.toml").map(|file| &file.body) else { return };
    let messages: Vec<&str> =
        manifest.get("messages").and_then(|m| m.as_array()).into_iter().flatten().filter_map(|m| m.as_str()).collect();
    let entries: Vec<(&String, &toml::Value)> =
        manifest.get("dataset").and_then(|d| d.as_table()).into_iter().flatten().collect();
    for file in context.files.iter() {
        let parts: Vec<&str> = file.path.split('/').collect();
        let name = parts.last().and_then(|name| name.rsplit_once('.')).map_or("", |(name, _)| name);
        let used = match parts.as_slice() {
            ["value-sets", _] => sets.contains(name),
            ["code-maps", _] => maps.contains(name),
            ["fhir-stu3", "patterns", _] => patterns.contains(name),
            ["messages", message, "skeleton.xml"] => messages.contains(message),
            ["messages", message, _] => messages.contains(message) && known(file),
            ["dataset", _] => entries.iter().any(|(dataset, _)| *dataset == name),
            ["fhir-stu3", _] if file.layout().is_some_and(|l| l.path == "fhir-stu3/*.csv") => {
                entries.iter().any(|(_, entry)| entry.get("fhir").and_then(|f| f.as_str()) == Some(name))
            }
            ["README.md"] => true,
            _ => known(file),
        };
        if !used {
            findings.at(&file.path, 1, 1, 1, "nothing uses this file", "name it where it belongs, or take it away");
        }
    }
}

fn known(file: &File) -> bool {
    file.layout().is_some() || schema::of(&file.path).is_some()
}
