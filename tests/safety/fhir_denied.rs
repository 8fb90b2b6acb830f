//! What FHIR denies, doubts or withdraws is not stated in a message, judged by the elements of the message and not by our
//! reader.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use ooievaar::convert::MessageKind;
use ooievaar::generate::Generator;
use ooievaar::ledger::Reason;
use ooievaar::{Converter, Error, Format, Outcome};
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use crate::support::messages_that_become;

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

/// What a message states, and how often.
pub type Statements = BTreeMap<String, usize>;

const ACTS: [&str; 8] = [
    "observation",
    "procedure",
    "act",
    "encounter",
    "supply",
    "substanceAdministration",
    "organizer",
    "registrationProcess",
];
/// What tells what kind of statement it is, and nothing of its content.
const FRAME: [&str; 4] = ["templateId", "statusCode", "id", "realmCode"];

/// The codes and values that stand in acts which nothing denies.
fn statements(message: &str) -> Statements {
    let document = Document::parse(message).unwrap();
    let mut stated = Statements::new();
    let acts = document.descendants().filter(|node| ACTS.contains(&node.tag_name().name()));
    for act in acts.filter(|act| !act.ancestors().any(is_denied)) {
        let code = child(act, "code").and_then(|code| code.attribute("code")).unwrap_or_default();
        let values: Vec<Node> = act.children().filter(|child| child.has_tag_name((HL7, "value"))).collect();
        let is_answered = values.is_empty() || values.iter().any(|value| value.attribute("nullFlavor").is_none());
        if is_answered && !code.is_empty() {
            *stated.entry(code.to_owned()).or_default() += 1;
        }
        let own = act.descendants().filter(|node| *node != act && node.is_element());
        let own =
            own.filter(|node| node.ancestors().find(|outer| ACTS.contains(&outer.tag_name().name())) == Some(act));
        for node in own.filter(|node| !FRAME.contains(&node.tag_name().name()) && !node.ancestors().any(is_denied)) {
            for name in ["code", "value", "extension"] {
                if let Some(content) = node.attribute(name) {
                    *stated.entry(format!("{code} {} {content}", node.tag_name().name())).or_default() += 1;
                }
            }
            if let Some(text) = node.text().map(str::trim).filter(|text| !text.is_empty()) {
                *stated.entry(format!("{code} {} {text}", node.tag_name().name())).or_default() += 1;
            }
        }
    }
    stated
}

const HL7: &str = "urn:hl7-org:v3";

/// True for what is denied or not known: so is all that stands within it.
fn is_denied(node: Node) -> bool {
    let says_no = |child: Node| child.has_tag_name((HL7, "value")) && child.attribute("value") == Some("false");
    node.attribute("negationInd") == Some("true")
        || node.attribute("nullFlavor").is_some()
        || node.children().any(says_no)
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// What the one states more than the other.
pub fn more(one: &Statements, other: &Statements) -> Vec<String> {
    let more = one.iter().filter(|(what, times)| other.get(*what).is_none_or(|own| own < *times));
    more.map(|(what, _)| what.clone()).collect()
}

pub fn converted(bundle: &Value) -> Result<Outcome, Error> {
    let outcome = CONVERTER.convert(bundle.to_string().as_bytes(), Format::Hl7v3)?;
    assert!(outcome.ledger.is_balanced());
    Ok(outcome)
}

fn stated(outcome: &Outcome) -> Statements {
    statements(std::str::from_utf8(&outcome.output).unwrap())
}

/// Our own cases with these names as FHIR, of every kind of message that becomes FHIR, and so many drawn ones, of each kind in turn.
pub fn bundles_of(names: &[&str], drawn: usize) -> Vec<Value> {
    let as_fhir = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).unwrap() };
    let own = messages_that_become(&CONVERTER, Format::FhirJson);
    let named = own.iter().filter(|(_, sample)| names.iter().any(|name| sample.name.ends_with(name)));
    let written = named.map(|(_, sample)| CONVERTER.convert(&sample.bytes(), Format::FhirJson).unwrap().output);
    let mut bundles: Vec<Value> = written.map(|output| as_fhir(&output)).collect();
    let mut kinds: Vec<&MessageKind> = own.iter().map(|(kind, _)| *kind).collect();
    kinds.dedup_by_key(|kind| &kind.name);
    let mut seeds = 0..;
    for kind in kinds.iter().cycle().take(drawn) {
        let generator = Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), kind.fhir.as_deref());
        // What has no clinical value is refused.
        let mut instances = seeds.by_ref().map(|seed| generator.instance(seed));
        let instance = instances.find(|instance| instance.holds_clinical(&kind.dataset)).unwrap();
        bundles.push(as_fhir(&CONVERTER.write_instance(kind, &instance, Format::FhirJson).unwrap().output));
    }
    bundles
}

