//! What is denied, doubted, intended or withdrawn is never read as if it were stated: each statement of our own messages is
//! changed in each of these ways, one at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ooievaar::dataset::{Content, Instance, Value as Leaf};
use ooievaar::ledger::Reason;
use ooievaar::{Converter, Error, Format};
use serde_json::{Value, json};
use support::fixtures;

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

fn messages() -> Vec<String> {
    let wanted = ["full-single", "early-loss", "referral", "twins"];
    let found = fixtures("kernset-2.3").into_iter();
    let found = found.filter(|sample| wanted.iter().any(|name| sample.name.ends_with(name)));
    found.map(|sample| String::from_utf8(sample.bytes()).unwrap()).collect()
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

/// How many questions are answered with no.
fn denied(bundle: &Value) -> usize {
    let reading = CONVERTER.read(bundle.to_string().as_bytes()).unwrap();
    reading.instance.leaves().filter(|(.., content)| **content == Content::Value(Leaf::Boolean(false))).count()
}

fn read_bundle(bundle: &Value) -> Result<(BTreeMap<String, usize>, usize), Error> {
    let reading = CONVERTER.read(bundle.to_string().as_bytes())?;
    assert!(reading.ledger.is_balanced());
    let modified = reading.ledger.losses.iter().filter(|loss| loss.reason == Reason::Modifier).count();
    Ok((stated(&reading.instance), modified))
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

#[test]
fn a_resource_that_is_taken_back_states_nothing() {
    let (mut tried, mut told) = (BTreeMap::<String, usize>::new(), 0);
    for message in messages() {
        let bundle: Value =
            serde_json::from_slice(&CONVERTER.convert(message.as_bytes(), Format::FhirJson).unwrap().output).unwrap();
        let (whole, _) = read_bundle(&bundle).unwrap();
        let entries = bundle["entry"].as_array().unwrap();
        for (at, entry) in entries.iter().enumerate() {
            let kind = entry["resource"]["resourceType"].as_str().unwrap();
            let Ok((rest, _)) = read_bundle(&without(&bundle, at)) else { continue };
            for (_, element, value) in takes_back().iter().filter(|(own, ..)| *own == kind) {
                // What is not known after it was denied is no statement to begin with.
                let is_said = value != "unknown" || entry["resource"][element] == "confirmed";
                if entry["resource"][element] == *value || !is_said {
                    continue;
                }
                let mut changed = bundle.clone();
                changed["entry"][at]["resource"][element] = value.clone();
                // A pregnancy that is taken back may leave a case that is about none.
                let Ok((left, modified)) = read_bundle(&changed) else { continue };
                // Without what others belong to, they are at home nowhere; here it is enough that nothing is added.
                // A no that arrives stands beside what more is said of what was not done.
                let is_no = denied(&changed) > denied(&bundle);
                let most = if is_no || is_referred_to(&bundle, &entry["resource"]) { &whole } else { &rest };
                assert_eq!(more(&left, most), Vec::<String>::new(), "{element} {value} in {}", entry["resource"]);
                told += usize::from(modified > 0);
                *tried.entry(format!("{kind}.{element} {value}")).or_default() += 1;
            }
        }
    }
    println!("{tried:#?}");
    assert!(tried.len() > 15 && told > 900, "{told} of {tried:?}");
}

#[test]
fn a_suspicion_is_no_diagnosis() {
    let mut tried = 0;
    for message in messages() {
        let bundle: Value =
            serde_json::from_slice(&CONVERTER.convert(message.as_bytes(), Format::FhirJson).unwrap().output).unwrap();
        for (at, entry) in bundle["entry"].as_array().unwrap().iter().enumerate() {
            if entry["resource"]["verificationStatus"] != "confirmed" {
                continue;
            }
            for doubt in ["provisional", "differential"] {
                let mut changed = bundle.clone();
                changed["entry"][at]["resource"]["verificationStatus"] = json!(doubt);
                let (rest, left) = (read_bundle(&without(&bundle, at)).unwrap(), read_bundle(&changed).unwrap());
                assert_eq!(more(&left.0, &rest.0), Vec::<String>::new(), "{}", entry["resource"]);
                assert!(left.1 > 0, "{doubt} {}", entry["resource"]);
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

#[test]
fn less_than_a_number_is_not_the_number() {
    let mut tried = 0;
    for message in messages() {
        let bundle: Value =
            serde_json::from_slice(&CONVERTER.convert(message.as_bytes(), Format::FhirJson).unwrap().output).unwrap();
        for (at, entry) in bundle["entry"].as_array().unwrap().iter().enumerate() {
            if entry["resource"]["valueQuantity"].is_null() {
                continue;
            }
            let mut changed = bundle.clone();
            changed["entry"][at]["resource"]["valueQuantity"]["comparator"] = json!("<");
            let (left, modified) = read_bundle(&changed).unwrap();
            let (whole, _) = read_bundle(&bundle).unwrap();
            assert_eq!(more(&whole, &left).len(), 1, "{}", entry["resource"]);
            assert!(modified > 0);
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

fn read_message(message: &str) -> (BTreeMap<String, usize>, bool) {
    let reading = CONVERTER.read(message.as_bytes()).unwrap();
    assert!(reading.ledger.is_balanced());
    let modified = reading.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier);
    (stated(&reading.instance), modified)
}

#[test]
fn a_statement_of_a_message_that_is_taken_back_states_nothing() {
    let (mut tried, mut told) = (0, 0);
    for message in messages() {
        for range in statements(&message) {
            let (rest, _) = read_message(&format!("{}{}", &message[..range.start], &message[range.end..]));
            let element = &message[range.clone()];
            let tag_end = element.find('>').unwrap();
            let tag = &element[..tag_end];
            let mut ways = vec![
                element.replacen("moodCode=\"EVN\"", "moodCode=\"INT\"", 1),
                element.replacen("moodCode=\"EVN\"", "moodCode=\"RQO\"", 1),
            ];
            if !tag.contains("negationInd") {
                ways.push(format!("{tag} negationInd=\"true\"{}", &element[tag_end..]));
            }
            // Behind the code, where the schema has them.
            if let Some(code) = element.find("<code ") {
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
            for way in ways.iter().filter(|way| *way != element) {
                let changed = format!("{}{way}{}", &message[..range.start], &message[range.end..]);
                let (left, modified) = read_message(&changed);
                assert_eq!(more(&left, &rest), Vec::<String>::new(), "{way:.300}");
                told += usize::from(modified);
                tried += 1;
            }
        }
    }
    assert!(tried > 1000 && told * 10 > tried * 9, "{told} of {tried}");
}

#[test]
fn a_message_that_takes_itself_back_is_refused() {
    let message = &messages()[0];
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
