//! `ooievaar mappings diff`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use ooievaar::review::{self, OutputChange};

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
    /// Also convert the messages of this folder with both, and show what changes in the output: where, not what it says
    #[arg(long, value_name = "DIR")]
    examples: Option<PathBuf>,
    /// Show the values too: they are of whoever the examples are about
    #[arg(long, requires = "examples")]
    show_values: bool,
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
        let mut is_same = changes.is_empty();
        if let Some(folder) = &self.examples {
            let output = review::output_changes(&old, &new, folder).map_err(could_not_run)?;
            is_same &= output.is_empty();
            self.show(&output, &mut text);
        }
        files::print(text.as_bytes())?;
        Ok(if is_same { Exit::Done } else { Exit::Losses })
    }

    /// What changes in the output, by example.
    fn show(&self, changes: &[OutputChange], text: &mut String) {
        if changes.is_empty() {
            text.push_str("the output of all examples is the same\n");
        }
        let mut last = "";
        for change in changes {
            if change.example != last {
                let _ = writeln!(text, "example {}", change.example);
            }
            last = &change.example;
            let counts = [(change.other, "other"), (change.gone, "gone"), (change.new, "new")];
            let counts: Vec<String> =
                counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
            let _ = writeln!(text, "  {}: {}: {}", change.format, change.place, counts.join(", "));
            if self.show_values {
                let (was, is) = &change.values;
                for (sign, values) in [('-', was), ('+', is)] {
                    for value in values {
                        let _ = writeln!(text, "    {sign} {value}");
                    }
                }
            }
        }
    }
}
