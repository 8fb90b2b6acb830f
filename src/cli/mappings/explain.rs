//! `ooievaar mappings explain`.

use std::fmt::Write as _;

use clap::Args;
use ooievaar::check;

use super::could_not_run;
use crate::cli::{Exit, Failure, files};

/// Print the manual page of a check, or the list of all checks
#[derive(Debug, Args)]
pub struct Explain {
    /// The code of the check, such as OOI-102, or its name
    code: Option<String>,
}

impl Explain {
    pub fn run(self) -> Result<Exit, Failure> {
        let text = match self.code {
            Some(code) => {
                let unknown = || could_not_run(format!("{code}: no such check; without a code all are listed"));
                check::find(&code).ok_or_else(unknown)?.manual()
            }
            None => check::GROUPS.iter().fold(String::new(), |mut text, group| {
                let before = if text.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{before}{}: {}", group.title, group.about);
                for rule in group.rules {
                    let _ = writeln!(text, "  {} {}: {}", rule.code, rule.name, rule.summary());
                }
                text
            }),
        };
        files::print(text.as_bytes())?;
        Ok(Exit::Done)
    }
}
