//! `ooievaar mappings check`.

use std::path::PathBuf;

use clap::Args;
use ooievaar::check::render::Renderer;
use ooievaar::check::{self, Options};

use super::{Folder, could_not_run, faulty, fmt, source};
use crate::cli::{Exit, Failure, files};

/// Find everything that is wrong with the tables, at its cell
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    folder: Folder,
    /// How to show the findings
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json", "sarif", "junit", "github"])]
    format: String,
    /// Count this warning as an error (a code, or all); may be repeated
    #[arg(long = "error", value_name = "CODE")]
    raise: Vec<String>,
    /// Only errors make the exit code 1
    #[arg(long)]
    errors_only: bool,
    /// Mend what can be mended without changing what the tables say, then check
    #[arg(long)]
    fix: bool,
    /// Also find concepts without a value in any message of this folder
    #[arg(long, value_name = "DIR")]
    examples: Option<PathBuf>,
}

impl Check {
    pub fn run(self) -> Result<Exit, Failure> {
        if let Some(unknown) =
            self.raise.iter().find(|code| !code.eq_ignore_ascii_case("all") && check::find(code).is_none())
        {
            return Err(could_not_run(format!("--error {unknown}: no such code; see `ooievaar mappings explain`")));
        }
        if self.fix {
            fmt::mend(&super::folder(self.folder.path())?)?;
        }
        let (source, name) = source(self.folder.path())?;
        let examples = match &self.examples {
            // Faulty tables read no example: what is wrong with them is found below.
            Some(folder) => {
                super::examples(folder)?;
                check::examples(&source, folder).ok()
            }
            None => None,
        };
        let options = Options { raise: self.raise, examples, prove: true };
        let report = check::check(&source, &options).map_err(|error| faulty(&source, error))?;
        let renderer = Renderer::from_name(&self.format).unwrap_or(Renderer::Human);
        files::print(renderer.render(&report, &name).as_bytes())?;
        let clean = if self.errors_only { report.errors() == 0 } else { report.findings.is_empty() };
        Ok(if clean { Exit::Done } else { Exit::Losses })
    }
}
