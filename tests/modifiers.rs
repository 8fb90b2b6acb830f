//! What is denied, doubted, intended or withdrawn is never read as if it were stated: each statement of our own messages, of every
//! kind, is changed in each of these ways, one at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ooievaar::dataset::{Content, Instance, Value as Leaf};
use ooievaar::ledger::Reason;
use ooievaar::{Converter, Error, Format};
use rayon::prelude::*;
use serde_json::{Value, json};
use support::{Sample, every_kind, formats};

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

/// Our own messages of every kind that the tables have in a format, with the name of the kind.
fn messages_of(format: Format) -> Vec<(String, Sample)> {
    let kinds = every_kind(&CONVERTER).into_iter().filter(|(kind, _)| formats(kind).contains(&format));
    kinds.flat_map(|(kind, samples)| samples.into_iter().map(|sample| (kind.name.clone(), sample))).collect()
}

/// Those that are HL7v3.
fn messages() -> Vec<(String, String)> {
    let samples = messages_of(Format::Hl7v3).into_iter().map(|(kind, sample)| (kind, sample.bytes()));
    let messages = samples.filter(|(_, bytes)| CONVERTER.detect(bytes).unwrap() == Format::Hl7v3);
    messages.map(|(kind, bytes)| (kind, String::from_utf8(bytes).unwrap())).collect()
}

/// What they become in FHIR, with the kind as which that is read.
fn bundles() -> Vec<(String, Value)> {
    let written = messages_of(Format::FhirJson).into_iter().map(|(_, sample)| {
        let outcome = CONVERTER.convert(&sample.bytes(), Format::FhirJson).unwrap();
        let kind = CONVERTER.read(&outcome.output).unwrap().message().to_owned();
        (kind, serde_json::from_slice(&outcome.output).unwrap())
    });
    written.collect()
}

/// Which ways of changing something are tried: on the first of its sort all, on every other one of them, in turn.
#[derive(Default)]
struct Turns(BTreeMap<String, usize>);

impl Turns {
    fn of<T>(&mut self, sort: String, ways: Vec<T>) -> Vec<T> {
        let met = self.0.entry(sort).or_default();
        *met += 1;
        if *met == 1 || ways.is_empty() {
            return ways;
        }
        let turn = *met % ways.len();
        ways.into_iter().skip(turn).take(1).collect()
    }
}

/// What sort of resource it is: of which kind of message, and what it is about.
fn sort_of(kind: &str, resource: &Value) -> String {
    format!("{kind} {} {} {}", resource["resourceType"], resource["meta"]["profile"], resource["code"]["coding"][0])
}

fn entries(bundle: &Value) -> &[Value] {
    bundle["entry"].as_array().unwrap()
}

/// What an instance states, and how often: everything but a no and what is not known.
fn stated(instance: &Instance) -> BTreeMap<String, usize> {
    let mut stated = BTreeMap::new();
    for (_, node, content) in instance.leaves() {
        if !matches!(content, Content::Null { .. } | Content::Value(Leaf::Boolean(false))) {
            *stated.entry(format!("{:?} {content:?}", node.concept)).or_default() += 1;
        }
    }
    stated
}

/// What the one states and the other does not.
fn more(one: &BTreeMap<String, usize>, other: &BTreeMap<String, usize>) -> Vec<String> {
    let more = one.iter().filter(|(what, times)| other.get(*what).is_none_or(|own| own < *times));
    more.map(|(what, _)| what.clone()).collect()
}

fn without(bundle: &Value, at: usize) -> Value {
    let mut bundle = bundle.clone();
    bundle["entry"].as_array_mut().unwrap().remove(at);
    bundle
}

/// What a bundle says.
struct Said {
    stated: BTreeMap<String, usize>,
    /// How many losses are because of what turns a statement round.
    modified: usize,
    /// How many questions are answered with no.
    denied: usize,
}

