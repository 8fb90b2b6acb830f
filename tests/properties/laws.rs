//! What must hold of an instance: each law in the formats that it is about.

use std::collections::BTreeSet;

use ooievaar::dataset::{ConceptIx, Content, Instance, NodeIx};
use ooievaar::ledger::{Ledger, Reason, Unmet};
use ooievaar::{Format, Written};

use super::subject::{Case, For, Subject};

pub type Verdict<T = ()> = Result<T, String>;

/// A law, and of which kinds it is one: those that the tables have in all of these formats.
pub struct Law {
    pub name: &'static str,
    pub of: For,
    pub formats: &'static [Format],
    pub check: fn(&Case) -> Verdict,
}

impl Law {
    pub fn applies_to(&self, subject: &Subject) -> bool {
        self.formats.iter().all(|format| subject.has(*format))
    }

    /// Judges what has a clinical value; what has none must be refused.
    pub fn judge(&self, case: &Case) -> Verdict {
        let Case { subject, instance } = case;
        if subject.is_clinical(instance) {
            return (self.check)(case);
        }
        match subject.converter.read(&write(subject, instance, subject.source())?) {
            Err(error) if error.code() == "nothing-clinical" => Ok(()),
            _ => Err("what has no clinical value was not refused".to_owned()),
        }
    }
}

pub fn write(subject: &Subject, instance: &Instance, format: Format) -> Verdict<Vec<u8>> {
    Ok(write_and_tell(subject, instance, format)?.0)
}

/// The output, with what it demands and the instance lacks.
fn write_and_tell(subject: &Subject, instance: &Instance, format: Format) -> Verdict<(Vec<u8>, Vec<Unmet>)> {
    let Written { output, unwritten, missing } =
        subject.converter.write_instance(subject.kind, instance, format).unwrap();
    let refused = unwritten.iter().map(|leaf| {
        let node = instance.node(leaf.node);
        let concept = subject.kind.dataset.get(node.concept);
        format!("{} {}: {:?}, {:?}", concept.number, concept.name, leaf.reason, node.content)
    });
    let refused: Vec<String> = refused.collect();
    if refused.is_empty() { Ok((output, missing)) } else { Err(format!("{format} has no place for: {refused:#?}")) }
}

fn read(subject: &Subject, bytes: &[u8]) -> Verdict<(Instance, Ledger)> {
    let reading = subject.converter.read(bytes).map_err(|error| format!("cannot be read: {error}"))?;
    let ledger = reading.ledger.clone();
    let losses = ledger.losses.iter().map(|loss| {
        let rest = bytes.get(loss.position as usize..).unwrap_or_default();
        let line = String::from_utf8_lossy(rest).lines().next().unwrap_or("").to_owned();
        let concept = loss.concept.map(|concept| reading.dataset().get(concept).number.clone());
        format!("{:?} of {concept:?} at {:?}: {line:.200}", loss.reason, loss.path)
    });
    let losses: Vec<String> = losses.collect();
    if !losses.is_empty() {
        return Err(format!("lost: {losses:#?}"));
    }
    if !ledger.is_balanced() {
        return Err(format!("the counts do not add up: {ledger:?}"));
    }
    // What a writer has no place for is taken off what was translated: each value knows how much that is.
    let known: u32 = reading.instance.leaves().map(|(_, node, _)| u32::from(node.origin.leaves)).sum();
    if known != ledger.translated {
        return Err(format!("values were made of {known} leaves, and {} were translated", ledger.translated));
    }
    Ok((of_kind(subject, reading.message(), &reading)?, ledger))
}

/// What was read, as an instance of the kind. FHIR that names no kind may be read as another, which holds as much of it.
fn of_kind(subject: &Subject, read_as: &str, reading: &ooievaar::Reading) -> Verdict<Instance> {
    if read_as == subject.kind.name {
        return Ok(reading.instance.clone());
    }
    let moved = reading.instance.moved(reading.dataset(), &subject.kind.dataset);
    let gone = moved.left.len() + moved.unplaced.len() + moved.unanswered.len();
    if gone == 0 {
        Ok(moved.instance)
    } else {
        Err(format!("read as {read_as}, of which {gone} leaves are not its own"))
    }
}

