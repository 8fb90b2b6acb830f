//! The command line: one file per command. It parses, prints and chooses the exit code; it never decides
//! anything about a conversion.

mod apart;
mod batch;
mod convert;
mod exact;
mod files;
mod id_key;
mod inspect;
mod library;
mod losses;
mod mappings;
mod meter;
mod query;
mod report;
mod roundtrip;
mod sample;
mod stream;
mod view;

use std::fmt;
use std::io::{self, Write as _};
use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use ooievaar::ada::ReferenceDay;
use ooievaar::batch::{Fault, counted};
use ooievaar::tree::Limits;
use ooievaar::{Bundle, Converter, Error, Format, Outcome, Transmission, TransmissionFault};

/// Translates Dutch birth-care records between PWD 2.3 (HL7v3) and PWD 3.2 (FHIR STU3), both ways.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done; 1 something was lost (convert: and --strict was given); 2 wrong usage; 3 an input \
                  could not be read; 4 the mapping tables are faulty; 5 the output could not be written; 6 stopped \
                  before the end."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Convert(convert::Convert),
    Batch(batch::Batch),
    Stream(stream::Stream),
    Report(report::ReportCommand),
    Inspect(inspect::Inspect),
    View(view::View),
    Query(query::Query),
    Mappings(mappings::Mappings),
    Roundtrip(roundtrip::Roundtrip),
    Sample(sample::Sample),
    IdKey(id_key::MakeKey),
}

/// Where the mapping tables come from.
#[derive(Debug, Args)]
struct Tables {
    /// Use the mapping tables in this folder instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
}

/// What of FHIR is the current one, and which case is meant.
#[derive(Debug, Args)]
struct Current {
    /// In FHIR: the current pregnancy [default: the only one, or the one that the record refers to]
    ///
    /// Its id, a reference to it (Condition/ID, or its full URL), or an identifier (SYSTEM|VALUE, or VALUE); or one of these
    /// of the record that refers to it. Without this it is the only pregnancy there is, or the one to which the record
    /// refers; where that leaves several, nothing is read, and the message lists them.
    #[arg(long, alias = "pregnancy", value_name = "REFERENCE")]
    current: Option<String>,
    /// In FHIR with several cases: the one that is meant [default: there must be one]
    ///
    /// A reference to its record or its woman (EpisodeOfCare/ID, Patient/ID, or a full URL), the id, or an identifier
    /// (SYSTEM|VALUE, or VALUE); or one of these of anything that belongs to that case alone. Without this, an input with
    /// several cases is refused, and the message lists them; `ooievaar batch` makes a message of each.
    #[arg(long, value_name = "REFERENCE")]
    case: Option<String>,
}

impl Current {
    /// The same converter, which knows what is the current one and which case is meant.
    fn of(&self, converter: Converter) -> Converter {
        let converter = match &self.current {
            Some(reference) => converter.with_current(reference),
            None => converter,
        };
        match &self.case {
            Some(reference) => converter.with_case(reference),
            None => converter,
        }
    }

    /// Refuses a choice that an input cannot be looked at for: nobody would know whether it is the one that was meant.
    fn must_be_of(&self, format: Format, inputs: &[files::Input]) -> Result<(), Failure> {
        if matches!(format, Format::FhirJson | Format::FhirXml | Format::FhirNdjson) {
            return Ok(());
        }
        let given = [(&self.case, "--case"), (&self.current, "--current")];
        match given.into_iter().find(|(value, _)| value.is_some()) {
            None => Ok(()),
            Some((_, option)) => {
                let name = files::name_of(inputs);
                let message = format!("{name}{option} chooses in FHIR, and this is {}; leave it out", format.name());
                Err(Failure::new(Exit::Usage, message))
            }
        }
    }
}

/// As what an HL7v3 message is read.
#[derive(Debug, Args)]
struct As {
    /// Read HL7v3 messages and CDA documents as this kind (kernset-2.3), whatever their template says
    ///
    /// The kind of a message is told by the template of its payload. One that the tables do not know is refused; this reads
    /// it all the same. What the two kinds do not have in common is lost, and told.
    #[arg(long = "as", value_name = "KIND")]
    kind: Option<String>,
}