/// What the message that is made of a bundle states.
pub fn stated_in(bundle: &Value) -> Result<Statements, Error> {
    converted(bundle).map(|outcome| stated(&outcome))
}

pub fn without_one(bundle: &Value, at: usize) -> Value {
    without(bundle, &BTreeSet::from([at]))
}

pub fn entries(bundle: &Value) -> &[Value] {
    bundle["entry"].as_array().unwrap()
}

fn without(bundle: &Value, away: &BTreeSet<usize>) -> Value {
    let mut bundle = bundle.clone();
    let mut at = 0;
    bundle["entry"].as_array_mut().unwrap().retain(|_| {
        at += 1;
        !away.contains(&(at - 1))
    });
    bundle
}

/// True if a resource refers to another.
pub fn refers(from: &Value, to: &Value) -> bool {
    let id = to["resource"]["id"].as_str().unwrap();
    from.to_string().contains(&format!(r#""reference":"urn:uuid:{id}""#))
}

/// A resource and what only it refers to and is about nobody by itself: a medicine.
fn with_own(bundle: &Value, at: usize) -> BTreeSet<usize> {
    let all = entries(bundle);
    let is_own = |other: &usize| {
        let is_about_nobody = all[*other]["resource"]["resourceType"] == "Medication";
        let referrers = (0..all.len()).filter(|from| from != other && refers(&all[*from], &all[*other]));
        is_about_nobody && referrers.collect::<Vec<_>>() == [at]
    };
    (0..all.len()).filter(is_own).chain([at]).collect()
}

/// The ways in which FHIR says that something is not so, or that it is not known whether it is.
fn ways(resource: &Value) -> Vec<(&'static str, Value)> {
    let several = |element: &'static str, codes: &[&str]| codes.iter().map(|code| (element, json!(code))).collect();
    let mut ways: Vec<(&str, Value)> = match resource["resourceType"].as_str().unwrap() {
        "Condition" => {
            several("verificationStatus", &["refuted", "entered-in-error", "unknown", "provisional", "differential"])
        }
        "Procedure" => several("status", &["preparation", "suspended", "aborted", "entered-in-error"]),
        "MedicationStatement" => {
            let mut ways = several("taken", &["n", "unk", "na"]);
            ways.extend([("status", json!("intended")), ("status", json!("entered-in-error"))]);
            ways
        }
        "MedicationAdministration" => vec![("notGiven", json!(true)), ("status", json!("entered-in-error"))],
        "Observation" => several("status", &["registered", "cancelled", "entered-in-error"]),
        "Encounter" => several("status", &["planned", "cancelled", "entered-in-error"]),
        "EpisodeOfCare" => several("status", &["planned", "waitlist", "cancelled", "entered-in-error"]),
        "ReferralRequest" => {
            let mut ways = several("status", &["draft", "cancelled", "entered-in-error"]);
            ways.extend([("intent", json!("proposal")), ("intent", json!("plan"))]);
            ways
        }
        "CareTeam" => several("status", &["proposed", "entered-in-error"]),
        "ClinicalImpression" | "Device" | "Medication" => several("status", &["entered-in-error"]),
        "Patient" | "Organization" => vec![("active", json!(false))],
        _ => Vec::new(),
    };
    if resource["resourceType"] == "Procedure" {
        ways.push(("notDone", json!(true)));
    }
    ways.extend([
        ("modifierExtension", json!([{"url": "urn:x", "valueBoolean": true}])),
        ("implicitRules", json!("urn:x")),
    ]);
    ways.retain(|(element, value)| resource[*element] != *value);
    // A suspicion is provisional by nature.
    let is_suspicion = resource["verificationStatus"] == "provisional";
    ways.retain(|(_, value)| !(is_suspicion && *value == "differential"));
    // What is not known to begin with is no statement, whatever it becomes.
    if resource["verificationStatus"] == "unknown" || resource["verificationStatus"] == "refuted" {
        ways.retain(|(element, _)| *element != "verificationStatus");
    }
    if resource["notDone"] == true {
        ways.retain(|(element, value)| *element != "status" || *value == "entered-in-error");
    }
    if resource["taken"] == "unk" {
        ways.retain(|(_, value)| *value != "n" && *value != "na");
    }
    ways
}

#[test]
fn what_fhir_takes_back_is_not_stated_in_a_message() {
    let (mut tried, mut told, mut wrong) = (BTreeMap::<String, usize>::new(), 0, BTreeSet::new());
    for bundle in bundles_of(&["full-single"], 1) {
        let whole = stated(&converted(&bundle).unwrap());
        for (at, entry) in entries(&bundle).iter().enumerate() {
            let resource = &entry["resource"];
            let kind = resource["resourceType"].as_str().unwrap();
            let Ok(rest) = converted(&without(&bundle, &with_own(&bundle, at))) else { continue };
            let rest = stated(&rest);
            let is_referred_to = entries(&bundle).iter().any(|other| refers(other, entry));
            for (element, value) in ways(resource) {
                let mut changed = bundle.clone();
                changed["entry"][at]["resource"][element] = value.clone();
                *tried.entry(format!("{kind}.{element} {value}")).or_default() += 1;
                // A record or pregnancy that is taken back may leave a case that is about none.
                let Ok(left) = converted(&changed) else { continue };
                told += usize::from(left.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier));
                let left = stated(&left);
                // What others say stands on its own, or falls with it; nothing is added.
                let most = if is_referred_to { &whole } else { &rest };
                let added = more(&left, most);
                if !added.is_empty() {
                    wrong.insert(format!("{kind}.{element} {value}: {added:?} {:.200}", resource["code"].to_string()));
                }
            }
        }
    }
    println!("{tried:#?} {told}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried.len() > 35 && told > 500, "{told} of {tried:?}");
}

/// A woman with her record, and these resources about her.
fn case(more: &[Value]) -> Value {
    let profile = |name: &str| json!({"profile": [format!("http://nictiz.nl/fhir/StructureDefinition/{name}")]});
    let snomed = |code: &str| json!({"coding": [{"system": "http://snomed.info/sct", "code": code}]});
    let woman = json!({"reference": "Patient/w"});
    let mut resources = vec![
        json!({"resourceType": "Patient", "id": "w", "meta": profile("bc-Woman"), "birthDate": "1990-02-03"}),
        json!({"resourceType": "Condition", "id": "p", "meta": profile("zib-Pregnancy"), "code": snomed("118185001"), "subject": woman}),
        json!({"resourceType": "EpisodeOfCare", "id": "e", "meta": profile("bc-MaternalRecord"), "status": "active",
            "type": [snomed("364320009")], "patient": woman, "diagnosis": [{"condition": {"reference": "Condition/p"}}]}),
    ];
    let pregnancies = json!({"resourceType": "Observation", "id": "g", "status": "final", "valueQuantity": {"value": 2},
        "meta": profile("zib-Pregnancy-Gravidity"), "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}});
    resources.extend(more.iter().chain([&pregnancies]).cloned().map(|mut resource| {
        resource["subject"] = woman.clone();
        resource["context"] = json!({"reference": "EpisodeOfCare/e"});
        resource
    }));
    let entries: Vec<Value> = resources.into_iter().map(|resource| json!({"resource": resource})).collect();
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries})
}

fn diabetes(members: &Value) -> Value {
    let mut condition = json!({"resourceType": "Condition", "id": "d",
        "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/zib-Problem"]},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "73211009"}]}});
    condition.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    condition
}

