//! The report of a run: for programs, for people at a terminal, and (in `page`) for people who were not there.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::shard::Shard;
use super::tally::Tally;

/// Entries of a list that are shown.
const SHOWN: usize = 10;

/// What tells one whole from another, of which runs do parts. It does not depend on the part, the machine or the number of threads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// A digest of the version and of the options that decide the output.
    pub options: String,
    /// A digest of the names and sizes of all messages of the whole, of names as a report shows them: nobody finds a number in a
    /// name by it. `None` if the run was stopped before it had seen all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
}

/// What a report file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Layout of this file.
    pub format: u32,
    /// Version of the program that made it.
    pub version: String,
    /// How many runs it covers: more than one if reports were merged.
    pub runs: u64,
    /// False if a run was stopped before its end, or a part of the whole is missing.
    pub complete: bool,
    /// Runs that were stopped before their end.
    #[serde(default)]
    pub stopped: u64,
    /// Parts of the whole that no run did: said of reports that were merged, not of the run of one part.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: u64,
    /// The parts that the runs did, if each did a part of one whole.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub parts: BTreeSet<Shard>,
    /// The whole of which those are parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Whole>,
    /// The counts.
    pub tally: Tally,
}

impl Report {
    /// The layout that this program writes and reads.
    const FORMAT: u32 = 1;

