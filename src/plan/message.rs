//! `message.toml`: what a message is, apart from its structure.

use serde::Deserialize;

use super::ada::AdaSection;
use super::load_toml;
use super::manifest::StandardEntry;
use crate::dataset::{Aligned, ConceptIx, Dataset};
use crate::tables::{Source, TableError};

/// What `message.toml` says of one kind of message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageMeta {
    /// What people call it.
    pub title: String,
    /// The kind that it is like: [`Source::laid`] has laid this over that already.
    pub like: Option<String>,
    /// The columns that rows of that kind have empty here.
    #[serde(default)]
    pub without: Vec<String>,
    /// Name of its dataset.
    pub dataset: String,
    /// Document elements that it can start with; the first is the one that is written. None for a transaction that
    /// has no message, and exists as ADA alone.
    #[serde(default)]
    pub roots: Vec<String>,
    /// How large the transaction is in the standard, where the tables have a selection of it.
    pub standard: Option<StandardEntry>,
    /// The templateId that only this kind of message carries.
    #[serde(default)]
    pub template: String,
    /// How ADA calls it: [`AdaPlan`](super::AdaPlan) reads this.
    pub ada: Option<AdaSection>,
    /// Attributes that only repeat what is fixed elsewhere, and so may have any value.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Pairs of groups that are about the same thing.
    #[serde(default)]
    pub align: Vec<AlignMeta>,
    /// What says how a message is sent.
    pub transmission: Option<TransmissionMeta>,
}

/// The concepts that say how a message is sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransmissionMeta {
    /// Number of the group that holds all of it.
    pub group: String,
    /// Number of the leaf that identifies the message.
    pub id: String,
    /// Number of the leaf that identifies the sender.
    pub sender: String,
    /// Number of the leaf that says when the message was made.
    pub created: String,
    /// Numbers of the leaves that say when something had happened before the message was made.
    pub created_after: Vec<String>,
}

/// Two repeating groups that share a node, because they are about the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlignMeta {
    /// Number of the one group.
    pub group: String,
    /// Number of the other.
    pub with: String,
    /// Numbers of the two leaves that say which belongs to which, one in each group.
    pub key: [String; 2],
}

impl AlignMeta {
    /// The other group, if this is one of them.
    pub fn other(&self, group: &str) -> Option<&str> {
        match group {
            _ if group == self.group => Some(&self.with),
            _ if group == self.with => Some(&self.group),
            _ => None,
        }
    }
}

impl MessageMeta {
    /// The groups of a dataset that are about the same thing, of the message in a folder.
    ///
    /// # Errors
    /// If a number is no concept, or no leaf of its group.
    pub fn aligned(&self, folder: &str, dataset: &Dataset) -> Result<Vec<Aligned>, TableError> {
        let fault = |message: String| TableError::file(&format!("{folder}/message.toml"), message);
        let find = |number: &str| -> Result<ConceptIx, TableError> {
            let unknown = || fault(format!("[[align]]: `{number}` is no concept of the dataset"));
            dataset.find(number).ok_or_else(unknown)
        };
        let aligned = self.align.iter().map(|align| {
            let keys = (find(&align.key[0])?, find(&align.key[1])?);
            let aligned = Aligned::new(dataset, (find(&align.group)?, find(&align.with)?), keys);
            aligned.ok_or_else(|| fault("[[align]]: `key` names one leaf in each of the two groups".to_owned()))
        });
        aligned.collect()
    }

    /// Reads `<folder>/message.toml`.
    ///
    /// # Errors
    /// If it is missing, is no TOML, or has a key that is not known.
    pub fn load(source: &Source, folder: &str) -> Result<Self, TableError> {
        load_toml(source, &format!("{folder}/message.toml"))
    }
}