fn same(subject: &Subject, expected: &Instance, found: &Instance) -> Verdict {
    if expected == found { Ok(()) } else { Err(subject.difference(expected, found)) }
}

/// Writes an instance and reads it again; nothing may be lost or changed.
fn there_and_back(case: &Case, format: Format) -> Verdict {
    let Case { subject, instance } = case;
    let (bytes, missing) = write_and_tell(subject, instance, format)?;
    let (again, ledger) = read(subject, &bytes)?;
    // What stands for something that the message demands is told, and is all that is added.
    same(subject, &subject.generator(For::Message).filled(instance, &missing), &again)?;
    let leaves = count(&bytes, format);
    if ledger.total != leaves {
        return Err(format!("{} leaves counted of {leaves}", ledger.total));
    }
    if write(subject, &again, format)? != bytes {
        return Err("what was read is written otherwise".to_owned());
    }
    Ok(())
}

/// The same in ADA, which has nothing but keys to say whose a group is: what they do not say is not written, and told.
fn there_and_back_in_ada(case: &Case) -> Verdict {
    let Case { subject, instance } = case;
    let aligned = subject.kind.fhir.iter().flat_map(|plan| &plan.aligned);
    let mut of_nobody = aligned.flat_map(|aligned| instance.told_apart_by_source(&subject.kind.dataset, *aligned));
    let says_something = |group: NodeIx| instance.leaves().any(|(leaf, ..)| instance.is_below(leaf, group));
    if !of_nobody.any(says_something) {
        return there_and_back(case, Format::Ada);
    }
    match subject.converter.write_instance(subject.kind, instance, Format::Ada) {
        Ok(written) if written.unwritten.iter().any(|unwritten| unwritten.reason == Reason::NoCarrier) => Ok(()),
        Ok(_) => Err("what only the source tells apart is not told".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// From its messages to FHIR and back. A rule of FHIR may forbid what the message has in place of something that it demands: that
/// is told, and all that is lost.
fn through_fhir(case: &Case) -> Verdict {
    let Case { subject, instance } = case;
    let (message, fillers) = write_and_tell(subject, instance, subject.source())?;
    let (first, _) = read(subject, &message)?;
    let Written { output: bundle, unwritten, .. } =
        subject.converter.write_instance(subject.kind, &first, Format::FhirJson).unwrap();
    if unwritten.iter().any(|leaf| leaf.reason != Reason::Invariant || fillers.is_empty()) {
        return write(subject, &first, Format::FhirJson).map(|_| ());
    }
    let mut expected = first.clone();
    for leaf in &unwritten {
        expected.remove(leaf.node);
    }
    let (second, _) = read(subject, &bundle)?;
    let (again, fillers) = write_and_tell(subject, &second, subject.source())?;
    let (third, _) = read(subject, &again)?;
    same(subject, &subject.generator(For::Message).filled(&expected, &fillers), &third)?;
    if again == message || !unwritten.is_empty() { Ok(()) } else { Err("the message is another".to_owned()) }
}

fn json_is_xml(case: &Case) -> Verdict {
    let Case { subject, instance } = case;
    let (json, xml) = (write(subject, instance, Format::FhirJson)?, write(subject, instance, Format::FhirXml)?);
    let ((from_json, _), (from_xml, ledger)) = (read(subject, &json)?, read(subject, &xml)?);
    same(subject, &from_json, &from_xml)?;
    if ledger.total == 0 {
        return Err("nothing was counted".to_owned());
    }
    if instance.leaves().next().is_none() {
        // No resource, no line.
        return Ok(());
    }
    let lines = write(subject, instance, Format::FhirNdjson)?;
    same(subject, &from_json, &read(subject, &lines)?.0)?;
    if write(subject, &from_xml, Format::FhirJson)? == json { Ok(()) } else { Err("the JSON is another".to_owned()) }
}

/// Each resource has one id, each id one resource, and a second delivery the same ones.
fn ids_are_stable(case: &Case) -> Verdict {
    let Case { subject, instance } = case;
    let json = write(subject, instance, Format::FhirJson)?;
    let ids = |bytes: &[u8]| -> Vec<String> {
        let bundle: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()).collect()
    };
    let first = ids(&json);
    let distinct: BTreeSet<&String> = first.iter().collect();
    if distinct.len() != first.len() {
        return Err("two resources have one id".to_owned());
    }
    if ids(&write(subject, instance, Format::FhirJson)?) == first { Ok(()) } else { Err("other ids".to_owned()) }
}

/// Counts leaves without the engine.
fn count(bytes: &[u8], format: Format) -> u32 {
    fn json(value: &serde_json::Value) -> u32 {
        match value {
            serde_json::Value::Object(members) => members.values().map(json).sum(),
            serde_json::Value::Array(items) => items.iter().map(json).sum(),
            serde_json::Value::Null => 0,
            _ => 1,
        }
    }
    let text = std::str::from_utf8(bytes).unwrap();
    if matches!(format, Format::FhirJson) {
        return json(&serde_json::from_str(text).unwrap());
    }
    let document = roxmltree::Document::parse(text).unwrap();
    let leaves = document.descendants().map(|node| {
        if node.is_text() { usize::from(!node.text().unwrap().trim().is_empty()) } else { node.attributes().len() }
    });
    u32::try_from(leaves.sum::<usize>()).unwrap()
}

/// What another format cannot hold is named, and what is not named comes back.
fn lost_in_silence(case: &Case, other: Format) -> Verdict {
    let Case { subject, instance } = case;
    let message = write(subject, instance, subject.source())?;
    let outcome = subject.converter.convert(&message, other).map_err(|error| error.to_string())?;
    let ledger = &outcome.ledger;
    if !ledger.is_balanced() || ledger.total != count(&message, subject.source()) {
        return Err(format!("the counts do not add up: {ledger:?}"));
    }
    if !ledger.losses.is_empty() {
        return Ok(());
    }
    let (back, _) = read(subject, &outcome.output)?;
    // FHIR keeps also how a value was written. The groups that they are in may be others, where nothing tells those apart.
    let is_as_written = |one: &Content, own: &Content| other == Format::Ada || format!("{one:?}") == format!("{own:?}");
    let mut found: Vec<_> = back.leaves().map(|(_, node, content)| (node.concept, content)).collect();
    for (_, node, content) in outcome.reading.instance.leaves() {
        let is_same = |own: &(ConceptIx, &Content)| *own == (node.concept, content) && is_as_written(own.1, content);
        match found.iter().position(is_same) {
            Some(at) => drop(found.swap_remove(at)),
            None => return Err(subject.difference(instance, &back)),
        }
    }
    if found.is_empty() { Ok(()) } else { Err(subject.difference(instance, &back)) }
}

macro_rules! laws {
    ($($name:ident of $of:ident in $formats:expr, $check:expr;)*) => {
        /// Every law.
        pub const LAWS: &[Law] = &[$(Law { name: stringify!($name), of: For::$of, formats: &$formats, check: $check }),*];
        $(#[test] fn $name() {
            super::hold(LAWS.iter().find(|law| law.name == stringify!($name)).unwrap());
        })*
    };
}

laws! {
    hl7v3_there_and_back of Message in [Format::Hl7v3], |case| there_and_back(case, Format::Hl7v3);
    ada_there_and_back of Message in [Format::Ada], there_and_back_in_ada;
    fhir_there_and_back of Both in [Format::FhirJson], |case| there_and_back(case, Format::FhirJson);
    message_to_fhir_to_message of Both in [Format::FhirJson], through_fhir;
    fhir_json_is_fhir_xml of Both in [Format::FhirJson, Format::FhirXml, Format::FhirNdjson], json_is_xml;
    resources_keep_their_ids of Both in [Format::FhirJson], ids_are_stable;
    nothing_is_lost_in_silence_in_fhir of Both in [Format::FhirJson], |case| lost_in_silence(case, Format::FhirJson);
    nothing_is_lost_in_silence_in_ada of Message in [Format::Ada], |case| lost_in_silence(case, Format::Ada);
}
