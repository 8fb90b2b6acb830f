//! `ooievaar mappings diff`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use ooievaar::review::{self, Change, OutputChange};
use ooievaar::tables::Source;
use ooievaar::{Converter, Error};

use super::{could_not_run, faulty, source};
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
        if let Some(folder) = &self.examples {
            super::examples(folder)?;
        }
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
            let output = {
                let loaded = |source: &Source| {
                    Converter::from_source(source).and_then(Converter::ready).map_err(|error| match error {
                        Error::Tables(error) => faulty(source, error),
                        error => could_not_run(error),
                    })
                };
                review::output_changes(&loaded(&old)?, &loaded(&new)?, folder).map_err(could_not_run)?
            };
            // To say that all is the same would pass for a test of it.
            if output.examples == 0 {
                let folder = folder.display();
                return Err(could_not_run(format!(
                    "{folder}: holds no message that either can read; name a folder of messages"
                )));
            }
            is_same &= output.changes.is_empty();
            self.show(&changes, &output.changes, &mut text);
        }
        files::print(text.as_bytes())?;
        Ok(if is_same { Exit::Done } else { Exit::Losses })
    }

    /// What changes in the output, by example.
    fn show(&self, tables: &[Change], changes: &[OutputChange], text: &mut String) {
        let maps: BTreeSet<&str> = tables.iter().filter_map(Change::code_map).collect();
        if changes.is_empty() && !tables.is_empty() && !tables.iter().any(Change::converts) {
            text.push_str("nothing that converts has changed, only what the tables say of it; the output of all examples is the same\n");
        } else if changes.is_empty() && maps.is_empty() {
            text.push_str("the output of all examples is the same\n");
        } else if changes.is_empty() {
            // Nothing was tried of that either.
            let maps = Vec::from_iter(maps).join(", ");
            let _ = writeln!(text, "no example uses these codes ({maps}); give --examples a message that has them");
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
