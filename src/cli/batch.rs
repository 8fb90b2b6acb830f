//! `ooievaar batch`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use clap::Args;
use ooievaar::batch::{self, Ended, Input, Layout, Packing, Report, Shard, Stop, Tally, Task, counted};
use ooievaar::{Bundle, Format};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::meter::Meter;
use super::{As, Bounds, DayT, Exit, Failure, Goal, Sent, Tables, apart, files, library, report, say};

/// Megabytes of an NDJSON file, unless it is said otherwise.
const FILE_SIZE: u64 = 128;

/// Convert many messages: folders, archives, files that hold many
///
/// Folders are read with all that is in them; zip, tar, gzip and zstd are unpacked; an XML file with many messages, and
/// NDJSON with a bundle a line, are read as a stream. FHIR with several cases becomes a message for each, with the number of
/// the case in its name. What cannot be converted goes to the list quarantine.ndjson in the
/// output folder, and the rest goes on; losses.ndjson lists what was lost, and missing.ndjson what messages lack that is
/// demanded of them. Ctrl-C and the signal TERM end it after the messages under way, a second one at
/// once; after either, --resume goes on. Exit code: 0 if every value arrived, 1 if some were lost or women who differ have one id, 3 if some messages could
/// not be converted, 5 if the output could not be written, 6 if the run was stopped before its end.
#[derive(Debug, Args)]
pub struct Batch {
    /// Files, folders, archives, patterns such as 'in/**/*.xml', or - for standard input
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// The folder to write to: a new one, or an empty one
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// What to convert to: fhir-json, fhir-xml, fhir-ndjson, hl7v3 or ada [default: the other side]
    #[arg(long, value_name = "FORMAT", value_parser = library::format)]
    to: Option<Format>,
    /// The shape of the output: files (the tree of the input), ndjson (files of one resource type each) or
    /// bundle-per-file (numbered FHIR bundles)
    #[arg(long, value_name = "LAYOUT", default_value = "files")]
    layout: Layout,
    /// How to pack the NDJSON files: none, gzip or zstd
    #[arg(long, value_name = "PACKING", default_value = "none")]
    compress: Packing,
    /// Begin a new NDJSON file after so many megabytes, before packing [default: 128]
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=65536))]
    file_size: Option<u64>,
    /// Threads [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Do only part i of n: a message belongs to one part, the same on every machine
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    shard: Shard,
    /// Go on with the run that was writing to the output folder, if there was one
    #[arg(long)]
    resume: bool,
    /// Write report.json and report.html to this folder
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
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
    /// Of `convert`: here the exit code and the list say it
    #[arg(long, hide = true)]
    strict: bool,
}

impl Batch {
    pub fn run(self) -> Result<Exit, Failure> {
        let format = self.format()?;
        let inputs = self.all_inputs()?;
        self.keep_apart(&inputs)?;
        let converter = self.day.of(self.bounds.of(library::ready_converter(self.tables.tables.as_deref())?));
        let converter = self.kind.of(library::set_up(converter, self.bundle, self.id_key_file.as_deref())?)?;
        let converter = self.sent.of(self.goal.of(converter)?)?;
        if let Some(folder) = &self.report {
            report::prepare(folder)?;
        }
        let task = Task {
            out: self.output.clone(),
            layout: self.layout,
            format,
            packing: self.compress,
            file_bytes: self.file_size.unwrap_or(FILE_SIZE) * 1_000_000,
            shard: self.shard,
            jobs: self.jobs.map_or_else(processors, usize::from),
            resume: self.resume,
            settings: self.settings()?,
        };
        // Of the other side of each message nobody knows before it is read.
        let idle = format
            .filter(|_| !self.quiet)
            .map(|to| super::idle(to, self.bundle, self.id_key_file.as_deref(), &self.sent));
        idle.into_iter().flatten().for_each(|note| say(format_args!("{note}")));
        let stop = on_signal()?;
        let mut meter = Meter::new(&inputs, self.quiet);
        let ended = batch::run(&task, &converter, &inputs, &stop, &mut |progress| meter.show(progress));
        meter.end();
        let ended = ended.map_err(|stop| match stop {
            Stop::Exists(_) | Stop::Output(_) => Failure::new(Exit::Output, stop),
            Stop::Changed(_) => Failure::new(Exit::Usage, stop),
        })?;
        self.tell(ended)
    }

