//! FHIR with several of what a message has one of (two pregnancies, two deliveries, a person more than there were births):
//! what does not say of which it is, is of none. Judged by the elements of the message.

use serde_json::{Value, json};

use crate::fhir_denied::{bundles_of, converted, entries, more, refers, stated_in, without_one};

/// What is told of a change that states something it should not.
type Wrong = Vec<String>;

fn has_code(entry: &Value, code: &str) -> bool {
    entry["resource"]["code"]["coding"].as_array().into_iter().flatten().any(|coding| coding["code"] == code)
}

fn is_pregnancy(entry: &Value) -> bool {
    has_code(entry, "118185001")
}

fn is_delivery(entry: &Value) -> bool {
    has_code(entry, "236973005")
}

fn url(entry: &Value) -> &str {
    entry["fullUrl"].as_str().unwrap()
}

/// A resource with something else, or nothing, in place of each reference to some others.
fn instead(tree: &Value, of: &[&str], other: Option<&Value>) -> Option<Value> {
    match tree {
        Value::Object(members) => {
            if members.get("reference").and_then(Value::as_str).is_some_and(|own| of.contains(&own)) {
                return other.cloned();
            }
            let kept = members.iter().filter_map(|(name, own)| Some((name.clone(), instead(own, of, other)?)));
            let kept: serde_json::Map<String, Value> = kept.collect();
            // An extension without its value is none.
            let is_hollow = kept.len() < members.len() && kept.keys().all(|name| name == "url");
            (!is_hollow).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<Value> = items.iter().filter_map(|item| instead(item, of, other)).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        leaf => Some(leaf.clone()),
    }
}

/// Takes from each resource in turn what it says of what it is of, or has it name something that is not there.
fn silenced(bundle: &Value, is_whole: impl Fn(&Value) -> bool, kind: &str) -> (usize, Wrong) {
    let wholes: Vec<&Value> = entries(bundle).iter().filter(|entry| is_whole(entry)).collect();
    assert!(wholes.len() > 1);
    let urls: Vec<&str> = wholes.iter().map(|whole| url(whole)).collect();
    let whole = stated_in(bundle).unwrap();
    let (mut tried, mut wrong) = (0, Vec::new());
    for (at, entry) in entries(bundle).iter().enumerate() {
        let resource = &entry["resource"];
        if resource["resourceType"] == "EpisodeOfCare" || !wholes.iter().any(|whole| refers(entry, whole)) {
            continue;
        }
        let without = stated_in(&without_one(bundle, at)).unwrap();
        if more(&whole, &without).is_empty() {
            continue;
        }
        let elsewhere = json!({"reference": format!("{kind}/elsewhere")});
        let by_number = json!({"identifier": {"system": "urn:oid:2.16.528.1.1007.3.3.1", "value": "77"}});
        let others = [None, Some(json!({"display": "de vorige"})), Some(by_number), Some(elsewhere)];
        for other in others {
            let mut changed = bundle.clone();
            changed["entry"][at]["resource"] = instead(resource, &urls, other.as_ref()).unwrap();
            // A contact, a birth or a delivery that it still names says it for it.
            let names =
                |from: &Value, to: &Value| to["resource"]["resourceType"] != "EpisodeOfCare" && refers(from, to);
            let still_said = entries(bundle)
                .iter()
                .any(|part| names(&changed["entry"][at], part) && wholes.iter().any(|whole| names(part, whole)));
            if other.is_none() && still_said {
                continue;
            }
            let outcome = converted(&changed).unwrap();
            let still = more(&stated_in(&changed).unwrap(), &without);
            if !still.is_empty() || outcome.ledger.lost_leaves() == 0 {
                wrong.push(format!("{} {}, {other:?}: {still:?}", resource["resourceType"], resource["code"]));
            }
            tried += 1;
        }
    }
    (tried, wrong)
}

#[test]
fn what_does_not_say_of_which_of_two_pregnancies_it_is_is_of_neither() {
    let mut tried = 0;
    for bundle in bundles_of(&["/full-single"], 0) {
        let (times, wrong) = silenced(&bundle, is_pregnancy, "Condition");
        assert!(wrong.is_empty(), "{} of {times}: {wrong:#?}", wrong.len());
        tried += times;
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn what_does_not_say_of_which_of_two_deliveries_it_is_is_of_neither() {
    let mut tried = 0;
    for bundle in bundles_of(&["/full-single"], 0) {
        let (times, wrong) = silenced(&bundle, is_delivery, "Procedure");
        assert!(wrong.is_empty(), "{} of {times}: {wrong:#?}", wrong.len());
        tried += times;
    }
    assert!(tried > 20, "{tried}");
}

/// A person is a child because a birth says so: who is only the subject of what is said of a child is none.
#[test]
fn a_person_of_whom_no_birth_tells_is_no_child() {
    let mut tried = 0;
    for bundle in bundles_of(&["/full-single", "/twins"], 0) {
        let whole = stated_in(&bundle).unwrap();
        let is_child = |entry: &&Value| entry["resource"]["meta"]["profile"][0].to_string().contains("bc-Child");
        let children: Vec<&Value> = entries(&bundle)
            .iter()
            .filter(|entry| entry["resource"]["resourceType"] == "Patient")
            .filter(is_child)
            .collect();
        for child in children {
            let copy = "urn:uuid:0aa6be3c-1d5c-4a6f-8d5c-2f7a3b8f9e01";
            for plain in [false, true] {
                let mut resource = child["resource"].clone();
                resource["id"] = json!(copy.trim_start_matches("urn:uuid:"));
                if plain {
                    resource.as_object_mut().unwrap().remove("meta");
                }
                for (at, entry) in entries(&bundle).iter().enumerate() {
                    let own = &entry["resource"];
                    if own["subject"]["reference"] != child["fullUrl"] || own["resourceType"] == "Procedure" {
                        continue;
                    }
                    let mut changed = bundle.clone();
                    changed["entry"][at]["resource"]["subject"] = json!({"reference": copy});
                    let further = json!({"fullUrl": copy, "resource": resource, "request": {"method": "PUT", "url": "Patient/x"}});
                    changed["entry"].as_array_mut().unwrap().push(further);
                    // Who else it may be is another case.
                    let Ok(outcome) = converted(&changed) else { continue };
                    tried += 1;
                    let added = more(&stated_in(&changed).unwrap(), &whole);
                    assert!(added.is_empty(), "{} {plain}: {added:?}", own["code"]);
                    assert!(outcome.ledger.lost_leaves() > 0, "{}", own["code"]);
                }
            }
        }
    }
    assert!(tried > 10, "{tried}");
}

/// What a message has one of is not put together from two.
#[test]
fn of_two_deliveries_of_one_pregnancy_nothing_is_mixed() {
    for bundle in bundles_of(&["/full-single"], 0) {
        let record =
            entries(&bundle).iter().find(|entry| entry["resource"]["resourceType"] == "EpisodeOfCare").unwrap();
        let is_current = |entry: &Value| is_pregnancy(entry) && refers(record, entry);
        let current = entries(&bundle).iter().find(|entry| is_current(entry)).unwrap();
        let delivery = entries(&bundle).iter().find(|entry| is_delivery(entry) && refers(entry, current)).unwrap();
        assert!(never_mixed(&bundle, delivery) > 5);
    }
}

#[test]
fn of_two_births_of_one_child_nothing_is_mixed() {
    let mut tried = Vec::new();
    for bundle in bundles_of(&["/full-single"], 0) {
        let births = entries(&bundle).iter().filter(|entry| has_code(entry, "3950001"));
        tried.push(births.map(|birth| never_mixed(&bundle, birth)).sum::<usize>());
    }
    // Kinds that ask little have little to mix.
    assert!(tried.iter().filter(|tried| **tried > 5).count() > 1, "{tried:?}");
}

/// Adds a copy of a resource, and moves to it each resource that refers to it in turn: that is said of neither, and all else
/// of the one that others refer to, wherever the copy stands.
fn never_mixed(bundle: &Value, original: &Value) -> usize {
    let mut tried = 0;
    let whole = stated_in(bundle).unwrap();
    let second = "urn:uuid:0aa6be3c-1d5c-4a6f-8d5c-2f7a3b8f9e02";
    let mut copy = original.clone();
    copy["fullUrl"] = json!(second);
    copy["resource"]["id"] = json!(second.trim_start_matches("urn:uuid:"));
    let mut strayed = bundle.clone();
    strayed["entry"].as_array_mut().unwrap().insert(0, copy.clone());
    assert_eq!(stated_in(&strayed).unwrap(), whole);
    let referrers = entries(bundle).iter().filter(|entry| refers(entry, original)).count();
    for (at, entry) in entries(bundle).iter().enumerate() {
        // Of one that nothing else is part of, the copy is the one that counts then.
        if !refers(entry, original) || referrers < 2 {
            continue;
        }
        let without = stated_in(&without_one(bundle, at)).unwrap();
        let mut changed = bundle.clone();
        let moved = entry["resource"].to_string().replace(url(original), second);
        changed["entry"][at]["resource"] = serde_json::from_str(&moved).unwrap();
        changed["entry"].as_array_mut().unwrap().push(copy.clone());
        let outcome = converted(&changed).unwrap();
        let stated = stated_in(&changed).unwrap();
        let what = &entry["resource"]["code"];
        assert!(more(&stated, &whole).is_empty(), "{what}");
        let both = more(&stated, &without);
        // What a kind says of the delivery is so whichever birth it names, or none.
        let mut of_none = changed.clone();
        of_none["entry"][at]["resource"].as_object_mut().unwrap().remove("partOf");
        if !both.is_empty() && more(&stated_in(&of_none).unwrap(), &without) == both {
            continue;
        }
        assert!(both.is_empty(), "{what}: {both:?}");
        assert!(outcome.ledger.lost_leaves() > 0, "{what}");
        tried += 1;
    }
    tried
}

/// What is referred to and is not there is called by its name: two names are two things.
#[test]
fn births_of_two_deliveries_that_are_not_there_are_no_twins() {
    let is_birth = |entry: &Value| has_code(entry, "3950001");
    let births_in = |bundle: &Value| {
        let outcome = converted(bundle).unwrap();
        let text = String::from_utf8(outcome.output).unwrap();
        (text.matches("code=\"Baring\"").count(), outcome.ledger.lost_leaves())
    };
    let mut tried = 0;
    for bundle in bundles_of(&["/twins"], 0) {
        let births: Vec<&Value> = entries(&bundle).iter().filter(|entry| is_birth(entry)).collect();
        let delivery = entries(&bundle).iter().find(|entry| is_delivery(entry) && refers(births[0], entry)).unwrap();
        let mut absent = bundle.clone();
        absent["entry"].as_array_mut().unwrap().retain(|entry| url(entry) != url(delivery));
        // Both name one that is not there: they are of that, where a message has births without a delivery.
        if births_in(&absent).0 < births.len() {
            continue;
        }
        for (at, entry) in entries(&absent).iter().enumerate().filter(|(_, entry)| is_birth(entry)) {
            for other in [
                json!({"reference": "Procedure/other"}),
                json!({"identifier": {"system": "urn:oid:2.16.528.1.1007.3.3.1", "value": "77"}}),
            ] {
                let mut changed = absent.clone();
                let named = instead(&entry["resource"], &[url(delivery)], Some(&other));
                changed["entry"][at]["resource"] = named.unwrap();
                let (count, lost) = births_in(&changed);
                assert_eq!(count, 0, "{other}");
                assert!(lost > 20, "{lost}");
                tried += 1;
            }
        }
    }
    assert!(tried > 3, "{tried}");
}

/// What a birth is part of says of which pregnancy it is.
#[test]
fn a_birth_is_of_the_pregnancy_of_its_delivery() {
    let mut tried = 0;
    for bundle in bundles_of(&["/full-single"], 0) {
        let whole = stated_in(&bundle).unwrap();
        let record =
            entries(&bundle).iter().find(|entry| entry["resource"]["resourceType"] == "EpisodeOfCare").unwrap();
        let current = entries(&bundle).iter().find(|entry| is_pregnancy(entry) && refers(record, entry)).unwrap();
        let births = entries(&bundle).iter().enumerate();
        for (at, _) in births.filter(|(_, entry)| has_code(entry, "3950001") && refers(entry, current)) {
            let mut silent = bundle.clone();
            silent["entry"][at]["resource"].as_object_mut().unwrap().remove("reasonReference");
            assert_eq!(stated_in(&silent).unwrap(), whole);
            tried += 1;
        }
    }
    assert!(tried > 0, "{tried}");
}

/// What says of itself, or of another, that something else stands in its place.
#[test]
fn what_is_replaced_is_not_stated() {
    let mut tried = 0;
    for bundle in bundles_of(&["/full-single"], 0) {
        let weighs = |entry: &&Value| has_code(entry, "8339-4");
        let Some(weight) = entries(&bundle).iter().find(weighs) else { continue };
        let mut second = weight.clone();
        second["fullUrl"] = json!("urn:uuid:0aa6be3c-1d5c-4a6f-8d5c-2f7a3b8f9e03");
        second["resource"]["id"] = json!("0aa6be3c-1d5c-4a6f-8d5c-2f7a3b8f9e03");
        second["resource"]["valueQuantity"]["value"] = json!(1234);
        second["resource"]["related"] = json!([{ "type": "replaces", "target": { "reference": url(weight) } }]);
        let value = weight["resource"]["valueQuantity"]["value"].to_string();
        let mut changed = bundle.clone();
        changed["entry"].as_array_mut().unwrap().push(second);
        let outcome = converted(&changed).unwrap();
        let text = String::from_utf8(outcome.output.clone()).unwrap();
        assert!(text.contains("value=\"1234\"") && !text.contains(&format!("value=\"{value}\" unit=\"g\"")));
        assert!(outcome.ledger.lost_leaves() > 0);
        // A person whom another resource replaces is none.
        let mut changed = bundle.clone();
        for entry in changed["entry"].as_array_mut().unwrap() {
            if entry["resource"]["resourceType"] == "Patient" {
                entry["resource"]["link"] = json!([{ "type": "replaced-by", "other": { "reference": "Patient/new" } }]);
            }
        }
        assert!(converted(&changed).is_err());
        tried += 1;
    }
    assert!(tried > 0);
}
