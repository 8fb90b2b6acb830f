//! FHIR that we did not make: which pregnancy is the current one, several files as one case, and what arrives of the
//! published cases of PWD 3.2.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use ooievaar::dataset::Instance;
use ooievaar::ledger::{Ledger, Reason};
use ooievaar::{Converter, Error, Format, Reading};

/// The day that relative dates of the published cases count from; any day will do.
const DAY: Date = date(2022, 1, 1);
/// What stands before the generated part of `docs/foreign-fhir.md`.
const MARK: &str = "<!-- generated from here -->\n";

/// The published cases, each with its files in order of name.
fn published() -> Vec<(String, Vec<(PathBuf, String)>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/pwd-3.2/instances");
    let within = |folder: &Path| {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let kinds = within(&root);
    let cases = kinds.iter().flat_map(|kind| within(&kind.join("fhir")));
    let read = |case: PathBuf| {
        let files = within(&case).into_iter().map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, absolute(&text))
        });
        (case.file_name().unwrap().to_string_lossy().into_owned(), files.collect())
    };
    let cases: Vec<_> = cases.map(read).collect();
    if cases.is_empty() {
        println!("skipped: reference data not present");
    }
    cases
}

/// A text with a day in place of each `${DATE, T, D, n}`.
fn absolute(text: &str) -> String {
    let mut parts = text.split("${DATE, T, D, ");
    let mut result = parts.next().unwrap().to_owned();
    for part in parts {
        let (days, rest) = part.split_once('}').unwrap();
        let days: i64 = days.parse().unwrap();
        result.push_str(&DAY.checked_add(days.days()).unwrap().to_string());
        result.push_str(rest);
    }
    assert!(!result.contains("${"));
    result
}

fn read(converter: &Converter, files: &[(PathBuf, String)]) -> Reading {
    let inputs: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
    converter.read_case(&inputs).unwrap()
}

/// The values of a concept, as FHIR or the dataset writes them.
fn values(reading: &Reading, number: &str) -> Vec<String> {
    use ooievaar::dataset::{Content, Value};
    let concept = reading.dataset().find(number).unwrap();
    let shown = |content: &Content| match content {
        Content::Value(Value::Quantity(quantity)) => format!("{} {}", quantity.value, quantity.unit),
        Content::Value(Value::Count(text) | Value::Text(text)) => text.to_string(),
        Content::Value(Value::DateTime(moment)) => moment.to_fhir(),
        Content::Value(Value::Identifier(id)) => format!("{} {}", id.root, id.extension),
        Content::Value(Value::Code(code)) => format!("{} {}", code.system, code.code),
        other => format!("{other:?}"),
    };
    let leaves = |instance: &Instance| {
        let own = instance.leaves().filter(|(_, node, _)| node.concept == concept);
        own.map(|(_, _, content)| shown(content)).collect()
    };
    leaves(&reading.instance)
}

