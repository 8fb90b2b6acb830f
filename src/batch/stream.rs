//! A worker for an engine that spreads work over machines: a message a line in, an answer a line out, in order.

use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::frame::{self, Frame};
use super::missing;
use super::pipeline;
use super::split;
use super::unit::{Fault, guarded};
use crate::convert::{Converter, Error, Format, Outcome, Reading};
use crate::ledger::Leaves;

/// Answers each line of `input` (a frame: `{"id": …, "message": "…"}` or `{"id": …, "base64": "…"}`) with a line of
/// JSON. `format` is what to convert to; `None` for the other side of each message.
///
/// Gives how many messages say themselves of their sending what the converter was given of it.
///
/// # Errors
/// If a line cannot be read, or an answer cannot be written. What is wrong with a message is in its answer.
pub fn stream(
    converter: &Converter,
    format: Option<Format>,
    jobs: usize,
    mut input: impl BufRead + Send,
    mut output: impl Write,
) -> io::Result<u64> {
    let longest = frame::longest(converter.limits().bytes);
    let own_sending = AtomicU64::new(0);
    pipeline::ordered(
        jobs,
        |give| {
            loop {
                let line = match split::line(&mut input, longest) {
                    Ok(None) => break,
                    Ok(Some(line)) if line.trim_ascii().is_empty() => continue,
                    Ok(Some(line)) => Ok(line),
                    Err(error) => Err(error),
                };
                let is_broken = line.is_err();
                if !give(line) || is_broken {
                    break;
                }
            }
        },
        |line| line.map(|line| answer(converter, format, &line, &own_sending)),
        |answer: io::Result<String>| {
            output.write_all(answer?.as_bytes())?;
            output.flush()
        },
    )?;
    Ok(own_sending.into_inner())
}

/// The answer to one line: of several cases, a line for each.
fn answer(converter: &Converter, format: Option<Format>, line: &[u8], own_sending: &AtomicU64) -> String {
    let limit = converter.limits().bytes;
    if line.len() > frame::longest(limit) {
        return failure(&Value::Null, None, &Fault::too_large(limit));
    }
    let frame = match Frame::parse(line) {
        Ok(frame) => frame,
        Err(fault) => return failure(&Value::Null, None, &fault),
    };
    let id = frame.id.clone();
    let answer = guarded(|| {
        let message = frame.into_message()?;
        let mut answers = String::new();
        let read = converter.read_each(&message, &mut |case| {
            let number = case.number;
            let converted = case.reading.and_then(|reading| convert(converter, format, reading));
            answers.push_str(&match converted {
                Ok((outcome, format)) => {
                    own_sending.fetch_add(u64::from(!outcome.unused.is_empty()), Ordering::Relaxed);
                    success(&id, number, &outcome, format)
                }
                Err(error) => failure(&id, number, &Fault::of(&error, 0)),
            });
        });
        read.map(|()| answers).map_err(|error| Fault::of(&error, 0))
    });
    answer.unwrap_or_else(|fault| failure(&id, None, &fault))
}

fn convert(converter: &Converter, format: Option<Format>, reading: Reading) -> Result<(Outcome, Format), Error> {
    let format = match format.unwrap_or_else(|| reading.format.other_side()) {
        // The answer is the list of resources, not a bundle in it.
        Format::FhirJson => Format::FhirNdjson,
        other => other,
    };
    converter.write(reading, format).map(|outcome| (outcome, format))
}

fn failure(id: &Value, case: Option<usize>, fault: &Fault) -> String {
    line(json!({ "id": id, "status": "error", "error": fault }), case)
}

/// A line of output, with the number of the case if there are several.
fn line(mut answer: Value, case: Option<usize>) -> String {
    if let Some(case) = case {
        answer["case"] = case.into();
    }
    format!("{answer}\n")
}

fn success(id: &Value, case: Option<usize>, outcome: &Outcome, format: Format) -> String {
    let ledger = &outcome.ledger;
    let mut reasons = serde_json::Map::new();
    let gone = ledger.gone();
    for loss in ledger.losses.iter().filter(|loss| !gone.is_written(loss)) {
        let count = reasons.entry(loss.reason.code()).or_insert(json!(0));
        *count = json!(count.as_u64().unwrap_or_default() + u64::from(loss.leaves));
    }
    let Leaves { lost, told } = gone.leaves(&ledger.losses);
    let text = String::from_utf8_lossy(&outcome.output);
    // As texts: a reader of JSON would make 6.3 of 6.30.
    let (member, result) = match format {
        Format::FhirNdjson => ("resources", json!(text.lines().collect::<Vec<_>>())),
        _ => ("output", json!(text)),
    };
    let mut answer = json!({
        "id": id,
        "status": if lost == 0 { "ok" } else { "losses" },
        "read": ledger.total,
        "translated": ledger.translated,
        "structural": ledger.structural,
        "lost": lost,
        "told": told,
        "reasons": reasons,
        "missing": outcome.missing.len(),
        "lacks": missing::entries(outcome).collect::<Vec<_>>(),
        member: result,
    });
    // Only if there is something to tell: most workers are given nothing of the sending.
    if !outcome.unused.is_empty() {
        answer["unused"] = json!(outcome.unused_names().collect::<Vec<_>>());
    }
    line(answer, case)
}
