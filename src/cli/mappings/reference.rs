//! `ooievaar mappings reference`.

use std::path::PathBuf;

use clap::Args;
use ooievaar::check;
use ooievaar::tables::schema;

use super::could_not_run;
use crate::cli::{Exit, Failure, files};

/// Write the reference: the pages of checks and columns, and JSON Schemas of the TOML files
#[derive(Debug, Args)]
pub struct Reference {
    /// The folder to write in; it is made if it does not exist
    #[arg(value_name = "DIR", default_value = "docs/mappings")]
    folder: PathBuf,
}

impl Reference {
    pub fn run(self) -> Result<Exit, Failure> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|e| could_not_run(format!("{}: cannot be made: {e}", self.folder.display())))?;
        let pages = [("checks.md".to_owned(), check::checks_page()), ("columns.md".to_owned(), check::columns_page())];
        let schemas = schema::FILES
            .iter()
            .filter_map(|(_, name)| Some((format!("{name}.schema.json"), format!("{:#}\n", schema::named(name)?))));
        for (name, text) in pages.into_iter().chain(schemas) {
            files::write(&self.folder.join(name), text.as_bytes()).map_err(|failure| could_not_run(failure.message))?;
        }
        Ok(Exit::Done)
    }
}
