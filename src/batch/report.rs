//! The report of a run: for programs, for people at a terminal, and (in `page`) for people who were not there.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::page;
use super::tally::Tally;

/// Entries of a list that are shown.
const SHOWN: usize = 10;

/// What a report file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Layout of this file.
    pub format: u32,
    /// Version of the program that made it.
    pub version: String,
    /// How many runs it covers: more than one if reports were merged.
    pub runs: u64,
    /// False if a run was stopped before its end.
    pub complete: bool,
    /// The counts.
    pub tally: Tally,
}

impl Report {
    /// The layout that this program writes and reads.
    const FORMAT: u32 = 1;

    /// The report of one run.
    pub fn new(tally: Tally, complete: bool) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: Self::FORMAT, version, runs: 1, complete, tally: tally.for_report() }
    }

    /// Reads a report file.
    ///
    /// # Errors
    /// If it is none, or of another layout.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let report: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("is no report of a batch: {error}"))?;
        if report.format == Self::FORMAT {
            Ok(report)
        } else {
            Err(format!("is a report of layout {}; this program knows {}", report.format, Self::FORMAT))
        }
    }

    /// Adds another report. The time is then that of all runs together, on however many machines.
    pub fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        self.complete &= other.complete;
        self.tally.merge(other.tally);
    }

    /// The report as JSON.
    pub fn to_json(&self) -> String {
        // Counts and names: nothing in it that JSON could not hold.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The report as one HTML page that needs nothing else.
    pub fn to_html(&self) -> String {
        page::html(self)
    }

    /// The report as lines of text.
    pub fn to_text(&self) -> String {
        let tally = &self.tally;
        let values = &tally.values;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "messages   {}: {} converted ({} with losses), {} failed",
            tally.messages, tally.converted, tally.with_losses, tally.failed
        );
        let _ = writeln!(text, "resources  {}", tally.resources);
        let _ = writeln!(
            text,
            "values     {} read: {} translated, {} fixed by the format, {} lost",
            values.read, values.translated, values.structural, values.lost
        );
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
            format!(
                "{} in {} messages: {}, {}",
                lost.values,
                lost.messages,
                or(&lost.name, "(no concept)"),
                lost.reason
            )
        });
        list(&mut text, "unknown", tally.shown_codes(), |code| {
            format!("code {} ({}) in {} messages: {}", code.code, code.system, code.messages, code.concept)
        });
        if tally.other_codes > 0 {
            let _ = writeln!(text, "unknown    {} other codes, too rare or too odd to show", tally.other_codes);
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

#[expect(clippy::cast_precision_loss, reason = "a rate is for reading")]
fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

pub(super) fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

fn list<T>(text: &mut String, label: &str, items: Vec<T>, line: impl Fn(T) -> String) {
    let more = items.len().saturating_sub(SHOWN);
    for item in items.into_iter().take(SHOWN) {
        let _ = writeln!(text, "{label:<10} {}", line(item));
    }
    if more > 0 {
        let _ = writeln!(text, "{label:<10} … and {more} more, see the report");
    }
}
