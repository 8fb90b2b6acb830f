//! Showing what became of the values: a short table for people, JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ooievaar::batch::counted;
use ooievaar::dataset::{Code, Dataset, Node};
use ooievaar::ledger::{Gone, Leaves, Ledger, Loss, Reason, Unmet};
use ooievaar::{Outcome, Reading, Withdrawal};
use serde_json::{Value, json};

use super::files::{self, Input};

/// More losses than this are left to the report.
const SHOWN: usize = 20;

/// What is said of a value that is in the output, and of which something has to be told.
const WRITTEN: &str = "told, but written";

/// So many steps of a path are shown: the report has them all.
const STEPS: usize = 3;

/// Longest piece of the source that `--show-values` shows.
const EXCERPT: usize = 60;

/// A ledger beside what is needed to explain it.
pub struct Account<'a> {
    ledger: &'a Ledger,
    gone: Gone,
    missing: Vec<(&'a Unmet, &'static str)>,
    /// Codes that are no member of the value set of their concept; they are kept as they are.
    unknown: Vec<(&'a Node, &'a Code)>,
    /// What the result takes back of an earlier delivery, if one was given.
    withdrawal: Option<&'a Withdrawal>,
    dataset: &'a Dataset,
    /// Of what was written.
    written: &'a Dataset,
    /// The sources, one after the other.
    source: Vec<u8>,
    /// Where each source begins, and what it is called; empty if there is but one.
    files: Vec<(usize, String)>,
    /// Where the lines of the sources begin.
    lines: Vec<usize>,
}

impl<'a> Account<'a> {
    pub fn of(outcome: &'a Outcome, inputs: &[Input]) -> Self {
        let mut account = Self::new(&outcome.ledger, outcome.reading.dataset(), inputs);
        account.missing = outcome.missing.iter().map(|unmet| (unmet, outcome.remedy(unmet))).collect();
        account.written = outcome.dataset();
        account.unknown = outcome.reading.unknown_codes().collect();
        account
    }

    /// The same, with what is taken back of an earlier delivery.
    pub fn after_delivery(self, outcome: &'a Outcome) -> Self {
        Self { withdrawal: Some(&outcome.withdrawal), ..self }
    }

    /// The account of what was read, before anything is written.
    pub fn of_reading(reading: &'a Reading, inputs: &[Input]) -> Self {
        let mut account = Self::new(&reading.ledger, reading.dataset(), inputs);
        account.unknown = reading.unknown_codes().collect();
        account
    }

    fn new(ledger: &'a Ledger, dataset: &'a Dataset, inputs: &[Input]) -> Self {
        let (source, files, lines) = (Vec::new(), Vec::new(), Vec::new());
        let (unknown, withdrawal) = (Vec::new(), None);
        let mut account = Self {
            ledger,
            gone: ledger.gone(),
            missing: Vec::new(),
            unknown,
            withdrawal,
            dataset,
            written: dataset,
            source,
            files,
            lines,
        };
        for input in inputs {
            let start = account.source.len();
            if inputs.len() > 1 {
                account.files.push((start, files::name(&input.path)));
            }
            let ends = input.bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            account.lines.push(start);
            account.lines.extend(ends.map(|(at, _)| start + at + 1).filter(|at| *at < start + input.bytes.len()));
            account.source.extend_from_slice(&input.bytes);
        }
        account
    }

    /// True if something would not be in the output.
    pub fn has_lost(&self) -> bool {
        self.ledger.losses.iter().any(|loss| loss.leaves > 0 && !self.is_written(loss))
    }

    /// What became of the values, in numbers.
    pub fn counts(&self) -> String {
        let ledger = self.ledger;
        let told: Vec<&Loss> = ledger.losses.iter().filter(|loss| self.is_written(loss)).collect();
        let Leaves { lost, told: values } = self.gone.leaves(&ledger.losses);
        let mut text = format!(
            "{} read: {} translated, {} fixed by the format, {} lost{}\n",
            counted(u64::from(ledger.total), "value"),
            ledger.translated,
            ledger.structural,
            lost,
            if values > 0 { format!(", {values} {WRITTEN}") } else { String::new() }
        );
        let gone = ledger.losses.iter().filter(|loss| !self.is_written(loss));
        for (reason, leaves) in by_reason(gone) {
            let _ = writeln!(text, "{leaves:>7}  {}", reason.code());
        }
        let mut times: BTreeMap<Reason, u32> = BTreeMap::new();
        for loss in &told {
            *times.entry(loss.reason).or_default() += 1;
        }
        for (reason, times) in times {
            let _ = writeln!(text, "{times:>7}  {}, {WRITTEN}", reason.code());
        }
        text
    }

