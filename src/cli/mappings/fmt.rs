//! `ooievaar mappings fmt`.

use std::path::Path;

use clap::Args;
use ooievaar::check::{Body, Files};
use ooievaar::tables::{RawSheet, Source};

use super::{Folder, could_not_run, faulty};
use crate::cli::{Exit, Failure, files, say};

/// Write the tables in their canonical form; no cell changes what it says
#[derive(Debug, Args)]
pub struct Fmt {
    #[command(flatten)]
    folder: Folder,
    /// Change nothing; exit with 1 if something would change
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub fn run(self) -> Result<Exit, Failure> {
        let folder = super::folder(self.folder.path())?;
        if self.check {
            let changed = changes(&folder)?;
            for (file, _) in &changed {
                files::print(format!("{}\n", folder.join(file).display()).as_bytes())?;
            }
            return Ok(if changed.is_empty() { Exit::Done } else { Exit::Losses });
        }
        mend(&folder)?;
        Ok(Exit::Done)
    }
}

/// Writes what is not in its canonical form.
pub fn mend(folder: &Path) -> Result<(), Failure> {
    for (file, text) in changes(folder)? {
        files::write(&folder.join(&file), text.as_bytes()).map_err(|failure| could_not_run(failure.message))?;
        say(format_args!("{}: written in its canonical form", folder.join(file).display()));
    }
    Ok(())
}

/// The tables that are not in their canonical form, and how they should be.
fn changes(folder: &Path) -> Result<Vec<(String, String)>, Failure> {
    let source = Source::Folder(folder.to_owned());
    let files = Files::load(&source).map_err(|error| faulty(&source, error))?;
    let canonical = files.iter().filter_map(|file| match &file.body {
        // With other cells than the header has, nobody knows which cell is which: `check` names the row.
        Body::Csv(sheet) if !sheet.flaws.is_empty() && is_even(sheet) => Some((file.path.clone(), sheet.canonical())),
        _ => None,
    });
    Ok(canonical.collect())
}

/// True if every row has as many cells as the header.
fn is_even(sheet: &RawSheet) -> bool {
    sheet.rows.iter().all(|row| row.cells.len() == sheet.header.cells.len())
}
