//! `ooievaar stream`.

use std::io::{self, BufReader, ErrorKind};
use std::path::PathBuf;

use clap::Args;
use ooievaar::{Bundle, Format, batch};

use super::{As, Bounds, DayT, Exit, Failure, Goal, Sent, Tables, library, say};

/// Answer messages on standard input, a line each, on standard output
///
/// A worker for engines such as Apache Spark. Each line in is {"id": …, "message": "<text>"} or {"id": …, "base64":
/// "<bytes>"}; each line out, in the same order, is {"id", "status": "ok", "losses" or "error", "resources" (texts; or
/// "output"), "read", "translated", "structural", "lost", "told" (written, but see the batch), "reasons", "missing" (how many things the message demands and
/// lacks) and "lacks" (which)}, or for an error {"id", "status", "error": {"code", "line", "column", "message"}}. "ok" says
/// that nothing is lost: what a message lacks is told by "missing" alone. "unused" is there if the message says
/// itself what --transmission gives: what of it. A message with several cases is answered with a
/// line for each, which has its number in "case".
#[derive(Debug, Args)]
pub struct Stream {
    /// What to convert to: fhir-json, fhir-xml, fhir-ndjson, hl7v3 or ada [default: the other side]
    #[arg(long, value_name = "FORMAT", value_parser = library::format)]
    to: Option<Format>,
    /// Threads
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: u16,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    day: DayT,
    /// What kind of FHIR bundle to make: transaction or collection [default: transaction]
    #[arg(long, value_name = "KIND", value_parser = library::bundle)]
    bundle: Option<Bundle>,
    /// Make the id of a woman from her BSN, under the secret key in this file (`ooievaar id-key` makes one)
    ///
    /// Production uses it: she is then one Patient in all her records, and nobody without the key can tell a BSN from an id.
    /// Use the same key each time. Without it no id is made of a BSN, and a woman is another Patient in each record.
    #[arg(long, value_name = "FILE")]
    id_key_file: Option<PathBuf>,
    #[command(flatten)]
    kind: As,
    #[command(flatten)]
    goal: Goal,
    #[command(flatten)]
    sent: Sent,
}

impl Stream {
    pub fn run(self) -> Result<Exit, Failure> {
        let converter = self.day.of(self.bounds.of(library::ready_converter(self.tables.tables.as_deref())?));
        let converter =
            self.goal.of(self.kind.of(library::set_up(converter, self.bundle, self.id_key_file.as_deref())?)?)?;
        let converter = self.sent.of(converter)?;
        if self.bundle.is_some() && self.to != Some(Format::FhirXml) {
            say(format_args!("note: --bundle was not used: an answer holds resources, and no bundle"));
        }
        let idle = self.to.map(|to| super::idle(to, None, self.id_key_file.as_deref(), &self.sent));
        idle.into_iter().flatten().for_each(|note| say(format_args!("{note}")));
        let (input, output) = (BufReader::new(io::stdin()), io::stdout().lock());
        match batch::stream(&converter, self.to, usize::from(self.jobs), input, output) {
            // Whoever asked has gone away.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Done),
            Err(error) => Err(Failure::new(Exit::Output, format!("the stream broke: {error}"))),
            Ok(own_sending) => {
                if own_sending > 0 {
                    say(format_args!("{}", super::own_sending(own_sending, "; `unused` of an answer has what")));
                }
                Ok(Exit::Done)
            }
        }
    }
}