fn message_of(resources: &[Value]) -> String {
    String::from_utf8(converted(&case(resources)).unwrap().output).unwrap()
}

#[test]
fn a_condition_with_a_clinical_status_alone_is_stated_only_if_it_is_active() {
    for (clinical, is_stated) in
        [("active", true), ("recurrence", true), ("inactive", false), ("remission", false), ("resolved", false)]
    {
        let resource = diabetes(&json!({"clinicalStatus": clinical}));
        let outcome = converted(&case(&[resource])).unwrap();
        assert_eq!(stated(&outcome).contains_key("73211009"), is_stated, "{clinical}");
        let is_told = outcome
            .ledger
            .losses
            .iter()
            .any(|loss| loss.path.as_deref().unwrap_or_default().starts_with("Condition[3]."));
        assert_eq!(is_told, !is_stated, "{clinical}");
    }
}

#[test]
fn a_narrower_code_that_is_refuted_denies_no_more_than_itself() {
    let code = json!({"coding": [{"system": "http://snomed.info/sct", "code": "73211009"},
        {"system": "http://snomed.info/sct", "code": "46635009"}]});
    let narrower =
        message_of(&[diabetes(&json!({"code": code, "clinicalStatus": "inactive", "verificationStatus": "refuted"}))]);
    assert!(!narrower.contains("73211009") && !narrower.contains("46635009"), "{narrower}");
    let all = message_of(&[diabetes(&json!({"clinicalStatus": "inactive", "verificationStatus": "refuted"}))]);
    assert!(all.contains("73211009") && !statements(&all).contains_key("73211009"));
}

