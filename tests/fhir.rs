//! What must be true of all FHIR that is written, whatever the message: on our own messages, and on the published ones
//! where they are there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use ooievaar::dataset::{Content, Value as Leaf};
use ooievaar::{Bundle, Converter, Format, IdKey};
use serde_json::Value;
use support::{Sample, ends_before_it_begins, fixtures, is_of_another_release, published, read, reference_day};

const KIND: &str = "kernset-2.3";
/// The namespace of the BSN.
const BSN: &str = "2.16.840.1.113883.2.4.6.3";

fn converter() -> Converter {
    Converter::new().unwrap()
}

fn all_samples() -> Vec<Sample> {
    let kinds = ["kernset-2.3.6", "kernset-2.3.5", "kernset-2.3.5-test"];
    let published = kinds.iter().flat_map(|kind| published(kind, "hl7v3"));
    fixtures(KIND).into_iter().chain(published.filter(|sample| !is_of_another_release(sample))).collect()
}

fn fixture(name: &str) -> String {
    let found = fixtures(KIND).into_iter().find(|sample| sample.name.ends_with(name)).unwrap();
    String::from_utf8(found.bytes()).unwrap()
}

/// The resources of a message.
fn resources(converter: &Converter, message: &[u8]) -> Vec<Value> {
    let outcome = converter.convert(message, Format::FhirJson).unwrap();
    let bundle: Value = serde_json::from_slice(&outcome.output).unwrap();
    let entries = bundle["entry"].as_array().unwrap();
    entries.iter().map(|entry| entry["resource"].clone()).collect()
}

fn ids(resources: &[Value]) -> Vec<String> {
    resources.iter().map(|resource| format!("{}/{}", text(resource, "resourceType"), text(resource, "id"))).collect()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// Calls `visit` for every reference.
fn references(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                if let (true, Value::String(reference)) = (name == "reference", inner) {
                    visit(reference);
                }
                references(inner, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, visit)),
        _ => {}
    }
}

#[test]
fn every_resource_names_its_profile_and_hangs_together_with_the_rest() {
    for sample in all_samples() {
        let all = resources(&converter(), &sample.bytes());
        let known: BTreeSet<String> = all.iter().map(|resource| format!("urn:uuid:{}", text(resource, "id"))).collect();
        assert_eq!(known.len(), all.len(), "{}: an id occurs twice", sample.name);
        for resource in &all {
            let what = format!("{}: {}", sample.name, text(resource, "resourceType"));
            let profile = resource["meta"]["profile"][0].as_str().unwrap_or_default();
            assert!(profile.starts_with("http"), "{what} names no profile");
            references(resource, &mut |reference| assert!(known.contains(reference), "{what} refers to nothing"));
            let id = text(resource, "id");
            let version = id.as_bytes().get(14);
            assert!(id.len() == 36 && version == Some(&b'5'), "{what}: the id is no UUID of version 5");
        }
    }
}

