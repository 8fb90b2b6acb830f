//! What holds for every legal instance, shown on instances drawn from the tables.
//!
//! `PROPTEST_CASES` is the number of cases for each property. A counterexample is cut down to the leaves that it
//! takes, shown by the names of their concepts, and kept in `properties.proptest-regressions`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use ooievaar::convert::MessageKind;
use ooievaar::dataset::{Dataset, Instance, NodeIx};
use ooievaar::generate::{Choice, Generator};
use ooievaar::ledger::Ledger;
use ooievaar::{Converter, Format};
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::FileFailurePersistence;

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

/// The kind of message that is bound to every format.
fn kind() -> &'static MessageKind {
    CONVERTER.kinds().iter().find(|kind| kind.fhir.is_some()).unwrap()
}

/// What the message can carry.
static MESSAGE: LazyLock<Generator<'static>> = LazyLock::new(|| {
    let kind = kind();
    Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref().unwrap(), None)
});

/// What both the message and FHIR can carry.
static BOTH: LazyLock<Generator<'static>> = LazyLock::new(|| {
    let kind = kind();
    Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref().unwrap(), kind.fhir.as_deref())
});

/// An instance in normal form, shown as a tree.
#[derive(Clone)]
struct Case(Instance);

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show(&kind().dataset, &self.0))
    }
}

/// Any selection of the leaves of a drawn instance. It shrinks by leaving out leaves.
fn cases(generator: &'static Generator<'static>) -> impl Strategy<Value = Case> {
    any::<u64>().no_shrink().prop_flat_map(|seed| {
        let choices: Vec<Choice> = generator.choices(seed);
        let count = choices.len();
        subsequence(choices, 0..=count).prop_map(|choices| Case(generator.build(&choices)))
    })
}

fn show(dataset: &Dataset, instance: &Instance) -> String {
    let mut text = String::from("\n");
    show_node(dataset, &instance.normalized(), NodeIx::ROOT, 1, &mut text);
    text
}

fn show_node(dataset: &Dataset, instance: &Instance, at: NodeIx, depth: usize, text: &mut String) {
    for child in instance.children(at) {
        let node = instance.node(child);
        let concept = dataset.get(node.concept);
        text.push_str(&format!("{:1$}{2} {3}", "", depth * 2, concept.number, concept.name));
        if let Some(content) = &node.content {
            text.push_str(&format!(" = {content:?}"));
        }
        text.push('\n');
        show_node(dataset, instance, child, depth + 1, text);
    }
}

/// What differs between two instances, by lines of their trees.
fn difference(expected: &Instance, found: &Instance) -> String {
    let dataset = &kind().dataset;
    let (expected, found) = (show(dataset, expected), show(dataset, found));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
    let (left, right) = (lines(&expected), lines(&found));
    let only = |these: &[String], those: &[String], sign: char| {
        let those: BTreeSet<&String> = those.iter().collect();
        these.iter().filter(|line| !those.contains(line)).map(|line| format!("{sign}{line}\n")).collect::<String>()
    };
    let changed = only(&left, &right, '-') + &only(&right, &left, '+');
    if changed.is_empty() { format!("same lines, other structure: {expected}\nfound: {found}") } else { changed }
}

type Verdict<T = ()> = Result<T, String>;

fn write(instance: &Instance, format: Format) -> Verdict<Vec<u8>> {
    let (output, unwritten) = CONVERTER.write_instance(kind(), instance, format).unwrap();
    let refused = unwritten.iter().map(|leaf| {
        let node = instance.node(leaf.node);
        let concept = kind().dataset.get(node.concept);
        format!("{} {}: {:?}, {:?}", concept.number, concept.name, leaf.reason, node.content)
    });
    let refused: Vec<String> = refused.collect();
    if refused.is_empty() { Ok(output) } else { Err(format!("{format} has no place for: {refused:#?}")) }
}

fn read(bytes: &[u8]) -> Verdict<(Instance, Ledger)> {
    let reading = CONVERTER.read(bytes).map_err(|error| format!("cannot be read: {error}"))?;
    let ledger = reading.ledger;
    let losses = ledger.losses.iter().map(|loss| {
        let rest = bytes.get(loss.position as usize..).unwrap_or_default();
        let line = String::from_utf8_lossy(rest).lines().next().unwrap_or("").to_owned();
        let concept = loss.concept.map(|concept| kind().dataset.get(concept).number.clone());
        format!("{:?} of {concept:?} at {:?}: {line:.200}", loss.reason, loss.path)
    });
    let losses: Vec<String> = losses.collect();
    if !losses.is_empty() {
        return Err(format!("lost: {losses:#?}"));
    }
    if !ledger.is_balanced() {
        return Err(format!("the counts do not add up: {ledger:?}"));
    }
    Ok((reading.instance, ledger))
}

fn same(expected: &Instance, found: &Instance) -> Verdict {
    if expected == found { Ok(()) } else { Err(difference(expected, found)) }
}

/// Writes an instance and reads it again; nothing may be lost or changed.
fn there_and_back(instance: &Instance, format: Format) -> Verdict {
    let bytes = write(instance, format)?;
    let (again, ledger) = read(&bytes)?;
    same(instance, &again)?;
    let leaves = count(&bytes, format);
    if ledger.total != leaves {
        return Err(format!("{} leaves counted of {leaves}", ledger.total));
    }
    if write(&again, format)? != bytes {
        return Err("what was read is written otherwise".to_owned());
    }
    Ok(())
}