#[test]
fn the_table_of_the_published_cases_is_current() {
    let cases = published();
    if cases.is_empty() {
        return;
    }
    let folder = folder("published");
    for (name, files) in &cases {
        fs::create_dir_all(folder.join(name)).unwrap();
        for (path, text) in files {
            fs::write(folder.join(name).join(path.file_name().unwrap()), text).unwrap();
        }
    }
    let paths = cases.iter().map(|(name, _)| folder.join(name));
    let output = Command::cargo_bin("ooievaar").unwrap().args(["report", "cases"]).args(paths).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/foreign-fhir.md");
    let page = fs::read_to_string(&file).unwrap();
    let (head, committed) = page.split_once(MARK).unwrap();
    if std::env::var_os("FOREIGN_FHIR").is_some_and(|value| value == "write") {
        fs::write(&file, format!("{head}{MARK}{table}")).unwrap();
    } else {
        assert!(committed == table, "review the change, then run `FOREIGN_FHIR=write cargo test --test foreign_fhir`");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_published_cases_are_read_and_become_a_message() {
    let converter = Converter::new().unwrap();
    for (name, files) in published() {
        let reading = read(&converter, &files);
        assert!(reading.ledger.is_balanced(), "{name}");
        assert_eq!(reading.resources, files.len(), "{name}");
        let instance = reading.instance.clone();
        let by_concept = |ledger: &Ledger| ledger.losses.iter().filter(|loss| loss.path.is_none()).count();
        let before = by_concept(&reading.ledger);
        let outcome = converter.write(reading, Format::Hl7v3).unwrap();
        assert!(outcome.ledger.is_balanced(), "{name}");
        assert!(!outcome.missing.is_empty(), "{name}: no such case has what concerns the sending of a message");
        // Whatever is lost on the way into the message was told: what it holds reads back as it was.
        let again = converter.read(&outcome.output).unwrap();
        let told = by_concept(&outcome.ledger) - before;
        assert_eq!(again.instance.leaves().count() + told, instance.leaves().count(), "{name}");
        // Each resource by itself, which has nothing to refer to, is read or refused, never a crash.
        for (path, text) in &files {
            match converter.read(text.as_bytes()) {
                Ok(reading) => assert!(reading.ledger.is_balanced(), "{}", path.display()),
                Err(Error::NothingRecognised { .. } | Error::NothingClinical { .. } | Error::TakenBack { .. }) => {}
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }
}

/// Expectations written by hand, from the files.
#[test]
fn what_arrives_of_the_published_cases_is_what_they_say() {
    let converter = Converter::new().unwrap();
    let expected: &[(&str, &str, &[&str])] = &[
        ("gz-izb-kwa-1-V1_actieve_zwschap", "20010", &["3"]),
        // T+94.
        ("gz-izb-kwa-1-V1_actieve_zwschap", "82160", &["2022-04-05"]),
        ("gz-izb-kwa-2-V1_vorige_zwschap", "40071", &["8"]),
        ("gz-izb-kwa-2-V1_vorige_zwschap", "40060", &["3415 g"]),
        ("gz-izb-kwa-2-V1_vorige_zwschap", "40003", &["2.16.840.1.113883.6.96 169813005"]),
        // T-205, and eleven days later.
        ("gz-izb-kwa-3A-V2_meerling_1elijn", "20290", &["2021-06-10"]),
        ("gz-izb-kwa-3A-V2_meerling_1elijn", "20340", &["2021-06-21"]),
        // Twins.
        ("gz-izb-kwa-3B-V2_meerling_2elijn", "40060", &["2605 g", "2089 g"]),
        ("gz-ize-kwa-casus3", "10040", &["2001-04-02"]),
        ("gz-ize-kwa-casus3", "20150", &["0"]),
        ("gz-izk-kwa-casus1", "20640", &["400 ml"]),
        ("gz-izk-kwa-casus1", "10022", &["2.16.840.1.113883.2.4.6.1 08001234"]),
        ("gz-izv-kwa-casus1", "20212", &["170 cm"]),
        ("gz-izv-kwa-casus1", "20640", &["615 ml"]),
        ("gz-izv-kwa-casus2", "83404", &["Value(Boolean(true))"]),
        // Durations at check-ups and of the pregnancy: none of them is that of a diagnosis.
        ("gz-izv-kwa-casus2", "82285", &[]),
        ("gz-izb-kwa-3B-V2_meerling_2elijn", "82272", &[]),
        // What was done in a contact was done in the episode of that contact.
        ("gz-izv-kwa-casus2", "20640", &["300 ml"]),
        ("gz-izv-kwa-casus2", "80626", &["2.16.840.1.113883.6.96 11466000", "2.16.840.1.113883.6.96 11466000"]),
        // The caesareans of two children are not how the delivery was begun.
        ("gz-izv-kwa-casus2", "20560", &[]),
        ("gz-izb-kwa-3B-V2_meerling_2elijn", "20560", &[]),
        ("gz-izv-kwa-casus1", "20560", &["2.16.840.1.113883.6.96 236960006"]),
        // The start of a period.
        ("gz-izb-kwa-2-V1_vorige_zwschap", "20590", &["2020-05-24T02:19:00+02:00"]),
        ("gz-izv-kwa-casus1", "30030", &["2021-05-21T12:13:00+02:00"]),
        ("gz-izv-kwa-casus1", "40140", &["2.16.840.1.113883.6.96 37235006"]),
    ];
    let cases = published();
    for (name, number, values_expected) in expected.iter().filter(|_| !cases.is_empty()) {
        let (_, files) = cases.iter().find(|(case, _)| case == name).unwrap();
        let mut found = values(&read(&converter, files), number);
        let mut wanted: Vec<String> = values_expected.iter().map(|value| (*value).to_owned()).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{number} in {name}");
    }
}

/// Two pregnancies of one woman, each with a record and a number of pregnancies.
fn two_pregnancies() -> Vec<String> {
    let profile =
        |name: &str| format!(r#""meta": {{"profile": ["http://nictiz.nl/fhir/StructureDefinition/{name}"]}}"#);
    let mut resources = vec![format!(
        r#"{{"resourceType": "Patient", "id": "w", {}, "birthDate": "1990-02-03", "deceasedBoolean": false}}"#,
        profile("bc-Woman")
    )];
    for (name, gravidity) in [("first", 1), ("second", 2)] {
        resources.push(format!(
            r#"{{"resourceType": "Condition", "id": "{name}", {}, "subject": {{"reference": "Patient/w"}},
            "identifier": [{{"system": "urn:oid:1.2.3", "value": "number-{name}"}}],
            "code": {{"coding": [{{"system": "http://snomed.info/sct", "code": "118185001"}}]}}}}"#,
            profile("zib-Pregnancy")
        ));
        resources.push(format!(
            r#"{{"resourceType": "EpisodeOfCare", "id": "record-{name}", {}, "patient": {{"reference": "Patient/w"}},
            "type": [{{"coding": [{{"system": "http://snomed.info/sct", "code": "364320009"}}]}}],
            "diagnosis": [{{"condition": {{"reference": "Condition/{name}"}}}}], "period": {{"start": "202{gravidity}-01-01"}}}}"#,
            profile("bc-MaternalRecord")
        ));
        resources.push(format!(
            r#"{{"resourceType": "Observation", {}, "subject": {{"reference": "Patient/w"}}, "valueQuantity": {{"value": {gravidity}}},
            "context": {{"reference": "EpisodeOfCare/record-{name}"}},
            "code": {{"coding": [{{"system": "http://loinc.org", "code": "11996-6"}}]}}}}"#,
            profile("zib-Pregnancy-Gravidity")
        ));
    }
    resources
}

