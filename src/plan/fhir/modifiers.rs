//! Which elements change what a resource or a value says: a status, a denial, a comparison, a period that is over.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::ElementPath;
use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};
use crate::tree::Tree;

/// The type in `modifiers.csv` that stands for all.
const EVERY_TYPE: &str = "*";
/// The element that nearly every object has, and that says something by its URL.
const EXTENSION: &str = "extension";

/// An element that changes what is said, unless it has a harmless value.
#[derive(Clone, Debug)]
struct ModifierElement {
    /// As the table has it.
    element: Text,
    path: ElementPath,
    /// What JSON calls what stands beside the value: an extension in its place.
    beside: Text,
    harmless: Vec<Text>,
    /// The values of these with which it counts only where there is no other.
    second: Vec<Text>,
}

impl ModifierElement {
    /// The values of the element in an object; without one, what stands in its place.
    fn values<'t>(&self, object: &'t Tree) -> Vec<&'t Tree> {
        let is_plain = matches!(&self.path.steps[..], [step] if step.name == self.element);
        if is_plain {
            let own = object.get(&self.element).or_else(|| object.get(&self.beside));
            return own.map_or_else(Vec::new, |own| own.items().iter().collect());
        }
        let values = self.path.select(object);
        if !values.is_empty() {
            return values;
        }
        let beside = self.path.holders(object).into_iter().filter_map(|holder| holder.get(&self.beside));
        beside.flat_map(Tree::items).collect()
    }
}

/// The elements of an object that change what it says: their names and values.
fn changed<'m, 't>(
    modifiers: impl IntoIterator<Item = &'m ModifierElement>,
    object: &'t Tree,
) -> impl Iterator<Item = (&'m str, &'t Tree)> {
    modifiers.into_iter().flat_map(|modifier| {
        let changes = |value: &&Tree| !value.text().is_some_and(|text| modifier.harmless.iter().any(|own| own == text));
        let values = modifier.values(object).into_iter();
        values.filter(changes).map(|value| (modifier.element.as_str(), value))
    })
}

/// The elements that change what is said, by the type that has them, or the element that a type has in its place.
#[derive(Clone, Debug, Default)]
pub struct Modifiers {
    types: HashMap<Text, Vec<ModifierElement>, RandomState>,
    /// The same for an element of a type: the type, the element, and what changes what stands there.
    places: Vec<(Text, Text, Vec<ModifierElement>)>,
    /// The names of all these elements, but for extensions.
    names: Vec<Text>,
    /// The types of which an extension changes something: nearly every object has some.
    extended: Vec<Text>,
}

impl Modifiers {
    /// Reads `modifiers.csv`.
    ///
    /// # Errors
    /// If the table cannot be read, or an element is no path.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, "fhir-stu3/modifiers.csv", &["type", "element", "harmless"])?;
        let words = |cell: &str| cell.split_whitespace().map(Text::from).collect();
        let mut types: HashMap<Text, Vec<ModifierElement>, RandomState> = HashMap::default();
        for row in sheet.rows() {
            let path = ElementPath::parse(row.get("element")).map_err(|why| row.fault("element", why))?;
            types.entry(row.get("type").into()).or_default().push(ModifierElement {
                element: row.get("element").into(),
                beside: format!("_{}", path.last().name).into(),
                path,
                harmless: words(row.get("harmless")),
                second: words(row.get("second")),
            });
        }
        let first = |modifier: &ModifierElement| modifier.path.steps[0].name.clone();
        let firsts = types.values().flatten().map(first).filter(|name| name != EXTENSION);
        let mut names: Vec<Text> = firsts.flat_map(|name| [format!("_{name}").into(), name]).collect();
        names.sort();
        names.dedup();
        let is_extended = |own: &Vec<ModifierElement>| own.iter().any(|modifier| first(modifier) == EXTENSION);
        let extended = types.iter().filter(|(_, own)| is_extended(own)).map(|(kind, _)| kind.clone()).collect();
        let mut places = Vec::new();
        for (kind, own) in &types {
            if let Some((owner, element)) = kind.split_once('.') {
                places.push((owner.into(), element.into(), own.clone()));
            }
        }
        Ok(Self { types, places, names, extended })
    }

    /// True if an object has an element that changes what is said in some type: quick, before its own type is looked up.
    pub fn may_concern(&self, object: &Tree) -> bool {
        let Tree::Object(members) = object else { return false };
        members.iter().any(|(name, _)| self.names.contains(name))
    }

    /// True if some element of an object of a type changes what it says.
    pub fn change(&self, kind: &str, object: &Tree) -> bool {
        let may = self.may_concern(object) || self.extended.iter().any(|own| own == kind);
        may && self.of(kind, object).next().is_some()
    }

    /// The same for an object that stands in an element of a type, where more may change it.
    pub fn change_in(&self, (owner, element): (&str, &str), kind: &str, object: &Tree) -> bool {
        let is_meant = |(of, at, _): &&(Text, Text, Vec<ModifierElement>)| of == owner && at == element;
        let own = self.places.iter().find(is_meant).map_or(&[][..], |(.., own)| own);
        self.change(kind, object) || changed(own, object).next().is_some()
    }

    /// True if objects of a type may count before others.
    pub fn have_ranks(&self, kind: &str) -> bool {
        self.types.get(kind).is_some_and(|own| own.iter().any(|modifier| !modifier.second.is_empty()))
    }

    /// True if an object of a type counts only where there is no other.
    pub fn is_second(&self, kind: &str, object: &Tree) -> bool {
        self.types.get(kind).into_iter().flatten().any(|modifier| {
            let is_second =
                |value: &&Tree| value.text().is_some_and(|text| modifier.second.iter().any(|own| own == text));
            modifier.values(object).iter().any(is_second)
        })
    }

    /// The elements of an object of a type that change what it says: their names and values.
    pub fn of<'m, 't>(&'m self, kind: &str, object: &'t Tree) -> impl Iterator<Item = (&'m str, &'t Tree)> {
        let modifiers = [kind, EVERY_TYPE].into_iter().filter_map(|kind| self.types.get(kind)).flatten();
        changed(modifiers, object)
    }
}