impl As {
    /// The same converter, which reads messages as that kind.
    fn of(&self, converter: Converter) -> Result<Converter, Failure> {
        match &self.kind {
            Some(name) => converter.with_kind(name).map_err(|error| Failure::of_wish(&error)),
            None => Ok(converter),
        }
    }

    /// Says so if it was given for an input that has no such kind.
    fn say_if_idle(&self, format: Format) {
        if self.kind.is_some() && format != Format::Hl7v3 {
            say(format_args!("note: --as was not used: the input is {}, no HL7v3", format.name()));
        }
    }
}

/// As what kind of message the result is written.
#[derive(Debug, Args)]
struct Goal {
    /// The kind of message to write (kernset-2.3) [default: the one that was read; of FHIR, the one that holds most of it]
    ///
    /// What that kind does not have is lost, and told.
    #[arg(long, value_name = "KIND")]
    message: Option<String>,
}

impl Goal {
    /// The same converter, which writes that kind.
    fn of(&self, converter: Converter) -> Result<Converter, Failure> {
        match &self.message {
            Some(name) => converter.with_message(name).map_err(|error| Failure::of_wish(&error)),
            None => Ok(converter),
        }
    }

    /// Says which kind was written, if nobody said it.
    fn say_if_chosen(&self, outcome: &Outcome) {
        let is_fhir = |format: Format| matches!(format, Format::FhirJson | Format::FhirXml | Format::FhirNdjson);
        if self.message.is_none() && outcome.reading.is_chosen && is_fhir(outcome.reading.format) {
            say(format_args!(
                "note: written as {}, which holds most of what was read; --message names another kind",
                outcome.message()
            ));
        }
    }
}

/// How messages are sent.
#[derive(Debug, Args)]
struct Sent {
    /// Who sends the messages that are written, to whom and for whom (TOML): what FHIR cannot say and a message demands
    ///
    /// It is added where the case does not say it itself. The id and the time of a message are made of the case, the same each
    /// time, unless the file gives them.
    #[arg(long, value_name = "FILE")]
    transmission: Option<PathBuf>,
}

