//! `ooievaar convert`.

use std::path::PathBuf;

use clap::Args;
use ooievaar::{Bundle, Converter, Error, Format, Outcome, Reading};
use serde_json::json;

use super::losses::Account;
use super::{As, Bounds, Current, DayT, Exit, Failure, Goal, Sent, Tables, apart, files, idle, library, say};

/// Convert one message, document or bundle to another format
///
/// The format of the input is recognised. What could not be carried over is listed on standard error.
#[derive(Debug, Args)]
pub struct Convert {
    /// The file to convert; - for standard input. Several files, or a folder, of FHIR resources are one case
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<PathBuf>,
    /// What to convert to: fhir-json, fhir-xml, fhir-ndjson, hl7v3 or ada [default: the other side]
    #[arg(long, value_name = "FORMAT", value_parser = library::format)]
    to: Option<Format>,
    /// Where to write the result; - for standard output, which is the default
    ///
    /// The file is written whole or not at all. If nothing is written, a file that an earlier run left there is taken away, so
    /// that nobody takes it for the result of this one; the message says so.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing, and exit with 1, if any value would be lost
    #[arg(long)]
    strict: bool,
    /// Write the counts and every loss to this file, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Show the lost values themselves. They are patient data: mind where they end up
    #[arg(long)]
    show_values: bool,
    /// Write JSON on one line, for programs
    #[arg(long)]
    compact: bool,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    bounds: Bounds,
    /// What kind of FHIR bundle to make: transaction or collection [default: transaction]
    #[arg(long, value_name = "KIND", value_parser = library::bundle)]
    bundle: Option<Bundle>,
    /// Make the id of a woman from her BSN, under the secret key in this file (`ooievaar id-key` makes one)
    ///
    /// Production uses it: she is then one Patient in all her records, and nobody without the key can tell a BSN from an id.
    /// Use the same key each time. Without it no id is made of a BSN, and a woman is another Patient in each record.
    #[arg(long, value_name = "FILE")]
    id_key_file: Option<PathBuf>,
    /// An earlier delivery of this case, its message or its bundle: the result deletes what it had and this one has not
    ///
    /// Only a transaction bundle can say so. What other cases may refer to (a person, an organisation) is never deleted. Several
    /// files of FHIR, or a folder, are one case.
    #[arg(long, value_name = "OLD")]
    previous: Vec<PathBuf>,
    #[command(flatten)]
    day: DayT,
    #[command(flatten)]
    current: Current,
    #[command(flatten)]
    kind: As,
    #[command(flatten)]
    goal: Goal,
    #[command(flatten)]
    sent: Sent,
}

impl Convert {
    pub fn run(self) -> Result<Exit, Failure> {
        self.keep_apart()?;
        let mut result = self.convert();
        files::take_earlier_away(self.output.as_deref(), &mut result);
        // A report of an earlier run must not stand there as if it were of this one.
        if let (Err(failure), Some(file)) = (&result, &self.report)
            && let Err(unwritten) = files::write(file, format!("{:#}\n", json!({ "error": failure.fault })).as_bytes())
            // If it is the report that cannot be written, that is told already, also if something was added to it.
            && unwritten.message != failure.fault.message
        {
            unwritten.tell();
        }
        result
    }

    fn convert(&self) -> Result<Exit, Failure> {
        let converter = self.bounds.of(library::converter(self.tables.tables.as_deref())?);
        let converter =
            library::set_up(converter, self.bundle, self.id_key_file.as_deref())?.with_indent(!self.compact);
        let converter = self.sent.of(self.goal.of(self.kind.of(self.current.of(self.day.of(converter)))?)?)?;
        let sources = files::read_case(&self.inputs)?;
        let refused = |error| files::refused(Exit::Input, &error, &sources);
        let reading = converter.read_case(&sources).map_err(refused)?;
        self.current.must_be_of(reading.format, &sources)?;
        self.day.say_if_idle(reading.format);
        self.kind.say_if_idle(reading.format);
        let to = self.to.unwrap_or_else(|| reading.format.other_side());
        for note in idle(to, self.bundle, self.id_key_file.as_deref(), &self.sent) {
            say(format_args!("{note}"));
        }
        let outcome = if self.previous.is_empty() {
            converter.write(reading, to).map_err(refused)?
        } else {
            self.write_after(&converter, reading, to)?
        };
        if self.compact && to != Format::FhirJson {
            say(format_args!("note: --compact was not used: it is about {}", Format::FhirJson.name()));
        }

        if !outcome.unused.is_empty() {
            let parts = outcome.unused_names().collect::<Vec<_>>().join(", ");
            say(format_args!(
                "note: --transmission was not used for {parts}: the case says that itself, and it stands"
            ));
        }
        if matches!(to, Format::Hl7v3 | Format::Ada) {
            self.goal.say_if_chosen(&outcome);
        }
        let mut account = Account::of(&outcome, &sources);
        if !self.previous.is_empty() {
            account = account.after_delivery(&outcome);
        }
        say(format_args!("{}", account.table(self.show_values).trim_end()));
        if let Some(file) = &self.report {
            files::write(file, format!("{:#}\n", account.report(self.show_values)).as_bytes())?;
        }
        if self.strict && outcome.ledger.lost_leaves() > 0 {
            let why = if account.has_lost() {
                "values would be lost"
            } else {
                "no program can rely on values that would be written: see what is told"
            };
            say(format_args!("error[losses]: nothing was written, because {why} (--strict)"));
            return Ok(Exit::Losses);
        }
        if self.strict && outcome.missing.iter().any(|unmet| unmet.filler.is_none()) {
            say(format_args!(
                "error[missing]: nothing was written, because the message would lack what it demands: see what is missing (--strict)"
            ));
            return Ok(Exit::Losses);
        }
        match &self.output {
            Some(file) if file.as_os_str() != "-" => files::write(file, &outcome.output)?,
            _ => files::print(&outcome.output)?,
        }
        Ok(Exit::Done)
    }

    /// Writes a bundle that replaces the earlier delivery, and says what it deletes.
    fn write_after(&self, converter: &Converter, reading: Reading, to: Format) -> Result<Outcome, Failure> {
        let sources = files::read_case(&self.previous)?;
        let refused = |error: Error| {
            let exit = if matches!(error, Error::NoDeletion { .. }) { Exit::Usage } else { Exit::Input };
            files::refused(exit, &error, &sources)
        };
        let earlier = converter.read_delivery(&sources).map_err(refused)?;
        let outcome = converter.write_after(reading, &earlier, to).map_err(refused)?;
        Ok(outcome)
    }

    /// Nothing that is read may be written over.
    fn keep_apart(&self) -> Result<(), Failure> {
        let read = self.inputs.iter().chain(&self.previous).chain(&self.id_key_file).chain(&self.tables.tables);
        let read = read.chain(&self.sent.transmission);
        apart::keep_apart(read, self.output.iter().chain(&self.report).map(PathBuf::as_path))?;
        if self.output.is_some() && self.output == self.report {
            return Err(Failure::new(Exit::Usage, "the result and the report have the same name; choose two"));
        }
        Ok(())
    }
}