#[test]
fn all_serialisations_say_the_same() {
    let converter = converter();
    let collecting = converter.clone().with_bundle(Bundle::Collection);
    for sample in all_samples() {
        let bytes = sample.bytes();
        let json = converter.convert(&bytes, Format::FhirJson).unwrap();
        let xml = converter.convert(&bytes, Format::FhirXml).unwrap();
        let lines = converter.convert(&bytes, Format::FhirNdjson).unwrap();
        let collection = collecting.convert(&bytes, Format::FhirJson).unwrap();
        assert_ne!(json.output, collection.output);
        let first = read(&converter, &json.output, &sample.name);
        for (other, format) in [(&xml, Format::FhirXml), (&lines, Format::FhirNdjson), (&collection, Format::FhirJson)]
        {
            assert_eq!(other.ledger, json.ledger, "{} as {format}", sample.name);
            let again = read(&converter, &other.output, &sample.name);
            assert_eq!(again.format, format, "{}", sample.name);
            assert!(again.instance == first.instance, "{} as {format}", sample.name);
            // That a record is over, without when, is more than the status of a record says.
            let lost: Vec<&str> = again.ledger.losses.iter().filter_map(|loss| loss.path.as_deref()).collect();
            let expected: &[&str] = if ends_before_it_begins(&sample) { &["EpisodeOfCare[0].status"] } else { &[] };
            assert_eq!(lost, expected, "{} as {format}", sample.name);
            assert_eq!(again.ledger.losses.len(), expected.len(), "{} as {format}", sample.name);
            assert_eq!(again.ledger.translated, first.ledger.translated, "{} as {format}", sample.name);
            if format == Format::FhirXml {
                assert_eq!(again.ledger.total, first.ledger.total, "{} as {format}", sample.name);
                assert_eq!(again.ledger.structural, first.ledger.structural, "{} as {format}", sample.name);
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for sample in all_samples() {
        for format in [Format::FhirJson, Format::FhirXml, Format::FhirNdjson] {
            let once = converter().convert(&sample.bytes(), format).unwrap();
            let twice = converter().convert(&sample.bytes(), format).unwrap();
            assert!(once.output == twice.output, "{} as {format}", sample.name);
        }
    }
}

/// A transaction is sent with PUT on these ids, so a second delivery must have them too, whichever way it came.
#[test]
fn ids_survive_a_passage_through_ada_and_hl7v3() {
    let converter = converter().with_reference_day(reference_day(KIND));
    for sample in fixtures(KIND) {
        let expected = ids(&resources(&converter, &sample.bytes()));
        for format in [Format::Ada, Format::Hl7v3] {
            let passed = converter.convert(&sample.bytes(), format).unwrap();
            assert_eq!(ids(&resources(&converter, &passed.output)), expected, "{} by {format}", sample.name);
        }
    }
}

/// The same message with other BSNs, each with the namespace that is given here.
fn with_other_bsns(message: &str, namespace: &str) -> String {
    let reading = converter().read(message.as_bytes()).unwrap();
    let mut changed = message.to_owned();
    for (at, (_, _, content)) in reading.instance.leaves().enumerate() {
        if let Content::Value(Leaf::Identifier(id)) = content
            && id.root == BSN
        {
            changed = changed.replace(&format!("\"{}\"", id.extension), &format!("\"1{at:08}\""));
        }
    }
    changed.replace(&format!("\"{BSN}\""), &format!("\"{namespace}\""))
}

#[test]
fn without_a_key_no_id_depends_on_a_bsn() {
    for sample in fixtures(KIND) {
        let message = String::from_utf8(sample.bytes()).unwrap();
        let changed = with_other_bsns(&message, BSN);
        assert_ne!(message, changed, "{}", sample.name);
        let expected = ids(&resources(&converter(), message.as_bytes()));
        assert_eq!(ids(&resources(&converter(), changed.as_bytes())), expected, "{}", sample.name);
    }
}

/// A BSN in a namespace that nobody knows is as secret as any.
#[test]
fn without_a_key_no_id_depends_on_a_bsn_in_a_wrong_namespace() {
    let converter = converter().with_reference_day(reference_day(KIND));
    for sample in fixtures(KIND) {
        // ADA says by the concept that it is a BSN.
        let ada = |message: &str| {
            let ada = converter.convert(message.as_bytes(), Format::Ada).unwrap();
            String::from_utf8(ada.output).unwrap().replace(&format!(" root=\"{BSN}\""), " root=\"1.2.3\"")
        };
        let message = String::from_utf8(sample.bytes()).unwrap();
        let (one, other) = (ada(&message), ada(&with_other_bsns(&message, BSN)));
        assert_ne!(one, other, "{}", sample.name);
        let expected = ids(&resources(&converter, one.as_bytes()));
        assert_eq!(ids(&resources(&converter, other.as_bytes())), expected, "{}", sample.name);
    }
}

#[test]
fn under_a_key_the_id_of_the_woman_depends_on_her_bsn_and_on_the_key() {
    let message = fixture("minimal");
    let under = |key: &[u8], message: &str| {
        let all = resources(&converter().with_id_key(IdKey::new(key).unwrap()), message.as_bytes());
        let women = all.iter().filter(|resource| text(resource, "resourceType") == "Patient");
        women.map(|woman| text(woman, "id").to_owned()).collect::<Vec<_>>()
    };
    let own = under(b"9c1f0b7ae35d4286f0d27c9b15a8e34d", &message);
    assert_eq!(own.len(), 1);
    assert_eq!(own, under(b"9c1f0b7ae35d4286f0d27c9b15a8e34d", &message));
    assert_ne!(own, under(b"9c1f0b7ae35d4286f0d27c9b15a8e34d", &with_other_bsns(&message, BSN)));
    assert_ne!(own, under(b"e83b5d1f70a94c62b7d15e09f3a8c246", &message));
    let open = resources(&converter(), message.as_bytes());
    assert!(open.iter().all(|resource| text(resource, "id") != own[0]));
}

/// The profile demands a code of FHIR; the birth sex itself stands in an extension of the same element.
#[test]
fn a_child_has_a_gender_beside_its_birth_sex() {
    let genders = |name: &str| -> Vec<String> {
        let all = resources(&converter(), fixture(name).as_bytes());
        let children = all.iter().filter(|resource| resource["_gender"].is_object());
        children.map(|child| text(child, "gender").to_owned()).collect()
    };
    assert_eq!(genders("full-single"), ["male"]);
    assert_eq!(genders("null-flavours"), ["unknown"]);
    let twins = genders("twins");
    assert!(twins.len() == 2 && twins.iter().all(|gender| ["male", "female"].contains(&gender.as_str())));
}

/// A reader that overlooks the one element that says no must not see a yes in another.
#[test]
fn a_no_looks_like_a_no_from_every_side() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for sample in all_samples() {
        for resource in resources(&converter(), &sample.bytes()) {
            let what = &sample.name;
            match text(&resource, "verificationStatus") {
                "refuted" | "unknown" => {
                    *counts.entry("condition").or_default() += 1;
                    assert_eq!(text(&resource, "clinicalStatus"), "inactive", "{what}");
                }
                _ => {}
            }
            if resource["notDone"] == Value::Bool(true) {
                *counts.entry("procedure").or_default() += 1;
                assert_ne!(text(&resource, "status"), "completed", "{what}");
                assert!(resource["performedDateTime"].is_null() && resource["performedPeriod"].is_null(), "{what}");
            }
            if resource["valueBoolean"] == Value::Bool(false) {
                *counts.entry("observation").or_default() += 1;
                assert!(resource["dataAbsentReason"].is_null() && resource["interpretation"].is_null(), "{what}");
            }
        }
    }
    assert_eq!(counts.len(), 3, "{counts:?}");
}

/// What a child has to tell of (broken membranes, an episiotomy) may be known before it is born.
#[test]
fn a_birth_without_a_date_is_not_said_to_be_over() {
    let statuses = |message: &str, profile: &str| -> Vec<String> {
        let all = resources(&converter(), message.as_bytes());
        let of_profile =
            all.iter().filter(|resource| resource["meta"]["profile"][0].as_str().unwrap().ends_with(profile));
        of_profile.map(|resource| text(resource, "status").to_owned()).collect()
    };
    let message = fixture("full-single");
    let born = r#"<birthTime value="20240522171200"/>"#;
    assert!(message.contains(born));
    let before = message.replace(born, "");
    for profile in ["bc-Birth", "bc-DeliveryProcedure"] {
        assert_eq!(statuses(&message, profile), ["completed", "completed"], "{profile}");
        let mut now = statuses(&before, profile);
        now.sort();
        assert_eq!(now, ["completed", "unknown"], "the one of an earlier pregnancy, and the one under way: {profile}");
    }
}

/// PWD 3.2 wins: its code stands first, and the one of the message is kept.
#[test]
fn what_has_a_code_in_3_2_is_said_in_it() {
    let message = fixture("full-single");
    let changed = |from: &str, to: &str| {
        assert!(message.contains(from), "{from}");
        message.replace(from, to)
    };
    let (intake, means) = ("2.16.840.1.113883.2.4.4.13.26", "2.16.840.1.113883.6.96");
    let risk = |code: &str| {
        changed(&format!(r#"code="1" codeSystem="{intake}""#), &format!(r#"code="{code}" codeSystem="{intake}""#))
    };
    let drug = |code: &str| {
        changed(&format!(r#"code="426060003" codeSystem="{means}""#), &format!(r#"code="{code}" codeSystem="{means}""#))
    };
    let cases = [
        (message.clone(), "249163006", "PRN530401"),
        (message.clone(), "168089007", "38386-9"),
        (message.clone(), "300421000146103", "OntLt3"),
        (message.clone(), "300431000146101", "OntMt3"),
        (risk("2"), "11501000146101", "2"),
        (risk("3"), "47200007", "3"),
        (risk("5"), "47200007", "5"),
        (drug("52685006:363701004=404642006"), "144681000146108", "52685006:363701004=404642006"),
        (drug("281706009:363701004=11713004"), "144711000146107", "281706009:363701004=11713004"),
    ];
    for (message, target, own) in cases {
        let all = resources(&converter(), message.as_bytes());
        let mut found = Vec::new();
        for resource in &all {
            codings(resource, &mut found);
        }
        assert!(found.iter().any(|codes| codes == &[target, own]), "{target}, {own}: {found:?}");
    }
}

/// The codes of every concept that has several.
fn codings<'v>(value: &'v Value, found: &mut Vec<Vec<&'v str>>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(several)) = members.get("coding") {
                found.push(several.iter().map(|coding| text(coding, "code")).collect());
            }
            members.values().for_each(|inner| codings(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|item| codings(item, found)),
        _ => {}
    }
}
