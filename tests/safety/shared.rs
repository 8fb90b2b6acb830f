//! What several places refer to is said at each of them, as if each had one of its own: judged by the message that a source
//! gives in which each has its own.

use std::collections::BTreeMap;

use ooievaar::{Converter, Format};
use serde_json::Value;

use crate::fhir_denied::{bundles_of, entries};

/// What a reason of a procedure is: about the woman, and there for who refers to it.
const REASON: &str = "http://nictiz.nl/fhir/StructureDefinition/zib-Problem";

fn name(entry: &Value) -> String {
    format!("urn:uuid:{}", entry["resource"]["id"].as_str().unwrap())
}

/// The references in a resource.
fn references(tree: &Value) -> Vec<&str> {
    match tree {
        Value::Object(members) => {
            let own = members.get("reference").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn redirect(tree: &mut Value, from: &str, to: &str) {
    match tree {
        Value::Object(members) => {
            if let Some(reference) = members.get_mut("reference").filter(|reference| *reference == from) {
                *reference = to.into();
            }
            members.values_mut().for_each(|inner| redirect(inner, from, to));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, from, to)),
        _ => {}
    }
}

/// What may be shared: what is about nobody, and the reasons of procedures.
fn kind_of(bundle: &Value, entry: &Value) -> Option<String> {
    let resource = &entry["resource"];
    let (own_type, profile) = (resource["resourceType"].as_str().unwrap(), resource["meta"]["profile"][0].as_str());
    let about_nobody = ["Location", "Medication", "Organization", "Practitioner", "PractitionerRole"];
    let is_reason = || {
        profile == Some(REASON)
            && entries(bundle).iter().any(|other| {
                let other = &other["resource"];
                other["resourceType"] == "Procedure"
                    && references(&other["reasonReference"]).contains(&name(entry).as_str())
            })
    };
    (about_nobody.contains(&own_type) || is_reason()).then(|| format!("{own_type} {}", profile.unwrap_or_default()))
}

/// The lines of the message that a bundle gives, and how many leaves were lost.
fn message(bundle: &Value) -> (Vec<String>, u32) {
    let outcome = Converter::new().unwrap().convert(bundle.to_string().as_bytes(), Format::Hl7v3).unwrap();
    let text = String::from_utf8(outcome.output).unwrap();
    (text.lines().map(|line| line.trim().to_owned()).collect(), outcome.ledger.lost_leaves())
}

/// Of several reasons of one procedure, the order says nothing.
fn is_reason(kind: &str) -> bool {
    kind.ends_with(REASON)
}

fn sorted(lines: &[String]) -> Vec<&String> {
    let mut lines: Vec<&String> = lines.iter().collect();
    lines.sort();
    lines
}

#[test]
fn what_several_places_refer_to_is_said_at_each() {
    let mut tried = BTreeMap::<String, usize>::new();
    let mut wrong = Vec::new();
    for bundle in bundles_of(&["full-single", "twins", "referral"], 12) {
        let mut kinds = BTreeMap::<String, Vec<usize>>::new();
        for (at, entry) in entries(&bundle).iter().enumerate() {
            if let Some(kind) = kind_of(&bundle, entry) {
                kinds.entry(kind).or_default().push(at);
            }
        }
        for (kind, places) in kinds {
            for pair in places.windows(2) {
                let [one, other] = [pair[0], pair[1]].map(|at| name(&entries(&bundle)[at]));
                // Each has its own, which say the same.
                let mut apart = bundle.clone();
                let id = apart["entry"][pair[1]]["resource"]["id"].clone();
                let mut copy = apart["entry"][pair[0]]["resource"].clone();
                copy["id"] = id;
                apart["entry"][pair[1]]["resource"] = copy;
                // Both have one.
                let mut shared = bundle.clone();
                shared["entry"].as_array_mut().unwrap().remove(pair[1]);
                redirect(&mut shared, &other, &one);
                *tried.entry(kind.clone()).or_default() += 1;
                let (own, own_lost) = message(&apart);
                let (same, lost) = message(&shared);
                // Where nothing tells which is whose (two roles of one professional), it is told.
                if own != same && lost <= own_lost && !(is_reason(&kind) && sorted(&own) == sorted(&same)) {
                    wrong.push(format!("{kind} ({}): {own_lost} and {lost} lost", pair[1]));
                }
            }
        }
    }
    assert!(tried.len() > 4 && tried.values().sum::<usize>() > 50, "{tried:?}");
    assert!(wrong.is_empty(), "{} of {tried:?}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Lets a resource say that it is in another birth as well, wherever it can say so; false if it cannot.
fn said_in(resource: &mut Value, birth: &str) -> bool {
    let reference = serde_json::json!({"reference": birth});
    let mut changed = false;
    if let Some(Value::Array(whole)) = resource.get_mut("partOf") {
        whole.push(reference.clone());
        changed = true;
    }
    if let Some(Value::Array(extensions)) = resource.get_mut("extension") {
        let again: Vec<Value> = extensions
            .iter()
            .filter(|extension| extension["url"].as_str().is_some_and(|url| url.ends_with("STU3")))
            .map(|extension| serde_json::json!({"url": extension["url"], "valueReference": reference}))
            .collect();
        changed |= !again.is_empty();
        extensions.extend(again);
    }
    changed
}

#[test]
fn what_is_said_to_be_in_two_births_is_in_none() {
    let bundle = bundles_of(&["twins"], 0).remove(0);
    let births: Vec<String> = entries(&bundle)
        .iter()
        .filter(|entry| entry["resource"]["meta"]["profile"][0].as_str().is_some_and(|url| url.ends_with("/bc-Birth")))
        .map(name)
        .collect();
    let mut tried = 0;
    for (at, entry) in entries(&bundle).iter().enumerate() {
        let said = references(&entry["resource"]);
        let Some(own) = births.iter().position(|birth| said.contains(&birth.as_str())) else { continue };
        let mut changed = bundle.clone();
        if !said_in(&mut changed["entry"][at]["resource"], &births[1 - own]) {
            continue;
        }
        let mut without = bundle.clone();
        without["entry"].as_array_mut().unwrap().remove(at);
        tried += 1;
        let (lines, lost) = message(&changed);
        assert_eq!(lines, message(&without).0, "resource {at}");
        assert!(lost > 0, "resource {at}: nothing is told");
    }
    assert!(tried > 5, "{tried}");
}
