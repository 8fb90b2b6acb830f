//! What identifies a resource: the table behind its id.

use serde::Deserialize;
use std::collections::BTreeMap;

use crate::dataset::{ConceptIx, Dataset, Text};
use crate::tables::{Source, TableError};

const FILE: &str = "fhir-stu3/identity.toml";

/// Which concepts identify a case, a role, or an occurrence of a group.
///
/// A key is a list of concepts that all must have a value; the first key of a list that has them decides.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// UUID under which all ids are made.
    pub namespace: Text,
    /// Namespaces (OIDs) whose identifiers enter an id only under the user's secret.
    pub secret_namespaces: Vec<Text>,
    /// Concepts whose values enter an id only under the user's secret, whatever namespace the source gives them.
    pub secret_concepts: Vec<ConceptIx>,
    /// Keys of the case.
    pub case: Vec<Vec<ConceptIx>>,
    /// Keys of roles that are the same thing in every case (a person, an organisation).
    pub roles: BTreeMap<Text, Vec<Vec<ConceptIx>>>,
    /// Keys of the occurrences of a repeating group; without one the occurrences are counted.
    pub occurrences: BTreeMap<ConceptIx, Vec<Vec<ConceptIx>>>,
}

type RawKeys = Vec<Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    namespace: String,
    secret_namespaces: Vec<String>,
    #[serde(default)]
    dataset: BTreeMap<String, RawDataset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDataset {
    case: RawKeys,
    #[serde(default)]
    secret: Vec<String>,
    #[serde(default)]
    role: BTreeMap<String, RawKeys>,
    #[serde(default)]
    occurrence: BTreeMap<String, RawKeys>,
}

impl Identity {
    /// Reads `identity.toml` for a dataset.
    ///
    /// # Errors
    /// If the file cannot be read, or names a concept that the dataset lacks.
    pub fn load(source: &Source, dataset: &Dataset) -> Result<Self, TableError> {
        let text = source.text(FILE)?;
        let mut raw: Raw = toml::from_str(&text).map_err(|e| TableError::file(FILE, e.message().to_owned()))?;
        let own = raw.dataset.remove(dataset.name.as_str()).ok_or_else(|| {
            TableError::file(FILE, format!("has no section for dataset `{}`; add [dataset.\"{0}\"]", dataset.name))
        })?;
        let concept = |number: &str| {
            dataset.find(number).ok_or_else(|| TableError::file(FILE, format!("the dataset has no concept `{number}`")))
        };
        let keys = |keys: RawKeys| -> Result<Vec<Vec<ConceptIx>>, TableError> {
            keys.iter().map(|key| key.iter().map(|number| concept(number)).collect()).collect()
        };
        let mut occurrences = BTreeMap::new();
        for (group, group_keys) in own.occurrence {
            occurrences.insert(concept(&group)?, keys(group_keys)?);
        }
        let mut roles = BTreeMap::new();
        for (role, role_keys) in own.role {
            roles.insert(role.into(), keys(role_keys)?);
        }
        Ok(Self {
            namespace: raw.namespace.into(),
            secret_namespaces: raw.secret_namespaces.into_iter().map(Text::from).collect(),
            secret_concepts: own.secret.iter().map(|number| concept(number)).collect::<Result<_, _>>()?,
            case: keys(own.case)?,
            roles,
            occurrences,
        })
    }
}
