//! What the checks look at: the tables as they are, joined to each other as far as they fit.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::refuted::Refuted;
use super::sheet::{Row, Sheet};
use super::skeleton::SkeletonMarks;
use super::{Body, File, Files};
use crate::dataset::Kind;
use crate::generate::Samples;
use crate::plan::fhir::{Elements, FhirPlan};
use crate::plan::kind::Parts;
use crate::plan::{AlignMeta, Manifest, MessageMeta, load_dataset};
use crate::tables::{LIKE, Source, TableError, pattern, pattern_file, pattern_name};
use crate::terminology::{CodeMap, CodeSystems, ValueSet};
use crate::tree::Tree;

/// The tables, for the checks.
pub struct Context<'a> {
    /// The files.
    pub files: &'a Files,
    /// The datasets, by name.
    pub datasets: BTreeMap<String, DatasetTable<'a>>,
    /// The messages that `ooievaar.toml` names and that have a `message.toml`.
    pub messages: Vec<Message<'a>>,
    /// The FHIR tables that `ooievaar.toml` names.
    pub fhir: Vec<FhirTable<'a>>,
    /// Facts of the FHIR specification.
    pub elements: Elements,
    /// The patterns that can be read, as they result from what they are like.
    pub patterns: BTreeMap<String, Tree>,
    /// The rows of `code-systems.csv`, by OID.
    pub systems: HashMap<&'a str, Row<'a>>,
    /// What the loaders of the plans refuse.
    pub faults: Vec<TableError>,
    /// The code and the name of each check; empty until the checks are run.
    pub(super) checks: Vec<(&'static str, &'static str)>,
    /// Concepts for which there is an example; `None` if nobody asked.
    pub examples: Option<BTreeSet<String>>,
    /// Rows whose claim to be exact is refuted; `None` if they were not run.
    pub refuted: Option<Vec<Refuted>>,
}

/// The table of a dataset.
pub struct DatasetTable<'a> {
    /// The table.
    pub sheet: Sheet<'a>,
    /// Its rows by concept: the first of each.
    pub concepts: HashMap<&'a str, Row<'a>>,
}

/// A message.
pub struct Message<'a> {
    /// Its name: the folder.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The name of its dataset.
    pub dataset: String,
    /// `concepts.csv`.
    pub concepts: Option<Sheet<'a>>,
    /// `rows.csv`.
    pub rows: Option<Sheet<'a>>,
    /// `templates.csv`.
    pub templates: Option<Sheet<'a>>,
    /// The marks of `skeleton.xml`.
    pub skeleton: Option<SkeletonMarks>,
    /// Pairs of groups that are about the same thing.
    pub align: Vec<AlignMeta>,
}

/// A FHIR table.
pub struct FhirTable<'a> {
    /// The name of its dataset.
    pub dataset: String,
    /// The names of all datasets that it binds, this one first: releases of one dataset.
    pub datasets: Vec<String>,
    /// The table.
    pub sheet: Sheet<'a>,
    /// The plan, if it compiles.
    pub plan: Option<Arc<FhirPlan>>,
}

impl<'a> Context<'a> {
    /// Joins the tables.
    pub fn new(files: &'a Files) -> Self {
        let source = files.source();
        let mut faults = Vec::new();
        let manifest = keep(Manifest::load(&source), &mut faults);
        let sheet = |path: String| files.sheet(&path);
        let datasets = datasets(files);
        let elements = keep(Elements::load(&source), &mut faults).unwrap_or_default();
        keep(CodeSystems::load(&source), &mut faults);
        let mut messages = Vec::new();
        let mut fhir: Vec<FhirTable<'_>> = Vec::new();
        for name in manifest.iter().flat_map(|manifest| &manifest.messages) {
            let folder = format!("messages/{name}");
            let Some(meta) = keep(MessageMeta::load(&source, &folder), &mut faults) else { continue };
            let skeleton = files.get(&format!("{folder}/skeleton.xml")).and_then(|file| file.text.as_deref());
            messages.push(Message {
                name: name.clone(),
                title: meta.title.clone(),
                dataset: meta.dataset.clone(),
                concepts: sheet(format!("{folder}/concepts.csv")),
                rows: sheet(format!("{folder}/rows.csv")),
                templates: sheet(format!("{folder}/templates.csv")),
                skeleton: skeleton.and_then(SkeletonMarks::read),
                align: meta.align.clone(),
            });
            let table = manifest.as_ref().and_then(|manifest| manifest.datasets.get(&meta.dataset)?.fhir.clone());
            let plan = compile(&source, name, &meta, table.as_deref(), &mut faults);
            if let Some(sheet) = table.and_then(|table| sheet(format!("fhir-stu3/{table}.csv"))) {
                match fhir.iter_mut().find(|other| other.sheet.path == sheet.path) {
                    Some(known) if known.datasets.contains(&meta.dataset) => {}
                    Some(known) => known.datasets.push(meta.dataset),
                    None => {
                        let datasets = vec![meta.dataset.clone()];
                        fhir.push(FhirTable { dataset: meta.dataset, datasets, sheet, plan });
                    }
                }
            }
        }
        for file in files.iter() {
            if let Some(name) = name_in(&file.path, "value-sets") {
                keep(ValueSet::load(&source, name), &mut faults);
            }
            if let Some(name) = name_in(&file.path, "code-maps") {
                keep(CodeMap::load(&source, name), &mut faults);
            }
        }
        let systems = sheet("code-systems.csv".to_owned()).into_iter().flat_map(Sheet::rows);
        let systems = systems.map(|row| (row.get("oid"), row)).collect();
        let checks = Vec::new();
        // What is wrong with them is told by who makes resources of them.
        let read = |name: &str| Some((name.to_owned(), pattern(&source, name).ok()??));
        let patterns = files.iter().filter_map(|file| read(pattern_name(&file.path)?)).collect();
        Self {
            files,
            patterns,
            datasets,
            messages,
            fhir,
            elements,
            systems,
            faults,
            checks,
            examples: None,
            refuted: None,
        }
    }