fn through_fhir(instance: &Instance) -> Verdict {
    let message = write(instance, Format::Hl7v3)?;
    let (first, _) = read(&message)?;
    let bundle = write(&first, Format::FhirJson)?;
    let (second, _) = read(&bundle)?;
    let again = write(&second, Format::Hl7v3)?;
    let (third, _) = read(&again)?;
    same(&first, &third)?;
    if again == message { Ok(()) } else { Err("the message is another".to_owned()) }
}

fn json_is_xml(instance: &Instance) -> Verdict {
    let (json, xml) = (write(instance, Format::FhirJson)?, write(instance, Format::FhirXml)?);
    let ((from_json, _), (from_xml, ledger)) = (read(&json)?, read(&xml)?);
    same(&from_json, &from_xml)?;
    if ledger.total == 0 {
        return Err("nothing was counted".to_owned());
    }
    if instance.leaves().next().is_none() {
        // No resource, no line.
        return Ok(());
    }
    let lines = write(instance, Format::FhirNdjson)?;
    same(&from_json, &read(&lines)?.0)?;
    if write(&from_xml, Format::FhirJson)? == json { Ok(()) } else { Err("the JSON is another".to_owned()) }
}

/// Each resource has one id, each id one resource, and a second delivery the same ones.
fn ids_are_stable(instance: &Instance) -> Verdict {
    let json = write(instance, Format::FhirJson)?;
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
    if ids(&write(instance, Format::FhirJson)?) == first { Ok(()) } else { Err("other ids".to_owned()) }
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

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64);
    ProptestConfig {
        cases,
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("proptest-regressions"))),
        ..ProptestConfig::default()
    }
}

/// The properties by name.
const PROPERTIES: &[(&str, fn(&Instance) -> Verdict)] = &[
    ("hl7v3", |instance| there_and_back(instance, Format::Hl7v3)),
    ("fhir-json", |instance| there_and_back(instance, Format::FhirJson)),
    ("ada", |instance| there_and_back(instance, Format::Ada)),
    ("through-fhir", through_fhir),
    ("json-is-xml", json_is_xml),
    ("ids", ids_are_stable),
];

#[test]
#[ignore]
fn survey() {
    let cases: u64 = std::env::var("PROPTEST_CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(64);
    let which = std::env::var("SURVEY").unwrap_or_default();
    for (name, property) in
        PROPERTIES.iter().filter(|(name, _)| which.is_empty() || which.split(',').any(|w| w == *name))
    {
        let mut seen: std::collections::BTreeMap<String, (u32, String)> = Default::default();
        let mut failed = 0;
        let generator = if matches!(*name, "hl7v3" | "ada") { &MESSAGE } else { &BOTH };
        for seed in 0..cases {
            let mut choices = generator.choices(seed);
            let fails = |choices: &[Choice]| property(&generator.build(choices)).err();
            if fails(&choices).is_none() {
                continue;
            }
            failed += 1;
            let mut size = choices.len() / 2;
            while size >= 1 {
                let mut at = 0;
                while at < choices.len() {
                    let mut fewer = choices.clone();
                    fewer.drain(at..(at + size).min(choices.len()));
                    if fails(&fewer).is_some() { choices = fewer } else { at += size }
                }
                size /= 2;
            }
            let instance = generator.build(&choices);
            let numbers: Vec<String> =
                choices.iter().map(|c| kind().dataset.get(c.path.last().unwrap().0).number.to_string()).collect();
            let message = fails(&choices).unwrap();
            let entry = seen.entry(numbers.join(",")).or_insert((0, String::new()));
            entry.0 += 1;
            if std::env::var("SHOW").is_ok_and(|show| numbers.join(",") == show) {
                let (bytes, _) = CONVERTER.write_instance(kind(), &instance, Format::FhirJson).unwrap();
                println!("{numbers:?} {}", String::from_utf8(bytes.clone()).unwrap());
                let again = CONVERTER.read(&bytes).unwrap().instance;
                let (bytes, _) = CONVERTER.write_instance(kind(), &again, Format::FhirJson).unwrap();
                println!("AGAIN {numbers:?} {}", String::from_utf8(bytes).unwrap());
            }
            entry.1 = format!("seed {seed}{}{message:.1500}", show(&kind().dataset, &instance));
        }
        println!("##### {name}: {failed} of {cases} fail, {} kinds", seen.len());
        for (numbers, (times, text)) in &seen {
            println!("=== {name} {times}x {numbers}: {text}");
        }
    }
}

macro_rules! properties {
    ($($(#[$doc:meta])* $name:ident of $generator:ident: $check:expr;)*) => {
        proptest! {
            #![proptest_config(config())]
            $($(#[$doc])* #[test] fn $name(case in cases(&$generator)) {
                let check: fn(&Instance) -> Verdict = $check;
                prop_assert_eq!(check(&case.0).err(), None);
            })*
        }
    };
}

properties! {
    hl7v3_there_and_back of MESSAGE: |instance| there_and_back(instance, Format::Hl7v3);
    fhir_json_there_and_back of BOTH: |instance| there_and_back(instance, Format::FhirJson);
    ada_there_and_back of MESSAGE: |instance| there_and_back(instance, Format::Ada);
    hl7v3_to_fhir_to_hl7v3 of BOTH: through_fhir;
    fhir_json_is_fhir_xml of BOTH: json_is_xml;
    resources_keep_their_ids of BOTH: ids_are_stable;
}
