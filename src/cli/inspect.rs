//! `ooievaar inspect`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use ooievaar::view::{Case, Language, Shown, one_line};

use super::losses::Account;
use super::{As, Bounds, Current, DayT, Exit, Failure, Tables, files, library, say};

/// Show what a file says, as a tree of the concepts of the standard with their values
///
/// This prints patient data: that is what it is for. What was not read is told on standard error, at the end.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The file to show; - for standard input. Several files, or a folder, of FHIR resources are one case
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    day: DayT,
    #[command(flatten)]
    current: Current,
    #[command(flatten)]
    kind: As,
}

impl Inspect {
    pub fn run(self) -> Result<Exit, Failure> {
        let converter = self.day.of(self.bounds.of(library::converter(self.tables.tables.as_deref())?));
        let sources = files::read_case(&self.inputs)?;
        let reading = self
            .kind
            .of(self.current.of(converter))?
            .read_case(&sources)
            .map_err(|error| files::refused(Exit::Input, &error, &sources))?;
        self.current.must_be_of(reading.format, &sources)?;
        self.day.say_if_idle(reading.format);
        self.kind.say_if_idle(reading.format);
        files::print(tree(&Case::of(&reading, Language::Dutch)).as_bytes())?;
        if reading.ledger.lost_leaves() > 0 {
            say(format_args!("{}", Account::of_reading(&reading, &sources).table(false).trim_end()));
        }
        Ok(Exit::Done)
    }
}

/// What was read as indented text, a line for each occurrence: names and words, with the code of an answer behind them.
fn tree(case: &Case) -> String {
    let mut text = String::new();
    case.all.iter().for_each(|shown| below(shown, 0, &mut text));
    text
}

fn below(shown: &Shown, depth: usize, text: &mut String) {
    let _ = write!(text, "{:1$}{name}", "", depth * 2, name = shown.name);
    if let Some(said) = &shown.said {
        let _ = write!(text, ": {}", one_line(&said.words));
        if let Some(detail) = &said.detail {
            let _ = write!(text, " ({})", one_line(detail));
        }
    }
    text.push('\n');
    shown.below.iter().for_each(|inner| below(inner, depth + 1, text));
}
