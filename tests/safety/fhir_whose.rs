//! What FHIR says of one person is not stated of another, nor of nobody, in whatever way the references are combined: judged by
//! the elements of the message.

use std::collections::BTreeMap;

use ooievaar::{Converter, Format};
use serde_json::{Value, json};

use crate::fhir_denied::{bundles_of, converted, entries, more, refers, stated_in, without_one};

/// Where a resource says whom it is about.
const WHOM: [&str; 2] = ["subject", "patient"];

/// A reference to a person who is not in the source.
fn absent_person() -> Value {
    json!({"reference": "Patient/somebody-else"})
}

/// The contexts that a resource may have beside another person: its own, none, one that is not in the source.
fn contexts(resource: &Value) -> Vec<Option<Value>> {
    let own = resource.get("context").cloned();
    vec![own, None, Some(json!({"reference": "EpisodeOfCare/unknown"})), Some(json!({"display": "record"}))]
}

fn set(resource: &mut Value, element: &str, value: Option<Value>) {
    let members = resource.as_object_mut().unwrap();
    match value {
        Some(value) => drop(members.insert(element.to_owned(), value)),
        None => drop(members.remove(element)),
    }
}

#[test]
fn what_is_about_somebody_else_is_not_stated() {
    let mut tried = BTreeMap::<String, usize>::new();
    let mut wrong = Vec::new();
    for bundle in bundles_of(&["twins"], 0) {
        let whole = stated_in(&bundle).unwrap();
        let persons: Vec<(String, String)> = entries(&bundle)
            .iter()
            .filter(|entry| entry["resource"]["resourceType"] == "Patient")
            .map(|entry| {
                let profile = entry["resource"]["meta"]["profile"][0].as_str().unwrap();
                (format!("urn:uuid:{}", entry["resource"]["id"].as_str().unwrap()), profile.to_owned())
            })
            .collect();
        for (at, entry) in entries(&bundle).iter().enumerate() {
            let resource = &entry["resource"];
            let Some(element) = WHOM.into_iter().find(|element| resource[*element]["reference"].is_string()) else {
                continue;
            };
            let own = resource[element]["reference"].as_str().unwrap();
            let Some((_, own_kind)) = persons.iter().find(|(name, _)| name == own) else { continue };
            let Ok(rest) = stated_in(&without_one(&bundle, at)) else { continue };
            let is_referred_to = entries(&bundle).iter().any(|other| refers(other, entry));
            // Of another child it is said then: that is for its references to tell.
            let others =
                persons.iter().filter(|(_, kind)| kind != own_kind).map(|(name, _)| json!({"reference": name}));
            for other in others.take(1).chain([absent_person(), json!({"reference": "Group/all"})]) {
                for context in contexts(resource) {
                    let mut changed = bundle.clone();
                    let target = &mut changed["entry"][at]["resource"];
                    set(target, element, Some(other.clone()));
                    set(target, "context", context.clone());
                    *tried.entry(resource["resourceType"].to_string()).or_default() += 1;
                    // Two persons may be two cases, which is refused.
                    let Ok(left) = stated_in(&changed) else { continue };
                    let added = more(&left, if is_referred_to { &whole } else { &rest });
                    if !added.is_empty() {
                        wrong.push(format!(
                            "{} {other} {context:?}: {added:?} {}",
                            resource["resourceType"], resource["code"]
                        ));
                    }
                }
            }
        }
    }
    println!("{tried:#?}");
    assert!(wrong.is_empty(), "{}: {:#?}", wrong.len(), &wrong[..wrong.len().min(60)]);
    assert!(tried.len() > 6 && tried.values().sum::<usize>() > 300, "{tried:?}");
}

