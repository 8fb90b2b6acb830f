//! What tells the cases in one source apart.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::RoleIx;
use crate::dataset::{ConceptIx, Dataset, Kind, Text};
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
    /// What marks all of a case as a test.
    pub test: Option<TestMark>,
    /// Types of resource that are about no person.
    shared: Vec<Text>,
}

/// How a case says that it is a test, and no record of anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestMark {
    /// The concept that says so.
    pub concept: ConceptIx,
    /// With which codes; the first is what the label of FHIR comes to.
    pub codes: Vec<Text>,
    /// The system (URI) of the label that resources have in FHIR.
    pub system: Text,
    /// Its code.
    pub code: Text,
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
    test: Option<RawTest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTest {
    concept: String,
    codes: Vec<String>,
    system: String,
    code: String,
}

impl CaseRoles {
    /// Reads `cases.toml` for a dataset that a FHIR table binds; `role` finds a role by its name.
    ///
    /// # Errors
    /// If the file cannot be read, has nothing for the dataset, or names a role that no row makes, or a concept that the dataset
    /// lacks.
    pub fn load(
        source: &Source,
        table: &str,
        dataset: &Dataset,
        role: impl Fn(&str) -> Option<RoleIx>,
    ) -> Result<Self, TableError> {
        let mut raw: Raw = load_toml(source, FILE)?;
        let own = raw.dataset.remove(table).ok_or_else(|| {
            TableError::file(FILE, format!("has no section for the FHIR table `{table}`; add [dataset.\"{table}\"]"))
        })?;
        let find = |name: Option<String>| match name {
            None => Ok(None),
            Some(name) => role(&name)
                .map(Some)
                .ok_or_else(|| TableError::file(FILE, format!("`{name}` is no role: no row makes such a resource"))),
        };
        let test = own.test.map(|test| {
            let concept = dataset.find(&test.concept).filter(|ix| dataset.get(*ix).kind == Kind::Code);
            let no_code = || TableError::file(FILE, format!("`{}` of `test` is no coded concept", test.concept));
            Ok(TestMark {
                concept: concept.ok_or_else(no_code)?,
                codes: test.codes.into_iter().map(Text::from).collect(),
                system: test.system.into(),
                code: test.code.into(),
            })
        });
        Ok(Self {
            test: test.transpose()?,
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
