//! `ooievaar mappings import`.

use std::path::PathBuf;

use clap::Args;
use ooievaar::exchange;
use ooievaar::terminology::CodeSystems;

use super::{could_not_run, faulty, folder_of, source};
use crate::cli::{Exit, Failure, apart, files, say};

/// Make a value-set table from a published value set: ART-DECOR (voc-*.xml) or FHIR (JSON, XML)
#[derive(Debug, Args)]
pub struct Import {
    /// The published value set; - for standard input
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// Write the table to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Use the code systems of the tables in this folder [default: mappings/ here, else the built-in tables]
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
}

impl Import {
    pub fn run(self) -> Result<Exit, Failure> {
        let (source, _) = source(self.tables.as_deref())?;
        // A value set is a table of the folder, so it may be written there; what is read of it may not be lost.
        let systems_file = folder_of(&source).map(|folder| folder.join(CodeSystems::FILE));
        let read = std::iter::once(&self.input).chain(&systems_file);
        apart::keep_apart(read, self.output.iter().map(PathBuf::as_path))?;
        let systems = CodeSystems::load(&source).map_err(|error| faulty(&source, error))?;
        let name = files::name(&self.input);
        let bytes = files::read(&self.input).map_err(|failure| could_not_run(failure.message))?;
        let text = String::from_utf8(bytes).map_err(|_| could_not_run(format!("{name}: is not UTF-8")))?;
        let set = exchange::import(&text, &systems).map_err(|e| could_not_run(format!("{name}: {e}")))?;
        for left in &set.left {
            say(format_args!("warning: value set {} {left}: a table of codes cannot hold that", set.name));
        }
        match &self.output {
            Some(file) => files::write(file, set.csv.as_bytes()).map_err(|failure| could_not_run(failure.message))?,
            None => files::print(set.csv.as_bytes())?,
        }
        Ok(if set.left.is_empty() { Exit::Done } else { Exit::Losses })
    }
}