    /// The table that goes to standard error.
    pub fn table(&self, show_values: bool) -> String {
        let ledger = self.ledger;
        let mut text = self.counts();
        for loss in ledger.losses.iter().take(SHOWN) {
            let (place, what) = (self.shown_place(loss.position), self.what(loss));
            let rule = loss.rule.as_ref().map_or(String::new(), |rule| format!(" {rule}"));
            let reason = loss.reason.code();
            let written = if self.is_written(loss) { format!(" ({WRITTEN})") } else { String::new() };
            let _ = write!(text, "  {place}{what}: {reason}{rule}: {}{written}", loss.reason.remedy());
            if show_values {
                let _ = write!(text, "\n      {}", self.excerpt(loss));
            }
            text.push('\n');
        }
        if let Some(more) = ledger.losses.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(text, "  … and {more} more, see --report");
        }
        if !self.unknown.is_empty() {
            let _ = writeln!(
                text,
                "note: these codes are not in the value set of their concept, and were kept as they are:"
            );
        }
        for (node, code) in self.unknown.iter().take(SHOWN) {
            let (place, concept) = (self.shown_place(node.origin.position), self.dataset.get(node.concept));
            let _ = write!(text, "  {place} {} ({})", self.dataset.path(node.concept), concept.number);
            if show_values {
                let _ = write!(text, ": {} of {}", code.code, code.system);
            }
            text.push('\n');
        }
        if let Some(more) = self.unknown.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(text, "  … and {more} more, see --report");
        }
        if !self.missing.is_empty() {
            let _ = writeln!(
                text,
                "note: the message demands what the source does not have; nothing was made up, so that a validator may refuse it:"
            );
        }
        for (unmet, remedy) in &self.missing {
            let line = unmet.line.map_or(String::new(), |line| format!("line {line}: "));
            let concept = self.written.get(unmet.concept);
            let filler =
                unmet.filler.map_or(String::new(), |(flavor, _)| format!(" (`{}` stands there)", flavor.code()));
            let path = self.written.path(unmet.concept);
            let _ = writeln!(text, "  {line}{path} ({}): {remedy}{filler}", concept.number);
        }
        if let Some(Withdrawal { deleted, left, follows }) = self.withdrawal {
            let resources = |list: &[_]| counted(list.len() as u64, "resource");
            let _ = writeln!(text, "of the earlier delivery: {} deleted", resources(deleted));
            if !left.is_empty() {
                let _ = writeln!(text, "left, because other cases may refer to it: {}", resources(left));
            }
            if !(deleted.is_empty() && left.is_empty()) {
                text.push_str("  --report names each\n");
            }
            if *follows {
                text.push_str(
                    "note: children keep the ids of the earlier delivery, which this message by itself would not give: keep this bundle, \
                     and give it as --previous next time\n",
                );
            }
        }
        text
    }

    /// What was lost: the concept, or else the element, and how many values if it is not one.
    fn what(&self, loss: &Loss) -> String {
        let what = match (self.concept(loss), &loss.path) {
            (Some(concept), _) => format!(" {} ({})", concept.name, concept.number),
            (None, Some(path)) => format!(" {}", end_of(path)),
            (None, None) => String::new(),
        };
        match loss.leaves {
            // One, or a rule that only had to be told.
            0 | 1 => what,
            leaves => format!("{what}, {}", counted(u64::from(leaves), "value")),
        }
    }

    /// File, line and column as they begin a line.
    fn shown_place(&self, position: u32) -> String {
        let (line, column) = self.place(position);
        let file = self.file(position).map_or(String::new(), |(_, name)| format!("{name}:"));
        format!("{file}{line}:{column}")
    }

    /// The report, in full.
    pub fn report(&self, show_values: bool) -> Value {
        let Leaves { lost, told } = self.gone.leaves(&self.ledger.losses);
        let gone = self.ledger.losses.iter().filter(|loss| !self.is_written(loss));
        let reasons: serde_json::Map<String, Value> =
            by_reason(gone).into_iter().map(|(reason, leaves)| (reason.code().to_owned(), leaves.into())).collect();
        let losses: Vec<Value> = self.ledger.losses.iter().map(|loss| self.entry(loss, show_values)).collect();
        let missing: Vec<Value> = self
            .missing
            .iter()
            .map(|(unmet, remedy)| {
                json!({
                    "concept": self.written.get(unmet.concept).number.as_str(),
                    "name": self.written.path(unmet.concept),
                    "demand": unmet.demand.code(),
                    "remedy": remedy,
                    "line": unmet.line,
                    "filler": unmet.filler.map(|(flavor, _)| flavor.code()),
                })
            })
            .collect();
        let unknown = self.unknown.iter().map(|(node, code)| {
            let concept = self.dataset.get(node.concept).number.as_str();
            let (line, column) = self.place(node.origin.position);
            let name = self.dataset.path(node.concept);
            let mut entry = json!({ "concept": concept, "name": name, "line": line, "column": column });
            if let Some((_, name)) = self.file(node.origin.position) {
                entry["file"] = name.as_str().into();
            }
            if show_values {
                entry["code"] = code.code.as_str().into();
                entry["system"] = code.system.as_str().into();
            }
            entry
        });
        let mut report = json!({
            "read": self.ledger.total,
            "translated": self.ledger.translated,
            "structural": self.ledger.structural,
            "lost": lost,
            "told": told,
            "reasons": reasons,
            "losses": losses,
            "unknown_codes": unknown.collect::<Vec<Value>>(),
            "missing": missing,
        });
        if let Some(Withdrawal { deleted, left, follows }) = self.withdrawal {
            let named = |list: &[_]| list.iter().map(ToString::to_string).collect::<Vec<String>>();
            report["deleted"] = named(deleted).into();
            report["left"] = named(left).into();
            report["follows"] = (*follows).into();
        }
        report
    }

    fn entry(&self, loss: &Loss, show_values: bool) -> Value {
        let (line, column) = self.place(loss.position);
        let mut entry = json!({
            "reason": loss.reason.code(),
            "remedy": loss.reason.remedy(),
            "rule": loss.rule.as_deref(),
            "line": line,
            "column": column,
            "profile": loss.within.as_ref().and_then(|within| within.profile.as_deref()),
            "code": loss.within.as_ref().and_then(|within| within.code.as_deref()),
            "path": loss.path,
            "concept": loss.concept.map(|ix| self.dataset.get(ix).number.as_str()),
            "name": loss.concept.map(|ix| self.dataset.path(ix)),
            "values": loss.leaves,
            "written": self.is_written(loss),
        });
        if let Some((_, name)) = self.file(loss.position) {
            entry["file"] = name.as_str().into();
        }
        if show_values {
            entry["source"] = self.excerpt(loss).into();
        }
        entry
    }

    /// True if the value is in the output all the same: only something about it had to be told.
    fn is_written(&self, loss: &Loss) -> bool {
        self.gone.is_written(loss)
    }

    fn concept(&self, loss: &Loss) -> Option<&ooievaar::dataset::Concept> {
        loss.concept.map(|ix| self.dataset.get(ix))
    }

    /// Line and column in the source, both from 1; a column is a character.
    fn place(&self, position: u32) -> (usize, usize) {
        let file = self.file(position);
        let position = self.start(position);
        let line = self.lines.partition_point(|start| *start <= position);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = file.map_or(0, |(first, _)| self.lines.partition_point(|start| start < first));
        (line - before, String::from_utf8_lossy(&self.source[start..position]).chars().count() + 1)
    }

    /// The file that a position is in, if there are several, with where it begins.
    fn file(&self, position: u32) -> Option<&(usize, String)> {
        let position = self.start(position);
        self.files.iter().rfind(|(start, _)| *start <= position)
    }

    /// The beginning of what stands there in the source. Patient data: only for those who asked for it.
    fn excerpt(&self, loss: &Loss) -> String {
        let rest = &self.source[self.start(loss.position)..];
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let text: String = String::from_utf8_lossy(line).chars().filter(|c| !c.is_control()).collect();
        match text.char_indices().nth(EXCERPT) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        }
    }

    fn start(&self, position: u32) -> usize {
        usize::try_from(position).unwrap_or(usize::MAX).min(self.source.len())
    }
}

