//! What the ADA reader and writer need to know of one transaction.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::transmission::{TransmissionElement, TransmissionSection};
use super::{Manifest, MessageMeta};
use crate::dataset::{Concept, Kind, Precision, Text};
use crate::tables::{Source, TableError};

/// How one transaction looks as an ADA document, apart from its concepts.
#[derive(Clone, Debug)]
pub struct AdaPlan {
    /// Name of the element that holds the transaction; this one is written.
    pub root: Text,
    /// Other names of that element, accepted on reading.
    pub also: Vec<Text>,
    /// Fixed attributes of that element, in order of name.
    pub attributes: Vec<(Text, Text)>,
    /// OIDs under which the concept numbers live; the first is written.
    pub concept_oids: Vec<Text>,
    /// Units that ADA spells in words: the word, and the unit in UCUM.
    pub units: Vec<(Text, Text)>,
    /// Concept numbers of identifiers that have one namespace by definition, and its OID: ADA may leave it out.
    pub namespaces: Vec<(Text, Text)>,
    /// What a document says of itself (`status`) that changes nothing.
    pub in_force: Vec<Text>,
    /// What a document says of itself that takes it back.
    pub withdrawn: Vec<Text>,
    /// Whole `conceptId`s of concepts that the form does not have below the OID of the dataset.
    pub concepts: Vec<(Text, Text)>,
    /// Concept numbers of moments that the form wants to the second: others may be a day.
    pub moments: Vec<Text>,
    /// Concept numbers of what documents hold, and the published form has no element for.
    pub unlisted: Vec<Text>,
    /// True if each date says that it is one (`datatype`).
    pub datatypes: bool,
    /// Where `meta` holds the data of the transmission; `None` if the transaction has none.
    pub transmission: Option<TransmissionElement>,
}

/// `[ada]` as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AdaSection {
    root: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
    #[serde(default)]
    concepts: BTreeMap<String, String>,
    #[serde(default)]
    moments: Vec<String>,
    #[serde(default)]
    unlisted: Vec<String>,
    #[serde(default = "says_datatypes")]
    datatypes: bool,
    transmission: Option<TransmissionSection>,
}

/// What ADA does, but for its oldest forms.
fn says_datatypes() -> bool {
    true
}

impl AdaSection {
    /// The names of the element that holds the transaction; the first is written.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.root).chain(&self.also).map(String::as_str)
    }
}

impl AdaPlan {
    /// Compiles the `[ada]` section of `messages/<message>/message.toml`.
    ///
    /// # Errors
    /// If that file or `ooievaar.toml` cannot be read or lacks what is needed.
    pub fn load(source: &Source, message: &str) -> Result<Self, TableError> {
        let folder = format!("messages/{message}");
        let file = MessageMeta::load(source, &folder)?;
        let missing = || TableError::file(&format!("{folder}/message.toml"), "has no [ada]");
        let ada = file.ada.ok_or_else(missing)?;
        let manifest = Manifest::load(source)?;
        let dataset = manifest.dataset(&file.dataset)?;
        let oids = std::iter::once(&dataset.root_oid).chain(&dataset.also);
        let own = ada.concepts.into_iter().map(|(number, id)| (Text::from(number), Text::from(id)));
        let elsewhere = dataset.elsewhere.iter().map(|(number, oid)| (number.into(), format!("{oid}.{number}").into()));
        Ok(Self {
            root: ada.root.into(),
            also: ada.also.into_iter().map(Text::from).collect(),
            attributes: ada.attributes.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            concept_oids: oids.map(Text::from).collect(),
            units: dataset.units.iter().map(|(word, unit)| (word.into(), unit.into())).collect(),
            in_force: manifest.ada.in_force.iter().map(Text::from).collect(),
            withdrawn: manifest.ada.withdrawn.iter().map(Text::from).collect(),
            concepts: own.chain(elsewhere).collect(),
            moments: ada.moments.into_iter().map(Text::from).collect(),
            unlisted: ada.unlisted.into_iter().map(Text::from).collect(),
            datatypes: ada.datatypes,
            transmission: ada.transmission.map(TransmissionSection::compile),
            namespaces: ada.namespaces.into_iter().map(|(number, oid)| (number.into(), oid.into())).collect(),
        })
    }

    /// True if this is the name of the element that holds the transaction.
    pub fn is_root(&self, element: &str) -> bool {
        self.root == element || self.also.iter().any(|name| name == element)
    }

    /// The UCUM unit of a unit in ADA, which may be a word for it.
    pub fn unit_of<'a>(&'a self, written: &'a str) -> &'a str {
        self.units.iter().find(|(word, _)| word == written).map_or(written, |(_, unit)| unit)
    }

    /// What ADA writes for a UCUM unit.
    pub fn unit_word<'a>(&'a self, unit: &'a str) -> &'a str {
        self.units.iter().find(|(_, known)| known == unit).map_or(unit, |(word, _)| word)
    }

    /// The namespace of an identifier that is given without one, if the concept defines it.
    pub fn namespace_of(&self, number: &str) -> Option<&Text> {
        self.namespaces.iter().find(|(concept, _)| concept == number).map(|(_, oid)| oid)
    }

    /// The concept number in a `conceptId`; `None` if it lies under another OID.
    pub fn number<'a>(&'a self, concept_id: &'a str) -> Option<&'a str> {
        let below = |oid: &Text| concept_id.strip_prefix(oid.as_str())?.strip_prefix('.');
        let own = self.concepts.iter().find(|(_, id)| id == concept_id).map(|(number, _)| number.as_str());
        own.or_else(|| self.concept_oids.iter().find_map(below))
    }

    /// The `conceptId` of a concept.
    pub fn concept_id(&self, number: &str) -> Option<String> {
        let own = self.concepts.iter().find(|(concept, _)| concept == number).map(|(_, id)| id.to_string());
        own.or_else(|| self.concept_oids.first().map(|oid| format!("{oid}.{number}")))
    }

    /// True if the form can say a moment that is known so precisely: a day, or a time to the second, where it has one.
    pub fn takes(&self, concept: &Concept, precision: Precision) -> bool {
        match precision {
            Precision::Day => !self.moments.contains(&concept.number),
            Precision::Second => concept.kind != Kind::Date,
            _ => false,
        }
    }
}