    /// The files of patterns that can be read, each with its name and what stands in it.
    pub fn pattern_files(&self) -> impl Iterator<Item = (&'a str, &'a File, &'a Tree)> {
        self.files.iter().filter_map(|file| match &file.body {
            Body::Json(tree) => Some((pattern_name(&file.path)?, file, tree)),
            _ => None,
        })
    }

    /// The profile of what a pattern makes.
    pub fn profile_of(&self, pattern: &str) -> Option<&str> {
        self.patterns.get(pattern)?.get("meta")?.get("profile")?.items().first().and_then(Tree::text)
    }

    /// The name of the pattern in whose file a member of a pattern stands: its own, or one that it is like.
    pub fn holder_of<'p>(&'p self, pattern: &'p str, member: &str) -> Option<&'p str> {
        let own = |name: &str| match &self.files.get(&pattern_file(name))?.body {
            Body::Json(tree) => Some(tree),
            _ => None,
        };
        let mut below = std::iter::successors(Some(pattern), |name| own(name)?.text_at(LIKE)).take(self.patterns.len());
        below.find(|name| own(name).is_some_and(|tree| tree.get(member).is_some()))
    }

    /// The table at a path, if it can be read.
    pub fn sheet(&self, path: &str) -> Option<Sheet<'a>> {
        self.files.sheet(path)
    }

    /// All tables that can be read and are of a known kind.
    pub fn sheets(&self) -> impl Iterator<Item = Sheet<'a>> {
        self.files.iter().filter(|file| file.layout().is_some()).filter_map(File::sheet)
    }

    /// The tables in a folder.
    pub fn sheets_in(&self, folder: &str) -> impl Iterator<Item = Sheet<'a>> {
        self.sheets().filter(move |sheet| name_in(sheet.path, folder).is_some())
    }

    /// The value set of this name.
    pub fn value_set(&self, name: &str) -> Option<Sheet<'a>> {
        self.sheet(&format!("value-sets/{name}.csv"))
    }

    /// The dataset that the concepts of a table belong to.
    pub fn dataset_of(&self, path: &str) -> Option<&DatasetTable<'a>> {
        let own = name_in(path, "dataset").map(str::to_owned);
        let message = || self.messages.iter().find(|m| path.starts_with(&format!("messages/{}/", m.name)));
        let fhir = || self.fhir.iter().find(|table| table.sheet.path == path);
        let name = own
            .or_else(|| message().map(|message| message.dataset.clone()))
            .or_else(|| fhir().map(|table| table.dataset.clone()))?;
        self.datasets.get(&name)
    }

    /// The row of a concept in the dataset of a table.
    pub fn concept(&self, path: &str, number: &str) -> Option<Row<'a>> {
        let others = self.fhir.iter().filter(|table| table.sheet.path == path).flat_map(|table| &table.datasets);
        let others = others.filter_map(|name| self.datasets.get(name));
        self.dataset_of(path).into_iter().chain(others).find_map(|dataset| dataset.concepts.get(number).copied())
    }

    /// A concept and the groups that hold it, from the inside out.
    pub fn line_of<'c>(&'c self, path: &'c str, number: &'c str) -> impl Iterator<Item = &'c str> {
        let mut left = self.dataset_of(path).map_or(0, |dataset| dataset.concepts.len());
        std::iter::successors(Some(number), move |number| {
            // Groups may hold each other by mistake.
            left = left.checked_sub(1)?;
            self.concept(path, number).map(|row| row.get("parent")).filter(|parent| !parent.is_empty())
        })
    }

    /// The kind of a concept in the dataset of a table.
    pub fn kind(&self, path: &str, number: &str) -> Option<Kind> {
        Kind::from_name(self.concept(path, number)?.get("kind"))
    }
}

impl<'a> Message<'a> {
    /// The row of a concept in `concepts.csv`.
    pub fn use_of(&self, number: &str) -> Option<Row<'a>> {
        self.concepts?.rows().find(|row| row.get("concept") == number)
    }
}

/// The name of a table directly in a folder.
pub fn name_in<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let name = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".csv")?;
    (!name.contains('/')).then_some(name)
}

fn datasets(files: &Files) -> BTreeMap<String, DatasetTable<'_>> {
    let tables = files.iter().filter_map(|file| {
        let name = name_in(&file.path, "dataset")?;
        let sheet = file.sheet()?;
        let mut concepts = HashMap::new();
        for row in sheet.rows() {
            concepts.entry(row.get("concept")).or_insert(row);
        }
        Some((name.to_owned(), DatasetTable { sheet, concepts }))
    });
    tables.collect()
}

fn keep<T>(result: Result<T, TableError>, faults: &mut Vec<TableError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

/// Compiles all plans of a message; what is left is that of FHIR.
fn compile(
    source: &Source,
    name: &str,
    meta: &MessageMeta,
    table: Option<&str>,
    faults: &mut Vec<TableError>,
) -> Option<Arc<FhirPlan>> {
    let dataset = keep(load_dataset(source, &meta.dataset, name), faults)?;
    keep(Samples::load(source, name, &dataset), faults);
    // What a kind calls itself in FHIR fills a pattern, and is nothing that a check looks at.
    let parts = Parts::compile(source, name, meta, &dataset, table.map(|table| (table, "")), |_| None);
    faults.extend(parts.faults);
    parts.fhir
}