/// A delivery with one birth, and what a bundle says of them.
fn delivery(more: &[&str]) -> Reading {
    let mut resources = delivery_resources();
    resources.extend(more.iter().map(|resource| (*resource).to_owned()));
    Converter::new().unwrap().read_case(&resources).unwrap()
}

fn delivery_resources() -> Vec<String> {
    let profile =
        |name: &str| format!(r#""meta": {{"profile": ["http://nictiz.nl/fhir/StructureDefinition/{name}"]}}"#);
    let coding = |system: &str, code: &str| format!(r#"{{"coding": [{{"system": "{system}", "code": "{code}"}}]}}"#);
    let snomed = |code: &str| coding("http://snomed.info/sct", code);
    vec![
        format!(r#"{{"resourceType": "Patient", "id": "w", {}, "birthDate": "1990-02-03"}}"#, profile("bc-Woman")),
        format!(r#"{{"resourceType": "Patient", "id": "c", {}, "birthDate": "2021-02-03"}}"#, profile("bc-Child")),
        format!(
            r#"{{"resourceType": "Condition", "id": "p", {}, "code": {}, "subject": {{"reference": "Patient/w"}}}}"#,
            profile("zib-Pregnancy"),
            snomed("118185001")
        ),
        format!(
            r#"{{"resourceType": "EpisodeOfCare", "id": "e", {}, "type": [{}], "patient": {{"reference": "Patient/w"}},
            "diagnosis": [{{"condition": {{"reference": "Condition/p"}}}}]}}"#,
            profile("bc-MaternalRecord"),
            snomed("364320009")
        ),
        // No check-up: the type of this contact does not say that.
        format!(
            r#"{{"resourceType": "Encounter", "id": "contact", "type": [{}], "episodeOfCare": [{{"reference": "EpisodeOfCare/e"}}]}}"#,
            snomed("11429006")
        ),
        format!(
            r#"{{"resourceType": "Procedure", "id": "d", {}, "status": "completed", "category": {}, "code": {},
            "subject": {{"reference": "Patient/w"}}, "context": {{"reference": "Encounter/contact"}},
            "reasonReference": [{{"reference": "Condition/p"}}]}}"#,
            profile("bc-DeliveryProcedure"),
            snomed("386637004"),
            snomed("236973005")
        ),
        format!(
            r#"{{"resourceType": "Procedure", "id": "b", {}, "status": "completed", "category": {}, "code": {},
            "subject": {{"reference": "Patient/c"}}, "context": {{"reference": "Encounter/contact"}},
            "partOf": [{{"reference": "Procedure/d"}}], "reasonReference": [{{"reference": "Condition/p"}}]}}"#,
            profile("bc-Birth"),
            snomed("386637004"),
            snomed("3950001")
        ),
    ]
}