    /// All that is to be read. An input that is not there is a slip of the command, or a disk that is not mounted: what would
    /// be done without it would look complete. So nothing is begun, and all of them are named at once.
    fn all_inputs(&self) -> Result<Vec<Input>, Failure> {
        let (mut inputs, mut faults) = (Vec::new(), Vec::new());
        for input in &self.inputs {
            match Input::parse(input) {
                Ok(input) => inputs.push(input),
                Err(fault) => faults.push(fault),
            }
        }
        match &faults[..] {
            [] => Ok(inputs),
            [one] => Err(Failure::new(Exit::Input, format!("{one}; nothing was begun"))),
            several => {
                let all = several.join("\n  ");
                Err(Failure::new(Exit::Input, format!("these inputs cannot be read; nothing was begun:\n  {all}")))
            }
        }
    }

    fn format(&self) -> Result<Option<Format>, Failure> {
        let fault = |message| Err(Failure::new(Exit::Usage, message));
        if self.strict {
            return fault(
                "batch has no --strict; exit code 1 says that something was lost, and losses.ndjson in the output says of which message",
            );
        }
        if self.layout != Layout::Ndjson && self.compress != Packing::Plain {
            return fault("--compress needs --layout ndjson");
        }
        if self.layout != Layout::Ndjson && self.file_size.is_some() {
            return fault("--file-size needs --layout ndjson");
        }
        match (self.layout, self.to) {
            (Layout::Files, to) => Ok(to),
            (Layout::Ndjson, None | Some(Format::FhirNdjson)) => Ok(Some(Format::FhirNdjson)),
            (Layout::Ndjson, Some(_)) => fault("--layout ndjson is fhir-ndjson; leave --to out"),
            (Layout::BundlePerFile, None) => Ok(Some(Format::FhirJson)),
            (Layout::BundlePerFile, Some(to @ (Format::FhirJson | Format::FhirXml))) => Ok(Some(to)),
            (Layout::BundlePerFile, Some(_)) => fault("a bundle is fhir-json or fhir-xml; choose one with --to"),
        }
    }

