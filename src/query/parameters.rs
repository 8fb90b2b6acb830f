//! By which of its references a type of resource can be searched.

use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};

/// The search parameters of FHIR for references, of `elements.csv`.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    rows: Vec<Parameter>,
    /// The references that say what a resource is part of: `wholes.csv`.
    wholes: Vec<(Text, Text)>,
}

#[derive(Clone, Debug)]
struct Parameter {
    kind: Text,
    element: Text,
    name: Text,
    targets: Vec<Text>,
}

impl Parameters {
    /// Reads them.
    ///
    /// # Errors
    /// If a table cannot be read.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, "fhir-stu3/elements.csv", &["type", "element"])?;
        let rows = sheet.rows().filter(|row| !row.get("search").is_empty()).map(|row| Parameter {
            kind: row.get("type").into(),
            element: row.get("element").into(),
            name: row.get("search").into(),
            targets: row.get("targets").split_whitespace().map(Text::from).collect(),
        });
        let rows = rows.collect();
        let sheet = Sheet::load(source, "fhir-stu3/wholes.csv", &["type", "element"])?;
        let wholes = sheet.rows().map(|row| (row.get("type").into(), row.get("element").into())).collect();
        Ok(Self { rows, wholes })
    }

    /// The name of the parameter that searches a type by one of its references.
    pub fn of(&self, kind: &str, element: &str) -> Option<&str> {
        self.row(kind, element).map(|row| row.name.as_str())
    }

    /// The same through a part of what is referred to: an Observation that names the contact, and not the episode of which the
    /// contact is a part (`context:Encounter.episodeofcare`).
    pub fn through_parts<'p>(&'p self, kind: &'p str, element: &'p str) -> impl Iterator<Item = String> + 'p {
        let row = self.row(kind, element);
        let parts = self.wholes.iter().filter(move |(part, _)| row.is_some_and(|row| row.targets.contains(part)));
        parts.filter_map(move |(part, whole)| Some(format!("{}:{part}.{}", row?.name, self.of(part, whole)?)))
    }

    fn row(&self, kind: &str, element: &str) -> Option<&Parameter> {
        self.rows.iter().find(|row| row.kind == kind && row.element == element)
    }
}