/// What may stand around a resource in a bundle that takes it back, or changes what it says: where, and what.
fn around() -> Vec<(&'static str, Value)> {
    let unknown = json!([{"url": "http://example.org/changed", "valueBoolean": true}]);
    vec![
        ("modifierExtension", unknown.clone()),
        ("search", json!({"mode": "outcome"})),
        ("search", json!({"mode": "match", "modifierExtension": unknown})),
        ("request", json!({"method": "PUT", "url": "x", "modifierExtension": unknown})),
        ("response", json!({"status": "410 Gone"})),
        ("response", json!({"status": "404"})),
    ]
}

#[test]
fn what_is_around_a_resource_is_heard() {
    let mut tried = 0;
    for bundle in bundles_of(&["full-single"], 0) {
        let all = entries(&bundle);
        for at in (0..all.len()).filter(|at| !all.iter().any(|other| refers(other, &all[*at]))).step_by(4) {
            // The record itself is needed.
            let Ok(without) = stated_in(&without_one(&bundle, at)) else { continue };
            for (element, value) in around() {
                let mut changed = bundle.clone();
                changed["entry"][at][element] = value.clone();
                let outcome = CONVERTER.convert(changed.to_string().as_bytes(), Format::Hl7v3).unwrap();
                assert_eq!(stated_in(&changed).unwrap(), without, "{at} {element} {value}");
                assert!(outcome.ledger.lost_leaves() > 0, "{at} {element} {value}: nothing is told");
                tried += 1;
            }
            // And what says that all is well changes nothing.
            for (element, value) in [("search", json!({"mode": "match"})), ("response", json!({"status": "200 OK"}))] {
                let mut changed = bundle.clone();
                changed["entry"][at][element] = value;
                assert_eq!(stated_in(&changed).unwrap(), stated_in(&bundle).unwrap(), "{at} {element}");
            }
        }
        for (element, value) in [
            ("implicitRules", json!("http://example.org/rules")),
            ("modifierExtension", json!([{"url": "http://example.org/x"}])),
        ] {
            let mut changed = bundle.clone();
            changed[element] = value;
            assert!(CONVERTER.convert(changed.to_string().as_bytes(), Format::Hl7v3).is_err(), "{element}");
        }
    }
    assert!(tried > 30, "{tried}");
}

