//! One run: from inputs to an output folder.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::hex::hex;
use super::input::Input;
use super::journal::{Checkpoint, Journal};
use super::layout::{self, Made, Writer};
use super::losses;
use super::missing;
use super::persons::{self, Fact};
use super::pipeline;
use super::report::Whole;
use super::saver::Saver;
use super::shape::{Layout, Packing};
use super::shard::Shard;
use super::store::Store;
use super::tally::{Tally, without_numbers};
use super::unit::{Fault, Unit, guarded};
use super::walk::Walk;
use crate::convert::{Converter, Format};

/// How often the journal is brought up to date.
const CHECKPOINT: Duration = Duration::from_secs(2);

/// What to do.
#[derive(Clone, Debug)]
pub struct Task {
    /// The output folder.
    pub out: PathBuf,
    /// The shape of the output.
    pub layout: Layout,
    /// The format of it; `None` for the other side of each message.
    pub format: Option<Format>,
    /// How NDJSON files are packed.
    pub packing: Packing,
    /// Size from which on an NDJSON file is complete, in bytes before packing.
    pub file_bytes: u64,
    /// Which part of the input.
    pub shard: Shard,
    /// Threads.
    pub jobs: usize,
    /// Go on with an earlier run, if there is one.
    pub resume: bool,
    /// What else decides the output (tables, limits, kind of bundle, key): a resumed run must be given the same.
    pub settings: String,
}

/// How a run ended, if nothing went wrong with the output.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The counts; of a complete run, as [`Tally::for_report`] gives them.
    pub tally: Tally,
    /// False if it was told to stop before the end.
    pub is_complete: bool,
    /// True if an earlier run had done all of it already, and this one did nothing.
    pub was_over: bool,
    /// The whole that it did, or did a part of.
    pub whole: Whole,
}

/// Why a run stopped. Messages that cannot be converted are no reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The output folder is not free.
    Exists(String),
    /// Something could not be written.
    Output(String),
    /// A run cannot be resumed, because the task or the inputs are not the same.
    Changed(String),
}

