//! How much of the standard the tables cover.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::{Coverage, Line, Section};
use crate::check::{Context, Files, Row, Sheet};
use crate::dataset::NullFlavor;
use crate::plan::{Manifest, MessageMeta};
use crate::tables::{Source, TableError};

/// Counts what the tables cover.
///
/// # Errors
/// If the files cannot be read.
pub fn coverage(source: &Source) -> Result<Coverage, TableError> {
    let source = &source.laid();
    let files = Files::load(source)?;
    let context = Context::new(&files);
    let standard = Standard::load(source, &context)?;
    let sections = vec![
        datasets(&context, &standard),
        transactions(&context, &standard),
        profiles(&context),
        value_sets(&context),
    ];
    Ok(Coverage { sections })
}

/// How many concepts with a value the standard has, where the tables say that they have a selection.
struct Standard {
    datasets: BTreeMap<String, usize>,
    transactions: BTreeMap<String, usize>,
}

impl Standard {
    fn load(source: &Source, context: &Context<'_>) -> Result<Self, TableError> {
        let datasets = Manifest::load(source)?.datasets.into_iter();
        let mut transactions = BTreeMap::new();
        for message in &context.messages {
            let meta = MessageMeta::load(source, &format!("messages/{}", message.name))?;
            transactions.extend(meta.standard.map(|standard| (message.name.clone(), standard.values)));
        }
        let datasets = datasets.filter_map(|(name, entry)| Some((name, entry.standard?.values))).collect();
        Ok(Self { datasets, transactions })
    }
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

fn datasets(context: &Context<'_>, standard: &Standard) -> Section {
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
        let fhir = context.fhir.iter().find(|table| table.datasets.contains(name)).map(|table| table.sheet);
        let in_fhir = placed(fhir, "element");
        let count =
            |set: &BTreeSet<&str>| all.iter().filter(|number| used.contains(*number) && set.contains(*number)).count();
        let whole = standard.datasets.get(name).copied().unwrap_or(all.len());
        let mut line = Line::new(name, [whole, all.len(), all.intersection(&used).count(), count(&in_message)]);
        line.counts.push(fhir.map(|_| count(&in_fhir)));
        line
    });
    Section {
        title: "Datasets",
        about: "The concepts of a dataset that hold a value: in the standard, in the tables, those that some transaction uses, and how many of these have a place in each format.",
        columns: vec![
            "concepts with a value in the standard",
            "of these in the tables",
            "in a transaction",
            "with a place in HL7v3",
            "with a place in FHIR",
        ],
        lines: lines.collect(),
    }
}

fn transactions(context: &Context<'_>, standard: &Standard) -> Section {
    let lines = context.messages.iter().map(|message| {
        let used = leaves(context, message.concepts);
        let fhir = context.fhir.iter().find(|table| table.datasets.contains(&message.dataset)).map(|table| table.sheet);
        let count = |sheet, column| used.intersection(&placed(Some(sheet), column)).count();
        let (own, fhir) = (message.rows.map(|rows| count(rows, "in")), fhir.map(|table| count(table, "element")));
        let whole = standard.transactions.get(&message.name).copied().unwrap_or(used.len());
        let counts = vec![Some(whole), Some(used.len()), own, fhir];
        Line { name: message.name.clone(), title: message.title.clone(), counts }
    });
    Section {
        title: "Transactions",
        about: "The concepts of a transaction that hold a value: in the standard, in the tables, and how many of them have a place in each format. Without a number the tables have no such message, or no FHIR for its dataset.",
        columns: vec![
            "concepts with a value in the standard",
            "of these in the tables",
            "with a place in HL7v3",
            "with a place in FHIR",
        ],
        lines: lines.collect(),
    }
}

fn profiles(context: &Context<'_>) -> Section {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for plan in context.fhir.iter().filter_map(|table| table.plan.as_ref()) {
        for role in &plan.roles {
            for profile in &role.profiles {
                let name = profile.rsplit('/').next().unwrap_or(profile);
                let [kinds, values] = counts.entry(name).or_default();
                *kinds += 1;
                *values += role.fields.len();
            }
        }
    }
    Section {
        title: "Profiles",
        about: "The FHIR profiles that are written: how many kinds of resource follow each, and how many values have their place in those.",
        columns: vec!["kinds of resource", "values in them"],
        lines: counts.into_iter().map(|(name, counts)| Line::new(name, counts)).collect(),
    }
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
            let rows =
                || maps.iter().filter_map(|map| context.sheet(&format!("code-maps/{map}.csv"))).flat_map(Sheet::rows);
            let relation_is = |member: Row<'_>, relation: fn(&str) -> bool| {
                rows().any(|row| {
                    row.get("source_code") == member.get("code")
                        && row.get("source_system") == member.get("code_system")
                        && relation(row.get("relation"))
                })
            };
            let mapped = |relation: fn(&str) -> bool| set.rows().filter(|row| relation_is(*row, relation)).count();
            let in_a_map = |member: Row<'_>| relation_is(member, |_| true);
            let all = set.rows().count();
            let null = set.rows().filter(|row| row.get("code_system") == NullFlavor::SYSTEM).count();
            let (changed, same) =
                (mapped(|relation| !matches!(relation, "equal" | "unmatched")), mapped(|relation| relation == "equal"));
            let unmatched = mapped(|relation| relation == "unmatched");
            let plain =
                set.rows().filter(|row| row.get("code_system") != NullFlavor::SYSTEM && !in_a_map(*row)).count();
            lines.push(Line::new(name, [all, changed, same, unmatched, null, plain]));
        }
    }
    Section {
        title: "Value sets",
        about: "The value sets of concepts with a place in FHIR. What is translated becomes another code; all else goes as it is.",
        columns: vec![
            "codes",
            "translated",
            "the same in 3.2",
            "known to have no counterpart",
            "null flavours",
            "without a code map",
        ],
        lines,
    }
}
