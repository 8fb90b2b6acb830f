//! `ooievaar report`, and the writing of reports.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ooievaar::batch::Report;

use super::{Exit, Failure, files, say};

/// Work with the reports of batches
#[derive(Debug, Args)]
pub struct ReportCommand {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add up the reports of several runs, such as the parts of one input
    Merge {
        /// Files report.json, or the folders that hold them
        #[arg(value_name = "REPORT", required = true)]
        reports: Vec<PathBuf>,
        /// Write report.json and report.html to this folder
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
}

impl ReportCommand {
    pub fn run(self) -> Result<Exit, Failure> {
        let What::Merge { reports, output } = self.command;
        let mut merged: Option<Report> = None;
        for path in reports {
            let path = if path.is_dir() { path.join("report.json") } else { path };
            let report = Report::parse(&files::read(&path)?)
                .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", path.display())))?;
            match &mut merged {
                None => merged = Some(report),
                Some(merged) => merged.merge(report),
            }
        }
        let merged = merged.unwrap_or_default();
        prepare(&output)?;
        write(&output, &merged)?;
        say(format_args!("{}", merged.to_text().trim_end()));
        Ok(Exit::Done)
    }
}

/// Makes the folder of a report: better to fail before the work than after it.
pub fn prepare(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| Failure::new(Exit::Output, format!("{}: cannot be made: {error}", folder.display())))
}

/// Writes a report to a folder.
pub fn write(folder: &Path, report: &Report) -> Result<(), Failure> {
    files::write(&folder.join("report.json"), report.to_json().as_bytes())?;
    files::write(&folder.join("report.html"), report.to_html().as_bytes())
}