/// Resources that take others back, put beside them.
fn withdrawing(other: &str) -> Vec<(&'static str, Value)> {
    let reference = json!({"reference": other});
    vec![
        (
            "an item deleted from a list",
            json!({"resourceType": "List", "id": "l", "status": "current", "mode": "changes",
                "entry": [{"deleted": true, "item": reference}]}),
        ),
        (
            "an item that a list flags as cancelled",
            json!({"resourceType": "List", "id": "l", "status": "current", "mode": "changes", "entry": [{"item": reference,
                "flag": {"coding": [{"system": "urn:oid:1.2.36.1.2001.1001.101.104.16592", "code": "02"}]}}]}),
        ),
        (
            "a provenance that deletes it",
            json!({"resourceType": "Provenance", "id": "p", "target": [reference], "recorded": "2024-01-01T10:00:00Z",
                "activity": {"system": "http://hl7.org/fhir/v3/DataOperation", "code": "DELETE"},
                "agent": [{"whoUri": "urn:x"}]}),
        ),
        (
            "a provenance that removes it",
            json!({"resourceType": "Provenance", "id": "p", "recorded": "2024-01-01T10:00:00Z",
                "entity": [{"role": "removal", "whatReference": reference}], "agent": [{"whoUri": "urn:x"}]}),
        ),
        (
            "a message that nullifies it",
            json!({"resourceType": "MessageHeader", "id": "m", "focus": [reference],
                "event": {"system": "http://hl7.org/fhir/message-events", "code": "MedicationAdministration-Nullification"}}),
        ),
    ]
}

#[test]
fn what_another_resource_takes_back_is_not_stated() {
    for bundle in bundles_of(&["/full-single"], 0) {
        let all = stated_in(&bundle).unwrap();
        for at in 0..entries(&bundle).len() {
            let resource = &entries(&bundle)[at]["resource"];
            if !["Condition", "Observation", "Procedure"].iter().any(|kind| resource["resourceType"] == **kind) {
                continue;
            }
            let without = stated_in(&without_one(&bundle, at)).unwrap();
            let own = more(&all, &without);
            let name = entries(&bundle)[at]["fullUrl"].as_str().unwrap();
            for (way, other) in withdrawing(name) {
                let mut withdrawn = bundle.clone();
                withdrawn["entry"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"fullUrl": "urn:uuid:other", "resource": other}));
                let outcome = converted(&withdrawn).unwrap();
                let still = more(&stated(&outcome), &without);
                assert!(still.is_empty(), "{way}: {still:?} of {own:?}");
                assert!(outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier), "{way}");
            }
        }
    }
}

