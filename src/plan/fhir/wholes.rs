//! Which elements say of a resource that it is part of a larger one.

use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};

/// The elements by which a resource says which larger one it is part of.
#[derive(Clone, Debug, Default)]
pub struct Wholes {
    elements: Vec<(Text, Text)>,
}

impl Wholes {
    /// Reads `wholes.csv`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, "fhir-stu3/wholes.csv", &["type", "element"])?;
        Ok(Self { elements: sheet.rows().map(|row| (row.get("type").into(), row.get("element").into())).collect() })
    }

    /// The elements of a type of resource that refer to what it is part of.
    pub fn of<'w>(&'w self, kind: &str) -> impl Iterator<Item = &'w str> {
        self.elements.iter().filter(move |(own, _)| own.as_str() == kind).map(|(_, element)| element.as_str())
    }
}