    /// A run must not read what it writes, the report is no part of the output, and two inputs of one name would write
    /// the same files.
    fn keep_apart(&self, inputs: &[Input]) -> Result<(), Failure> {
        let fault = |message: String| Err(Failure::new(Exit::Usage, message));
        let read: Vec<PathBuf> = inputs.iter().filter_map(Input::path).map(Path::to_owned).collect();
        let read = || read.iter().chain(&self.id_key_file).chain(&self.tables.tables).chain(&self.sent.transmission);
        let reports: Vec<PathBuf> = self.report.iter().flat_map(|folder| report::paths(folder)).collect();
        let written = std::iter::once(&self.output).chain(&self.report).chain(&reports);
        apart::keep_apart(read(), written.map(PathBuf::as_path))?;
        if let Some(input) = read().find(|input| apart::is_inside(input, &self.output)) {
            return fault(format!("{}: is inside the output; choose another folder", input.display()));
        }
        if let Some(report) = self.report.as_ref().filter(|report| apart::is_inside(report, &self.output)) {
            let message = "is inside the output, which holds nothing else; choose a folder beside it";
            return fault(format!("{}: {message}", report.display()));
        }
        let real = |path: &Path| path.canonicalize().ok();
        let mut names: Vec<_> = inputs.iter().map(|input| input.path().and_then(real)).collect();
        names.iter_mut().flatten().for_each(|path| *path = path.file_name().map(PathBuf::from).unwrap_or_default());
        names.sort();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                let name = pair[0].as_deref().unwrap_or(Path::new("-")).display();
                fault(format!("two inputs are called {name}; convert them in two runs, or rename one"))
            }
            None => Ok(()),
        }
    }

    /// What else decides the output. A key enters as a digest too short to find it by.
    fn settings(&self) -> Result<String, Failure> {
        let tables = self.tables.tables.as_deref().map(library::fingerprint).transpose()?;
        let key = self.id_key_file.as_deref().map(library::fingerprint).transpose()?;
        let key = key.map(|key| key[..6].to_owned());
        let sent = self.sent.transmission.as_deref().map(library::fingerprint).transpose()?;
        Ok(format!(
            "{:?} {:?} {:?} {:?} {:?} {tables:?} {key:?} {sent:?}",
            self.bundle, self.bounds, self.day, self.kind, self.goal
        ))
    }

    fn tell(&self, ended: Ended) -> Result<Exit, Failure> {
        let Ended { tally, is_complete, was_over, whole } = ended;
        if was_over && !self.quiet {
            say(format_args!("{}: this run was over already; nothing was done", self.output.display()));
        }
        let exit = match &tally {
            _ if !is_complete => Exit::Stopped,
            tally if tally.messages == 0 => Exit::Input,
            tally if tally.failed > 0 => Exit::Input,
            tally if tally.with_losses > 0 || tally.same_id > 0 => Exit::Losses,
            _ => Exit::Done,
        };
        let is_empty = tally.messages == 0;
        let report = Report::new(tally, self.shard, whole, is_complete);
        if let Some(folder) = &self.report {
            report::write(folder, &report)?;
        }
        if !self.quiet {
            say(format_args!("{}", report.to_text().trim_end()));
        }
        if !is_complete {
            say(format_args!("stopped before the end; the same command with --resume goes on"));
        } else if is_empty && self.shard == Shard::WHOLE {
            say(format_args!("error[empty]: there was nothing to convert in the input"));
        } else if is_empty {
            return Ok(Exit::Done);
        }
        // One line each, also for who wants no others: an exit code alone says nothing.
        let list = |name| files::name(&self.output.join(name));
        let Tally { failed, with_losses, with_told, same_id, not_kept, lacking, own_sending, .. } = report.tally;
        if failed > 0 {
            let messages = counted(failed, "message");
            say(format_args!("not converted: {messages}; see {}", list("quarantine.ndjson")));
        }
        if with_losses > 0 {
            let messages = counted(with_losses, "message");
            say(format_args!("converted with losses: {messages}; see {}", list("losses.ndjson")));
        }
        if same_id > 0 {
            let messages = counted(same_id, "message");
            say(format_args!("one id, and perhaps two women: {messages}; see `same-id` in {}", list("losses.ndjson")));
        }
        if not_kept > 0 && !self.quiet {
            let messages = counted(not_kept, "message");
            say(format_args!(
                "note: of {messages} it was not kept who the woman is: there were too many to compare later ones with"
            ));
        }
        if own_sending > 0 && !self.quiet {
            say(format_args!("{}", super::own_sending(own_sending, "")));
        }
        if with_told > 0 && !self.quiet {
            let messages = counted(with_told, "message");
            say(format_args!("told, but written: {messages}; see {}", list("losses.ndjson")));
        }
        if lacking > 0 {
            let messages = counted(lacking, "message");
            say(format_args!("lacking what the message demands: {messages}; see {}", list("missing.ndjson")));
        }
        Ok(exit)
    }
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Becomes true when the program is told to stop. Told twice, it stops at once. To be hung up on is left alone: a run
/// under `nohup` goes on.
fn on_signal() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first time, the flag is not yet up when the other looks at it.
        flag::register_conditional_shutdown(signal, Exit::Stopped as i32, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| Failure::new(Exit::Usage, format!("signals cannot be handled: {error}")))?;
    }
    Ok(stop)
}
