//! What a run came to: counts that add up over messages, over resumed runs and over machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::losses;
use crate::convert::{Outcome, Reading};
use crate::ledger::Loss;

/// A code that fewer messages hold than this is not shown: it might be anything that somebody typed.
pub const SHOWN_FROM: u64 = 5;

/// Distinct unknown codes that are counted; more only count as others.
const MOST_CODES: usize = 5000;

/// Distinct losses that are counted; elements beyond these are counted together. The names of elements are the senders'.
const MOST_LOSSES: usize = 5000;

/// How many of the slowest messages are remembered.
const SLOWEST: usize = 10;

/// The counts of a run. Holds no values of messages, with one exception: [`Tally::codes`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Messages met.
    pub messages: u64,
    /// Messages converted.
    pub converted: u64,
    /// Converted messages that lost something.
    pub with_losses: u64,
    /// Converted messages of which something had to be told, though it is in the output.
    pub with_told: u64,
    /// Converted messages that lack something that their standard demands.
    pub lacking: u64,
    /// Converted messages that say themselves of their sending what was given of it, so that it was not used.
    pub own_sending: u64,
    /// Converted messages in which the person has the id that she has in an earlier one of the run, which says something else of her.
    pub same_id: u64,
    /// Converted messages with whose persons later ones were not compared: there were too many.
    pub not_kept: u64,
    /// Messages that could not be converted; they are in the quarantine list.
    pub failed: u64,
    /// FHIR resources written.
    pub resources: u64,
    /// Bytes of the messages converted.
    pub bytes_in: u64,
    /// Bytes written for them.
    pub bytes_out: u64,
    /// What became of the values.
    pub values: Values,
    /// Messages that failed, by the code of the error.
    pub failures: BTreeMap<String, u64>,
    /// Losses, by concept and reason.
    pub losses: BTreeMap<String, Lost>,
    /// What messages lack, by concept and demand.
    pub missing: BTreeMap<String, Missing>,
    /// Codes that are no member of the value set of their concept. The journal keeps them all until the run is complete; a
    /// report only those that [`Tally::shown_codes`] gives.
    pub codes: BTreeMap<String, Unknown>,
    /// Occurrences of unknown codes beyond those in `codes`.
    pub other_codes: u64,
    /// How many messages have how many bytes: powers of two.
    pub sizes: BTreeMap<u32, u64>,
    /// How many messages took how many microseconds: powers of two.
    pub durations: BTreeMap<u32, u64>,
    /// The messages that took longest, the longest first.
    pub slowest: Vec<Slow>,
    /// Seconds that it took, in all parts of the run together.
    pub seconds: f64,
}

/// What became of the values of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Values {
    /// Read.
    pub read: u64,
    /// In the output.
    pub translated: u64,
    /// Fixed by the format.
    pub structural: u64,
    /// Lost, each for a reason.
    pub lost: u64,
    /// In the output, with something that has to be told.
    pub told: u64,
}

/// Losses of one concept for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Number of the concept; `None` if it did not get as far as that.
    pub concept: Option<String>,
    /// Its name, with those of the groups around it.
    pub name: String,
    /// The element of the source, if it is no concept: its path, without numbers. Empty if there are too many of them.
    #[serde(default)]
    pub element: String,
    /// Stable name of the reason.
    pub reason: String,
    /// What a person can do about it.
    pub remedy: String,
    /// It is in the output all the same, and only had to be told.
    #[serde(default)]
    pub written: bool,
    /// Values.
    pub values: u64,
    /// Messages.
    pub messages: u64,
}

/// What messages lack of one concept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Number of the concept.
    pub concept: String,
    /// Its name, with those of the groups around it.
    pub name: String,
    /// Stable name of what is demanded.
    pub demand: String,
    /// What a person can do about it.
    pub remedy: String,
    /// How many times.
    pub times: u64,
    /// Messages.
    pub messages: u64,
}

/// A code that the tables do not know for its concept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// Name of the concept, with those of the groups around it.
    pub concept: String,
    /// OID of the code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// Messages that hold it.
    pub messages: u64,
}

/// A message that took long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// Which.
    pub name: String,
    /// How long.
    pub microseconds: u64,
    /// How large.
    pub bytes: u64,
}

impl Lost {
    /// What it is called in reports: the concept, or else the element.
    pub fn shown(&self) -> &str {
        [&self.name, &self.element].into_iter().find(|text| !text.is_empty()).map_or("(other elements)", String::as_str)
    }

    /// The order of those that are as frequent.
    fn order(&self) -> [&str; 3] {
        [&self.name, &self.element, &self.reason]
    }
}

