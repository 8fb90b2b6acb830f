//! `ooievaar mappings proof`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use ooievaar::Converter;
use ooievaar::convert::MessageKind;
use ooievaar::proof::{RowProof, Verdict, apart, fidelity, prove};
use ooievaar::tables::Source;
use serde_json::{Value, json};

use super::{Folder, source};
use crate::cli::{Exit, Failure, files};

/// Run every row both ways over all values of its concept, and say whether they come back
///
/// Every code of the value set, yes and no, each null flavour, dates of every precision around the changes to and from
/// summer time, numbers at their limits, texts with odd characters. A row that names a place claims that all of them come
/// back. Groups that occur several times must be linked in FHIR, so that their members do not come back mixed. Of several rows that have one concept, the first is read, and the others are proved alone: a copy must say the same, and a
/// status (`answer/…`) may say less, but nothing else.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every claim holds; 1 some do not; 2 wrong usage; 4 the mapping tables are faulty."
)]
pub struct Proof {
    /// How to show the result; markdown is the table docs/fidelity.md
    #[arg(long, value_enum, default_value_t = Style::Human)]
    format: Style,
    /// Only the rows of this kind of message
    #[arg(long, value_name = "KIND")]
    message: Option<String>,
    #[command(flatten)]
    folder: Folder,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Style {
    Human,
    Json,
    Junit,
    Markdown,
}

/// The rows of one kind of message.
type Proved<'k> = (&'k MessageKind, Vec<RowProof>);

impl Proof {
    pub fn run(self) -> Result<Exit, Failure> {
        let (source, _) = source(self.folder.path())?;
        let faulty = |error: ooievaar::Error| Failure::new(Exit::Tables, error);
        let converter = Converter::from_source(&source).map_err(faulty)?;
        let mut proved: Vec<Proved<'_>> = Vec::new();
        let kinds = match &self.message {
            Some(name) => vec![converter.kind(name).map_err(|error| Failure::of_wish(&error))?],
            None => converter.kinds().map_err(faulty)?,
        };
        for kind in kinds {
            proved.push((kind, prove(&converter, &source, kind).map_err(faulty)?));
        }
        let text = match self.format {
            Style::Human => human(&proved),
            Style::Json => format!("{:#}\n", json(&proved)),
            Style::Junit => junit(&proved),
            Style::Markdown => markdown(&source, &proved)?,
        };
        files::print(text.as_bytes())?;
        let mixed: Vec<String> = proved.iter().flat_map(|(kind, _)| mixed(kind)).collect();
        for line in &mixed {
            eprintln!("{line}");
        }
        let holds = mixed.is_empty() && proved.iter().flat_map(|(_, rows)| rows).all(|row| !row.is_false());
        Ok(if holds { Exit::Done } else { Exit::Losses })
    }
}

/// The groups whose members come back mixed from FHIR, one line each.
fn mixed(kind: &MessageKind) -> Vec<String> {
    let (Some(message), Some(plan)) = (&kind.hl7v3, &kind.fhir) else { return Vec::new() };
    let line = |(group, members): (_, Vec<_>)| {
        let number = |ix| kind.dataset.get(ix).number.as_str();
        let members: Vec<&str> = members.into_iter().map(number).collect();
        format!(
            "error: {}: {} occurs several times, and nothing in FHIR says to which occurrence {} belongs: give the group a \
             resource (`per`), and a reference to it",
            kind.title,
            number(group),
            members.join(", ")
        )
    };
    apart(&kind.dataset, message, plan).into_iter().map(line).collect()
}

fn what(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Lossy(reasons) => {
            let reasons: Vec<String> =
                reasons.iter().map(|(reason, times)| format!("{} {times}", reason.code())).collect();
            format!("lossy: {}", reasons.join(", "))
        }
        Verdict::Changed(times) | Verdict::Coarser(times) => format!("{}: {times}", verdict.code()),
        exact => exact.code().to_owned(),
    }
}