fn read_bundle(bundle: &Value) -> Result<Said, Error> {
    let reading = CONVERTER.read(bundle.to_string().as_bytes())?;
    assert!(reading.ledger.is_balanced());
    let denied = reading.instance.leaves().filter(|(.., content)| **content == Content::Value(Leaf::Boolean(false)));
    Ok(Said {
        stated: stated(&reading.instance),
        modified: reading.ledger.losses.iter().filter(|loss| loss.reason == Reason::Modifier).count(),
        denied: denied.count(),
    })
}

fn is_referred_to(bundle: &Value, resource: &Value) -> bool {
    let reference = format!(r#""reference":"urn:uuid:{}""#, resource["id"].as_str().unwrap());
    bundle.to_string().contains(&reference)
}

/// The ways in which FHIR takes a resource back: its type, the element, the value.
fn takes_back() -> Vec<(&'static str, &'static str, Value)> {
    let mut ways = vec![
        ("Condition", "verificationStatus", json!("refuted")),
        ("Condition", "verificationStatus", json!("entered-in-error")),
        ("Condition", "verificationStatus", json!("unknown")),
        ("Procedure", "notDone", json!(true)),
        ("Procedure", "status", json!("aborted")),
        ("MedicationStatement", "taken", json!("n")),
        ("MedicationAdministration", "notGiven", json!(true)),
        ("Observation", "status", json!("cancelled")),
        ("Encounter", "status", json!("planned")),
    ];
    let with_status = [
        "Observation",
        "Procedure",
        "MedicationStatement",
        "MedicationAdministration",
        "Encounter",
        "ClinicalImpression",
        "ReferralRequest",
        "EpisodeOfCare",
    ];
    ways.extend(with_status.iter().map(|kind| (*kind, "status", json!("entered-in-error"))));
    let every = ["Observation", "Condition", "Procedure"];
    ways.extend(every.iter().map(|kind| (*kind, "modifierExtension", json!([{"url": "urn:x", "valueBoolean": true}]))));
    ways
}

type Way = (&'static str, &'static str, Value);

/// What came of taking one resource back in ways: those that were tried, and how often it was told.
fn taken_back(bundle: &Value, whole: &Said, at: usize, ways: &[Way]) -> (Vec<String>, usize) {
    let resource = &entries(bundle)[at]["resource"];
    let (mut tried, mut told) = (Vec::new(), 0);
    let Ok(rest) = read_bundle(&without(bundle, at)) else { return (tried, told) };
    let is_referred_to = is_referred_to(bundle, resource);
    for (kind, element, value) in ways {
        let mut changed = bundle.clone();
        changed["entry"][at]["resource"][element] = value.clone();
        // A pregnancy that is taken back may leave a case that is about none.
        let Ok(left) = read_bundle(&changed) else { continue };
        // Without what others belong to, they are at home nowhere; here it is enough that nothing is added.
        // A no that arrives stands beside what more is said of what was not done.
        let is_no = left.denied > whole.denied;
        let most = if is_no || is_referred_to { whole } else { &rest };
        assert_eq!(more(&left.stated, &most.stated), Vec::<String>::new(), "{element} {value} in {resource}");
        told += usize::from(left.modified > 0);
        tried.push(format!("{kind}.{element} {value}"));
    }
    (tried, told)
}

#[test]
fn a_resource_that_is_taken_back_states_nothing() {
    let (mut tried, mut told, mut turns) = (BTreeMap::<String, usize>::new(), 0, Turns::default());
    for (kind, bundle) in bundles() {
        let whole = read_bundle(&bundle).unwrap();
        let mut ways_of = |resource: &Value| {
            let own = takes_back().into_iter().filter(|(own, element, value)| {
                // What is not known after it was denied is no statement to begin with.
                let is_said = value != "unknown" || resource[element] == "confirmed";
                resource["resourceType"] == *own && resource[element] != *value && is_said
            });
            turns.of(sort_of(&kind, resource), own.collect())
        };
        let ways: Vec<Vec<Way>> = entries(&bundle).iter().map(|entry| ways_of(&entry["resource"])).collect();
        let each = ways.par_iter().enumerate().filter(|(_, ways)| !ways.is_empty());
        let each = each.map(|(at, ways)| taken_back(&bundle, &whole, at, ways));
        for (ways, times) in each.collect::<Vec<_>>() {
            told += times;
            for way in ways {
                *tried.entry(way).or_default() += 1;
            }
        }
    }
    println!("{tried:#?}");
    assert!(tried.len() > 15 && told > 900, "{told} of {tried:?}");
}

#[test]
fn a_suspicion_is_no_diagnosis() {
    let (mut tried, mut turns) = (0, Turns::default());
    for (kind, bundle) in bundles() {
        for (at, entry) in entries(&bundle).iter().enumerate() {
            if entry["resource"]["verificationStatus"] != "confirmed" {
                continue;
            }
            for doubt in turns.of(sort_of(&kind, &entry["resource"]), vec!["provisional", "differential"]) {
                let mut changed = bundle.clone();
                changed["entry"][at]["resource"]["verificationStatus"] = json!(doubt);
                let (rest, left) = (read_bundle(&without(&bundle, at)).unwrap(), read_bundle(&changed).unwrap());
                assert_eq!(more(&left.stated, &rest.stated), Vec::<String>::new(), "{}", entry["resource"]);
                assert!(left.modified > 0, "{doubt} {}", entry["resource"]);
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn less_than_a_number_is_not_the_number() {
    let mut tried = 0;
    for (kind, bundle) in bundles() {
        let whole = read_bundle(&bundle).unwrap();
        for (at, entry) in entries(&bundle).iter().enumerate() {
            if entry["resource"]["valueQuantity"]["value"].is_null() {
                continue;
            }
            let mut changed = bundle.clone();
            changed["entry"][at]["resource"]["valueQuantity"]["comparator"] = json!("<");
            let left = match read_bundle(&changed) {
                // It was all that there was.
                Err(Error::NothingClinical { lost, .. }) => {
                    assert!(lost > 0);
                    continue;
                }
                left => left.unwrap(),
            };
            assert_eq!(more(&whole.stated, &left.stated).len(), 1, "{kind} {}", entry["resource"]);
            assert!(left.modified > 0);
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried}");
}

#[test]
fn what_is_no_number_is_no_number() {
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {
        "resourceType": "Patient", "id": "w", "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-Woman"]},
        "deceasedBoolean": false}}, {"resource": {
        "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/w"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}, "valueQuantity": {"value": "twee"}}}]});
    let reading = CONVERTER.read(bundle.to_string().as_bytes()).unwrap();
    assert_eq!(reading.instance.leaves().count(), 1);
    assert!(reading.ledger.losses.iter().any(|loss| loss.reason == Reason::Datatype));
}

