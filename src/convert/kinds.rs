//! The kinds of message that the tables know, each compiled when it is first needed.

use std::sync::{Arc, OnceLock};

use super::Error;
use crate::dataset::Dataset;
use crate::plan::Head;
use crate::plan::kind::{self, MessageKind};
use crate::plan::{Manifest, load_dataset};
use crate::tables::{Source, TableError};
use crate::terminology::CodeSystems;

/// What is compiled of a kind: nothing, until it is needed.
#[derive(Debug, Default)]
struct Compiled {
    dataset: OnceLock<Result<Arc<Dataset>, TableError>>,
    kind: OnceLock<Result<Arc<MessageKind>, TableError>>,
}

/// All kinds of message, in the order of `ooievaar.toml`.
#[derive(Debug)]
pub(super) struct Kinds {
    source: Source,
    heads: Vec<Head>,
    /// By position.
    compiled: Vec<Compiled>,
}

impl Kinds {
    /// Reads what tells the kinds.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let source = source.laid();
        let heads = read(&source).map_err(|fault| source.located(fault))?;
        let compiled = heads.iter().map(|_| Compiled::default()).collect();
        Ok(Self { source, heads, compiled })
    }

    /// What tells each kind.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The position of the kind of this name.
    pub fn called(&self, name: &str) -> Option<usize> {
        self.heads.iter().position(|head| head.name == name)
    }

    /// A kind, compiled now if it was not yet.
    ///
    /// # Errors
    /// The first fault in its tables.
    pub fn get(&self, at: usize) -> Result<&Arc<MessageKind>, Error> {
        let compile = || {
            let others = self.compiled.iter().filter_map(|other| other.kind.get()?.as_ref().ok());
            let compiled = kind::compile(&self.source, &self.heads[at], at, self.known(at)?, others);
            compiled.map(Arc::new).map_err(|fault| self.source.located(fault))
        };
        self.compiled[at].kind.get_or_init(compile).as_ref().map_err(|fault| Error::Tables(fault.clone()))
    }

    /// The concepts of a kind, of which nothing else may be compiled.
    ///
    /// # Errors
    /// The first fault in their tables.
    pub fn dataset(&self, at: usize) -> Result<Arc<Dataset>, Error> {
        self.known(at).map_err(Error::Tables)
    }

    fn known(&self, at: usize) -> Result<Arc<Dataset>, TableError> {
        let Head { name, dataset, .. } = &self.heads[at];
        let load = || load_dataset(&self.source, dataset, name).map(Arc::new);
        self.compiled[at].dataset.get_or_init(|| load().map_err(|fault| self.source.located(fault))).clone()
    }
}

fn read(source: &Source) -> Result<Vec<Head>, TableError> {
    let manifest = Manifest::load(source)?;
    let systems = CodeSystems::load(source)?;
    manifest.messages.iter().map(|name| Head::read(source, &manifest, &systems, name)).collect()
}