impl Sent {
    /// The same converter, which adds what the file says.
    fn of(&self, converter: Converter) -> Result<Converter, Failure> {
        let Some(file) = &self.transmission else { return Ok(converter) };
        let fault = |message: String| Failure::new(Exit::Usage, format!("{}: {message}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let transmission: Transmission = text.parse().map_err(|error: TransmissionFault| fault(error.to_string()))?;
        converter.with_transmission(&transmission).map_err(|error| match error {
            TransmissionFault::Tables(error) => Failure::of_wish(&error),
            error => fault(error.to_string()),
        })
    }
}

/// What to say of the options about the output that mean nothing in the format that is written, a line each.
fn idle(to: Format, bundle: Option<Bundle>, key: Option<&Path>, sent: &Sent) -> Vec<String> {
    let is_message = matches!(to, Format::Hl7v3 | Format::Ada);
    let has_bundle = matches!(to, Format::FhirJson | Format::FhirXml);
    let options = [
        (sent.transmission.is_some() && !is_message, "--transmission", "does not say how it is sent"),
        (bundle.is_some() && !has_bundle, "--bundle", "has no bundle"),
        (key.is_some() && is_message, "--id-key-file", "has no ids that are made"),
    ];
    let idle = options.into_iter().filter(|(is_idle, ..)| *is_idle);
    idle.map(|(_, option, why)| format!("note: {option} was not used: {} {why}", to.name())).collect()
}

/// What to say of several messages that say themselves how they are sent.
fn own_sending(messages: u64, place: &str) -> String {
    let messages = counted(messages, "message");
    format!(
        "note: --transmission was not used, in whole or in part, for {messages}: what the message says itself stands{place}"
    )
}

/// Which day relative dates count from.
#[derive(Debug, Args)]
struct DayT {
    /// The day T that relative dates (T-14D) in an ADA document count from, as YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = library::reference_day)]
    reference_day: Option<ReferenceDay>,
}

impl DayT {
    /// The same converter, which knows the day.
    fn of(&self, converter: Converter) -> Converter {
        match self.reference_day {
            Some(day) => converter.with_reference_day(day),
            None => converter,
        }
    }

    /// Says so if it was given for an input in which no date is relative.
    fn say_if_idle(&self, format: Format) {
        if self.reference_day.is_some() && format != Format::Ada {
            say(format_args!("note: --reference-day was not used: the input is {}, no ADA", format.name()));
        }
    }
}

/// What an input may ask of the machine.
#[derive(Debug, Args)]
struct Bounds {
    /// Refuse an input of more bytes than this
    #[arg(long = "max-bytes", value_name = "BYTES", default_value_t = Limits::default().bytes)]
    bytes: usize,
    /// Refuse FHIR that is nested deeper than this; messages are read as deep as their plan
    #[arg(long = "max-depth", value_name = "LEVELS", default_value_t = Limits::default().depth)]
    depth: usize,
    /// Refuse an input of more elements (XML, with their texts) or values (JSON) than this
    #[arg(long = "max-elements", value_name = "N", default_value_t = Limits::default().nodes)]
    elements: u32,
}

impl Bounds {
    /// The same converter, with these limits. Entities need none: a document type declaration is refused.
    fn of(&self, converter: Converter) -> Converter {
        converter.with_limits(Limits { bytes: self.bytes, depth: self.depth, nodes: self.elements })
    }
}

/// How a command ended. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done = 0,
    Losses = 1,
    Usage = 2,
    Input = 3,
    Tables = 4,
    Output = 5,
    Stopped = 6,
}

impl Exit {
    /// The code of a failure that has none of its own.
    fn code(self) -> &'static str {
        match self {
            // No failure ends so.
            Self::Done | Self::Losses | Self::Stopped => "internal",
            Self::Usage => "usage",
            Self::Input => "unreadable",
            Self::Tables => "tables",
            Self::Output => "output",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    message: String,
    /// The same as lists and reports have it: with a code and a place, and without references.
    fault: Fault,
}

impl Failure {
    fn new(exit: Exit, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        let fault = Fault { code: exit.code().to_owned(), line: None, column: None, message: message.clone() };
        Self { exit, message, fault }
    }

    /// The library refuses an input, the tables or a wish. `message` may say where.
    fn refused(exit: Exit, error: &Error, message: impl fmt::Display) -> Self {
        Self { exit, message: message.to_string(), fault: Fault::of(error, 0) }
    }

    /// What was wished for is not among the tables, or they are faulty.
    fn of_wish(error: &Error) -> Self {
        let exit = if matches!(error, Error::Tables(_)) { Exit::Tables } else { Exit::Usage };
        Self::refused(exit, error, error)
    }

    /// Prints it to standard error, with its code.
    fn tell(&self) {
        say(format_args!("error[{}]: {}", self.fault.code, self.message));
    }
}

/// Runs the command that the arguments ask for.
pub fn run() -> ExitCode {
    // Where, and not what: the text of a panic could quote a value of a message.
    panic::set_hook(Box::new(|info| match info.location() {
        Some(at) => {
            say(format_args!(
                "error[internal]: this program failed at {}:{}; please report that",
                at.file(),
                at.line()
            ));
        }
        None => say(format_args!("error[internal]: this program failed; please report that")),
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version also arrive here. If nobody listens any more, there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    let result = match cli.command {
        Command::Convert(command) => command.run(),
        Command::Batch(command) => command.run(),
        Command::Stream(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Inspect(command) => command.run(),
        Command::View(command) => command.run(),
        Command::Query(command) => command.run(),
        Command::Mappings(command) => command.run(),
        Command::Roundtrip(command) => command.run(),
        Command::Sample(command) => command.run(),
        Command::IdKey(command) => command.run(),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.tell();
            failure.exit.into()
        }
    }
}

/// Prints a line to standard error. Unlike `eprintln!` it does not panic when nobody listens.
fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}