impl Tally {
    /// The tally of one message that was converted.
    pub(super) fn of(outcome: &Outcome, name: &str, bytes: usize, microseconds: u64) -> Self {
        let ledger = &outcome.ledger;
        let gone = ledger.gone();
        let (told, lost): (Vec<&Loss>, Vec<&Loss>) = ledger.losses.iter().partition(|loss| gone.is_written(loss));
        let leaves = gone.leaves(&ledger.losses);
        let mut tally = Self {
            messages: 1,
            converted: 1,
            with_losses: u64::from(!lost.is_empty()),
            with_told: u64::from(!told.is_empty()),
            lacking: u64::from(!outcome.missing.is_empty()),
            own_sending: u64::from(!outcome.unused.is_empty()),
            resources: outcome.resources as u64,
            bytes_in: bytes as u64,
            bytes_out: outcome.output.len() as u64,
            values: Values {
                read: ledger.total.into(),
                translated: ledger.translated.into(),
                structural: ledger.structural.into(),
                lost: leaves.lost.into(),
                told: leaves.told.into(),
            },
            slowest: vec![Slow { name: name.to_owned(), microseconds, bytes: bytes as u64 }],
            ..Self::default()
        };
        tally.sizes.insert(bytes.max(1).ilog2(), 1);
        tally.durations.insert(microseconds.max(1).ilog2(), 1);
        let dataset = outcome.reading.dataset();
        for loss in &ledger.losses {
            let written = gone.is_written(loss);
            let concept = loss.concept.map(|ix| (dataset.get(ix).number.to_string(), dataset.path(ix)));
            let (number, name) = concept.unzip();
            let element = loss.path.as_deref().filter(|_| number.is_none()).map(losses::element).unwrap_or_default();
            let number_shown = number.as_deref().unwrap_or_default();
            let key = format!("{number_shown} {}{} {element}", loss.reason.code(), mark(written));
            let entry = tally.losses.entry(key).or_insert_with(|| Lost {
                concept: number,
                name: name.unwrap_or_default(),
                element,
                reason: loss.reason.code().to_owned(),
                remedy: loss.reason.remedy().to_owned(),
                written,
                values: 0,
                messages: 1,
            });
            entry.values += u64::from(loss.leaves);
        }
        tally.add_missing(outcome);
        tally.add_codes(&outcome.reading);
        tally
    }

    fn add_missing(&mut self, outcome: &Outcome) {
        let dataset = outcome.dataset();
        for unmet in &outcome.missing {
            let (concept, demand) = (dataset.get(unmet.concept).number.to_string(), unmet.demand.code().to_owned());
            let entry = self.missing.entry(format!("{concept} {demand}")).or_insert_with(|| Missing {
                concept,
                name: dataset.path(unmet.concept),
                demand,
                remedy: outcome.remedy(unmet).to_owned(),
                times: 0,
                messages: 1,
            });
            entry.times += 1;
        }
    }

    fn add_codes(&mut self, reading: &Reading) {
        for (node, code) in reading.unknown_codes() {
            // What does not look like a code of a known system may be anything: it is counted, not kept.
            let is_code = code.code.len() <= 40 && code.code.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_code || reading.system_name(&code.system).is_none() {
                self.other_codes += 1;
                continue;
            }
            let key = format!("{} {} {}", reading.dataset().get(node.concept).number, code.system, code.code);
            self.codes.entry(key).or_insert_with(|| Unknown {
                concept: reading.dataset().path(node.concept),
                system: code.system.to_string(),
                code: code.code.to_string(),
                messages: 1,
            });
        }
    }

    /// The tally of one message that could not be converted.
    pub(super) fn failure(code: &str) -> Self {
        let failures = BTreeMap::from([(code.to_owned(), 1)]);
        Self { messages: 1, failed: 1, failures, ..Self::default() }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: Self) {
        self.messages += other.messages;
        self.converted += other.converted;
        self.with_losses += other.with_losses;
        self.with_told += other.with_told;
        self.lacking += other.lacking;
        self.own_sending += other.own_sending;
        self.same_id += other.same_id;
        self.not_kept += other.not_kept;
        self.failed += other.failed;
        self.resources += other.resources;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.values.read += other.values.read;
        self.values.translated += other.values.translated;
        self.values.structural += other.values.structural;
        self.values.lost += other.values.lost;
        self.values.told += other.values.told;
        self.other_codes += other.other_codes;
        self.seconds += other.seconds;
        add_all(&mut self.failures, other.failures);
        add_all(&mut self.sizes, other.sizes);
        add_all(&mut self.durations, other.durations);
        for (key, lost) in other.losses {
            if let Some(known) = self.losses.get_mut(&key) {
                known.values += lost.values;
                known.messages += lost.messages;
            } else if lost.element.is_empty() || self.losses.len() < MOST_LOSSES {
                self.losses.insert(key, lost);
            } else {
                let key = format!(" {}{} ", lost.reason, mark(lost.written));
                let other = self.losses.entry(key).or_insert_with(|| Lost {
                    element: String::new(),
                    values: 0,
                    messages: 0,
                    ..lost.clone()
                });
                other.values += lost.values;
                other.messages += lost.messages;
            }
        }
        for (key, missing) in other.missing {
            // Nothing in it is the sender's: there are no more of them than concepts and demands.
            let known = self.missing.entry(key).or_insert_with(|| Missing { times: 0, messages: 0, ..missing.clone() });
            known.times += missing.times;
            known.messages += missing.messages;
        }
        for (key, unknown) in other.codes {
            if let Some(known) = self.codes.get_mut(&key) {
                known.messages += unknown.messages;
            } else if self.codes.len() < MOST_CODES {
                self.codes.insert(key, unknown);
            } else {
                self.other_codes += unknown.messages;
            }
        }
        for slow in other.slowest {
            let at = self.slowest.partition_point(|known| known.microseconds >= slow.microseconds);
            if at < SLOWEST {
                self.slowest.insert(at, slow);
                self.slowest.truncate(SLOWEST);
            }
        }
    }

