//! What stands beside a value in FHIR never beats it; a resource counts once; a system has one name.

use std::sync::LazyLock;

use ooievaar::convert::MessageKind;
use ooievaar::dataset::{Code, ConceptIx, Content, Instance, NodeIx, Origin, Value as Leaf};
use ooievaar::ledger::{Loss, Reason};
use ooievaar::{Converter, Format, Reading, Written};
use serde_json::{Value, json};

use crate::support::messages_that_become;

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

const CORE: &str = "http://hl7.org/fhir/StructureDefinition";
const NICTIZ: &str = "http://nictiz.nl/fhir/StructureDefinition";
const SNOMED: &str = "http://snomed.info/sct";
/// The code system of ethnic groups.
const GROUPS: &str = "urn:oid:2.16.840.1.113883.2.4.4.13.28";
const NULLS: &str = "http://hl7.org/fhir/v3/NullFlavor";

/// A case of these resources, and of how many pregnancies there were: who is nothing but a person is no case.
fn read(resources: &[Value]) -> Reading {
    let pregnancies = observation(
        "g",
        "zib-Pregnancy-Gravidity",
        &json!({"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}),
        &json!({"valueQuantity": {"value": 2}, "subject": {"reference": "Patient/w"}}),
    );
    let inputs: Vec<String> = resources.iter().chain([&pregnancies]).map(Value::to_string).collect();
    let reading = CONVERTER.read_case(&inputs).unwrap();
    assert!(reading.ledger.is_balanced());
    reading
}

/// The values of a concept, short.
fn values(reading: &Reading, number: &str) -> Vec<String> {
    let concept = reading.dataset().find(number).unwrap();
    let shown = |content: &Content| match content {
        Content::Value(Leaf::Quantity(quantity)) => format!("{} {}", quantity.value, quantity.unit),
        Content::Value(Leaf::Count(text) | Leaf::Text(text)) => text.to_string(),
        Content::Value(Leaf::DateTime(moment)) => moment.to_fhir(),
        Content::Value(Leaf::Identifier(id)) => format!("{} {}", id.root, id.extension),
        Content::Value(Leaf::Code(code)) => code.code.to_string(),
        Content::Value(Leaf::Boolean(yes)) => yes.to_string(),
        Content::Null { flavor, original_text } => format!("{flavor} {}", original_text.as_deref().unwrap_or_default()),
    };
    let leaves = reading.instance.leaves().filter(|(_, node, _)| node.concept == concept);
    leaves.map(|(_, _, content)| shown(content)).collect()
}

/// What was told as a contradiction: the ends of the paths.
fn contradictions(reading: &Reading) -> Vec<String> {
    let lost = reading.ledger.losses.iter().filter(|loss| loss.reason == Reason::Contradiction);
    lost.map(|loss| path(loss).to_owned()).collect()
}

fn path(loss: &Loss) -> &str {
    loss.path.as_deref().unwrap_or_default()
}

fn ethnic_group(code: &str) -> Value {
    json!({"coding": [{"system": GROUPS, "code": code}]})
}

fn snomed(code: &str) -> Value {
    json!({"coding": [{"system": SNOMED, "code": code}]})
}

fn profile(name: &str) -> Value {
    json!({"profile": [format!("{NICTIZ}/{name}")]})
}

fn woman(members: &Value) -> Value {
    with(&json!({"resourceType": "Patient", "id": "w", "meta": profile("bc-Woman")}), members)
}

fn with(resource: &Value, members: &Value) -> Value {
    let mut resource = resource.clone();
    resource.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    resource
}

/// A woman with her record, and resources about her.
fn case(more: &[Value]) -> Vec<Value> {
    let subject = json!({"reference": "Patient/w"});
    let mut resources = vec![
        woman(&json!({"birthDate": "1990-02-03"})),
        json!({"resourceType": "Condition", "id": "p", "meta": profile("zib-Pregnancy"), "code": snomed("118185001"), "subject": subject}),
        json!({"resourceType": "EpisodeOfCare", "id": "e", "meta": profile("bc-MaternalRecord"), "status": "active",
            "type": [snomed("364320009")], "patient": subject, "diagnosis": [{"condition": {"reference": "Condition/p"}}]}),
    ];
    let about = json!({"subject": subject, "context": {"reference": "EpisodeOfCare/e"}});
    resources.extend(more.iter().map(|resource| with(resource, &about)));
    resources
}

fn observation(id: &str, profile_name: &str, code: &Value, members: &Value) -> Value {
    let observation = json!({"resourceType": "Observation", "id": id, "status": "final", "meta": profile(profile_name), "code": code});
    with(&observation, members)
}

fn height(members: &Value) -> Value {
    let code = json!({"coding": [{"system": "http://loinc.org", "code": "8302-2"}, {"system": "http://loinc.org", "code": "3137-7"}]});
    let category = json!({"category": [{"coding": [{"system": "http://hl7.org/fhir/observation-category", "code": "vital-signs"}]}]});
    with(&observation("h", "zib-BodyHeight", &code, &category), members)
}

fn centimetres(value: i32) -> Value {
    json!({"value": value, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"})
}

fn extension(url: &str, element: &str, value: &Value) -> Value {
    json!({"extension": [{"url": url, element: value}]})
}

#[test]
fn a_rendered_value_counts_only_if_it_says_the_same() {
    let postcode = |rendered: &str| {
        read(&[woman(&json!({"address": [{"postalCode": "1234AB",
            "_postalCode": extension(&format!("{CORE}/rendered-value"), "valueString", &json!(rendered))}]}))])
    };
    let same = postcode("1234 AB");
    assert_eq!((values(&same, "10304"), contradictions(&same).len()), (vec!["1234 AB".to_owned()], 0));
    let other = postcode("9999 ZZ");
    assert_eq!(values(&other, "10304"), ["1234AB"]);
    assert_eq!(contradictions(&other).len(), 2, "{:?}", other.ledger.losses);
}

#[test]
fn a_moment_of_birth_counts_only_if_it_is_on_the_day() {
    let born = |moment: &str, rendered: Option<&str>| {
        let mut inner = json!({"url": format!("{CORE}/patient-birthTime"), "valueDateTime": moment});
        if let Some(rendered) = rendered {
            inner["_valueDateTime"] = extension(&format!("{CORE}/rendered-value"), "valueString", &json!(rendered));
        }
        read(&[woman(&json!({"birthDate": "1990-02-03", "_birthDate": {"extension": [inner]}}))])
    };
    let told = |reading: &Reading| (values(reading, "10040"), contradictions(reading).len());
    let right = "1990-02-03T05:00:00+01:00";
    assert_eq!(told(&born(right, None)), (vec![right.to_owned()], 0));
    assert_eq!(told(&born(right, Some("1990-02-03T05"))), (vec![right.to_owned()], 0));
    assert_eq!(told(&born("1970-01-01T05:00:00+01:00", None)), (vec!["1990-02-03".to_owned()], 2));
    assert_eq!(told(&born("nonsense", None)), (vec!["1990-02-03".to_owned()], 2));
    // What says less than the value, or another hour.
    assert_eq!(told(&born(right, Some("1990"))), (vec![right.to_owned()], 2));
    assert_eq!(told(&born(right, Some("1990-02-03T06"))), (vec![right.to_owned()], 2));
}

#[test]
fn a_reason_for_absence_beside_a_value_does_not_take_it_away() {
    let null = format!("{CORE}/iso21090-nullFlavor");
    let unknown = extension(&null, "valueCode", &json!("UNK"));
    let absent = extension(&format!("{CORE}/data-absent-reason"), "valueCode", &json!("unknown"));
    for beside in [&unknown, &absent] {
        let reading = read(&[woman(&json!({"birthDate": "1990-02-03", "_birthDate": beside}))]);
        assert_eq!(values(&reading, "10040"), ["1990-02-03"]);
        assert_eq!(contradictions(&reading).len(), 2, "{:?}", reading.ledger.losses);
        let amount = with(&centimetres(170), beside);
        let reading = read(&case(&[height(&json!({"valueQuantity": amount}))]));
        assert_eq!(values(&reading, "20212"), ["170 cm"]);
        assert_eq!(contradictions(&reading).len(), 2, "{:?}", reading.ledger.losses);
        let amount = with(&centimetres(170), &json!({"_value": beside}));
        let reading = read(&case(&[height(&json!({"valueQuantity": amount}))]));
        assert_eq!(values(&reading, "20212"), ["170 cm"]);
        assert_eq!(contradictions(&reading).len(), 2, "{:?}", reading.ledger.losses);
        let ethnicity = with(&ethnic_group("12"), beside);
        let reading =
            read(&[woman(&extension(&format!("{NICTIZ}/bc-patient-ethnicity"), "valueCodeableConcept", &ethnicity))]);
        assert_eq!(values(&reading, "10400"), ["12"]);
        assert_eq!(contradictions(&reading).len(), 2, "{:?}", reading.ledger.losses);
    }
    let concept = json!({"coding": [{"system": "http://hl7.org/fhir/data-absent-reason", "code": "unknown"}]});
    let reading = read(&case(&[height(&json!({"valueQuantity": centimetres(170), "dataAbsentReason": concept}))]));
    assert_eq!(values(&reading, "20212"), ["170 cm"]);
    assert_eq!(contradictions(&reading).len(), 2);
    // Beside a value of another type, that there is none is said of nothing.
    let reading = read(&case(&[height(&json!({"valueString": "170", "dataAbsentReason": concept}))]));
    assert_eq!(values(&reading, "20212"), [""; 0]);
    let reading = read(&case(&[height(&json!({"dataAbsentReason": concept}))]));
    assert_eq!(values(&reading, "20212"), ["UNK "]);
}

/// A child that was born, and its birth.
fn birth(members: &Value) -> Vec<Value> {
    let procedure = |id: &str, name: &str, code: &str, more: &Value| {
        let procedure = json!({"resourceType": "Procedure", "id": id, "meta": profile(name), "status": "completed",
            "category": snomed("386637004"), "code": snomed(code), "context": {"reference": "EpisodeOfCare/e"},
            "reasonReference": [{"reference": "Condition/p"}]});
        with(&procedure, more)
    };
    let child = json!({"resourceType": "Patient", "id": "c", "meta": profile("bc-Child"), "birthDate": "2021-02-03"});
    vec![
        with(&child, members),
        procedure("d", "bc-DeliveryProcedure", "236973005", &json!({"subject": {"reference": "Patient/w"}})),
        procedure(
            "b",
            "bc-Birth",
            "3950001",
            &json!({"subject": {"reference": "Patient/c"}, "partOf": [{"reference": "Procedure/d"}]}),
        ),
    ]
}

#[test]
fn a_specification_of_a_code_counts_only_if_it_is_that_code() {
    let sex = |code: &str| json!({"coding": [{"system": "urn:oid:2.16.840.1.113883.2.4.4.13.21", "code": code}]});
    let told = |code: &str, url: &str, beside: &str| {
        let mut resources = case(&[]);
        resources.extend(birth(&json!({"gender": code,
            "_gender": extension(&format!("{NICTIZ}/{url}"), "valueCodeableConcept", &sex(beside))})));
        let reading = read(&resources);
        (values(&reading, "40041").concat(), contradictions(&reading))
    };
    assert_eq!(told("male", "code-specification", "1"), ("1".to_owned(), Vec::new()));
    let (value, lost) = told("male", "code-specification", "2");
    assert_eq!((value.as_str(), lost.len()), ("1", 3), "{lost:?}");
    // The sex as it was observed is the answer; the code of FHIR repeats it, or is told.
    assert_eq!(told("male", "bc-patient-birthSex", "1"), ("1".to_owned(), Vec::new()));
    assert_eq!(told("female", "bc-patient-birthSex", "1"), ("1".to_owned(), vec!["Patient[3].gender".to_owned()]));
}

fn ethnicity(concept: &Value) -> (String, usize) {
    let url = format!("{NICTIZ}/bc-patient-ethnicity");
    let reading = read(&[woman(&extension(&url, "valueCodeableConcept", concept))]);
    (values(&reading, "10400").concat(), contradictions(&reading).len())
}

#[test]
fn a_second_coding_counts_only_if_it_is_the_translation_of_the_first() {
    let coding = |system: &str, code: &str| json!({"system": system, "code": code});
    let both = |codings: &[Value]| ethnicity(&json!({"coding": codings}));
    let one = "12".to_owned();
    assert_eq!(both(&[coding(GROUPS, "12"), coding(GROUPS, "13")]), (one.clone(), 2));
    assert_eq!(both(&[coding(NULLS, "UNK"), coding(GROUPS, "12")]), (one.clone(), 2));
    // Of another system nothing is known: it is told as what no row knows.
    assert_eq!(both(&[coding("http://example.org/x", "a"), coding(GROUPS, "12")]), (one, 0));
}

#[test]
fn a_text_that_is_the_name_of_another_answer_is_not_taken_along() {
    let concept = |display: &str, text: &str| {
        ethnicity(&json!({"coding": [{"system": GROUPS, "code": "12", "display": display}], "text": text}))
    };
    assert_eq!(concept("Kaukasisch", "Kaukasisch"), ("12".to_owned(), 0));
    assert_eq!(concept("zoals zij zelf zegt", "in eigen woorden"), ("12".to_owned(), 0));
    assert_eq!(concept("Hindoestaans", "Kaukasisch"), ("12".to_owned(), 1));
    assert_eq!(concept("Kaukasisch", "Hindoestaans"), ("12".to_owned(), 1));
}

#[test]
fn a_unit_that_is_not_its_code_is_told() {
    let told = |unit: &str| {
        let amount = json!({"value": 170, "unit": unit, "system": "http://unitsofmeasure.org", "code": "cm"});
        let reading = read(&case(&[height(&json!({"valueQuantity": amount}))]));
        let lost = reading.ledger.losses.iter().find(|loss| path(loss).rsplit('.').next() == Some("unit"));
        (values(&reading, "20212").concat(), lost.map(|loss| loss.reason))
    };
    assert_eq!(told("cm"), ("170 cm".to_owned(), None));
    assert_eq!(told("kg"), ("170 cm".to_owned(), Some(Reason::Contradiction)));
    assert_eq!(told("centimeter"), ("170 cm".to_owned(), Some(Reason::Label)));
}

#[test]
fn an_answer_that_says_yes_and_no_says_neither() {
    let both = json!({"coding": [{"system": SNOMED, "code": "361055000"}, {"system": SNOMED, "code": "228367002"}]});
    let one = |code: &str| snomed(code);
    let said = |answer: &Value| {
        let contact = json!({"resourceType": "Encounter", "id": "k", "meta": profile("bc-Encounter"),
            "status": "finished", "type": [snomed("18114009")]});
        let code = json!({"coding": [{"system": SNOMED, "code": "228366006"},
            {"system": "urn:oid:2.16.840.1.113883.2.4.4.13", "code": "Drugsgebruik"}]});
        let drugs = observation("d", "zib-DrugUse", &code, &json!({"valueCodeableConcept": answer}));
        let mut resources = case(&[contact, drugs]);
        resources[4]["context"] = json!({"reference": "Encounter/k"});
        resources[3]["episodeOfCare"] = json!([{"reference": "EpisodeOfCare/e"}]);
        let reading = read(&resources);
        (values(&reading, "82102").concat(), contradictions(&reading).len())
    };
    assert_eq!(said(&one("361055000")), ("true".to_owned(), 0));
    assert_eq!(said(&one("228367002")), ("false".to_owned(), 0));
    let (value, told) = said(&both);
    assert_eq!(value, "");
    assert!(told > 0);
}

fn bundles() -> Vec<(String, Value)> {
    let own = messages_that_become(&CONVERTER, Format::FhirJson).into_iter();
    own.map(|(_, sample)| {
        let outcome = CONVERTER.convert(&sample.bytes(), Format::FhirJson).unwrap();
        (sample.name, serde_json::from_slice(&outcome.output).unwrap())
    })
    .collect()
}

fn message(bundle: &Value) -> String {
    let outcome = CONVERTER.convert(bundle.to_string().as_bytes(), Format::Hl7v3).unwrap();
    assert!(outcome.ledger.is_balanced());
    String::from_utf8(outcome.output).unwrap()
}

#[test]
fn identical_copies_count_once() {
    for (name, bundle) in bundles() {
        let once = message(&bundle);
        let mut twice = bundle.clone();
        let entries = bundle["entry"].as_array().unwrap();
        twice["entry"].as_array_mut().unwrap().extend(entries.iter().map(|entry| {
            let mut copy = entry.clone();
            copy["resource"]["meta"]["lastUpdated"] = json!("2024-01-01T00:00:00Z");
            copy
        }));
        assert!(message(&twice) == once, "{name}");
        // As files of one case, one resource each, some of them twice.
        let loose: Vec<String> =
            entries.iter().chain(&entries[..3]).map(|entry| entry["resource"].to_string()).collect();
        let reading = CONVERTER.read_case(&loose).unwrap();
        assert!(reading.ledger.is_balanced());
        let whole = CONVERTER.read(bundle.to_string().as_bytes()).unwrap();
        assert_eq!(reading.instance, whole.instance, "{name}");
        assert_eq!(reading.ledger.losses.len(), whole.ledger.losses.len(), "{name}");
        let lines: String = loose.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        assert_eq!(CONVERTER.read(lines.as_bytes()).unwrap().instance, whole.instance, "{name}");
    }
}

/// The message was sent once: a second account of that under another id, or under none, is a copy or is told as a whole.
#[test]
fn a_second_account_of_the_sending_is_a_copy_or_is_told_as_a_whole() {
    for (name, bundle) in bundles() {
        let once = message(&bundle);
        let entries = bundle["entry"].as_array().unwrap();
        let Some(sending) = entries.iter().find(|entry| entry["resource"]["resourceType"] == "Provenance") else {
            continue;
        };
        let with = |change: &dyn Fn(&mut Value)| {
            let (mut more, mut second) = (bundle.clone(), sending.clone());
            change(&mut second);
            more["entry"].as_array_mut().unwrap().push(second);
            more
        };
        let whole = CONVERTER.read(bundle.to_string().as_bytes()).unwrap().ledger;
        let called = |entry: &mut Value| {
            entry["fullUrl"] = json!("urn:uuid:11111111-1111-4111-8111-111111111111");
            entry["resource"]["id"] = json!("11111111-1111-4111-8111-111111111111");
        };
        let unnamed = |entry: &mut Value| {
            entry.as_object_mut().unwrap().remove("fullUrl");
            entry["resource"].as_object_mut().unwrap().remove("id");
        };
        for change in [&called as &dyn Fn(&mut Value), &unnamed] {
            let twice = with(change);
            assert!(message(&twice) == once, "{name}");
            let ledger = CONVERTER.read(twice.to_string().as_bytes()).unwrap().ledger;
            assert_eq!(ledger.losses.len(), whole.losses.len(), "{name}");
        }
        let other = with(&|entry: &mut Value| {
            called(entry);
            entry["resource"]["recorded"] = json!("2001-01-01T00:00:00+01:00");
        });
        assert!(message(&other) == once, "{name}");
        let ledger = CONVERTER.read(other.to_string().as_bytes()).unwrap().ledger;
        let told: Vec<_> = ledger.losses.iter().filter(|loss| loss.reason == Reason::TooMany).collect();
        let second = told.first().and_then(|loss| loss.path.as_deref()?.split('.').next()).unwrap().to_owned();
        assert!(
            told.len() > 10 && told.iter().all(|loss| loss.path.as_deref().unwrap().starts_with(&second)),
            "{name}"
        );
        assert_eq!(ledger.losses.len(), whole.losses.len() + told.len(), "{name}");
    }
}

/// An account of something else (of an observation) is none of how the message was sent, wherever it stands.
#[test]
fn of_several_accounts_the_one_about_the_record_counts() {
    let mut tried = 0;
    for (name, bundle) in bundles() {
        let once = message(&bundle);
        let entries = bundle["entry"].as_array().unwrap();
        let of = |kind: &str| entries.iter().find(|entry| entry["resource"]["resourceType"] == kind);
        let (Some(sending), Some(observation)) = (of("Provenance"), of("Observation")) else { continue };
        let mut second = sending.clone();
        second["fullUrl"] = json!("urn:uuid:11111111-1111-4111-8111-111111111111");
        second["resource"]["id"] = json!("11111111-1111-4111-8111-111111111111");
        second["resource"]["recorded"] = json!("2001-01-01T00:00:00+01:00");
        second["resource"].as_object_mut().unwrap().remove("_recorded");
        for target in [json!([{"reference": observation["fullUrl"]}]), json!([{"reference": "Observation/elsewhere"}])]
        {
            for at in [0, entries.len()] {
                let mut more = bundle.clone();
                second["resource"]["target"] = target.clone();
                more["entry"].as_array_mut().unwrap().insert(at, second.clone());
                assert!(message(&more) == once, "{name} {at}");
                let ledger = CONVERTER.read(more.to_string().as_bytes()).unwrap().ledger;
                assert!(ledger.lost_leaves() > 5, "{name}");
                tried += 1;
            }
        }
    }
    assert!(tried > 3, "{tried}");
}

#[test]
fn of_two_contents_under_one_id_the_first_stands_and_the_other_is_told() {
    let first = height(&json!({"valueQuantity": centimetres(170)}));
    let second = height(&json!({"valueQuantity": centimetres(175)}));
    let reading = read(&case(&[first.clone(), second.clone()]));
    assert_eq!(values(&reading, "20212"), ["170 cm"]);
    let lost = contradictions(&reading);
    assert!(lost.len() > 10 && lost.iter().all(|path| path.starts_with("Observation[")), "{lost:?}");
    // One that takes it back: nothing says which came last.
    let withdrawn = with(&first, &json!({"status": "entered-in-error"}));
    for both in [[first.clone(), withdrawn.clone()], [withdrawn, first.clone()]] {
        let reading = read(&case(&both));
        assert_eq!(values(&reading, "20212"), [""; 0]);
        assert!(contradictions(&reading).len() > 20);
    }
    // With their full URLs, too.
    let entry = |server: &str, value: i32| {
        let resource = woman(&json!({"birthDate": format!("199{value}-01-01")}));
        json!({"fullUrl": format!("http://{server}.example.org/Patient/w"), "resource": resource})
    };
    let bundle = |entries: &[Value]| json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    let same = read(&[bundle(&[entry("a", 1), entry("a", 1)])]);
    assert_eq!((values(&same, "10040").len(), same.resources), (1, 2));
}

/// Where the server says which of two versions came last, that one stands, in whatever order they come.
#[test]
fn of_two_versions_the_newer_stands() {
    let version = |value: i32, meta: Value| {
        let mut resource = height(&json!({"valueQuantity": centimetres(value)}));
        resource["meta"].as_object_mut().unwrap().extend(meta.as_object().unwrap().clone());
        resource
    };
    let old = json!({"versionId": "9", "lastUpdated": "2024-02-01T10:00:00+01:00"});
    let new = json!({"versionId": "10", "lastUpdated": "2024-02-01T10:30:00+01:00"});
    let parts = |meta: &Value, name: &str| json!({ name: meta[name] });
    for (old, new) in [
        (old.clone(), new.clone()),
        (parts(&old, "versionId"), parts(&new, "versionId")),
        (parts(&old, "lastUpdated"), parts(&new, "lastUpdated")),
    ] {
        let (old, new) = (version(170, old), version(175, new));
        for all in [
            vec![old.clone(), new.clone()],
            vec![new.clone(), old.clone()],
            vec![old.clone(), new.clone(), old.clone(), new.clone()],
        ] {
            let reading = read(&case(&all));
            assert_eq!(values(&reading, "20212"), ["175 cm"]);
            assert!(contradictions(&reading).len() > 10);
        }
        // One that was taken back is over when a newer one states it, and the other way round.
        let withdrawn = |one: &Value| with(one, &json!({"status": "entered-in-error"}));
        for (one, other, left) in
            [(withdrawn(&old), new.clone(), vec!["175 cm"]), (old.clone(), withdrawn(&new), vec![])]
        {
            for both in [[one.clone(), other.clone()], [other.clone(), one.clone()]] {
                assert_eq!(values(&read(&case(&both)), "20212"), left);
            }
        }
    }
    // What says two things of the order says nothing.
    let (odd, other) = (json!({"versionId": "11", "lastUpdated": "2024-02-01T10:00:00+01:00"}), new);
    assert_eq!(values(&read(&case(&[version(170, odd), version(175, other)])), "20212"), ["170 cm"]);
}

#[test]
fn a_profile_may_name_its_version() {
    for (name, bundle) in bundles() {
        let once = message(&bundle);
        let text = bundle.to_string();
        let mut versioned: Value = serde_json::from_str(&text).unwrap();
        for entry in versioned["entry"].as_array_mut().unwrap() {
            for profile in entry["resource"]["meta"]["profile"].as_array_mut().into_iter().flatten() {
                *profile = json!(format!("{}|2.3.1", profile.as_str().unwrap()));
            }
        }
        assert_ne!(versioned.to_string(), text);
        assert!(message(&versioned) == once, "{name}");
    }
}

#[test]
fn a_system_may_be_called_by_its_oid() {
    let table = include_str!("../../mappings/code-systems.csv");
    let rows = table.lines().skip(1).filter_map(|row| {
        let mut columns = row.split(',');
        Some((columns.next()?, columns.next()?))
    });
    let named: Vec<(&str, &str)> = rows.filter(|(_, uri)| uri.starts_with("http")).collect();
    assert!(named.len() > 10);
    for (name, bundle) in bundles() {
        let once = message(&bundle);
        let mut text = bundle.to_string();
        for (oid, uri) in &named {
            text = text.replace(&format!(r#""system":"{uri}""#), &format!(r#""system":"urn:oid:{oid}""#));
        }
        assert!(
            !text.contains(r#""system":"http://snomed.info/sct""#) && text.contains("urn:oid:2.16.840.1.113883.6.96")
        );
        assert!(message(&serde_json::from_str(&text).unwrap()) == once, "{name}");
    }
}

/// What stands together in the ADA of a case: of each occurrence of PSIE its answer, and the kinds of antibody.
fn psie(ada: &str) -> Vec<(Option<String>, Vec<String>)> {
    let document = roxmltree::Document::parse(ada).unwrap();
    let value = |node: roxmltree::Node, name: &str| -> Vec<String> {
        let own = node.descendants().filter(|inner| inner.has_tag_name(name));
        own.filter_map(|inner| inner.attribute("code").or(inner.attribute("value")).map(str::to_owned)).collect()
    };
    let groups = document.descendants().filter(|node| node.has_tag_name("psie"));
    let read = |node| {
        let answer = value(node, "irregulaire_antistoffenq").pop();
        (answer, value(node, "welke_irregulaire_antistoffen_vrouw_aanwezig"))
    };
    groups.map(read).collect()
}

/// A new occurrence of a group in an instance: of the innermost around it that may be there more than once.
fn occurrence(kind: &MessageKind, instance: &mut Instance, group: ConceptIx) -> NodeIx {
    let mut steps = kind.dataset.groups_between(ConceptIx::ROOT, group);
    steps.push(group);
    let made = steps.iter().rposition(|step| kind.dataset.get(*step).max != Some(1)).unwrap_or_default();
    let mut at = NodeIx::ROOT;
    for (depth, step) in steps.into_iter().enumerate() {
        let there = instance.occurrences(at, step).last().filter(|_| depth < made);
        at = there.unwrap_or_else(|| instance.add_group(at, step));
    }
    at
}

#[test]
fn the_kinds_of_antibody_stay_with_their_answer() {
    let mut told = 0;
    for kind in CONVERTER.kinds().unwrap() {
        let find = |number: &str| kind.dataset.find(number).filter(|concept| kind.dataset.get(*concept).in_use);
        if let (Some(group), Some(asked), Some(which), Some(_)) =
            (find("80949"), find("10812"), find("10813"), &kind.fhir)
        {
            told += antibodies(kind, group, asked, which);
        }
    }
    assert!(told >= 50, "{told}");
}

/// Says two screenings in each way, and reads them in FHIR; how many ways there are.
fn antibodies(kind: &MessageKind, group: ConceptIx, asked: ConceptIx, which: ConceptIx) -> usize {
    let converter = CONVERTER.clone().with_message(&kind.name).unwrap();
    let kinds: Vec<_> = kind.terminology.value_set_of(kind.dataset.get(which)).unwrap().members().to_vec();
    let mut told = 0;
    // Each of: no answer, yes, no; with none, one or two kinds; two occurrences.
    let ways = [(None, 1), (Some(true), 2), (Some(false), 0), (Some(true), 0), (None, 2)];
    for (first, second) in ways.iter().flat_map(|one| ways.iter().map(move |other| (one, other))) {
        let mut instance = Instance::new();
        let mut next = kinds.iter().filter(|member| member.system != "2.16.840.1.113883.5.1008");
        for (answer, count) in [first, second] {
            let at = occurrence(kind, &mut instance, group);
            if let Some(answer) = answer {
                instance.add_leaf(at, asked, Content::Value(Leaf::Boolean(*answer)), Origin::default());
            }
            for member in next.by_ref().take(*count) {
                let code = Code {
                    code: member.code.clone(),
                    system: member.system.clone(),
                    display: None,
                    original_text: None,
                };
                instance.add_leaf(at, which, Content::Value(Leaf::Code(code)), Origin::default());
            }
        }
        let Written { output: ada, .. } = converter.write_instance(kind, &instance, Format::Ada).unwrap();
        let Written { output: fhir, .. } = converter.write_instance(kind, &instance, Format::FhirJson).unwrap();
        let back = converter.convert(&fhir, Format::Ada).unwrap().output;
        let said = |ada: Vec<u8>| psie(&String::from_utf8(ada).unwrap());
        assert_eq!(said(back), said(ada), "{} {first:?} {second:?}", kind.name);
        told += 1;
    }
    told
}

/// The sex of a child in a code list that is not the one of the question, beside its gender, which is an answer to it.
#[test]
fn a_code_that_is_no_answer_does_not_win_from_an_answer_elsewhere() {
    let message = include_bytes!("../../fixtures/kernset-2.3/full-single.xml");
    let bundle = CONVERTER.convert(message, Format::FhirJson).unwrap().output;
    let mut bundle: Value = serde_json::from_slice(&bundle).unwrap();
    let mut changed = 0;
    for entry in bundle["entry"].as_array_mut().unwrap() {
        let child = &mut entry["resource"];
        if let Some(sex) = child.pointer_mut("/_gender/extension/0") {
            sex["valueCodeableConcept"] =
                json!({"coding": [{"system": "http://hl7.org/fhir/v3/AdministrativeGender", "code": "M"}]});
            let sex = sex.clone();
            child["_gender"]["extension"] = json!([sex]);
            changed += 1;
        }
    }
    assert_eq!(changed, 1);
    let reading = CONVERTER.read(bundle.to_string().as_bytes()).unwrap();
    assert_eq!(values(&reading, "40041"), ["1"]);
    assert!(contradictions(&reading).iter().any(|path| path.contains("gender")), "{:?}", reading.ledger.losses);
}
