//! Facts of the FHIR specification: the order, repetition and types of elements.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};
use crate::tree::Tree;

/// One element of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementFact {
    /// Place among the elements of its type.
    pub position: u16,
    /// True if it may occur more than once.
    pub many: bool,
    /// Its type; for a backbone element the path, such as `EpisodeOfCare.diagnosis`.
    pub kind: Text,
}

type Types = HashMap<Text, HashMap<Text, ElementFact, RandomState>, RandomState>;

/// The elements of all types in use.
#[derive(Clone, Debug, Default)]
pub struct Elements {
    types: Types,
}

impl Elements {
    /// Reads `elements.csv`.
    ///
    /// # Errors
    /// If the table cannot be read, or a position or maximum is no number.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, "fhir-stu3/elements.csv", &["type", "element", "position", "max", "kinds"])?;
        let mut types = Types::default();
        for row in sheet.rows() {
            let position = row.get("position").parse().map_err(|_| row.fault("position", "must be a whole number"))?;
            let backbone = format!("{}.{}", row.get("type"), row.get("element"));
            let kind = match row.get("kinds").split(' ').next().unwrap_or_default() {
                "BackboneElement" | "Element" | "" => Text::from(backbone),
                kind => kind.into(),
            };
            let element = ElementFact { position, many: row.get("max") != "1", kind };
            types.entry(row.get("type").into()).or_default().insert(row.get("element").into(), element);
        }
        Ok(Self { types })
    }

    /// An element of a type; `_x` has the place of `x`.
    pub fn get(&self, kind: &str, element: &str) -> Option<&ElementFact> {
        self.types.get(kind)?.get(element.strip_prefix('_').unwrap_or(element))
    }

    /// The type of an element; that of `_x` is Element.
    pub fn kind_of(&self, kind: &str, element: &str) -> &str {
        if element.starts_with('_') {
            return "Element";
        }
        match (self.get(kind, element), element) {
            (Some(found), _) => &found.kind,
            (None, "extension" | "modifierExtension") => "Extension",
            (None, _) => "",
        }
    }

    /// True if a type is a primitive.
    pub fn is_primitive(kind: &str) -> bool {
        kind.starts_with(|c: char| c.is_ascii_lowercase()) && kind != "xhtml"
    }

    /// True if an element of a type repeats. Of an element that the table lacks, only `extension` does.
    pub fn repeats(&self, kind: &str, element: &str) -> bool {
        match self.get(kind, element) {
            Some(found) => found.many && !element.starts_with('_'),
            None => matches!(element, "extension" | "modifierExtension"),
        }
    }

    /// Gives what the members of an object of a type are sorted by.
    fn rank(&self, kind: &str) -> impl Fn(&str) -> (u16, bool) {
        let elements = self.types.get(kind);
        move |name| {
            let plain = name.strip_prefix('_');
            let found = elements.and_then(|elements| elements.get(plain.unwrap_or(name)));
            let position = match (found, name) {
                (Some(found), _) => found.position,
                (None, "resourceType") => 0,
                (None, "id") => 1,
                (None, "extension") => 2,
                (None, _) => u16::MAX,
            };
            (position, plain.is_some())
        }
    }

    /// The name of a type, kept as long as this table; empty if the table has no such type.
    pub fn type_name(&self, name: &str) -> &str {
        self.types.get_key_value(name).map_or("", |(name, _)| name.as_str())
    }

    /// Adds a member to an object of a type at the place that the specification gives it. Returns that place.
    pub fn insert(&self, kind: &str, members: &mut Vec<(Text, Tree)>, key: &str, value: Tree) -> usize {
        let rank = self.rank(kind);
        let own = rank(key);
        // From the end: what is put in a pattern mostly comes after what the pattern fixes.
        let at = members.iter().rposition(|(name, _)| rank(name) <= own).map_or(0, |before| before + 1);
        members.insert(at, (key.into(), value));
        at
    }

    /// Puts the members of a resource, at every level, in the order of the specification.
    pub fn sort_resource(&self, resource: &mut Tree) {
        let kind = resource.text_at("resourceType").map(Text::from).unwrap_or_default();
        self.sort(resource, &kind);
    }

    /// Puts what a primitive has besides its value under `_x`, as in JSON. In XML a primitive without a value looks
    /// like an object.
    pub fn set_primitives_apart(&self, resource: &mut Tree) {
        self.set_apart(resource, "");
    }

    fn set_apart(&self, tree: &mut Tree, kind: &str) {
        let kind = tree.text_at("resourceType").map_or(kind, |own| self.type_name(own)).to_owned();
        match tree {
            Tree::Object(members) => {
                let mut apart = Vec::new();
                for (name, value) in members.iter_mut() {
                    let inner = self.kind_of(&kind, name);
                    self.set_apart(value, inner);
                    if Self::is_primitive(inner)
                        && let Some(companion) = value.take_objects()
                    {
                        apart.push((Text::from(format!("_{name}")), companion));
                    }
                }
                members.retain(|(_, value)| !value.is_empty());
                members.extend(apart);
            }
            Tree::Array(items) => items.iter_mut().for_each(|item| self.set_apart(item, &kind)),
            Tree::Leaf(_) => {}
        }
    }

    /// Puts the members of a value of a type, at every level, in the order of the specification.
    pub fn sort(&self, tree: &mut Tree, kind: &str) {
        match tree {
            Tree::Object(members) => {
                let rank = self.rank(kind);
                members.sort_by_key(|(name, _)| rank(name));
                for (name, value) in members {
                    self.sort(value, self.kind_of(kind, name));
                }
            }
            Tree::Array(items) => items.iter_mut().for_each(|item| self.sort(item, kind)),
            Tree::Leaf(_) => {}
        }
    }
}
