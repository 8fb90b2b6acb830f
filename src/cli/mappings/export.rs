//! `ooievaar mappings export`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ooievaar::exchange;

use super::{Folder, could_not_run, faulty, folder_of, source};
use crate::cli::{Exit, Failure, apart, files};

/// Write tables in the form that others use
#[derive(Debug, Args)]
pub struct Export {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Conceptmap(ConceptMap),
}

/// Write the code maps as FHIR STU3 concept maps (`ConceptMap`), a file each
#[derive(Debug, Args)]
struct ConceptMap {
    #[command(flatten)]
    folder: Folder,
    /// The folder to write in; it is made if it does not exist
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Start of the canonical URLs of the maps; without one they have none
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

impl Export {
    pub fn run(self) -> Result<Exit, Failure> {
        let What::Conceptmap(command) = self.what;
        let (source, _) = source(command.folder.path())?;
        apart::keep_apart(folder_of(&source), [command.output.as_path()])?;
        std::fs::create_dir_all(&command.output)
            .map_err(|e| could_not_run(format!("{}: cannot be made: {e}", command.output.display())))?;
        for file in source.list("code-maps").map_err(|error| faulty(&source, error))? {
            let Some(name) = file.strip_prefix("code-maps/").and_then(|name| name.strip_suffix(".csv")) else {
                continue;
            };
            let map = exchange::concept_map(&source, name, command.base_url.as_deref())
                .map_err(|error| faulty(&source, error))?;
            let path = command.output.join(format!("{name}.json"));
            files::write(&path, format!("{map:#}\n").as_bytes()).map_err(|failure| could_not_run(failure.message))?;
        }
        Ok(Exit::Done)
    }
}
