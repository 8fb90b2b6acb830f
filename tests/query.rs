//! The searches of `query`, followed here on the resources of our own bundles by a few lines that know no tables. On a real server
//! `.ci/consult` does the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};

use ooievaar::{Converter, Format};
use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ooievaar"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap()
}

fn plan(arguments: &[&str]) -> Value {
    let output = run(&[&["query"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn lines(arguments: &[&str]) -> Vec<String> {
    let output = run(&[&["query", "--form", "url"], arguments].concat());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The references that stand in an element, whatever repeats on the way.
fn references(tree: &Value, element: &str) -> BTreeSet<String> {
    let mut trees = vec![tree];
    for name in element.split('.') {
        let inner = trees.into_iter().filter_map(|tree| tree.get(name));
        trees =
            inner.flat_map(|tree| tree.as_array().map_or_else(|| vec![tree], |list| list.iter().collect())).collect();
    }
    trees.into_iter().filter_map(|tree| tree["reference"].as_str()).map(str::to_owned).collect()
}

/// A server of a few lines: `Type?parameter=Target/id`, where the parameter has the name of the element in small letters.
fn search(all: &BTreeMap<String, Value>, url: &str) -> Vec<String> {
    let (kind, rest) = url.split_once('?').unwrap();
    let (parameter, target) = rest.split_once('=').unwrap();
    if parameter == "_id" {
        return all.keys().filter(|own| **own == format!("{kind}/{target}")).cloned().collect();
    }
    let refers = |own: &Value| {
        let elements = own.as_object().unwrap().keys().filter(|name| name.to_lowercase() == parameter);
        elements.into_iter().any(|element| references(own, element).contains(target))
    };
    let of_kind = all.iter().filter(|(name, _)| name.split('/').next() == Some(kind));
    of_kind.filter(|(_, own)| refers(own)).map(|(name, _)| name.clone()).collect()
}

fn follow(all: &BTreeMap<String, Value>, plan: &Value, woman: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let steps = plan["steps"].as_array().unwrap();
    let id = |name: &str| name.split('/').nth(1).unwrap().to_owned();
    let mut records = Vec::new();
    for step in &steps[..3] {
        let ids = if step["needs"] == "record" { records.clone() } else { vec![woman.to_owned()] };
        for (id_of, one) in
            ids.iter().flat_map(|id| step["searches"].as_array().unwrap().iter().map(move |one| (id, one)))
        {
            let url = one["url"].as_str().unwrap().replace("[patient]", woman).replace("[record]", id_of);
            let more = search(all, &url);
            if one["type"] == steps[1]["record"] {
                records.extend(more.iter().map(|name| id(name)));
            }
            found.extend(more);
        }
    }
    loop {
        let mut more = BTreeSet::new();
        for name in &found {
            let of_kind = |wanted: &Value| name.split('/').next() == wanted.as_str();
            for read in steps[3]["reads"].as_array().unwrap().iter().filter(|read| of_kind(&read["from"])) {
                let there = references(&all[name], read["element"].as_str().unwrap());
                more.extend(there.into_iter().filter(|to| to.split('/').next() == read["type"].as_str()));
            }
            for one in steps[3]["searches"].as_array().unwrap().iter().filter(|one| of_kind(&one["needs"])) {
                let hole = format!("[{}]", one["needs"].as_str().unwrap());
                more.extend(search(all, &one["url"].as_str().unwrap().replace(&hole, &id(name))));
            }
        }
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            return found;
        }
    }
}

/// A bundle with the references that a server makes of those to its entries.
fn on_a_server(mut bundle: String) -> Value {
    let before: Value = serde_json::from_str(&bundle).unwrap();
    for entry in before["entry"].as_array().unwrap() {
        let (own, url) = (entry["fullUrl"].as_str().unwrap(), entry["request"]["url"].as_str().unwrap());
        bundle = bundle.replace(&format!("\"{own}\""), &format!("\"{url}\""));
    }
    serde_json::from_str(&bundle).unwrap()
}

#[test]
fn the_searches_of_every_kind_find_all_that_its_messages_become() {
    let converter = Converter::new().unwrap();
    let mut tried = 0;
    for (kind, sample) in support::messages_that_become(&converter, Format::FhirJson) {
        let bundle = converter.convert(&sample.bytes(), Format::FhirJson).unwrap().output;
        let bundle = on_a_server(String::from_utf8(bundle).unwrap());
        let entries = bundle["entry"].as_array().unwrap().iter();
        let all: BTreeMap<String, Value> = entries
            .map(|entry| (entry["request"]["url"].as_str().unwrap().to_owned(), entry["resource"].clone()))
            .collect();
        let record = all.values().find(|own| own["resourceType"] == "EpisodeOfCare").unwrap();
        let woman = record["patient"]["reference"].as_str().unwrap().split('/').nth(1).unwrap().to_owned();
        let found = follow(&all, &plan(&["--message", &kind.name]), &woman);
        let lost: Vec<&String> = all.keys().filter(|name| !found.contains(*name)).collect();
        assert!(lost.is_empty(), "{}: {lost:?}", sample.name);
        tried += 1;
    }
    assert!(tried >= 8, "{tried}");
}

/// A search for one concept fetches less, and what it does not need to know of beforehand is not asked for.
#[test]
fn a_concept_has_the_searches_that_find_it() {
    let of_weight = lines(&["--message", "kernset-2.3", "--concept", "40060", "--patient", "12"]);
    let typed = lines(&["--message", "kernset-2.3", "--concept", "40060", "--patient", "Patient/12"]);
    assert_eq!(of_weight, typed);
    assert_eq!(of_weight[..2], ["Patient?_id=12", "EpisodeOfCare?patient=Patient/12"]);
    assert!(of_weight[2..].iter().all(|line| line.starts_with("Observation?") && line.contains("%7C29463-7")));
    let all = lines(&["--message", "kernset-2.3"]);
    assert!(of_weight.len() < all.len() / 2);
    // What nothing but a reference leads to.
    let of_hospital = lines(&["--message", "kernset-2.3", "--concept", "40005"]);
    let told = run(&["query", "--form", "url", "--message", "kernset-2.3", "--concept", "40005"]).stderr;
    assert!(String::from_utf8(told).unwrap().contains("Location.managingOrganization"));
    assert!(of_hospital.iter().any(|line| line.starts_with("Procedure?context")));
}

#[test]
fn a_batch_holds_what_can_be_asked_already() {
    let urls = |arguments: &[&str]| -> Vec<String> {
        let batch = plan(&[&["--message", "kernset-2.3", "--form", "bundle"], arguments].concat());
        assert_eq!((&batch["resourceType"], &batch["type"]), (&"Bundle".into(), &"batch".into()));
        let entries = batch["entry"].as_array().unwrap().iter();
        entries.map(|entry| entry["request"]["url"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(urls(&["--patient", "urn:oid:1.2|9 9"]), ["Patient?identifier=urn:oid:1.2%7C9%209"]);
    let known = urls(&["--patient", "12", "--record", "34"]);
    assert!(known.contains(&"Encounter?episodeofcare=EpisodeOfCare/34".to_owned()));
    assert!(known.iter().all(|url| !url.contains('[')));
}

#[test]
fn what_has_no_searches_says_why() {
    for (arguments, said) in [
        (&["--message", "kernset-neonatal"][..], "no such kind of message"),
        (&["--message", "kernset-2.3", "--concept", "99999"], "has no such concept"),
        (&["--message", "kernset-2.3", "--patient", ""], "is no id"),
        (&["--message", "kernset-2.3", "--record", "a b"], "is no id"),
    ] {
        let output = run(&[&["query"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains(said));
    }
}