    /// The report of one run: of a part, or of everything.
    pub fn new(tally: Tally, part: Shard, whole: Whole, complete: bool) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let is_part = part != Shard::WHOLE;
        let parts = is_part.then_some(part).into_iter().collect();
        let (stopped, tally) = (u64::from(!complete), tally.for_report());
        let whole = is_part.then_some(whole);
        Self { format: Self::FORMAT, version, runs: 1, complete, stopped, missing: 0, parts, whole, tally }
    }

    /// Reads a report file.
    ///
    /// # Errors
    /// If it is none, or of another layout.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut report: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("is no report of a batch: {error}"))?;
        if !report.complete && report.missing == 0 {
            // Also of one that was written before runs that were stopped were counted.
            report.stopped = report.stopped.max(1);
        }
        if report.format == Self::FORMAT {
            Ok(report)
        } else {
            Err(format!("is a report of layout {}; this program knows {}", report.format, Self::FORMAT))
        }
    }

    /// Adds another report. The time is then that of all runs together, on however many machines.
    ///
    /// # Errors
    /// If both cover the same part, or parts of different wholes: the sum would mean nothing.
    pub fn merge(&mut self, other: Self) -> Result<(), String> {
        if let Some(part) = self.parts.intersection(&other.parts).next() {
            return Err(format!("covers part {part}, which another report covers too; give each part once"));
        }
        let (own, others) = (self.parts.first(), other.parts.first());
        if let Some((own, others)) = own.zip(others).filter(|(own, others)| !own.is_of_as_many(**others)) {
            return Err(format!("covers part {others}, and another report part {own}; parts of one whole add up"));
        }
        if own.is_some() && others.is_some() {
            self.must_be_of_same_whole(&other)?;
        }
        // One that was stopped does not know all inputs; another does.
        match (&mut self.whole, other.whole) {
            (Some(own), Some(others)) => own.inputs = own.inputs.take().or(others.inputs),
            (own, others) => *own = own.take().or(others),
        }
        self.runs += other.runs;
        self.stopped += other.stopped;
        self.parts.extend(other.parts);
        self.tally.merge(other.tally);
        // Of what was missing from the one, the other may be.
        self.missing = 0;
        self.complete = self.stopped == 0;
        Ok(())
    }

    /// Refuses parts of which nothing says that they are of one whole: the sum would look complete.
    fn must_be_of_same_whole(&self, other: &Self) -> Result<(), String> {
        let (Some(own), Some(others)) = (&self.whole, &other.whole) else {
            return Err(
                "of this report or another nothing says of which whole it is a part; do that part again".to_owned()
            );
        };
        if own.options != others.options {
            return Err(
                "is of a run with other options, or of another version; parts of one whole add up: do all parts with the same"
                    .to_owned(),
            );
        }
        match (&own.inputs, &others.inputs) {
            (Some(own), Some(others)) if own != others => {
                Err("is of a run over other inputs (names or sizes differ); parts of one whole add up: do all parts of the same"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The same as a report of the whole: what no run did is missing from it.
    #[must_use]
    pub fn of_whole(mut self) -> Self {
        self.missing = self.parts.first().map_or(0, |part| part.of_how_many() - self.parts.len() as u64);
        self.complete = self.stopped == 0 && self.missing == 0;
        self
    }

    /// The parts that are missing, as a text of bounded length; `None` if none is.
    pub(super) fn missing_text(&self) -> Option<String> {
        const MOST: u64 = SHOWN as u64;
        if self.missing == 0 {
            return None;
        }
        let all = self.parts.first().into_iter().flat_map(|part| part.siblings());
        let missing = all.filter(|part| !self.parts.contains(part));
        let mut text = missing.take(SHOWN).map(|part| part.to_string()).collect::<Vec<_>>().join(", ");
        if self.missing > MOST {
            let _ = write!(text, " and {} more", self.missing - MOST);
        }
        Some(text)
    }

    /// What messages lack, in numbers; `None` if they lack nothing.
    pub(super) fn lacking_text(&self) -> Option<String> {
        let lacking = self.tally.lacking;
        let things = counted(self.tally.things_missing(), "thing");
        let verb = if lacking == 1 { "lacks" } else { "lack" };
        (lacking > 0).then(|| format!("{} {verb} {things} that the message demands", counted(lacking, "message")))
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        // Counts and names: nothing in it that JSON could not hold.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The report as lines of text.
    pub fn to_text(&self) -> String {
        let tally = &self.tally;
        let values = &tally.values;
        let mut text = String::new();
        if let Some(missing) = self.missing_text() {
            let _ = writeln!(text, "missing    the reports of parts {missing}: the counts are without them");
        }
        let _ = writeln!(
            text,
            "messages   {}: {} converted ({} with losses), {} failed",
            tally.messages, tally.converted, tally.with_losses, tally.failed
        );
        let _ = writeln!(text, "resources  {}", tally.resources);
        let _ = writeln!(
            text,
            "values     {} read: {} translated, {} fixed by the format, {} lost{}",
            values.read,
            values.translated,
            values.structural,
            values.lost,
            if values.told > 0 { format!(", {} told, but written", values.told) } else { String::new() }
        );
        if let Some(lacking) = self.lacking_text() {
            let _ = writeln!(text, "lacking    {lacking}");
        }
        let _ = writeln!(
            text,
            "time       {:.1} s: {:.0} messages/s, {:.1} MB/s",
            tally.seconds,
            self.messages_per_second(),
            self.megabytes_per_second()
        );
        for (code, count) in &tally.failures {
            let _ = writeln!(text, "failed     {count} {code}");
        }
        list(&mut text, "lost", tally.top_losses(), |lost| {
            let messages = counted(lost.messages, "message");
            format!("{} in {messages}: {}, {}", lost.values, lost.shown(), lost.reason)
        });
        list(&mut text, "told", tally.top_told(), |told| {
            format!("in {}: {}, {}; it is written", counted(told.messages, "message"), told.shown(), told.reason)
        });
        list(&mut text, "lacking", tally.top_missing(), |missing| {
            let messages = counted(missing.messages, "message");
            format!("{} in {messages}: {}, {}", missing.times, missing.name, missing.demand)
        });
        list(&mut text, "unknown", tally.shown_codes(), |code| {
            let messages = counted(code.messages, "message");
            format!("code {} ({}) in {messages}: {}", code.code, code.system, code.concept)
        });
        if tally.other_codes > 0 {
            let _ = writeln!(
                text,
                "unknown    {} other codes, too rare or too odd to show: losses.ndjson has their places",
                tally.other_codes
            );
        }
        list(&mut text, "slowest", tally.slowest.iter().take(3).collect(), |slow| {
            format!("{} ms, {} bytes: {}", slow.microseconds.div_ceil(1000), slow.bytes, slow.name)
        });
        text
    }

    /// Throughput in messages.
    pub fn messages_per_second(&self) -> f64 {
        per_second(self.tally.messages, self.tally.seconds)
    }

    /// Throughput in megabytes of input.
    pub fn megabytes_per_second(&self) -> f64 {
        per_second(self.tally.bytes_in, self.tally.seconds) / 1e6
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::cast_precision_loss, reason = "a rate is for reading")]
fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

/// A number with what it counts: `1 message`, `2 messages`.
pub fn counted(count: u64, name: &str) -> String {
    if count == 1 { format!("{count} {name}") } else { format!("{count} {name}s") }
}

fn list<T>(text: &mut String, label: &str, items: Vec<T>, line: impl Fn(T) -> String) {
    let more = items.len().saturating_sub(SHOWN);
    for item in items.into_iter().take(SHOWN) {
        let _ = writeln!(text, "{label:<10} {}", line(item));
    }
    if more > 0 {
        let _ = writeln!(text, "{label:<10} … and {more} more (report.json, by --report, has all)");
    }
}
