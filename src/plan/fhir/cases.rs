//! What tells the cases in one source apart.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::RoleIx;
use crate::dataset::Text;
use crate::plan::load_toml;
use crate::tables::{Source, TableError};

const FILE: &str = "fhir-stu3/cases.toml";

/// The roles by which cases are told apart, and what they may share.
#[derive(Clone, Debug, Default)]
pub struct CaseRoles {
    /// The role that is a case: a record.
    pub record: Option<RoleIx>,
    /// The role of the person whose case it is.
    pub person: Option<RoleIx>,
    /// Types of resource that are about no person.
    shared: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    shared: Vec<String>,
    #[serde(default)]
    dataset: BTreeMap<String, RawDataset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDataset {
    record: Option<String>,
    person: Option<String>,
}

impl CaseRoles {
    /// Reads `cases.toml` for a dataset; `role` finds a role by its name.
    ///
    /// # Errors
    /// If the file cannot be read, has nothing for the dataset, or names a role that no row makes.
    pub fn load(source: &Source, dataset: &str, role: impl Fn(&str) -> Option<RoleIx>) -> Result<Self, TableError> {
        let mut raw: Raw = load_toml(source, FILE)?;
        let own = raw.dataset.remove(dataset).ok_or_else(|| {
            TableError::file(FILE, format!("has no section for dataset `{dataset}`; add [dataset.\"{dataset}\"]"))
        })?;
        let find = |name: Option<String>| match name {
            None => Ok(None),
            Some(name) => role(&name)
                .map(Some)
                .ok_or_else(|| TableError::file(FILE, format!("`{name}` is no role: no row makes such a resource"))),
        };
        Ok(Self {
            record: find(own.record)?,
            person: find(own.person)?,
            shared: raw.shared.into_iter().map(Text::from).collect(),
        })
    }

    /// True for a type of resource that is about no person, and so may belong to several cases.
    pub fn may_share(&self, resource_type: &str) -> bool {
        self.shared.iter().any(|own| own.as_str() == resource_type)
    }
}
