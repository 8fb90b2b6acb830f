//! Which elements change what a resource or a value says: a status, a denial, a comparison.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};
use crate::tree::Tree;

/// The type in `modifiers.csv` that stands for all.
const EVERY_TYPE: &str = "*";

/// An element that changes what is said, unless it has a harmless value.
#[derive(Clone, Debug)]
struct Modifier {
    element: Text,
    /// What JSON calls what stands beside the value: an extension in its place.
    beside: Text,
    harmless: Vec<Text>,
}

/// The elements that change what is said, by the type that has them.
#[derive(Clone, Debug, Default)]
pub struct Modifiers {
    types: HashMap<Text, Vec<Modifier>, RandomState>,
    /// The names of all these elements.
    names: Vec<Text>,
}

impl Modifiers {
    /// Reads `modifiers.csv`.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, "fhir-stu3/modifiers.csv", &["type", "element", "harmless"])?;
        let mut types: HashMap<Text, Vec<Modifier>, RandomState> = HashMap::default();
        for row in sheet.rows() {
            let harmless = row.get("harmless").split_whitespace().map(Text::from).collect();
            types.entry(row.get("type").into()).or_default().push(Modifier {
                element: row.get("element").into(),
                beside: format!("_{}", row.get("element")).into(),
                harmless,
            });
        }
        let mut names: Vec<Text> =
            types.values().flatten().flat_map(|modifier| [modifier.element.clone(), modifier.beside.clone()]).collect();
        names.sort();
        names.dedup();
        Ok(Self { types, names })
    }

    /// True if an object has an element that changes what is said in some type: quick, before its own type is looked up.
    pub fn may_concern(&self, object: &Tree) -> bool {
        let Tree::Object(members) = object else { return false };
        members.iter().any(|(name, _)| self.names.contains(name))
    }

    /// True if some element of an object of a type changes what it says.
    pub fn change(&self, kind: &str, object: &Tree) -> bool {
        self.may_concern(object) && self.of(kind, object).next().is_some()
    }

    /// The elements of an object of a type that change what it says: their names and values.
    pub fn of<'m, 't>(&'m self, kind: &str, object: &'t Tree) -> impl Iterator<Item = (&'m str, &'t Tree)> {
        let modifiers = [kind, EVERY_TYPE].into_iter().filter_map(|kind| self.types.get(kind)).flatten();
        modifiers.flat_map(|modifier| {
            // Without a value, what stands in its place says at most that nobody knows.
            let own = object.get(&modifier.element).or_else(|| object.get(&modifier.beside));
            let values = own.map_or(&[][..], Tree::items).iter();
            let changes =
                |value: &&Tree| !value.text().is_some_and(|text| modifier.harmless.iter().any(|own| own == text));
            values.filter(changes).map(|value| (modifier.element.as_str(), value))
        })
    }
}
