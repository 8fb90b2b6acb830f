//! Codes: which systems there are, which codes a concept may have, and how codes translate.

mod check_digit;
mod code_form;
mod code_maps;
mod code_systems;
mod units;
mod value_sets;

use std::collections::{HashMap, HashSet};

pub use check_digit::CheckDigit;
pub use code_form::fits_form;
pub use code_maps::{CodeMap, Mapping, Relation};
pub use code_systems::CodeSystems;
pub use units::Units;
pub use value_sets::{Member, ValueSet};

use crate::dataset::{Concept, Dataset, Text};
use crate::tables::{Source, TableError};

/// Everything that is known about the codes of one dataset.
#[derive(Clone, Debug, Default)]
pub struct Terminology {
    systems: CodeSystems,
    units: Units,
    value_sets: HashMap<Text, ValueSet>,
    code_maps: HashMap<Text, CodeMap>,
}

impl Terminology {
    /// Loads the code systems, the value sets of the concepts that are in use, and the code maps with these names.
    ///
    /// # Errors
    /// If one of the tables cannot be read or contradicts itself.
    pub fn load<'a>(
        source: &Source,
        dataset: &Dataset,
        code_maps: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, TableError> {
        let mut result = Self { systems: CodeSystems::load(source)?, units: Units::load(source)?, ..Self::default() };
        for (_, concept) in dataset.concepts().filter(|(_, concept)| concept.in_use) {
            let name = &concept.value_set;
            if !name.is_empty() && !result.value_sets.contains_key(name) {
                result.value_sets.insert(name.clone(), ValueSet::load(source, name)?);
            }
        }
        result.must_be_there(source, dataset)?;
        for name in code_maps {
            if !result.code_maps.contains_key(name) {
                result.code_maps.insert(name.into(), CodeMap::load(source, name)?);
            }
        }
        Ok(result)
    }

    /// Refuses tables without a value set that the dataset names, also for a concept that is not in use: whoever took it away
    /// would learn of that only when a message uses the concept.
    fn must_be_there(&self, source: &Source, dataset: &Dataset) -> Result<(), TableError> {
        let named = dataset.concepts().map(|(_, concept)| concept);
        let mut idle =
            named.filter(|concept| !concept.value_set.is_empty() && !self.value_sets.contains_key(&concept.value_set));
        let Some(first) = idle.next() else { return Ok(()) };
        let there: HashSet<String> = source.list("value-sets")?.into_iter().collect();
        let file = |concept: &Concept| format!("value-sets/{}.csv", concept.value_set);
        match std::iter::once(first).chain(idle).find(|concept| !there.contains(&file(concept))) {
            None => Ok(()),
            Some(absent) => {
                let message = format!("there is no such file, and concept {} of the dataset names it", absent.number);
                Err(TableError::file(&file(absent), message))
            }
        }
    }

    /// The code systems and identifier namespaces.
    pub fn systems(&self) -> &CodeSystems {
        &self.systems
    }

    /// The units.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// The value set of this name, if a concept in use has it.
    pub fn value_set(&self, name: &str) -> Option<&ValueSet> {
        self.value_sets.get(name)
    }

    /// The value set of a concept, if it has one.
    pub fn value_set_of(&self, concept: &Concept) -> Option<&ValueSet> {
        self.value_sets.get(&concept.value_set)
    }

    /// The code map of this name, if it was asked for on loading.
    pub fn code_map(&self, name: &str) -> Option<&CodeMap> {
        self.code_maps.get(name)
    }
}