fn human(proved: &[Proved<'_>]) -> String {
    let mut text = String::new();
    for (kind, rows) in proved {
        for row in rows {
            let concept = kind.dataset.get(row.concept);
            let _ = writeln!(
                text,
                "{:>6} {:9} {:4} values  {}{}  ({}{}; {}:{})",
                concept.number,
                row.format.name(),
                row.values,
                what(&row.verdict),
                if row.is_false() { "  CLAIM DOES NOT HOLD" } else { "" },
                concept.name,
                if row.row.is_copy { ", copy read alone" } else { "" },
                row.row.file,
                row.row.line,
            );
        }
        let count = |test: &dyn Fn(&RowProof) -> bool| rows.iter().filter(|row| test(row)).count();
        let _ = writeln!(
            text,
            "{}: {} rows, {} values: {} exact, {} exact with the original kept, {} copies that say less, {} without a place, \
             {} that do not hold\n",
            kind.title,
            rows.len(),
            rows.iter().map(|row| row.values).sum::<usize>(),
            count(&|row| row.verdict == Verdict::Exact),
            count(&|row| row.verdict == Verdict::Kept),
            count(&|row| matches!(row.verdict, Verdict::Coarser(_))),
            count(&|row| row.placeless),
            count(&RowProof::is_false),
        );
    }
    text
}

fn json(proved: &[Proved<'_>]) -> Value {
    let kinds: Vec<Value> = proved
        .iter()
        .map(|(kind, rows)| {
            let rows: Vec<Value> = rows.iter().map(|row| entry(kind, row)).collect();
            json!({ "message": kind.name, "rows": rows })
        })
        .collect();
    json!(kinds)
}

fn entry(kind: &MessageKind, row: &RowProof) -> Value {
    let concept = kind.dataset.get(row.concept);
    let mut entry = json!({
        "concept": concept.number.as_str(),
        "name": concept.name.as_str(),
        "format": row.format.name(),
        "file": row.row.file,
        "line": row.row.line,
        "place": row.row.place,
        "copy": row.row.is_copy,
        "values": row.values,
        "verdict": row.verdict.code(),
        "holds": !row.is_false(),
    });
    if let Verdict::Lossy(reasons) = &row.verdict {
        let reasons: serde_json::Map<String, Value> =
            reasons.iter().map(|(reason, times)| (reason.code().to_owned(), json!(times))).collect();
        entry["reasons"] = reasons.into();
    }
    if let Verdict::Coarser(times) | Verdict::Changed(times) = &row.verdict {
        entry["times"] = json!(times);
    }
    entry
}

fn junit(proved: &[Proved<'_>]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (kind, rows) in proved {
        let failures = rows.iter().filter(|row| row.is_false()).count();
        let skipped = rows.iter().filter(|row| row.placeless).count();
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">",
            escaped(&kind.name),
            rows.len()
        );
        for row in rows {
            let concept = kind.dataset.get(row.concept);
            let name = escaped(&format!("{} {} in {}", concept.number, concept.name, row.row.place));
            let _ = write!(
                text,
                "    <testcase classname=\"{}.{}\" name=\"{name}\" file=\"{}\" line=\"{}\"",
                escaped(&kind.name),
                row.format.name(),
                escaped(&row.row.file),
                row.row.line,
            );
            if row.is_false() {
                let _ = writeln!(text, "><failure message=\"{}\"/></testcase>", escaped(&what(&row.verdict)));
            } else if row.placeless {
                // Nothing is claimed, so nothing was tried.
                let _ = writeln!(text, "><skipped message=\"{}\"/></testcase>", escaped(&what(&row.verdict)));
            } else {
                text.push_str("/>\n");
            }
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn markdown(source: &Source, proved: &[Proved<'_>]) -> Result<String, Failure> {
    let mut text = String::from(
        "# What arrives, concept by concept\n\n\
         Made by `ooievaar mappings proof --format markdown`, which runs every row both ways over all values of its\n\
         concept. Decided by: `3.2` and `2.3` are the published mappings, `profile` is the FHIR profile, `ours` is neither.\n\n",
    );
    for (kind, rows) in proved.iter().filter(|(kind, _)| kind.hl7v3.is_some()) {
        let table = fidelity(source, kind, rows).map_err(|error| Failure::new(Exit::Tables, error))?;
        text.push_str(&table);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(text)
}
