//! What tells a kind of message from others, before its tables are compiled.

use super::{AdaSection, Manifest, MessageMeta};
use crate::tables::{Source, TableError};
use crate::terminology::CodeSystems;

/// What tells a kind of message from others, known before its tables are compiled.
#[derive(Debug)]
pub(crate) struct Head {
    pub name: String,
    pub title: String,
    /// The name of the kind that it is like.
    pub like: Option<String>,
    /// The name of its dataset.
    pub dataset: String,
    /// The templateId that the payload of its messages has; empty if they have none, or there are no messages.
    pub template: String,
    /// The names of the elements with which a message can begin, the outermost first; empty if there is no message.
    pub roots: Vec<String>,
    /// The names of the element that holds it in ADA.
    pub ada: Vec<String>,
    /// The name of the FHIR table, if the tables bind its dataset to FHIR.
    pub fhir: Option<String>,
    /// True if it says how it is sent.
    pub is_sent: bool,
    /// How FHIR names it; empty if it does not.
    pub mark: String,
}

impl Head {
    /// Reads what tells the kind of this name.
    ///
    /// # Errors
    /// If its `message.toml` cannot be read, or names a dataset that there is not.
    pub fn read(source: &Source, manifest: &Manifest, systems: &CodeSystems, name: &str) -> Result<Self, TableError> {
        let meta = MessageMeta::load(source, &format!("messages/{name}"))?;
        // What is not like anything goes without saying.
        let is_marked = meta.like.is_some() && !meta.template.is_empty();
        let mark = if is_marked { systems.uri(&meta.template).into_owned() } else { String::new() };
        Ok(Self {
            name: name.to_owned(),
            fhir: manifest.dataset(&meta.dataset)?.fhir.clone(),
            ada: meta.ada.iter().flat_map(AdaSection::roots).map(str::to_owned).collect(),
            is_sent: meta.transmission.is_some(),
            title: meta.title,
            like: meta.like,
            dataset: meta.dataset,
            template: meta.template,
            roots: meta.roots,
            mark,
        })
    }

    /// True if a message of it can begin with an element of this name (without prefix).
    pub fn begins(&self, local_name: &str) -> bool {
        self.roots.iter().any(|name| name == local_name)
    }
}