    /// The losses of what is gone, the largest first.
    pub fn top_losses(&self) -> Vec<&Lost> {
        let mut losses: Vec<&Lost> = self.losses.values().filter(|loss| !loss.written).collect();
        losses.sort_by(|a, b| b.values.cmp(&a.values).then_with(|| a.order().cmp(&b.order())));
        losses
    }

    /// What had to be told of values that are in the output, what most messages have first.
    pub fn top_told(&self) -> Vec<&Lost> {
        let mut told: Vec<&Lost> = self.losses.values().filter(|loss| loss.written).collect();
        told.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.order().cmp(&b.order())));
        told
    }

    /// What messages lack, the most frequent first.
    pub fn top_missing(&self) -> Vec<&Missing> {
        let mut missing: Vec<&Missing> = self.missing.values().collect();
        missing.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| (&a.name, &a.demand).cmp(&(&b.name, &b.demand))));
        missing
    }

    /// How many things messages lack.
    pub fn things_missing(&self) -> u64 {
        self.missing.values().map(|missing| missing.times).sum()
    }

    /// The unknown codes that enough messages hold to be a habit of the sender, the most frequent first.
    pub fn shown_codes(&self) -> Vec<&Unknown> {
        let mut codes: Vec<&Unknown> = self.codes.values().filter(|code| code.messages >= SHOWN_FROM).collect();
        codes.sort_by(|a, b| {
            b.messages.cmp(&a.messages).then_with(|| (&a.concept, &a.code).cmp(&(&b.concept, &b.code)))
        });
        codes
    }

    /// The same without codes that few messages hold, and without long numbers in names: fit to be passed on.
    #[must_use]
    pub fn for_report(mut self) -> Self {
        for slow in &mut self.slowest {
            slow.name = without_numbers(&slow.name);
        }
        let (shown, rare) =
            std::mem::take(&mut self.codes).into_iter().partition(|(_, code)| code.messages >= SHOWN_FROM);
        let rare: BTreeMap<String, Unknown> = rare;
        self.codes = shown;
        self.other_codes += rare.values().map(|code| code.messages).sum::<u64>();
        self
    }
}

/// A name with only the end of each number in it that is long enough to be that of a person, or a birth date.
pub(super) fn without_numbers(name: &str) -> String {
    const LONG: usize = 8;
    const SHOWN: usize = 3;
    let mut shown = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        let hidden = if end >= LONG { end - SHOWN } else { 0 };
        shown.push_str(before);
        shown.extend(std::iter::repeat_n('*', hidden));
        shown.push_str(&digits[hidden..]);
        rest = after;
    }
    shown + rest
}

/// What keeps apart in a key what is gone from what was only told.
fn mark(written: bool) -> &'static str {
    if written { " written" } else { "" }
}

fn add_all<K: Ord>(counts: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *counts.entry(key).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_code(messages: u64) -> Tally {
        let unknown = Unknown { code: "77".into(), messages, ..Unknown::default() };
        Tally { codes: BTreeMap::from([("k".to_owned(), unknown)]), ..Tally::default() }
    }

    #[test]
    fn a_rare_code_is_counted_and_not_shown() {
        let rare = with_code(SHOWN_FROM - 1).for_report();
        assert_eq!((rare.shown_codes().len(), rare.codes.len(), rare.other_codes), (0, 0, SHOWN_FROM - 1));
        let mut enough = with_code(SHOWN_FROM - 1);
        enough.merge(with_code(1));
        assert_eq!(enough.for_report().shown_codes()[0].messages, SHOWN_FROM);
    }

    #[test]
    fn a_report_shows_only_the_end_of_a_number_that_may_be_that_of_a_person() {
        let shown = ["bsn 999911120.xml", "99991112", "2019/0000123/é1234567.xml#12", ""].map(without_numbers);
        assert_eq!(shown, ["bsn ******120.xml", "*****112", "2019/0000123/é1234567.xml#12", ""]);
        let slow = Slow { name: "999911120".into(), microseconds: 1, bytes: 1 };
        let report = Tally { slowest: vec![slow], ..Tally::default() }.for_report();
        assert_eq!(report.slowest[0].name, "******120");
    }

    #[test]
    fn the_slowest_are_kept_in_order() {
        let slow = |microseconds| Slow { name: String::new(), microseconds, bytes: 0 };
        let mut all = Tally::default();
        for microseconds in [5, 1, 9, 3, 7, 2, 8, 4, 6, 10, 12, 11] {
            all.merge(Tally { slowest: vec![slow(microseconds)], ..Tally::default() });
        }
        let kept: Vec<u64> = all.slowest.iter().map(|slow| slow.microseconds).collect();
        assert_eq!(kept, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    }
}