impl Stop {
    pub(super) fn output(path: &Path, error: &io::Error) -> Self {
        Self::Output(format!("{}: cannot be written: {error}", path.display()))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(message) | Self::Output(message) | Self::Changed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Stop {}

/// What happens while a run goes on.
pub struct Progress<'a> {
    /// The counts so far.
    pub tally: &'a Tally,
    /// Bytes of the inputs read so far.
    pub consumed: u64,
}

/// One input on its way through the threads.
struct Piece {
    number: u64,
    chain: String,
    shown_chain: String,
    /// `None` if it belongs to another part of the whole.
    unit: Option<Unit>,
}

/// What became of it: of each case in it, in order; nothing, if there was nothing to do.
struct Passed {
    piece: Piece,
    results: Vec<Done>,
}

/// What became of one case of an input, or of an input.
struct Done {
    case: Option<usize>,
    result: Result<Converted, Trouble>,
}

/// What a message was converted to.
struct Converted {
    made: Made,
    format: Format,
    tally: Tally,
    /// The lines that tell what was lost.
    losses: Vec<u8>,
    /// The lines that tell what it lacks.
    missing: Vec<u8>,
    /// What it says of its person.
    facts: Vec<Fact>,
}

enum Trouble {
    Fault(Fault),
    Stop(Stop),
}

/// Converts all messages of the inputs.
///
/// `stop` may be set from elsewhere; the run then ends cleanly at the next message. `watch` is called after each,
/// also after those that an earlier run was done with.
///
/// # Errors
/// If the output cannot be written, or a run cannot be resumed. A later run may then be told to resume.
pub fn run(
    task: &Task,
    converter: &Converter,
    inputs: &[Input],
    stop: &AtomicBool,
    watch: &mut dyn FnMut(&Progress<'_>),
) -> Result<Ended, Stop> {
    let store = Store::open(&task.out, task.resume)?;
    let (journal, last) = Journal::open(&store.journal())?;
    let digest = digest(task, inputs);
    let fresh = Checkpoint { task: digest.clone(), ..Checkpoint::default() };
    let from = match last {
        Some(last) if last.task != digest => {
            return Err(Stop::Changed(format!(
                "{}: was begun by another version or with other inputs or options; repeat those, or choose another folder",
                task.out.display()
            )));
        }
        Some(last) if last.done => {
            is_same(task, converter, inputs, stop, &last)?;
            let whole = Whole { options: options(task), inputs: Some(last.shown_chain) };
            return Ok(Ended { tally: last.tally, is_complete: true, was_over: true, whole });
        }
        Some(last) => last,
        None => fresh.clone(),
    };
    let writer = Writer::new(task, &store, from.state.clone(), from.units)?;
    let mut journal = journal;
    if from == fresh {
        journal.add(&from)?;
    }
    let consumed = AtomicU64::new(0);
    thread::scope(|scope| {
        let mut recorder = Recorder {
            writer,
            saver: Saver::new(scope, &store, journal),
            seconds: from.tally.seconds,
            begun: Instant::now(),
            saved: Instant::now(),
            must_save: false,
            checkpoint: from.clone(),
        };
        let mut last = (0, String::new());
        pipeline::ordered(
            task.jobs,
            |give| produce(task, converter, inputs, stop, &consumed, give),
            |piece| work(task, converter, &store, from.units, piece),
            |result| {
                if result.piece.number < from.units {
                    last = (result.piece.number + 1, result.piece.chain);
                } else if result.piece.number == from.units && last != (from.units, from.chain.clone()) {
                    return Err(changed(task));
                } else {
                    recorder.add(result)?;
                }
                watch(&Progress { tally: &recorder.checkpoint.tally, consumed: consumed.load(Ordering::Relaxed) });
                Ok(())
            },
        )?;
        let is_complete = !stop.load(Ordering::Relaxed);
        if is_complete && recorder.checkpoint.units == from.units && last != (from.units, from.chain) {
            return Err(changed(task));
        }
        recorder.save()?;
        let inputs = is_complete.then(|| recorder.checkpoint.shown_chain.clone());
        let whole = Whole { options: options(task), inputs };
        let tally = if is_complete { recorder.finish(&store)? } else { recorder.checkpoint.tally };
        Ok(Ended { tally, is_complete, was_over: false, whole })
    })
}

/// Refuses inputs that are not those of a run that is over: what came since was never converted.
fn is_same(
    task: &Task,
    converter: &Converter,
    inputs: &[Input],
    stop: &AtomicBool,
    last: &Checkpoint,
) -> Result<(), Stop> {
    let mut found = (0, String::new());
    produce(task, converter, inputs, stop, &AtomicU64::new(0), &mut |piece| {
        found = (piece.number + 1, piece.chain);
        true
    });
    // Who stops it does not wait for the answer.
    let is_same = found == (last.units, last.chain.clone()) || stop.load(Ordering::Relaxed);
    if is_same { Ok(()) } else { Err(changed(task)) }
}

fn changed(task: &Task) -> Stop {
    let out = task.out.display();
    Stop::Changed(format!("{out}: the inputs have changed since the run began; begin anew in another folder"))
}

/// Goes through the inputs.
fn produce(
    task: &Task,
    converter: &Converter,
    inputs: &[Input],
    stop: &AtomicBool,
    consumed: &AtomicU64,
    give: &mut dyn FnMut(Piece) -> bool,
) {
    let (mut number, mut chain, mut shown_chain) = (0, String::new(), String::new());
    let link =
        |chain: &str, name: &str, size: &str| hex(&Sha256::digest(format!("{chain}\n{name}\n{size}").as_bytes()));
    let mut give = |unit: Unit| {
        let name = unit.name();
        let size = unit.content.as_ref().map_or_else(|fault| fault.code.clone(), |bytes| bytes.len().to_string());
        chain = link(&chain, &name, &size);
        shown_chain = link(&shown_chain, &without_numbers(&name), &size);
        let unit = task.shard.holds(&name).then_some(unit);
        let go_on = !stop.load(Ordering::Relaxed)
            && give(Piece { number, chain: chain.clone(), shown_chain: shown_chain.clone(), unit });
        number += 1;
        go_on
    };
    let _ = Walk::new(converter, consumed, &mut give).all(inputs);
}

/// Converts one input: one message, or one for each of its cases.
fn work(task: &Task, converter: &Converter, store: &Store, from: u64, mut piece: Piece) -> Passed {
    let Some(unit) = piece.unit.as_mut().filter(|_| piece.number >= from) else {
        return Passed { piece, results: Vec::new() };
    };
    let failed = |fault| vec![Done { case: None, result: Err(Trouble::Fault(fault)) }];
    let bytes = match std::mem::replace(&mut unit.content, Ok(Vec::new())) {
        Ok(bytes) => bytes,
        Err(fault) => return Passed { piece, results: failed(fault) },
    };
    let results = guarded(|| {
        let (mut results, mut begun) = (Vec::new(), Instant::now());
        // The bytes of an input count once, however many cases it has.
        let mut size = bytes.len();
        let read = converter.read_each(&bytes, &mut |case| {
            let unit = unit.of_case(case.number);
            let converted = case.reading.and_then(|reading| {
                let format = task.format.unwrap_or_else(|| reading.format.other_side());
                Ok((converter.write(reading, format)?, format))
            });
            let result = match converted {
                Err(error) => Err(Trouble::Fault(Fault::of(&error, unit.lines_before()))),
                Ok((outcome, format)) => {
                    let microseconds = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                    let tally = Tally::of(&outcome, &unit.name(), std::mem::take(&mut size), microseconds);
                    let losses = losses::lines(&outcome, &unit.name(), &bytes, unit.lines_before());
                    let missing = missing::lines(&outcome, &unit.name());
                    let facts = persons::facts(&outcome, &unit.name(), &bytes, unit.lines_before());
                    layout::prepare(task.layout, &outcome.output, piece.number, unit.case, store)
                        .map(|made| Converted { made, format, tally, losses, missing, facts })
                        .map_err(Trouble::Stop)
                }
            };
            results.push(Done { case: unit.case, result });
            begun = Instant::now();
        });
        read.map(|()| results).map_err(|error| Fault::of(&error, unit.lines_before()))
    });
    let results = results.unwrap_or_else(failed);
    Passed { piece, results }
}

/// Takes results in order and keeps the journal.
struct Recorder<'a, 'scope> {
    writer: Writer<'a>,
    saver: Saver<'scope>,
    checkpoint: Checkpoint,
    /// What earlier parts of the run took.
    seconds: f64,
    begun: Instant,
    saved: Instant,
    /// There is more to save than the time that went by.
    must_save: bool,
}

impl Recorder<'_, '_> {
    fn add(&mut self, result: Passed) -> Result<(), Stop> {
        let Passed { piece, results } = result;
        for Done { case, result } in results {
            let Some(unit) = &piece.unit else { continue };
            let unit = &unit.of_case(case);
            let tally = match result {
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Fault(fault)) => {
                    self.writer.quarantine(unit, &fault)?;
                    Tally::failure(&fault.code)
                }
                Ok(Converted { made, format, mut tally, losses, missing, facts }) => {
                    self.must_save |= self.writer.add(unit, piece.number, format, made)?;
                    self.writer.lost(&losses)?;
                    self.writer.lacking(&missing)?;
                    let compared = self.writer.compare(&facts)?;
                    tally.same_id = u64::from(!compared.lines.is_empty());
                    tally.not_kept = u64::from(compared.is_full);
                    tally
                }
            };
            self.checkpoint.tally.merge(tally);
        }
        self.checkpoint.units = piece.number + 1;
        self.checkpoint.chain = piece.chain;
        self.checkpoint.shown_chain = piece.shown_chain;
        let is_time = self.must_save || self.saved.elapsed() >= CHECKPOINT;
        if is_time && self.saver.is_free()? { self.begin_to_save() } else { Ok(()) }
    }

    fn begin_to_save(&mut self) -> Result<(), Stop> {
        let unsettled = self.writer.unsettled(self.checkpoint.units)?;
        self.checkpoint.state = unsettled.state.clone();
        self.checkpoint.tally.seconds = self.seconds + self.begun.elapsed().as_secs_f64();
        self.saver.begin(self.checkpoint.clone(), unsettled);
        self.saved = Instant::now();
        self.must_save = false;
        Ok(())
    }

    fn save(&mut self) -> Result<(), Stop> {
        self.saver.wait()?;
        self.begin_to_save()?;
        self.saver.wait()
    }

    fn finish(mut self, store: &Store) -> Result<Tally, Stop> {
        self.writer.finish()?;
        self.checkpoint.tally.seconds = self.seconds + self.begun.elapsed().as_secs_f64();
        self.checkpoint.done = true;
        // From here on nothing is added up: the journal need not hold more than a report may show.
        self.checkpoint.tally = self.checkpoint.tally.for_report();
        self.saver.end()?.replace(&self.checkpoint)?;
        store.clear();
        Ok(self.checkpoint.tally)
    }
}

/// What a run was asked to do, as far as it decides the output.
fn digest(task: &Task, inputs: &[Input]) -> String {
    let inputs: Vec<String> = inputs.iter().map(|input| format!("{:?} {:?}", input.path(), input.glob())).collect();
    hex(&Sha256::digest(format!("{} {} {inputs:?}", options(task), task.shard).as_bytes()))
}

/// A digest of what else it was asked to do: the same for all parts of a whole, wherever the inputs lie.
fn options(task: &Task) -> String {
    let text = format!(
        "{} {} {:?} {} {} {}",
        env!("CARGO_PKG_VERSION"),
        task.layout.name(),
        task.format,
        task.packing.name(),
        task.file_bytes,
        task.settings,
    );
    hex(&Sha256::digest(text.as_bytes()))
}