/// Every element of a resource that is a reference: how to get there, and the reference.
fn references(tree: &Value, path: &str, found: &mut Vec<String>) {
    match tree {
        Value::Object(members) => {
            if members.get("reference").is_some_and(Value::is_string) {
                found.push(path.to_owned());
            }
            members.iter().for_each(|(name, inner)| references(inner, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, inner)| references(inner, &format!("{path}/{at}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_person_of_another_kind_gets_nothing_wherever_the_reference_stands() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for bundle in bundles_of(&["twins"], 0) {
        let whole = stated_in(&bundle).unwrap();
        let of_kind = |kind: &str| -> Vec<String> {
            let own = entries(&bundle)
                .iter()
                .filter(|entry| entry["resource"]["meta"]["profile"][0].as_str().unwrap().ends_with(kind));
            own.map(|entry| format!("urn:uuid:{}", entry["resource"]["id"].as_str().unwrap())).collect()
        };
        let [children, women] = ["/bc-Child", "/bc-Woman"].map(of_kind);
        for (at, entry) in entries(&bundle).iter().enumerate() {
            let Ok(rest) = stated_in(&without_one(&bundle, at)) else { continue };
            let is_referred_to = entries(&bundle).iter().any(|other| refers(other, entry));
            let mut places = Vec::new();
            references(&entry["resource"], "", &mut places);
            for place in places {
                let own = entry["resource"].pointer(&place).unwrap()["reference"].as_str().unwrap().to_owned();
                // Whom a resource names, if it is a person, becomes a person of another kind, or one that nobody knows.
                let Some(kind) = [&children, &women].into_iter().find(|list| list.contains(&own)) else { continue };
                let strange = [&children, &women].into_iter().filter(|list| *list != kind).flatten().take(1).cloned();
                let unknown = ["Patient/unknown", "urn:uuid:unknown"].map(str::to_owned).into_iter();
                for other in strange.chain(unknown) {
                    let mut changed = bundle.clone();
                    changed["entry"][at]["resource"].pointer_mut(&place).unwrap()["reference"] = json!(other);
                    tried += 1;
                    let Ok(left) = stated_in(&changed) else { continue };
                    let added = more(&left, if is_referred_to { &whole } else { &rest });
                    if !added.is_empty() {
                        wrong.push(format!(
                            "{place} -> {other}: {added:?} {} {}",
                            entry["resource"]["resourceType"], entry["resource"]["code"]
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {:#?}", wrong.len(), &wrong[..wrong.len().min(60)]);
    assert!(tried > 150, "{tried}");
}

/// A height of the woman, said of somebody in another way; how often it stands in the message, and whether it was told.
fn heights(change: &dyn Fn(&mut Value)) -> (usize, bool) {
    let converter = Converter::new().unwrap();
    let message = include_bytes!("../../fixtures/kernset-2.3/full-single.xml");
    let fhir = converter.convert(message, Format::FhirJson).unwrap().output;
    let mut bundle: Value = serde_json::from_slice(&fhir).unwrap();
    let entries = bundle["entry"].as_array_mut().unwrap();
    change(entries.iter_mut().find(|entry| entry.to_string().contains("8302-2")).unwrap());
    let outcome = converter.convert(bundle.to_string().as_bytes(), Format::Hl7v3).unwrap();
    assert!(outcome.ledger.is_balanced());
    let text = String::from_utf8(outcome.output).unwrap();
    (text.matches("value=\"171\"").count(), outcome.ledger.lost_leaves() > 0)
}

#[test]
fn what_names_nobody_or_only_a_name_is_not_guessed() {
    assert_eq!(heights(&|_| ()), (1, false));
    let subject = |subject: Value| move |entry: &mut Value| entry["resource"]["subject"] = subject.clone();
    assert_eq!(heights(&subject(json!({"display": "Piet"}))), (0, true));
    let nobody = |entry: &mut Value| {
        let resource = entry["resource"].as_object_mut().unwrap();
        resource.remove("subject");
        resource.remove("context");
    };
    assert_eq!(heights(&nobody), (0, true));
}

/// What makes a reference of the one that was there.
type Made<'a> = Box<dyn Fn(&Value) -> Value + 'a>;

/// What a reference says of whom it means must be so, in whatever way it is combined with a context: each is tried with each.
#[test]
fn a_reference_that_contradicts_itself_is_not_stated_of_her() {
    let bsn = |value: &str| json!({"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": value});
    let hers = "999961640";
    let own = |entry: &Value, element: &str| entry["resource"][element]["reference"].clone();
    let subjects: [(&str, bool, Made<'_>); 7] = [
        ("hers", true, Box::new(|her| json!({"reference": her}))),
        ("with her number", true, Box::new(|her| json!({"reference": her, "identifier": bsn(hers)}))),
        (
            "with a number of another kind",
            true,
            Box::new(|her| json!({"reference": her, "identifier": {"system": "urn:oid:1.9", "value": "7"}})),
        ),
        (
            "with the number of another",
            false,
            Box::new(|her| json!({"reference": her, "identifier": bsn("999987422")})),
        ),
        (
            "another with her number",
            false,
            Box::new(|_| json!({"reference": "Patient/other", "identifier": bsn(hers)})),
        ),
        ("she and another", false, Box::new(|her| json!([{"reference": her}, {"reference": "Patient/other"}]))),
        ("she and a name", false, Box::new(|her| json!([{"reference": her}, {"display": "Piet"}]))),
    ];
    let contexts: [(&str, bool, Made<'_>); 5] = [
        ("its own", true, Box::new(|own| json!({"reference": own}))),
        ("none", true, Box::new(|_| Value::Null)),
        ("another record", false, Box::new(|_| json!({"reference": "EpisodeOfCare/other"}))),
        (
            "the number of another record",
            false,
            Box::new(
                |_| json!({"identifier": {"system": "urn:oid:2.16.840.1.113883.2.4.3.11.999.77.4", "value": "zw-9"}}),
            ),
        ),
        (
            "its own and another",
            false,
            Box::new(|own| json!([{"reference": own}, {"reference": "EpisodeOfCare/other"}])),
        ),
    ];
    for (subject_name, subject_is_hers, subject) in &subjects {
        for (context_name, context_is_hers, context) in &contexts {
            let (stands, told) = heights(&|entry| {
                let (her, record) = (own(entry, "subject"), own(entry, "context"));
                assert!(her.is_string() && record.is_string());
                set(&mut entry["resource"], "subject", Some(subject(&her)));
                set(&mut entry["resource"], "context", Some(context(&record)).filter(|context| !context.is_null()));
            });
            let is_hers = *subject_is_hers && *context_is_hers;
            assert_eq!(stands, usize::from(is_hers), "{subject_name}, {context_name}");
            assert!(is_hers || told, "{subject_name}, {context_name}");
        }
    }
}

#[test]
fn the_same_id_on_another_server_is_somebody_else() {
    let elsewhere = |entry: &mut Value| {
        let own = entry["resource"]["subject"]["reference"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
        entry["resource"]["subject"]["reference"] = format!("https://other.example/fhir/Patient/{own}").into();
    };
    // Where the bundle does not say on which server its resources are, the id is all there is.
    assert_eq!(heights(&elsewhere), (1, false));
    let converter = Converter::new().unwrap();
    let message = include_bytes!("../../fixtures/kernset-2.3/full-single.xml");
    let fhir = String::from_utf8(converter.convert(message, Format::FhirJson).unwrap().output).unwrap();
    let mut bundle: Value = serde_json::from_str(&fhir).unwrap();
    for entry in bundle["entry"].as_array_mut().unwrap() {
        let url = entry["request"]["url"].as_str().unwrap();
        entry["fullUrl"] = format!("https://one.example/fhir/{url}").into();
        entry["resource"] = serde_json::from_str(&in_urls(&entry["resource"].to_string(), &fhir)).unwrap();
    }
    let count = |bundle: &Value| {
        let outcome = converter.convert(bundle.to_string().as_bytes(), Format::Hl7v3).unwrap();
        String::from_utf8(outcome.output).unwrap().matches("value=\"171\"").count()
    };
    assert_eq!(count(&bundle), 1);
    let entries = bundle["entry"].as_array_mut().unwrap();
    let height = entries.iter_mut().find(|entry| entry.to_string().contains("8302-2")).unwrap();
    let woman = height["resource"]["subject"]["reference"].as_str().unwrap().to_owned();
    height["resource"]["subject"]["reference"] = woman.replace("one.example", "two.example").into();
    assert_eq!(count(&bundle), 0);
}

/// References by URL instead of by the ids in a bundle.
fn in_urls(resource: &str, bundle: &str) -> String {
    let bundle: Value = serde_json::from_str(bundle).unwrap();
    let mut text = resource.to_owned();
    for entry in bundle["entry"].as_array().unwrap() {
        let (urn, url) = (entry["fullUrl"].as_str().unwrap(), entry["request"]["url"].as_str().unwrap());
        text = text.replace(&format!("\"{urn}\""), &format!("\"https://one.example/fhir/{url}\""));
    }
    text
}

#[test]
fn what_a_bundle_deletes_is_not_stated() {
    let delete = |entry: &mut Value| entry["request"]["method"] = "DELETE".into();
    assert_eq!(heights(&delete), (0, true));
    for bundle in bundles_of(&["/full-single"], 0) {
        let at = entries(&bundle).iter().position(|entry| entry["resource"]["resourceType"] == "Procedure").unwrap();
        let resource = &entries(&bundle)[at]["resource"];
        let id = resource["id"].as_str().unwrap();
        let without = stated_in(&without_one(&bundle, at)).unwrap();
        assert!(!more(&stated_in(&bundle).unwrap(), &without).is_empty());
        for url in [
            format!("Procedure/{id}"),
            format!("/Procedure/{id}"),
            format!("Procedure/{id}/_history/3"),
            format!("http://example.org/fhir/Procedure/{id}/_history/3"),
            format!("Procedure?_id={id}"),
            format!("Procedure?status=completed&_id={id}"),
        ] {
            let mut deleted = bundle.clone();
            // Where it was found tells which server an absolute URL means.
            deleted["entry"][at]["fullUrl"] = format!("http://example.org/fhir/Procedure/{id}").into();
            let entry = json!({"request": {"method": "DELETE", "url": url}});
            deleted["entry"].as_array_mut().unwrap().push(entry);
            let still = more(&stated_in(&deleted).unwrap(), &without);
            assert!(still.is_empty(), "{url}: {still:?}");
        }
    }
}

/// What a source lacks (a contact, an earlier pregnancy, the profiles) takes the place away from what belongs there: nothing
/// of it becomes something else.
#[test]
fn what_lacks_its_place_does_not_move_to_another() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for bundle in bundles_of(&["full-single"], 0) {
        let whole = stated_in(&bundle).unwrap();
        let mut plain = bundle.clone();
        for entry in plain["entry"].as_array_mut().unwrap() {
            entry["resource"]["meta"].as_object_mut().unwrap().remove("profile");
        }
        let contacts: Vec<&Value> =
            entries(&bundle).iter().filter(|entry| entry["resource"]["resourceType"] == "Encounter").collect();
        let record =
            entries(&bundle).iter().find(|entry| entry["resource"]["resourceType"] == "EpisodeOfCare").unwrap();
        let earlier =
            |entry: &Value| entry["resource"]["code"].to_string().contains("118185001") && !refers(record, entry);
        assert!(!contacts.is_empty() && entries(&bundle).iter().any(earlier));
        for (kind, own) in [("with profiles", &bundle), ("without", &plain)] {
            let mut try_one = |changed: &Value, what: &str| {
                tried += 1;
                let Ok(left) = stated_in(changed) else { return };
                let added = more(&left, &whole);
                if !added.is_empty() {
                    wrong.push(format!("{kind}, {what}: {added:?}"));
                }
            };
            try_one(own, "as it is");
            for (at, entry) in entries(own).iter().enumerate() {
                let resource = &entry["resource"];
                let what = format!("{} {}", resource["resourceType"], resource["code"]);
                if resource["resourceType"] == "Encounter" || earlier(entry) {
                    try_one(&without_one(own, at), &format!("without {what}"));
                }
                if contacts.iter().any(|contact| refers(entry, contact)) {
                    for context in [Some(json!({"reference": "Encounter/absent"})), None] {
                        let mut changed = own.clone();
                        set(&mut changed["entry"][at]["resource"], "context", context.clone());
                        try_one(&changed, &format!("{what} in {context:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {:#?}", wrong.len(), &wrong[..wrong.len().min(60)]);
    assert!(tried > 40, "{tried}");
}

/// What is said of a pregnancy without saying of which, where there are two, is of neither: it may be of the earlier one.
#[test]
fn what_is_said_of_one_of_two_pregnancies_without_saying_of_which_is_of_neither() {
    let mut tried = 0;
    for bundle in bundles_of(&["/full-single"], 0) {
        let whole = stated_in(&bundle).unwrap();
        for (at, entry) in entries(&bundle).iter().enumerate() {
            let profile = entry["resource"]["meta"]["profile"][0].as_str().unwrap_or_default();
            if !profile.ends_with("/bc-PregnancyObservation") {
                continue;
            }
            let without = stated_in(&without_one(&bundle, at)).unwrap();
            if more(&whole, &without).is_empty() {
                continue;
            }
            let mut silent = bundle.clone();
            let resource = silent["entry"][at]["resource"].as_object_mut().unwrap();
            resource.remove("context");
            resource.remove("extension");
            let outcome = converted(&silent).unwrap();
            let still = more(&stated_in(&silent).unwrap(), &without);
            assert!(still.is_empty(), "{}: {still:?}", entry["resource"]["code"]);
            assert!(outcome.ledger.lost_leaves() > 0);
            tried += 1;
        }
    }
    assert!(tried > 1, "{tried}");
}
