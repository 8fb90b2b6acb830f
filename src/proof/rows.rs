//! Where the rows of each concept stand in the tables.

use crate::convert::MessageKind;
use crate::dataset::ConceptIx;
use crate::plan::Manifest;
use crate::plan::fhir::Field;
use crate::tables::{Row, Sheet, Source, TableError};

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRow {
    /// The file, within the tables.
    pub file: String,
    /// The line, from 1; 0 if the table has no row for the concept.
    pub line: u64,
    /// The place that it names.
    pub place: String,
    /// True if an earlier row has the same concept.
    pub is_copy: bool,
}

/// The tables of a kind of message.
pub(super) struct Rows<'k> {
    kind: &'k MessageKind,
    dataset: Sheet,
    message: Option<Sheet>,
    fhir: Option<Sheet>,
}

impl<'k> Rows<'k> {
    pub fn load(source: &Source, kind: &'k MessageKind) -> Result<Self, TableError> {
        let message = match kind.hl7v3 {
            Some(_) => Some(Sheet::load(source, &format!("messages/{}/rows.csv", kind.name), &["concept", "in"])?),
            None => None,
        };
        let name = &kind.dataset.name;
        let fhir = match Manifest::load(source)?.dataset(name)?.fhir.as_deref() {
            Some(table) => Some(Sheet::load(source, &format!("fhir-stu3/{table}.csv"), &["concept", "element"])?),
            None => None,
        };
        let dataset = Sheet::load(source, &format!("dataset/{name}.csv"), &["concept", "element"])?;
        Ok(Self { kind, dataset, message, fhir })
    }

    /// The row of the message.
    pub fn of_message(&self, concept: ConceptIx) -> TableRow {
        self.find(self.message.as_ref(), concept, |row| match row.get("template") {
            "" => row.get("in").to_owned(),
            template => format!("{} {template}", row.get("in")),
        })
    }

    /// The row of the dataset, which names the element of ADA.
    pub fn of_dataset(&self, concept: ConceptIx) -> TableRow {
        self.find(Some(&self.dataset), concept, |row| row.get("element").to_owned())
    }

    /// The row of a field in FHIR.
    pub fn of_fhir(&self, concept: ConceptIx, field: Option<&Field>) -> TableRow {
        let Some((sheet, field)) = self.fhir.as_ref().zip(field) else {
            return self.find(self.fhir.as_ref(), concept, |_| String::new());
        };
        let row = sheet.rows().find(|row| row.line == field.line);
        let place = row.map_or_else(String::new, |row| {
            let element = if row.get("element").is_empty() { row.get("datatype") } else { row.get("element") };
            match row.get("resource") {
                "" => element.to_owned(),
                role => format!("{role} {element}"),
            }
        });
        TableRow { file: sheet.file().to_owned(), line: field.line, place, is_copy: field.copy }
    }

    fn find(&self, sheet: Option<&Sheet>, concept: ConceptIx, place: impl Fn(&Row<'_>) -> String) -> TableRow {
        let Some(sheet) = sheet else { return TableRow::default() };
        let number = self.kind.dataset.get(concept).number.as_str();
        let row = sheet.rows().find(|row| row.get("concept") == number);
        let (line, place) = row.map_or_else(Default::default, |row| (row.line, place(&row)));
        TableRow { file: sheet.file().to_owned(), line, place, is_copy: false }
    }
}
