//! `ooievaar report`, and the writing of reports.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ooievaar::batch::Report;
use ooievaar::review::{Case, arrivals};
use ooievaar::{Format, Reading};

use super::{Bounds, Exit, Failure, Tables, apart, files, library, say};

/// The file of a report that a program reads.
const JSON: &str = "report.json";

/// Work with the reports of batches, and report on cases
#[derive(Debug, Args)]
pub struct ReportCommand {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add up the reports of several runs, such as the parts of one input
    ///
    /// A part that is given twice is refused. Exit code 6 says that a part is missing, or that a run was stopped before its
    /// end.
    Merge {
        /// Files report.json, or the folders that hold them
        #[arg(value_name = "REPORT", required = true)]
        reports: Vec<PathBuf>,
        /// Write report.json and report.html to this folder
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Say of cases in FHIR what arrives in the message and what is lost, as Markdown, without values
    ///
    /// For each case: the concepts that arrive, what is lost by profile, code, element and reason, and what the message demands
    /// and the case lacks. The code is that of an Observation: of other resources it may be an answer.
    Cases {
        /// A case each: a file, or a folder of resources
        #[arg(value_name = "CASE", required = true)]
        cases: Vec<PathBuf>,
        #[command(flatten)]
        tables: Tables,
        #[command(flatten)]
        bounds: Bounds,
    },
}

impl ReportCommand {
    pub fn run(self) -> Result<Exit, Failure> {
        match self.command {
            What::Merge { reports, output } => merge(reports, &output),
            What::Cases { cases, tables, bounds } => report_cases(&cases, &tables, &bounds),
        }
    }
}

fn merge(reports: Vec<PathBuf>, output: &Path) -> Result<Exit, Failure> {
    let reports: Vec<PathBuf> =
        reports.into_iter().map(|path| if path.is_dir() { path.join(JSON) } else { path }).collect();
    apart::keep_apart(&reports, paths(output).iter().map(PathBuf::as_path))?;
    let mut merged: Option<Report> = None;
    for path in &reports {
        let report = Report::parse(&files::read(path)?)
            .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", path.display())))?;
        match &mut merged {
            None => merged = Some(report),
            Some(merged) => merged
                .merge(report)
                .map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", path.display())))?,
        }
    }
    let merged = merged.unwrap_or_default().of_whole();
    prepare(output)?;
    write(output, &merged)?;
    say(format_args!("{}", merged.to_text().trim_end()));
    if merged.stopped > 0 {
        say(format_args!("a run was stopped before its end; go on with it (--resume), and merge again"));
    }
    if merged.missing > 0 {
        say(format_args!("parts are missing; do them (--shard), and merge again, with their reports"));
    }
    Ok(if merged.complete { Exit::Done } else { Exit::Stopped })
}

fn report_cases(paths: &[PathBuf], tables: &Tables, bounds: &Bounds) -> Result<Exit, Failure> {
    let converter = bounds.of(library::ready_converter(tables.tables.as_deref())?);
    let mut cases = Vec::with_capacity(paths.len());
    for path in paths {
        let inputs = files::read_case(std::slice::from_ref(path))?;
        let reading = converter.read_case(&inputs);
        if let Ok(Reading { format: format @ (Format::Hl7v3 | Format::Ada), .. }) = &reading {
            let (file, format) = (files::name(path), format.name());
            say(format_args!(
                "note: {file} is {format}: this report is of cases in FHIR, and what of them arrives in a message. `ooievaar \
                 convert --report` tells what becomes of one message, `ooievaar batch` of many"
            ));
        }
        let read = reading.and_then(|reading| converter.write(reading, Format::Hl7v3));
        let name = path.file_stem().map_or_else(|| files::name(path), |name| name.to_string_lossy().into_owned());
        cases.push(Case { name, outcome: read.map_err(|error| error.to_string()) });
    }
    files::print(arrivals(&cases).as_bytes())?;
    Ok(if cases.iter().all(|case| case.outcome.is_ok()) { Exit::Done } else { Exit::Input })
}

/// Makes the folder of a report: better to fail before the work than after it.
pub fn prepare(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| Failure::new(Exit::Output, format!("{}: cannot be made: {error}", folder.display())))
}

/// The files that a report in a folder is.
pub fn paths(folder: &Path) -> [PathBuf; 2] {
    [folder.join(JSON), folder.join("report.html")]
}

/// Writes a report to a folder.
pub fn write(folder: &Path, report: &Report) -> Result<(), Failure> {
    let [json, html] = paths(folder);
    files::write(&json, report.to_json().as_bytes())?;
    files::write(&html, report.to_html().as_bytes())
}