/// How many values were lost for each reason.
fn by_reason<'l>(losses: impl IntoIterator<Item = &'l Loss>) -> BTreeMap<Reason, u32> {
    let mut counts = BTreeMap::new();
    for loss in losses {
        *counts.entry(loss.reason).or_default() += loss.leaves;
    }
    counts
}

/// The last steps of a path in XML, which would fill the line; all of one in FHIR.
fn end_of(path: &str) -> String {
    match path.rmatch_indices('/').nth(STEPS - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &path[at..]),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(position: u32) -> Loss {
        Loss { reason: Reason::Unknown, position, path: None, concept: None, within: None, rule: None, leaves: 2 }
    }

    fn account<T>(losses: Vec<Loss>, source: &[u8], look: impl FnOnce(Account<'_>) -> T) -> T {
        let mut ledger = Ledger::default();
        ledger.translated(40);
        for loss in losses {
            ledger.lost(loss);
        }
        let dataset = Dataset::new("test".into(), "1.2.3".into(), Vec::new());
        let input = Input { path: "in".into(), bytes: source.to_vec() };
        look(Account::new(&ledger, &dataset, &[input]))
    }

    #[test]
    fn places_count_lines_and_characters() {
        account(vec![], "a\né<x".as_bytes(), |account| {
            assert_eq!(account.place(0), (1, 1));
            assert_eq!(account.place(4), (2, 2));
            assert_eq!(account.place(999), (2, 4), "a position past the end is the end");
        });
    }

    #[test]
    fn the_table_is_short_and_shows_no_value() {
        account(vec![loss(0); 23], b"<secret/>", |account| {
            let table = account.table(false);
            assert!(table.starts_with("86 values read: 40 translated, 0 fixed by the format, 46 lost\n"), "{table}");
            assert!(table.contains("     46  unknown-content\n"), "{table}");
            assert!(table.ends_with("  … and 3 more, see --report\n"), "{table}");
            assert!(!table.contains("secret") && !account.report(false).to_string().contains("secret"));
            assert!(account.table(true).contains("secret"));
        });
    }

    #[test]
    fn a_loss_without_a_concept_says_so_in_the_report() {
        account(vec![loss(0)], b"", |account| {
            assert_eq!(account.report(false)["losses"][0]["concept"], Value::Null);
        });
    }
}