#[test]
fn what_is_of_a_relative_is_not_said_of_the_woman() {
    let family = |code: &str| json!({"system": "http://snomed.info/sct", "code": code});
    let mut tried = 0;
    for bundle in bundles_of(&["/full-single"], 0) {
        for at in 0..entries(&bundle).len() {
            let own = &entries(&bundle)[at]["resource"];
            if own["resourceType"] != "Condition" {
                continue;
            }
            let without = stated_in(&without_one(&bundle, at)).unwrap();
            for (code, beside) in [("416471007", false), ("57177007", true), ("281666001", true)] {
                let mut relative = bundle.clone();
                let category = &mut relative["entry"][at]["resource"]["category"];
                let mut all = category.as_array().cloned().filter(|_| beside).unwrap_or_default();
                all.push(json!({"coding": [family(code)]}));
                *category = Value::Array(all);
                let still = more(&stated(&converted(&relative).unwrap()), &without);
                assert!(still.is_empty(), "{still:?}");
                let mut relative = bundle.clone();
                let concept = &mut relative["entry"][at]["resource"]["code"];
                let Some(codings) = concept["coding"].as_array_mut() else { continue };
                codings.push(family(code));
                let still = more(&stated(&converted(&relative).unwrap()), &without);
                assert!(still.is_empty(), "{still:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 10, "{tried}");
}

#[test]
fn what_stands_in_place_of_a_status_does_not_affirm() {
    let unknown = json!({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]});
    let affirmed = message_of(&[diabetes(&json!({"clinicalStatus": "active", "verificationStatus": "confirmed"}))]);
    assert!(statements(&affirmed).contains_key("73211009"));
    let outcome =
        converted(&case(&[diabetes(&json!({"clinicalStatus": "active", "_verificationStatus": unknown}))])).unwrap();
    assert!(!stated(&outcome).contains_key("73211009"));
    assert!(outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier));
}

#[test]
fn an_old_or_temporary_address_is_not_where_somebody_lives() {
    for (used, arrives) in [("home", true), ("old", false), ("temp", false)] {
        let mut bundle = case(&[]);
        bundle["entry"][0]["resource"]["address"] = json!([{"use": used, "postalCode": "9998XA"}]);
        let message = String::from_utf8(converted(&bundle).unwrap().output).unwrap();
        assert_eq!(message.contains("9998XA"), arrives, "{used}");
    }
    let full =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/full-single.xml")).unwrap();
    let start = full[..full.find("<postalCode>").unwrap()].rfind("<addr").unwrap();
    let addr = &full[start..][..full[start..].find("</addr>").unwrap()];
    let postcode = addr.split("<postalCode>").nth(1).unwrap().split('<').next().unwrap();
    for (used, arrives) in [("HP", true), ("HP PHYS", true), ("OLD", false), ("HP BAD", false), ("TMP", false)] {
        let own = addr.split_once('>').unwrap().1;
        let changed = full.replace(addr, &format!("<addr use=\"{used}\">{own}"));
        let outcome = CONVERTER.convert(changed.as_bytes(), Format::FhirJson).unwrap();
        let written = String::from_utf8(outcome.output).unwrap();
        assert_eq!(written.contains(postcode), arrives, "{used}");
        assert_eq!(outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier), !arrives, "{used}");
    }
}

#[test]
fn a_message_that_says_that_it_was_made_in_error_is_refused() {
    let header = |reason: &str| json!({"resource": {"resourceType": "MessageHeader", "id": "m", "reason": {"coding": [{"code": reason}]}}});
    let with = |reason: &str| {
        let mut bundle = case(&[diabetes(&json!({"clinicalStatus": "active"}))]);
        bundle["entry"].as_array_mut().unwrap().insert(0, header(reason));
        converted(&bundle)
    };
    assert!(with("admit").is_ok());
    assert_eq!(with("EIE").unwrap_err().code(), "taken-back");
}

#[test]
fn a_document_that_was_entered_in_error_is_refused() {
    for bundle in bundles_of(&["/minimal"], 0) {
        let mut document = bundle.clone();
        document["type"] = json!("document");
        let composition = |status: &str| {
            json!({"fullUrl": "urn:uuid:composition",
                "resource": {"resourceType": "Composition", "id": "c", "status": status}})
        };
        let put = |status: &str| {
            let mut document = document.clone();
            document["entry"].as_array_mut().unwrap().insert(0, composition(status));
            document
        };
        assert_eq!(stated_in(&put("final")).unwrap(), stated_in(&bundle).unwrap());
        assert_eq!(stated_in(&put("entered-in-error")).unwrap_err().code(), "taken-back");
    }
}
