//! `ooievaar mappings`: commands about the mapping tables.

mod check;
mod coverage;
mod diff;
mod explain;
mod export;
mod fmt;
mod import;
mod proof;
mod reference;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ooievaar::Error;
use ooievaar::tables::{Source, TableError};

use super::{Exit, Failure, library};

/// Check, prove, show and change the mapping tables
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 clean; 1 findings; 2 could not run.")]
pub struct Mappings {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Explain(explain::Explain),
    Fmt(fmt::Fmt),
    Proof(proof::Proof),
    Reference(reference::Reference),
    Show(show::Show),
    Import(import::Import),
    Export(export::Export),
    Diff(diff::Diff),
    Coverage(coverage::Coverage),
}

impl Mappings {
    pub fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Check(command) => command.run(),
            Command::Explain(command) => command.run(),
            Command::Fmt(command) => command.run(),
            Command::Proof(command) => command.run(),
            Command::Reference(command) => command.run(),
            Command::Show(command) => command.run(),
            Command::Import(command) => command.run(),
            Command::Export(command) => command.run(),
            Command::Diff(command) => command.run(),
            Command::Coverage(command) => command.run(),
        }
    }
}

/// The tables that a command is about.
#[derive(Debug, Args)]
struct Folder {
    /// The folder of the tables [default: mappings/ here, else the built-in tables, which are only read]
    #[arg(value_name = "DIR", conflicts_with = "tables")]
    folder: Option<PathBuf>,
    /// The same, as the commands that convert take it
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
}

impl Folder {
    fn path(&self) -> Option<&Path> {
        self.folder.as_deref().or(self.tables.as_deref())
    }
}

/// The tables in a folder; without one those in `mappings/` here, and without that the built-in ones. With the name to show for the folder.
fn source(folder: Option<&Path>) -> Result<(Source, String), Failure> {
    let here = Path::new("mappings");
    let folder = folder.map(Path::to_owned).or_else(|| here.join("ooievaar.toml").is_file().then(|| here.to_owned()));
    match folder {
        Some(folder) => {
            library::are_tables(&folder).map_err(could_not_run)?;
            let name = folder.display().to_string();
            Ok((Source::Folder(folder), name))
        }
        None => Ok((Source::Embedded, String::new())),
    }
}

/// The folder that tables are read from, if they are not the built-in ones.
fn folder_of(source: &Source) -> Option<&PathBuf> {
    match source {
        Source::Folder(folder) => Some(folder),
        _ => None,
    }
}

/// A folder that can be written in.
fn folder(folder: Option<&Path>) -> Result<PathBuf, Failure> {
    match source(folder)? {
        (Source::Folder(folder), _) => Ok(folder),
        _ => Err(could_not_run("name the folder of the tables: the built-in ones cannot be changed")),
    }
}

/// The tables are too faulty for the command. Of several folders, the message says which.
fn faulty(source: &Source, error: TableError) -> Failure {
    let folder = folder_of(source).map_or_else(String::new, |folder| format!("{}: ", folder.display()));
    let message = format!("{folder}{error}");
    Failure::refused(Exit::Usage, &Error::Tables(error), message)
}

/// Refuses a folder of examples in which there is nothing to try, or not all can be read: what is said of examples is said of
/// all in it.
fn examples(folder: &Path) -> Result<(), Failure> {
    let name = folder.display();
    if !folder.is_dir() {
        let is = if folder.exists() { "is no folder" } else { "does not exist" };
        return Err(could_not_run(format!("{name}: {is}; name a folder of messages")));
    }
    match Source::Folder(folder.to_owned()).files() {
        Err(fault) if fault.file.is_empty() => Err(could_not_run(format!("{name}: {}", fault.message))),
        Err(fault) => Err(could_not_run(format!("{name}/{}: {}", fault.file, fault.message))),
        Ok(files) if files.is_empty() => Err(could_not_run(format!("{name}: is empty; name a folder of messages"))),
        Ok(_) => Ok(()),
    }
}

fn could_not_run(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Usage, error)
}
