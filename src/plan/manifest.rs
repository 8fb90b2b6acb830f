//! `ooievaar.toml`: which datasets and messages there are.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::load_toml;
use crate::tables::{Source, TableError};

/// The layout of the tables that this program knows.
const FORMAT: u32 = 1;

/// What the mapping tables hold.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    format: u32,
    /// Names of the messages: folders in `messages/`.
    pub messages: Vec<String>,
    /// What ADA documents say of themselves.
    #[serde(default)]
    pub ada: AdaStatuses,
    /// The datasets, by name.
    #[serde(rename = "dataset")]
    pub datasets: BTreeMap<String, DatasetEntry>,
}

/// The statuses that an ADA document may have. Any other is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaStatuses {
    /// Those that change nothing.
    pub in_force: Vec<String>,
    /// Those with which nothing in it is so.
    pub withdrawn: Vec<String>,
}

/// What `ooievaar.toml` says of one dataset.
#[derive(Clone, Debug, Deserialize)]
pub struct DatasetEntry {
    /// The dataset that it is like: what is not said here is as it is there.
    pub like: Option<String>,
    /// OID above the concept numbers, without a final dot.
    pub root_oid: String,
    /// Other OIDs under which the same numbers occur (an earlier release with stable numbers).
    #[serde(default)]
    pub also: Vec<String>,
    /// The concepts that stand under another OID: their numbers, and the OID above them.
    #[serde(default)]
    pub elsewhere: BTreeMap<String, String>,
    /// Name of the FHIR table of this dataset.
    pub fhir: Option<String>,
    /// Units that the dataset spells in words: the word, and the unit in UCUM.
    #[serde(default)]
    pub units: BTreeMap<String, String>,
    /// Numbers of the concepts that, with all within them, say who, where and how it was sent, and nothing clinical.
    #[serde(default)]
    pub administrative: Vec<String>,
    /// True if these are those of the dataset that it is like, of which it may not have all.
    #[serde(skip)]
    pub inherits_administrative: bool,
    /// The persons whom a record is about.
    #[serde(default)]
    pub persons: Vec<PersonEntry>,
    /// Numbers of the concepts that a person wants to see first, in that order.
    #[serde(default)]
    pub glance: Vec<String>,
    /// True if these are those of the dataset that it is like, of which it may not have all.
    #[serde(skip)]
    pub inherits_glance: bool,
    /// How large the dataset is in the standard, where the tables have a selection of it.
    pub standard: Option<StandardEntry>,
}

/// Who a person in a record is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// Number of the group that is about the person.
    pub group: String,
    /// Number of the identifier in it of which nobody has two.
    pub number: String,
    /// The namespace (OID) of those, where the concept holds other identifiers as well.
    pub namespace: Option<String>,
}

/// How many concepts the standard has, of which the tables may have a selection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardEntry {
    /// Concepts, groups included.
    pub concepts: usize,
    /// Concepts that hold a value.
    pub values: usize,
    /// Where that can be counted.
    pub source: String,
}

impl DatasetEntry {
    /// Takes over what is not said here.
    fn take_over(&mut self, below: &Self) {
        if self.fhir.is_none() {
            self.fhir.clone_from(&below.fhir);
        }
        if self.units.is_empty() {
            self.units.clone_from(&below.units);
        }
        if self.administrative.is_empty() {
            self.administrative.clone_from(&below.administrative);
            self.inherits_administrative = true;
        }
        if self.glance.is_empty() {
            self.glance.clone_from(&below.glance);
            self.inherits_glance = true;
        }
        if self.persons.is_empty() {
            self.persons.clone_from(&below.persons);
        }
    }
}

impl Manifest {
    /// Its file in the tables.
    pub const FILE: &str = crate::tables::MANIFEST;

    /// Reads `ooievaar.toml`.
    ///
    /// # Errors
    /// If it cannot be read, or describes tables in a layout that this program does not know.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let mut manifest: Self = load_toml(source, Self::FILE)?;
        if manifest.format != FORMAT {
            let message = format!(
                "the tables have format {}, this program knows format {FORMAT}; use matching versions",
                manifest.format
            );
            return Err(TableError::file(Self::FILE, message));
        }
        let written = manifest.datasets.clone();
        for entry in manifest.datasets.values_mut() {
            let below = |name: &Option<String>| name.as_ref().and_then(|name| written.get(name));
            // As many as there are is a circle.
            let all = std::iter::successors(below(&entry.like), |at| below(&at.like)).take(written.len());
            for below in all.collect::<Vec<_>>() {
                entry.take_over(below);
            }
        }
        Ok(manifest)
    }

    /// The entry of one dataset.
    ///
    /// # Errors
    /// If there is none with this name.
    pub fn dataset(&self, name: &str) -> Result<&DatasetEntry, TableError> {
        let missing = || TableError::file(Self::FILE, format!("has no [dataset.\"{name}\"]"));
        self.datasets.get(name).ok_or_else(missing)
    }
}
