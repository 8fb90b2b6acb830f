//! What arrived of cases that others made, and what was lost: counts, without a value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::Outcome;
use crate::ledger::Loss;

/// A case: what it is called, and its conversion or why there was none.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The conversion, or what the error says.
    pub outcome: Result<Outcome, String>,
}

/// What is lost in one way: profile, code, element and reason.
type Way = (String, String, String, &'static str);

/// The cases as Markdown: a table of all, and a section for each with what arrived, what was lost and what lacks.
pub fn arrivals(cases: &[Case]) -> String {
    let mut text = String::from(
        "| case | resources | values | translated | fixed by the format | lost | mandatory, but lacking |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for case in cases {
        let _ = match &case.outcome {
            Ok(outcome) => {
                let (ledger, lost) = (&outcome.ledger, outcome.ledger.lost_leaves());
                writeln!(
                    text,
                    "| {} | {} | {} | {} | {} | {lost} | {} |",
                    case.name,
                    outcome.reading.resources,
                    ledger.total,
                    ledger.translated,
                    ledger.structural,
                    outcome.missing.len()
                )
            }
            Err(_) => writeln!(text, "| {} | not converted | | | | | |", case.name),
        };
    }
    for case in cases {
        let _ = writeln!(text, "\n## {}\n", case.name);
        match &case.outcome {
            Ok(outcome) => section(outcome, &mut text),
            Err(error) => {
                let _ = writeln!(text, "Not converted: {error}.");
            }
        }
    }
    text
}

fn section(outcome: &Outcome, text: &mut String) {
    let dataset = outcome.reading.dataset();
    let mut arrived = BTreeMap::new();
    for (_, node, _) in outcome.reading.instance.leaves() {
        *arrived.entry(node.concept).or_insert(0u32) += 1;
    }
    text.push_str("| concept that arrived | number | times |\n|---|---|--:|\n");
    for (ix, times) in arrived {
        let _ = writeln!(text, "| {} | {} | {times} |", cell(&dataset.path(ix)), dataset.get(ix).number);
    }
    text.push_str(
        "\n| profile | code | lost | concept | reason | resources | values |\n|---|---|---|---|---|--:|--:|\n",
    );
    for ((profile, code, lost, reason), (concepts, resources, values)) in losses(outcome) {
        let concepts = concepts.into_iter().collect::<Vec<_>>().join(" ");
        let resources = resources.len();
        let _ = writeln!(text, "| {profile} | {code} | {lost} | {concepts} | {reason} | {resources} | {values} |");
    }
    if outcome.missing.is_empty() {
        text.push_str("\nNothing mandatory lacks.\n");
        return;
    }
    text.push_str("\n| demanded, but lacking | number | demand |\n|---|---|---|\n");
    let lacking: BTreeSet<_> = outcome.missing.iter().map(|unmet| (unmet.concept, unmet.demand)).collect();
    for (concept, demand) in lacking {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            cell(&outcome.dataset().path(concept)),
            outcome.dataset().get(concept).number,
            demand.code()
        );
    }
}

/// The losses by the way in which they are lost, with the concepts, the resources and the number of values. A resource of
/// which even the type is lost is lost as a whole.
fn losses(outcome: &Outcome) -> BTreeMap<Way, (BTreeSet<&str>, BTreeSet<&str>, u32)> {
    let all = &outcome.ledger.losses;
    let whole: BTreeMap<&str, &Loss> =
        all.iter().filter_map(|loss| Some((loss.path.as_deref()?.strip_suffix(".resourceType")?, loss))).collect();
    let mut ways: BTreeMap<Way, (BTreeSet<&str>, BTreeSet<&str>, u32)> = BTreeMap::new();
    for loss in all {
        let path = loss.path.as_deref().unwrap_or("-");
        let resource = path.split('.').next().unwrap_or(path);
        let (shown, reason) = match whole.get(resource) {
            Some(first) => (format!("{} as a whole", without_indexes(resource)), first.reason),
            None => (element(path), loss.reason),
        };
        let within = loss.within.as_deref();
        let profile = within.and_then(|within| within.profile.as_deref()).unwrap_or("-");
        let profile = profile.rsplit('/').next().unwrap_or(profile);
        let code = within.and_then(|within| within.code.as_deref()).unwrap_or("-");
        let way = (profile.to_owned(), cell(code), cell(&shown), reason.code());
        let (concepts, resources, values) = ways.entry(way).or_default();
        concepts.extend(loss.concept.map(|ix| outcome.reading.dataset().get(ix).number.as_str()));
        resources.insert(resource);
        *values += loss.leaves;
    }
    ways
}

/// The element of a resource that a path is in: `Patient.address`.
fn element(path: &str) -> String {
    without_indexes(path).split('.').take(2).collect::<Vec<_>>().join(".")
}

/// A path with `[n]` left out.
fn without_indexes(path: &str) -> String {
    let mut shown = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => shown.push(c),
            _ => {}
        }
    }
    shown
}

/// Text that does not break a table.
fn cell(text: &str) -> String {
    text.replace('|', " ")
}
