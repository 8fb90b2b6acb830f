//! `ooievaar mappings coverage`.

use std::path::PathBuf;

use clap::Args;
use ooievaar::review;

use super::{Folder, could_not_run, faulty, folder_of, source};
use crate::cli::{Exit, Failure, apart, files};

/// Show how much of the standard the tables cover
#[derive(Debug, Args)]
pub struct Coverage {
    #[command(flatten)]
    folder: Folder,
    /// How to show it: a table, CSV, or a page with a picture
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "csv", "html"])]
    format: String,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Coverage {
    pub fn run(self) -> Result<Exit, Failure> {
        let (source, _) = source(self.folder.path())?;
        apart::keep_apart(folder_of(&source), self.output.iter().map(PathBuf::as_path))?;
        let coverage = review::coverage(&source).map_err(|error| faulty(&source, error))?;
        let text = match self.format.as_str() {
            "csv" => coverage.csv(),
            "html" => coverage.html(),
            _ => coverage.text(),
        };
        match self.output {
            Some(file) => files::write(&file, text.as_bytes()).map_err(|failure| could_not_run(failure.message))?,
            None => files::print(text.as_bytes())?,
        }
        Ok(Exit::Done)
    }
}
