//! `ooievaar mappings diff`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use ooievaar::review;

use super::{could_not_run, source};
use crate::cli::{Exit, Failure, files};

/// Show what changes between two folders of tables, in concepts and codes; exit with 1 if anything does
#[derive(Debug, Args)]
pub struct Diff {
    /// The tables as they were
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The tables as they are
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

impl Diff {
    pub fn run(self) -> Result<Exit, Failure> {
        let (old, _) = source(Some(&self.old))?;
        let (new, _) = source(Some(&self.new))?;
        let changes = review::diff(&old, &new).map_err(could_not_run)?;
        let mut text = String::new();
        let mut last = "";
        for change in &changes {
            if change.about != last {
                let _ = writeln!(text, "{}", change.about);
            }
            let _ = writeln!(text, "  {}", change.what);
            last = &change.about;
        }
        files::print(text.as_bytes())?;
        Ok(if changes.is_empty() { Exit::Done } else { Exit::Losses })
    }
}