/// Where statements begin in a message, each with its end.
fn statements(message: &str) -> Vec<std::ops::Range<usize>> {
    let document = roxmltree::Document::parse(message).unwrap();
    let kinds = ["observation", "procedure", "organizer", "act", "encounter", "substanceAdministration"];
    let found = document.descendants().filter(|node| kinds.contains(&node.tag_name().name()));
    found.map(|node| node.range()).collect()
}

/// What a message states, and whether something was lost because it is turned round. One that is left with nothing clinical is
/// refused, so it states nothing.
fn read_message(message: &str) -> (BTreeMap<String, usize>, bool) {
    let reading = match CONVERTER.read(message.as_bytes()) {
        Ok(reading) => reading,
        Err(Error::NothingClinical { .. }) => return (BTreeMap::new(), true),
        Err(error) => panic!("{error}"),
    };
    assert!(reading.ledger.is_balanced());
    let modified = reading.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier);
    (stated(&reading.instance), modified)
}

/// True if what comes after what stands before it is a child of the same element: all that was opened is closed.
fn is_own(before: &str) -> bool {
    let ended = before.matches("</").count();
    let begun = before.matches('<').count() - ended - before.matches("<!").count();
    begun == ended + before.matches("/>").count()
}

/// The ways to take back the statement that an element is.
fn ways_to_take_back(element: &str) -> Vec<String> {
    let tag_end = element.find('>').unwrap();
    let (tag, inside) = element.split_at(tag_end);
    let mut ways = Vec::new();
    // Some acts are intended to begin with.
    if let Some(mood) = tag.find("moodCode=\"").map(|at| at + "moodCode=\"".len()) {
        let end = mood + tag[mood..].find('"').unwrap();
        ways.extend(["INT", "RQO"].map(|other| format!("{}{other}{}{inside}", &tag[..mood], &tag[end..])));
    }
    if !tag.contains("negationInd") {
        ways.push(format!("{tag} negationInd=\"true\"{inside}"));
    }
    // Behind the code, where the schema has them.
    if let Some(code) = element.find("<code ").filter(|at| is_own(&element[tag_end + 1..*at])) {
        let code_end = code + element[code..].find("/>").unwrap() + 2;
        for status in ["cancelled", "nullified", "aborted"] {
            let status = format!("<statusCode code=\"{status}\"/>");
            ways.push(format!("{}{status}{}", &element[..code_end], &element[code_end..]));
        }
        if !element.contains("uncertaintyCode") {
            let doubt = "<uncertaintyCode code=\"U\" codeSystem=\"2.16.840.1.113883.5.1053\"/>";
            ways.push(format!("{}{doubt}{}", &element[..code_end], &element[code_end..]));
        }
    }
    ways.retain(|way| way != element);
    ways
}

