//! How much of the standard the tables cover.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::picture;
use crate::check::{Context, Files, Sheet};
use crate::dataset::NullFlavor;
use crate::tables::{Source, TableError};

/// Counts, by dataset, transaction, profile and value set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The tables of counts.
    pub sections: Vec<Section>,
}

/// One table of counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What its lines are about.
    pub title: &'static str,
    /// What is counted: the first is the whole, the others are parts of it.
    pub columns: Vec<&'static str>,
    /// Name and counts of each line.
    pub lines: Vec<(String, Vec<usize>)>,
}

/// Counts what the tables cover.
///
/// # Errors
/// If the files cannot be read.
pub fn coverage(source: &Source) -> Result<Coverage, TableError> {
    let files = Files::load(source)?;
    let context = Context::new(&files);
    let sections = vec![datasets(&context), transactions(&context), profiles(&context), value_sets(&context)];
    Ok(Coverage { sections })
}

/// The concepts that a table gives a place.
fn placed<'a>(sheet: Option<Sheet<'a>>, column: &str) -> BTreeSet<&'a str> {
    let rows = sheet.into_iter().flat_map(Sheet::rows);
    rows.filter(|row| row.get(column) != "-").map(|row| row.get("concept")).collect()
}

/// The leaves of a message.
fn leaves<'a>(context: &Context<'a>, uses: Option<Sheet<'a>>) -> BTreeSet<&'a str> {
    let rows = uses.into_iter().flat_map(Sheet::rows);
    let is_leaf = |number: &str| {
        let path = uses.map_or("", |sheet| sheet.path);
        context.concept(path, number).is_some_and(|concept| concept.get("kind") != "group")
    };
    rows.map(|row| row.get("concept")).filter(|number| is_leaf(number)).collect()
}

fn datasets(context: &Context<'_>) -> Section {
    let lines = context.datasets.iter().map(|(name, dataset)| {
        let all: BTreeSet<&str> = dataset
            .sheet
            .rows()
            .filter(|row| row.get("kind") != "group" && !row.get("concept").starts_with('W'))
            .map(|row| row.get("concept"))
            .collect();
        let messages = || context.messages.iter().filter(|message| message.dataset == *name);
        let used: BTreeSet<&str> = messages().flat_map(|message| leaves(context, message.concepts)).collect();
        let in_message: BTreeSet<&str> = messages().flat_map(|message| placed(message.rows, "in")).collect();
        let fhir = context.fhir.iter().find(|table| table.dataset == *name).map(|table| table.sheet);
        let in_fhir = placed(fhir, "element");
        let count =
            |set: &BTreeSet<&str>| all.iter().filter(|number| used.contains(*number) && set.contains(*number)).count();
        (name.clone(), vec![all.len(), all.intersection(&used).count(), count(&in_message), count(&in_fhir)])
    });
    Section {
        title: "Datasets",
        columns: vec!["concepts with a value", "in a transaction", "with a place in HL7v3", "with a place in FHIR"],
        lines: lines.collect(),
    }
}

fn transactions(context: &Context<'_>) -> Section {
    let lines = context.messages.iter().map(|message| {
        let used = leaves(context, message.concepts);
        let fhir = context.fhir.iter().find(|table| table.dataset == message.dataset).map(|table| table.sheet);
        let (message_places, fhir_places) = (placed(message.rows, "in"), placed(fhir, "element"));
        let counts = [&message_places, &fhir_places].map(|set| used.intersection(set).count());
        (message.name.clone(), vec![used.len(), counts[0], counts[1]])
    });
    Section {
        title: "Transactions",
        columns: vec!["concepts with a value", "with a place in HL7v3", "with a place in FHIR"],
        lines: lines.collect(),
    }
}

fn profiles(context: &Context<'_>) -> Section {
    let mut lines: Vec<(String, Vec<usize>)> = Vec::new();
    for plan in context.fhir.iter().filter_map(|table| table.plan.as_ref()) {
        for role in &plan.roles {
            for profile in &role.profiles {
                let name = profile.rsplit('/').next().unwrap_or(profile).to_owned();
                let at = lines.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
                    lines.push((name, vec![0, 0]));
                    lines.len() - 1
                });
                lines[at].1[0] += 1;
                lines[at].1[1] += role.fields.len();
            }
        }
    }
    lines.sort();
    Section { title: "Profiles", columns: vec!["kinds of resource", "values in them"], lines }
}

fn value_sets(context: &Context<'_>) -> Section {
    let mut lines = Vec::new();
    for table in &context.fhir {
        let used: BTreeSet<&str> =
            table.sheet.rows().filter(|row| row.get("element") != "-").map(|row| row.get("concept")).collect();
        let set_of =
            |number: &str| context.concept(table.sheet.path, number).map_or("", |concept| concept.get("value_set"));
        let sets: BTreeSet<&str> = used.iter().map(|number| set_of(number)).filter(|set| !set.is_empty()).collect();
        for name in sets {
            let Some(set) = context.value_set(name) else { continue };
            let maps: BTreeSet<&str> = table
                .sheet
                .rows()
                .filter(|row| set_of(row.get("concept")) == name && !row.get("code_map").is_empty())
                .map(|row| row.get("code_map"))
                .collect();
            let mapped = |relation: fn(&str) -> bool| {
                let rows = || {
                    maps.iter().filter_map(|map| context.sheet(&format!("code-maps/{map}.csv"))).flat_map(Sheet::rows)
                };
                set.rows()
                    .filter(|member| {
                        rows().any(|row| {
                            row.get("source_code") == member.get("code")
                                && row.get("source_system") == member.get("code_system")
                                && relation(row.get("relation"))
                        })
                    })
                    .count()
            };
            let all = set.rows().count();
            let null = set.rows().filter(|row| row.get("code_system") == NullFlavor::SYSTEM).count();
            let (changed, same) =
                (mapped(|relation| !matches!(relation, "equal" | "unmatched")), mapped(|relation| relation == "equal"));
            let unmatched = mapped(|relation| relation == "unmatched");
            lines.push((name.to_owned(), vec![all, changed, same, unmatched, null]));
        }
    }
    Section {
        title: "Value sets",
        columns: vec!["codes", "translated", "the same in 3.2", "known to have no counterpart", "null flavours"],
        lines,
    }
}

impl Coverage {
    /// A table for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let names = section.lines.iter().map(|(name, _)| name.chars().count()).chain([section.title.len()]);
            let width = names.max().unwrap_or(0);
            let _ = write!(text, "{:width$}", section.title);
            for column in &section.columns {
                let _ = write!(text, "  {column}");
            }
            text.push('\n');
            for (name, counts) in &section.lines {
                let _ = write!(text, "{name:width$}");
                for (column, count) in section.columns.iter().zip(counts) {
                    let _ = write!(text, "  {count:>0$}", column.len());
                }
                text.push('\n');
            }
            text.push('\n');
        }
        text
    }

    /// CSV: one count a line.
    pub fn csv(&self) -> String {
        let mut text = String::from("section,name,what,count\n");
        for section in &self.sections {
            for (name, counts) in &section.lines {
                for (column, count) in section.columns.iter().zip(counts) {
                    let _ = writeln!(text, "{},{name},{column},{count}", section.title);
                }
            }
        }
        text
    }

    /// A page of its own: no script, no style sheet, no font from elsewhere.
    pub fn html(&self) -> String {
        picture::page(self)
    }
}