#[test]
fn what_is_part_of_a_contact_is_part_of_its_episode() {
    let loss = blood_loss(r#"{"reference": "Patient/w"}"#).replace("EpisodeOfCare/e", "Encounter/contact");
    let reading = delivery(&[&loss]);
    assert_eq!(values(&reading, "20640"), ["300 ml"]);
    assert_eq!(values(&reading, "40050"), ["2021-02-03"]);
    assert!(reading.ledger.is_balanced());
}

/// Blood loss at a delivery, of whom a reference says.
fn blood_loss(subject: &str) -> String {
    format!(
        r#"{{"resourceType": "Observation", "status": "final",
        "meta": {{"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-DeliveryObservation"]}},
        "extension": [{{"url": "http://nictiz.nl/fhir/StructureDefinition/observation-focusSTU3",
            "valueReference": {{"reference": "Procedure/d"}}}}],
        "code": {{"coding": [{{"system": "http://snomed.info/sct", "code": "364332008"}}]}},
        "subject": {subject}, "context": {{"reference": "EpisodeOfCare/e"}},
        "valueQuantity": {{"value": 300, "unit": "ml", "system": "http://unitsofmeasure.org", "code": "ml"}}}}"#
    )
}

#[test]
fn what_is_about_somebody_else_is_not_about_the_woman() {
    let told = |subject: &str| {
        let reading = delivery(&[&blood_loss(subject)]);
        let as_a_whole = reading.ledger.losses.iter().any(|loss| {
            loss.reason == Reason::NoCarrier && loss.path.as_deref().is_some_and(|path| path.ends_with("resourceType"))
        });
        (values(&reading, "20640").len(), as_a_whole)
    };
    assert_eq!(told(r#"{"reference": "Patient/w", "display": "her"}"#), (1, false));
    // A name alone does not say that it is she.
    assert_eq!(told(r#"{"display": "her"}"#), (0, true));
    assert_eq!(told(r#"{"reference": "Patient/somebody-else"}"#), (0, true));
    assert_eq!(told(r#"{"reference": "Patient/c"}"#), (0, true));
    assert_eq!(told(r#"{"identifier": {"system": "urn:oid:1.2", "value": "nobody"}}"#), (0, true));
}

#[test]
fn a_reference_may_be_an_identifier() {
    let organization = r#"{"resourceType": "Organization", "id": "o",
        "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "99000001"}]}"#;
    let mut resources = two_pregnancies();
    resources.truncate(3);
    let referring = |value: &str| {
        format!(
            r#"{{"managingOrganization": {{"display": "x",
            "identifier": {{"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "{value}"}}}},"#
        )
    };
    let record = resources.pop().unwrap();
    let read = |value: &str| {
        let record = record.replacen('{', &referring(value), 1);
        let inputs = [&resources[0], &resources[1], &record, organization];
        Converter::new().unwrap().read_case(&inputs).unwrap()
    };
    let found = read("99000001");
    assert_eq!(values(&found, "10022"), ["2.16.840.1.113883.2.4.6.1 99000001"]);
    assert!(found.ledger.losses.iter().all(|loss| !loss.path.as_deref().unwrap().contains("managing")));
    let astray = read("99000002");
    assert_eq!(values(&astray, "10022"), [""; 0]);
    assert!(astray.ledger.losses.iter().any(|loss| loss.path.as_deref().unwrap().contains("managing")));
}

#[test]
fn a_reference_to_what_the_source_lacks_is_told() {
    let mut resources = delivery_resources();
    let birth = resources.pop().unwrap();
    let location = r#""location": {"reference": "Location/l", "display": "x"}, "partOf""#;
    resources.push(birth.replacen(r#""partOf""#, location, 1));
    let reading = Converter::new().unwrap().read_case(&resources).unwrap();
    assert_eq!(values(&reading, "40050"), ["2021-02-03"]);
    let losses = &reading.ledger.losses;
    let of_location = losses.iter().filter(|loss| loss.path.as_deref().unwrap().contains(".location"));
    assert_eq!(of_location.map(|loss| loss.reason).collect::<Vec<_>>(), [Reason::NoCarrier; 2]);
}

/// A status that follows from what is there says nothing else; another one does.
#[test]
fn a_status_that_says_more_is_told() {
    let lost = |status: &str, end: &str, clinical: &str| {
        let mut resources = delivery_resources();
        resources[3] = resources[3].replacen('{', &format!(r#"{{"status": "{status}", "period": {{{end}}},"#), 1);
        resources.push(format!(
            r#"{{"resourceType": "Condition", "clinicalStatus": "{clinical}", "verificationStatus": "confirmed",
            "meta": {{"profile": ["http://nictiz.nl/fhir/StructureDefinition/zib-Problem"]}},
            "code": {{"coding": [{{"system": "http://snomed.info/sct", "code": "73211009"}}]}},
            "subject": {{"reference": "Patient/w"}}, "context": {{"reference": "EpisodeOfCare/e"}}}}"#
        ));
        let reading = Converter::new().unwrap().read_case(&resources).unwrap();
        assert_eq!(values(&reading, "80910"), ["Value(Boolean(true))"]);
        let paths = reading.ledger.losses.iter().filter_map(|loss| loss.path.clone());
        paths.filter(|path| path.to_lowercase().ends_with("status")).collect::<Vec<_>>()
    };
    assert_eq!(lost("finished", r#""end": "2021-05-01""#, "active"), [""; 0]);
    assert_eq!(lost("active", "", "active"), [""; 0]);
    assert_eq!(lost("finished", "", "inactive"), ["EpisodeOfCare[3].status", "Condition[7].clinicalStatus"]);
    assert_eq!(lost("active", r#""end": "2021-05-01""#, "active"), ["EpisodeOfCare[3].status"]);
}

#[test]
fn a_procedure_that_is_part_of_a_birth_is_not_how_the_delivery_began() {
    let procedure = |parts: &[&str]| {
        let parts: Vec<String> = parts.iter().map(|part| format!(r#"{{"reference": "Procedure/{part}"}}"#)).collect();
        format!(
            r#"{{"resourceType": "Procedure", "status": "completed",
            "meta": {{"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-ObstetricProcedure"]}},
            "category": {{"coding": [{{"system": "http://snomed.info/sct", "code": "386637004"}}]}},
            "code": {{"coding": [{{"system": "http://snomed.info/sct", "code": "80771000146107"}}]}},
            "subject": {{"reference": "Patient/w"}}, "context": {{"reference": "EpisodeOfCare/e"}}, "partOf": [{}]}}"#,
            parts.join(", ")
        )
    };
    assert_eq!(values(&delivery(&[&procedure(&["d"])]), "20560").len(), 1);
    let reading = delivery(&[&procedure(&["d", "b"])]);
    assert_eq!(values(&reading, "20560"), [""; 0]);
    let told = reading.ledger.losses.iter().any(|loss| loss.reason == Reason::NoCarrier);
    assert!(told && reading.ledger.is_balanced());
}

#[test]
fn a_moment_may_be_the_start_of_a_period_and_the_end_is_told() {
    let dilation = r#"{"resourceType": "Observation", "status": "final",
        "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-DeliveryObservation"]},
        "extension": [{"url": "http://nictiz.nl/fhir/StructureDefinition/observation-focusSTU3",
            "valueReference": {"reference": "Procedure/d"}}],
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "160621000146107"}]},
        "subject": {"reference": "Patient/w"}, "context": {"reference": "EpisodeOfCare/e"},
        "valuePeriod": {"start": "2021-02-02T22:10:00+01:00", "end": "2021-02-03T04:00:00+01:00"}}"#;
    let reading = delivery(&[dilation]);
    assert_eq!(values(&reading, "20590"), ["2021-02-02T22:10:00+01:00"]);
    let paths: Vec<&str> = reading.ledger.losses.iter().filter_map(|loss| loss.path.as_deref()).collect();
    assert!(paths.iter().any(|path| path.ends_with(".valuePeriod.end")), "{paths:?}");
    let outcome = Converter::new().unwrap().write(reading, Format::FhirJson).unwrap();
    let written = String::from_utf8(outcome.output).unwrap();
    assert!(written.contains(r#""valueDateTime":"2021-02-02T22:10:00+01:00""#) && !written.contains("valuePeriod"));
}

#[test]
fn a_duration_of_the_pregnancy_is_not_that_of_a_diagnosis() {
    let duration = |also: &str| {
        format!(
            r#"{{"resourceType": "Observation", "status": "final",
            "meta": {{"profile": ["http://nictiz.nl/fhir/StructureDefinition/zib-Pregnancy-PregnancyDuration"]}},
            "extension": [{{"url": "http://nictiz.nl/fhir/StructureDefinition/observation-focusSTU3",
                "valueReference": {{"reference": "Condition/p"}}}}],
            "code": {{"coding": [{{"system": "http://snomed.info/sct", "code": "57036006"}}{also}]}},
            "subject": {{"reference": "Patient/w"}}, "context": {{"reference": "EpisodeOfCare/e"}},
            "effectiveDateTime": "2021-01-01",
            "valueQuantity": {{"value": 71, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}}}}"#
        )
    };
    assert_eq!(values(&delivery(&[&duration("")]), "82285"), [""; 0]);
    let as_we_write_it = duration(r#", {"system": "http://snomed.info/sct", "code": "445872007"}"#);
    assert_eq!(values(&delivery(&[&as_we_write_it]), "82285"), ["71 d"]);
}

#[test]
fn the_current_pregnancy_is_the_one_that_the_caller_names() {
    let converter = Converter::new().unwrap();
    let resources = two_pregnancies();
    // Two records are two cases, and the pregnancy that is named tells which.
    let records = vec!["EpisodeOfCare/record-first".to_owned(), "EpisodeOfCare/record-second".to_owned()];
    let refused = converter.read_case(&resources).unwrap_err();
    assert_eq!(refused, Error::WhichCase { candidates: records.clone() });
    let names =
        ["second", "Condition/second", "number-second", "urn:oid:1.2.3|number-second", "EpisodeOfCare/record-second"];
    for name in names {
        let reading = converter.clone().with_current(name).read_case(&resources).unwrap();
        assert_eq!(values(&reading, "20010"), ["2"], "{name}");
        assert_eq!(values(&reading, "20290"), ["2022-01-01"], "{name}");
        assert!(reading.ledger.is_balanced());
        // The woman, and what is of the record: what belongs to the other case is of that, and no loss of this one.
        assert_eq!(reading.resources, 4, "{name}");
        assert_eq!(values(&reading, "20010").len(), 1, "{name}");
    }
    let first = converter.clone().with_current("first").read_case(&resources).unwrap();
    assert_eq!(values(&first, "20010"), ["1"]);
    for name in ["third", "Patient/w", "Condition/", ""] {
        let refused = converter.clone().with_current(name).read_case(&resources).unwrap_err();
        assert_eq!(refused, Error::WhichCase { candidates: records.clone() }, "{name}");
    }
    // Within one case there may be several too.
    let mut resources = two_pregnancies();
    resources.retain(|resource| !resource.contains("EpisodeOfCare"));
    let candidates = vec!["Condition/first".to_owned(), "Condition/second".to_owned()];
    let refused = converter.read_case(&resources).unwrap_err();
    assert_eq!(refused, Error::WhichCurrent { candidates: candidates.clone() });
    let refused = converter.clone().with_current("third").read_case(&resources).unwrap_err();
    assert_eq!(refused, Error::NoSuchCurrent { candidates });
}

#[test]
fn the_current_pregnancy_is_the_one_that_the_only_record_refers_to() {
    let mut resources = two_pregnancies();
    resources.retain(|resource| !resource.contains(r#""id": "record-first""#));
    let reading = Converter::new().unwrap().read_case(&resources).unwrap();
    assert_eq!(values(&reading, "20290"), ["2022-01-01"]);
    assert_eq!(values(&reading, "20010").last().unwrap(), "2");
}

#[test]
fn a_loss_tells_profile_and_question_but_no_answer() {
    let observation = br#"{"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "birthDate": "1990-02-03", "deceasedBoolean": false,
            "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-Woman"]}}},
        {"resource": {"resourceType": "Observation", "meta": {"profile": ["http://example.org/StructureDefinition/other"]},
            "code": {"coding": [{"system": "http://loinc.org", "code": "1-8"}]}}},
        {"resource": {"resourceType": "Condition", "meta": {"profile": ["Jansen, Utrecht"]},
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]}}}]}"#;
    let reading = Converter::new().unwrap().read(observation).unwrap();
    let within = |kind: &str| {
        let of_kind = |path: &str| path.starts_with(kind) && path.ends_with("resourceType");
        let losses = &reading.ledger.losses;
        losses.iter().find(|loss| loss.path.as_deref().is_some_and(of_kind)).unwrap().within.clone().unwrap()
    };
    let observation = within("Observation");
    assert_eq!(observation.profile.as_deref(), Some("http://example.org/StructureDefinition/other"));
    assert_eq!(observation.code.as_deref(), Some("http://loinc.org|1-8"));
    let condition = within("Condition");
    assert_eq!((condition.profile.as_deref(), condition.code.as_deref()), (None, None));
}

#[test]
fn a_folder_of_resources_is_one_case_and_a_loss_names_its_file() {
    let folder = folder("folder");
    let resources = two_pregnancies();
    for (at, resource) in resources.iter().enumerate() {
        fs::write(folder.join(format!("{at}.json")), resource).unwrap();
    }
    let run = |arguments: &[&str]| {
        let output = Command::cargo_bin("ooievaar").unwrap().args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let path = folder.to_str().unwrap();
    let (exit, _, said) = run(&["inspect", path]);
    assert_eq!(exit, 3);
    assert!(
        said.contains("EpisodeOfCare/record-first, EpisodeOfCare/record-second") && said.contains("--case"),
        "{said}"
    );
    let (exit, shown, _) = run(&["inspect", "--current", "second", path]);
    assert_eq!((exit, shown.contains("Graviditeit: 2")), (0, true), "{shown}");
    let (exit, message, said) = run(&["convert", "--current", "second", path]);
    assert_eq!((exit, message.contains("urn:hl7-org:v3")), (0, true), "{said}");
    assert!(said.contains("4.json:2:39 Condition[4].identifier[0].system: unknown-content"), "{said}");
    // A file of another kind among them, and one that is broken.
    let message = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kernset-2.3/minimal.xml");
    let (exit, _, said) = run(&["convert", path, message.to_str().unwrap()]);
    assert_eq!((exit, said.contains("minimal.xml: the input is XML, but not FHIR")), (3, true), "{said}");
    fs::write(folder.join("3.json"), "{\n]").unwrap();
    let (exit, _, said) = run(&["convert", path]);
    assert_eq!((exit, said.contains("3.json: line 2, column 1")), (3, true), "{said}");
    fs::remove_dir_all(folder).unwrap();
}

/// A record whose organisations are in the resources that refer to them, each called `o` there.
fn with_contained() -> Vec<String> {
    let organization = |number: &str| {
        format!(
            r#"{{"resourceType": "Organization", "id": "o", "telecom": [{{"value": "Contained"}}],
            "identifier": [{{"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "{number}"}}]}}"#
        )
    };
    let mut resources = two_pregnancies();
    resources.truncate(3);
    resources[2] = resources[2].replacen(
        '{',
        &format!(r##"{{"contained": [{}], "managingOrganization": {{"reference": "#o"}},"##, organization("99000001")),
        1,
    );
    resources.push(format!(
        r##"{{"resourceType": "Procedure", "contained": [{}], "performer": [{{"actor": {{"reference": "#o"}}}}]}}"##,
        organization("99000002")
    ));
    resources
}

#[test]
fn what_a_resource_contains_is_read_and_only_that_resource_refers_to_it() {
    let converter = Converter::new().unwrap();
    let reading = converter.read_case(&with_contained()).unwrap();
    assert_eq!(values(&reading, "10022"), ["2.16.840.1.113883.2.4.6.1 99000001"]);
    // What has no place is told once, at the resource that it is in.
    let paths: Vec<&str> = reading.ledger.losses.iter().filter_map(|loss| loss.path.as_deref()).collect();
    let told: Vec<&&str> = paths.iter().filter(|path| path.ends_with("telecom[0].value")).collect();
    assert_eq!(told.len(), 2, "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("contained")), "{paths:?}");
    let bundle: Vec<String> =
        with_contained().iter().map(|resource| format!(r#"{{"resource": {resource}}}"#)).collect();
    let bundle = format!(r#"{{"resourceType": "Bundle", "type": "collection", "entry": [{}]}}"#, bundle.join(", "));
    let of_bundle = converter.read(bundle.as_bytes()).unwrap();
    assert_eq!(values(&of_bundle, "10022"), values(&reading, "10022"));
    // The type of the bundle, and that it is one.
    assert_eq!(of_bundle.ledger.total, reading.ledger.total + 2);
}

/// Whatever stands where a resource should: each leaf is in the account, and once.
#[test]
fn what_is_no_resource_is_lost_once() {
    let odd = [
        (r#"{"entry": [{"resource": "text"}], "type": "collection", "resourceType": "Bundle"}"#, 3),
        (r#"{"entry": [{"resource": [{"a": "b"}, "c"]}], "type": "collection", "resourceType": "Bundle"}"#, 4),
        (r#"{"resourceType": "Basic", "contained": ["a", {"b": "c", "contained": [{"d": "e"}]}, ["f"]]}"#, 5),
        (r#"{"resourceType": "Basic", "contained": {"id": "a", "contained": "b"}}"#, 3),
        (r#"{"resourceType": "Basic", "contained": "a"}"#, 2),
        (r#"{"entry": ["a", ["b"], {"resource": {"c": "d"}}], "resourceType": "Bundle"}"#, 4),
    ];
    let converter = Converter::new().unwrap();
    let woman = two_pregnancies().remove(0);
    let without = converter.read_case(&[&woman]).unwrap().ledger.total;
    for (odd, leaves) in odd {
        let ledger = converter.read_case(&[woman.as_str(), odd]).unwrap().ledger;
        assert_eq!(ledger.total - without, leaves, "{odd}");
        let positions: BTreeSet<u32> = ledger.losses.iter().map(|loss| loss.position).collect();
        assert_eq!(positions.len(), ledger.losses.len(), "{odd}");
    }
}

/// Who may see a resource, and that it is only a part of one, is not what every resource repeats.
#[test]
fn labels_of_a_resource_are_told_when_they_are_lost() {
    let resources = two_pregnancies();
    let label = r#""meta": {"versionId": "3", "lastUpdated": "2021-01-01T10:00:00Z",
        "security": [{"system": "http://hl7.org/fhir/v3/Confidentiality", "code": "R"}], "tag": [{"code": "SUBSETTED"}],"#;
    let woman = resources[0].replacen(r#""meta": {"#, label, 1);
    let inputs = [&woman, &resources[1], &resources[2]];
    let reading = Converter::new().unwrap().read_case(&inputs).unwrap();
    let paths: Vec<&str> = reading.ledger.losses.iter().filter_map(|loss| loss.path.as_deref()).collect();
    let of_meta: Vec<&str> = paths.iter().filter_map(|path| path.split_once(".meta.")).map(|(_, name)| name).collect();
    assert_eq!(of_meta, ["security[0].system", "security[0].code", "tag[0].code"]);
}

#[test]
fn what_nothing_is_recognised_of_is_refused() {
    let slot = br#"{"resourceType": "Slot", "id": "s", "status": "free"}"#;
    let refused = Converter::new().unwrap().convert(slot, Format::Hl7v3).unwrap_err();
    assert_eq!((refused.code(), refused), ("nothing-recognised", Error::NothingRecognised { values: 3 }));
}

fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ooievaar-foreign-{test}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