#[test]
fn a_statement_of_a_message_that_is_taken_back_states_nothing() {
    let (mut tried, mut told, mut turns) = (0, 0, Turns::default());
    for (kind, message) in messages() {
        let mut ways_of = |range: std::ops::Range<usize>| {
            let element = &message[range.clone()];
            let code = element.find("<code ").map_or("", |at| element[at..].lines().next().unwrap_or_default());
            let tag = element.split('>').next().unwrap_or_default();
            let ways = turns.of(format!("{kind} {tag} {code}"), ways_to_take_back(element));
            (range, ways)
        };
        let statements: Vec<_> = statements(&message).into_iter().map(&mut ways_of).collect();
        let each = statements.into_par_iter().map(|(range, ways)| {
            let (before, after) = (&message[..range.start], &message[range.end..]);
            let (rest, _) = read_message(&format!("{before}{after}"));
            let is_told = ways.iter().map(|way| {
                let (left, modified) = read_message(&format!("{before}{way}{after}"));
                assert_eq!(more(&left, &rest), Vec::<String>::new(), "{kind} {way:.300}");
                modified
            });
            is_told.collect::<Vec<bool>>()
        });
        for is_told in each.collect::<Vec<_>>().concat() {
            told += usize::from(is_told);
            tried += 1;
        }
    }
    assert!(tried > 1000 && told * 10 > tried * 9, "{told} of {tried}");
}

#[test]
fn a_message_that_takes_itself_back_is_refused() {
    let message = include_str!("../fixtures/kernset-2.3/early-loss.xml");
    let care = message.find("<CareProvisionEvent").unwrap();
    let denied = message[care..].replacen('>', " negationInd=\"true\">", 1);
    let code = care + message[care..].find("<effectiveTime").unwrap();
    let nullified = format!("<statusCode code=\"nullified\"/>{}", &message[code..]);
    let line = message[..care].lines().count();
    let withdrawn = message.replacen("<statusCode code=\"active\"/>", "<statusCode code=\"nullified\"/>", 1);
    let around = message[..message.find("<registrationProcess").unwrap()].lines().count();
    for (changed, line) in [
        (format!("{}{nullified}", &message[..code]), line),
        (format!("{}{denied}", &message[..care]), line),
        (withdrawn, around),
    ] {
        match CONVERTER.read(changed.as_bytes()) {
            Err(error @ Error::TakenBack { place }) => {
                assert_eq!((error.code(), place.map(|place| place.line)), ("taken-back", Some(line)));
            }
            other => panic!("{:?}", other.map(|reading| reading.ledger.losses.len())),
        }
    }
}
