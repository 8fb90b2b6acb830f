//! `rows.csv`: which concept stands where.

use std::collections::HashMap;

use super::Datatype;
use crate::dataset::{ConceptIx, Dataset, Kind};
use crate::tables::{Row, Sheet, Source, TableError};

const COLUMNS: &[&str] =
    &["concept", "in", "pattern", "repeat", "template", "code", "code_system", "display", "datatype"];

/// The rows of one message.
pub(super) struct Rows {
    pub file: String,
    pub list: Vec<RowSpec>,
    /// By hole or slot: the rows that name it, in the order of the table.
    pub by_place: HashMap<String, Vec<usize>>,
}

/// One row that has a place.
#[derive(Clone, Debug)]
pub(super) struct RowSpec {
    pub line: u64,
    pub number: String,
    pub concept: ConceptIx,
    pub kind: Kind,
    pub place: String,
    pub pattern: String,
    /// The concept of which the node is an occurrence.
    pub repeat: ConceptIx,
    pub template: String,
    pub code: String,
    pub code_system: String,
    pub display: String,
    pub datatype: Option<Datatype>,
}

impl Rows {
    pub fn load(source: &Source, file: &str, dataset: &Dataset) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, file, COLUMNS)?;
        let mut seen: HashMap<ConceptIx, u64> = HashMap::new();
        let mut rows = Self { file: file.to_owned(), list: Vec::new(), by_place: HashMap::new() };
        for row in sheet.rows() {
            let concept = concept(&row, "concept", dataset)?;
            if let Some(line) = seen.insert(concept, row.line) {
                return Err(row.fault("concept", format!("already has a row, on line {line}; a concept has one row")));
            }
            let place = row.get("in");
            if place == "-" {
                continue;
            }
            if place.is_empty() {
                return Err(row.fault("in", "is empty; name a slot or a hole, or `-` if the message has no place"));
            }
            rows.by_place.entry(place.to_owned()).or_default().push(rows.list.len());
            rows.list.push(spec(&row, concept, dataset)?);
        }
        Ok(rows)
    }

    pub fn fault(&self, row: &RowSpec, column: &str, message: impl Into<String>) -> TableError {
        TableError { file: self.file.clone(), line: row.line, column: column.to_owned(), message: message.into() }
    }

    pub fn at(&self, place: &str) -> &[usize] {
        self.by_place.get(place).map_or(&[], Vec::as_slice)
    }
}

fn concept(row: &Row<'_>, column: &str, dataset: &Dataset) -> Result<ConceptIx, TableError> {
    let number = row.get(column);
    dataset.find(number).ok_or_else(|| row.fault(column, format!("`{number}` is no concept of {}", dataset.name)))
}

fn spec(row: &Row<'_>, concept_ix: ConceptIx, dataset: &Dataset) -> Result<RowSpec, TableError> {
    let kind = dataset.get(concept_ix).kind;
    let pattern = row.get("pattern");
    let name = row.get("datatype");
    let datatype = match (kind, name) {
        (Kind::Group, "") => None,
        (Kind::Group, _) => return Err(row.fault("datatype", "is given, but a group has no value")),
        (_, name) => {
            Some(Datatype::from_name(name).ok_or_else(|| row.fault("datatype", format!("`{name}` is not known")))?)
        }
    };
    if let Some(datatype) = datatype
        && !datatype.holds(kind)
    {
        return Err(row.fault("datatype", format!("`{name}` cannot hold a {kind:?}, which the concept is")));
    }
    if kind == Kind::Group && pattern.is_empty() {
        return Err(row.fault("pattern", "is empty; a group without a node of its own needs no row"));
    }
    let repeat = match row.get("repeat") {
        "" => concept_ix,
        _ if pattern.is_empty() => return Err(row.fault("repeat", "is given, but only a node can repeat")),
        _ => concept(row, "repeat", dataset)?,
    };
    Ok(RowSpec {
        line: row.line,
        number: row.get("concept").to_owned(),
        concept: concept_ix,
        kind,
        place: row.get("in").to_owned(),
        pattern: pattern.to_owned(),
        repeat,
        template: row.get("template").to_owned(),
        code: row.get("code").to_owned(),
        code_system: row.get("code_system").to_owned(),
        display: row.get("display").to_owned(),
        datatype,
    })
}
