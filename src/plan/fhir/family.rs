//! The datasets that share a FHIR table: releases of one dataset, in which most concepts are the same.

use std::collections::HashSet;

use crate::dataset::Dataset;
use crate::plan::Manifest;
use crate::tables::{Sheet, Source, TableError};
use crate::tree::Tree;

use super::IF;

/// What one dataset has, and what only others of its family have: a row, a part of a pattern or a key about that is not for it.
pub(super) struct Family<'d> {
    dataset: &'d Dataset,
    /// The numbers of all concepts of the family.
    concepts: HashSet<String>,
    /// The roles that rows for this dataset make.
    roles: HashSet<String>,
    /// The roles that any row makes.
    all_roles: HashSet<String>,
}

impl<'d> Family<'d> {
    /// Reads which concepts the datasets have that are bound to FHIR by this table.
    ///
    /// # Errors
    /// If the table of one of them cannot be read.
    pub fn load(source: &Source, table: &str, dataset: &'d Dataset) -> Result<Self, TableError> {
        let manifest = Manifest::load(source)?;
        let others = manifest
            .datasets
            .iter()
            .filter(|(name, entry)| entry.fhir.as_deref() == Some(table) && name.as_str() != dataset.name.as_str());
        let mut concepts = HashSet::new();
        for (name, _) in others {
            let sheet = Sheet::load(source, &format!("dataset/{name}.csv"), &["concept"])?;
            concepts.extend(sheet.rows().map(|row| row.get("concept").to_owned()));
        }
        Ok(Self { dataset, concepts, roles: HashSet::new(), all_roles: HashSet::new() })
    }

    /// True if a concept is one of another dataset of the family alone.
    pub fn is_of_others(&self, number: &str) -> bool {
        self.dataset.find(number).is_none() && self.concepts.contains(number)
    }

    /// Adds a role that a row makes.
    pub fn add_role(&mut self, name: &str, is_own: bool) {
        self.all_roles.insert(name.to_owned());
        if is_own {
            self.roles.insert(name.to_owned());
        }
    }

    /// True if only rows for another dataset of the family make a role.
    pub fn is_role_of_others(&self, name: &str) -> bool {
        !self.roles.contains(name) && self.all_roles.contains(name)
    }

    /// A pattern without what is for others; `None` if nothing is left of it.
    pub fn prune(&self, pattern: &Tree) -> Option<Tree> {
        let is_other = |name: &str| self.is_role_of_others(name) || self.is_of_others(name);
        match pattern {
            Tree::Leaf(_) => Some(pattern.clone()),
            Tree::Array(items) => {
                let kept: Vec<Tree> = items.iter().filter_map(|item| self.prune(item)).collect();
                (!kept.is_empty()).then_some(Tree::Array(kept))
            }
            Tree::Object(members) => {
                if pattern.text_at(IF).is_some_and(is_other) {
                    return None;
                }
                let target = pattern.text_at("reference").and_then(|text| text.strip_prefix('@'));
                let is_gone = target.is_some_and(|target| is_other(target.trim_start_matches(['?', '*'])));
                let members = members.iter().filter(|(name, _)| !(is_gone && name == "reference"));
                let kept: Vec<_> =
                    members.filter_map(|(name, value)| Some((name.clone(), self.prune(value)?))).collect();
                (!kept.is_empty()).then_some(Tree::Object(kept))
            }
        }
    }
}
