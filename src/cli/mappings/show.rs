//! `ooievaar mappings show`.

use std::path::PathBuf;

use clap::Args;

use super::{Folder, could_not_run, faulty, source};
use crate::cli::{Exit, Failure, files};

/// Show a file of a kind of message as it results, if the kind is like another
#[derive(Debug, Args)]
pub struct Show {
    /// The kind of message (kernset-2.2)
    #[arg(value_name = "KIND")]
    kind: String,
    /// The file: rows.csv, concepts.csv, skeleton.xml, message.toml, … [default: the names of all, and where each comes from]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The folder of the tables [default: mappings/ here, else the built-in tables]
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
}

impl Show {
    pub fn run(self) -> Result<Exit, Failure> {
        let folder = Folder { folder: None, tables: self.tables };
        let (source, _) = source(folder.path())?;
        let laid = source.laid();
        let name = format!("messages/{}", self.kind);
        let list =
            laid.list(&name).map_err(|_| could_not_run(format!("there is no kind of message `{}`", self.kind)))?;
        let text = if let Some(file) = &self.file {
            let path = format!("{name}/{}", file.display());
            if !list.contains(&path) {
                let known: Vec<&str> = list.iter().filter_map(|path| path.rsplit('/').next()).collect();
                return Err(could_not_run(format!("{path}: there is no such file; choose {}", known.join(", "))));
            }
            laid.text(&path).map_err(|fault| faulty(&source, laid.located(fault)))?.into_owned()
        } else {
            let state = |path: &String| {
                if laid.is_laid(path) { "laid over that of another kind" } else { "as it is written" }
            };
            let lines: Vec<String> = list.iter().map(|path| format!("{path}: {}", state(path))).collect();
            lines.join("\n") + "\n"
        };
        files::print(text.as_bytes())?;
        Ok(Exit::Done)
    }
}
