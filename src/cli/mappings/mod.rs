//! `ooievaar mappings`: commands about the mapping tables.

mod proof;

use clap::{Args, Subcommand};

use super::{Exit, Failure};

/// Prove the mapping tables
#[derive(Debug, Args)]
pub struct Mappings {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Proof(proof::Proof),
}

impl Mappings {
    pub fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Proof(command) => command.run(),
        }
    }
}
