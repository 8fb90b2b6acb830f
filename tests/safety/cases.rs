//! Several people in one input: each case is its own.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use ooievaar::convert::Case;
use ooievaar::dataset::{Content, Value};
use ooievaar::ledger::Reason;
use ooievaar::{Bundle, Converter, Error, Format, Reading};
use serde_json::{Value as Json, json};

use crate::support::{Sample, differences, every_kind};

const SNOMED: &str = "http://snomed.info/sct";

fn converter() -> Converter {
    Converter::new().unwrap().with_bundle(Bundle::Collection)
}

fn profile(name: &str) -> Json {
    json!({ "profile": [format!("http://nictiz.nl/fhir/StructureDefinition/{name}")] })
}

fn coded(system: &str, code: &str) -> Json {
    json!({ "coding": [{ "system": system, "code": code }] })
}

fn to(reference: &str) -> Json {
    json!({ "reference": reference })
}

fn woman(id: &str) -> Json {
    json!({ "resourceType": "Patient", "id": id, "meta": profile("bc-Woman"), "deceasedBoolean": false })
}

fn record(id: &str, woman: &str) -> Json {
    json!({ "resourceType": "EpisodeOfCare", "id": id, "meta": profile("bc-MaternalRecord"), "status": "active",
        "type": [coded(SNOMED, "364320009")], "patient": to(&format!("Patient/{woman}")) })
}

fn pregnancy(id: &str, woman: &str) -> Json {
    json!({ "resourceType": "Condition", "id": id, "meta": profile("zib-Pregnancy"),
        "code": coded(SNOMED, "118185001"), "subject": to(&format!("Patient/{woman}")) })
}

/// A body height, about whom and in which record it is.
fn height(value: u32, woman: Option<&str>, record: Option<&str>) -> Json {
    let mut observation = json!({ "resourceType": "Observation", "id": format!("height-{value}"), "status": "final",
        "meta": profile("zib-BodyHeight"),
        "category": [coded("http://hl7.org/fhir/observation-category", "vital-signs")],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "8302-2" },
            { "system": "http://loinc.org", "code": "3137-7" }] },
        "valueQuantity": { "value": value, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm" } });
    if let Some(woman) = woman {
        observation["subject"] = to(&format!("Patient/{woman}"));
    }
    if let Some(record) = record {
        observation["context"] = to(&format!("EpisodeOfCare/{record}"));
    }
    observation
}

fn bundle(resources: &[Json]) -> String {
    let entries: Vec<Json> = resources.iter().map(|resource| json!({ "resource": resource })).collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string()
}

fn lines(resources: &[Json]) -> String {
    resources.iter().flat_map(|resource| [resource.to_string(), "\n".to_owned()]).collect()
}

/// Two women, each with a record and a height.
fn two_women() -> Vec<Json> {
    vec![
        woman("a"),
        woman("b"),
        record("ra", "a"),
        record("rb", "b"),
        height(170, Some("a"), Some("ra")),
        height(150, Some("b"), Some("rb")),
    ]
}

/// The heights in a case.
fn heights(reading: &Reading) -> Vec<String> {
    let found = reading.instance.leaves().filter_map(|(_, _, content)| match content {
        Content::Value(Value::Quantity(quantity)) => Some(quantity.value.to_string()),
        _ => None,
    });
    found.collect()
}

/// The number of a case, and what it says.
type Told = (Option<usize>, Result<Vec<String>, Error>);

/// All cases in an input, each by its number, and what was told beside them.
fn each(input: &str) -> Vec<Told> {
    let mut found = Vec::new();
    let give = &mut |Case { number, reading }: Case| found.push((number, reading.map(|reading| heights(&reading))));
    converter().read_each(input.as_bytes(), give).unwrap();
    found
}

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(cargo_bin("ooievaar"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn two_women_are_refused_by_name_in_every_form() {
    let resources = two_women();
    let candidates = vec!["EpisodeOfCare/ra".to_owned(), "EpisodeOfCare/rb".to_owned()];
    let refused = Error::WhichCase { candidates };
    assert_eq!(refused.code(), "which-case");
    let files: Vec<String> = resources.iter().map(Json::to_string).collect();
    assert_eq!(converter().read(bundle(&resources).as_bytes()).unwrap_err(), refused);
    assert_eq!(converter().read(lines(&resources).as_bytes()).unwrap_err(), refused);
    assert_eq!(converter().read_case(&files).unwrap_err(), refused);
    let xml = r#"<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>
        <entry><resource><Patient><id value="a"/><meta><profile value="http://nictiz.nl/fhir/StructureDefinition/bc-Woman"/></meta>
            <deceasedBoolean value="false"/></Patient></resource></entry>
        <entry><resource><Patient><id value="b"/><meta><profile value="http://nictiz.nl/fhir/StructureDefinition/bc-Woman"/></meta>
            <deceasedBoolean value="true"/></Patient></resource></entry></Bundle>"#;
    let candidates = vec!["Patient/a".to_owned(), "Patient/b".to_owned()];
    assert_eq!(converter().read(xml.as_bytes()).unwrap_err(), Error::WhichCase { candidates });
    for command in ["convert", "inspect", "roundtrip"] {
        let output = run(&[command, "-"], &bundle(&resources));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{command}: {said}");
        assert!(said.contains("EpisodeOfCare/ra, EpisodeOfCare/rb") && said.contains("--case"), "{command}: {said}");
        assert!(output.stdout.is_empty(), "{command}");
        let output = run(&[command, "-", "--case", "EpisodeOfCare/rb"], &bundle(&resources));
        assert!(matches!(output.status.code(), Some(0 | 1)), "{command}: {}", text(&output.stderr));
    }
}

#[test]
fn the_case_that_is_named_is_read_and_nothing_of_another() {
    let resources = two_women();
    for name in ["EpisodeOfCare/rb", "rb", "Patient/b", "http://example.org/fhir/EpisodeOfCare/rb", "height-150"] {
        let reading = converter().with_case(name).read(bundle(&resources).as_bytes()).unwrap();
        assert_eq!(heights(&reading), ["150"], "{name}");
        assert_eq!((reading.ledger.lost_leaves(), reading.resources), (0, 3), "{name}");
        assert!(reading.ledger.is_balanced());
    }
    let refused = converter().with_case("EpisodeOfCare/rc").read(bundle(&resources).as_bytes()).unwrap_err();
    assert_eq!(refused.code(), "no-such-case");
    // Where there is one case, it must be the one that is named.
    let one = bundle(&[woman("a"), record("ra", "a"), height(170, Some("a"), Some("ra"))]);
    assert_eq!(heights(&converter().with_case("Patient/a").read(one.as_bytes()).unwrap()), ["170"]);
    assert_eq!(converter().with_case("Patient/b").read(one.as_bytes()).unwrap_err().code(), "no-such-case");
}

/// The same resources, none of them with an id that another case has.
fn of_its_own(lines: &str, nth: usize) -> String {
    let ids = lines.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["id"].as_str().unwrap().to_owned());
    ids.fold(lines.to_owned(), |lines, id| lines.replace(&id, &format!("{nth}-{id}")))
}

/// Our own cases of a kind in one input come apart as they were: with all that they have, and nothing else.
#[test]
fn cases_that_are_put_together_come_apart() {
    let converter = converter();
    let mut together = 0;
    for (kind, samples) in every_kind(&converter) {
        if kind.fhir.is_some() && samples.len() > 1 {
            put_together(&converter, &samples);
            together += samples.len();
        }
    }
    assert!(together > 5);
}

fn put_together(converter: &Converter, samples: &[Sample]) {
    let alone: Vec<(String, Reading)> = samples
        .iter()
        .enumerate()
        .map(|(nth, sample)| {
            let outcome = converter.convert(&sample.bytes(), Format::FhirNdjson).unwrap();
            let lines = of_its_own(&String::from_utf8(outcome.output).unwrap(), nth);
            let reading = converter.read(lines.as_bytes()).unwrap();
            (lines, reading)
        })
        .collect();
    // Resources of all of them, in turn.
    let mut mixed: Vec<Vec<&str>> = alone.iter().map(|(lines, _)| lines.lines().rev().collect()).collect();
    let mut shuffled = String::new();
    while mixed.iter().any(|lines| !lines.is_empty()) {
        mixed.iter_mut().filter_map(Vec::pop).for_each(|line| shuffled.extend([line, "\n"]));
    }
    let mut cases = Vec::new();
    converter.read_each(shuffled.as_bytes(), &mut |case| cases.push(case.reading.unwrap())).unwrap();
    assert_eq!(cases.len(), alone.len());
    for (_, reading) in &alone {
        let same = cases.iter().find(|case| {
            differences(reading.dataset(), &reading.instance, &case.instance).is_empty()
                && case.ledger.translated == reading.ledger.translated
        });
        assert!(same.is_some(), "a case that went in does not come out");
    }
}

/// An organization that two records name is in both cases.
#[test]
fn what_cases_share_is_in_each() {
    let mut resources = two_women();
    for record in &mut resources[2..4] {
        record["managingOrganization"] = to("Organization/o");
    }
    resources.push(json!({ "resourceType": "Organization", "id": "o",
        "identifier": [{ "system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "99000001" }] }));
    let mut found = Vec::new();
    let give = &mut |case: Case| found.push(case.reading.unwrap());
    converter().read_each(bundle(&resources).as_bytes(), give).unwrap();
    assert_eq!(found.len(), 2);
    for reading in &found {
        let number = reading.instance.leaves().any(
            |(_, _, content)| matches!(content, Content::Value(Value::Identifier(id)) if id.extension == "99000001"),
        );
        assert!(number && reading.ledger.lost_leaves() == 0);
    }
}

#[test]
fn a_batch_makes_a_message_of_each_case() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&input).unwrap();
    let mut resources = two_women();
    resources.push(height(199, Some("nobody"), None));
    fs::write(input.join("all.ndjson"), lines(&resources)).unwrap();
    fs::write(input.join("one.json"), bundle(&[woman("c"), height(180, Some("c"), None)])).unwrap();
    let (of, to) = (input.to_str().unwrap(), out.to_str().unwrap());
    let output = run(&["batch", of, "-o", to], "");
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    for (name, value) in
        [("all.ndjson/case-000001.xml", "170"), ("all.ndjson/case-000002.xml", "150"), ("one.json.xml", "180")]
    {
        let reading = converter().read(&fs::read(out.join(name)).unwrap()).unwrap();
        assert_eq!(heights(&reading), [value], "{name}");
    }
    // What is of nobody in the input is told.
    let list = fs::read_to_string(out.join("quarantine.ndjson")).unwrap();
    let told: Json = serde_json::from_str(list.trim()).unwrap();
    assert_eq!((&told["path"], &told["code"]), (&json!("all.ndjson"), &json!("no-case")));
    // The same for any number of threads, and as FHIR in files by type.
    for layout in ["ndjson", "bundle-per-file"] {
        let mut trees = Vec::new();
        for jobs in ["1", "3"] {
            let to = folder.path().join(format!("{layout}-{jobs}"));
            run(&["batch", of, "-o", to.to_str().unwrap(), "--layout", layout, "--jobs", jobs, "-q"], "");
            let list =
                Command::new("find").args([".", "-name", "*.*json", "-type", "f"]).current_dir(&to).output().unwrap();
            let mut files: Vec<String> = text(&list.stdout).lines().map(str::to_owned).collect();
            files.retain(|file| !file.contains(".ooievaar"));
            files.sort();
            trees.push(files.iter().map(|file| (file.clone(), fs::read(to.join(file)).unwrap())).collect::<Vec<_>>());
        }
        assert_eq!(trees[0], trees[1], "{layout}");
        assert!(trees[0].len() > 3, "{layout}");
    }
}

#[test]
fn a_stream_answers_each_case_with_a_line() {
    let frame = format!("{}\n", json!({ "id": 7, "message": bundle(&two_women()) }));
    let output = run(&["stream"], &frame);
    let answers: Vec<Json> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&Json, &Json)> = answers.iter().map(|answer| (&answer["id"], &answer["case"])).collect();
    assert_eq!(told, [(&json!(7), &json!(1)), (&json!(7), &json!(2))]);
    assert!(
        answers[1]["output"].as_str().unwrap().contains("150")
            && !answers[0]["output"].as_str().unwrap().contains("150")
    );
}

/// One woman with two records is two cases. What names only her could be of either: it is in neither, and is told.
#[test]
fn what_names_a_woman_with_two_records_is_not_guessed() {
    let mut resources = vec![woman("a"), record("r1", "a"), record("r2", "a")];
    resources.extend([height(160, Some("a"), Some("r1")), height(161, Some("a"), Some("r2"))]);
    resources.push(height(170, Some("a"), None));
    let found = each(&bundle(&resources));
    let values = |found: &Result<Vec<String>, Error>| found.clone().unwrap();
    assert_eq!((values(&found[0].1), values(&found[1].1)), (vec!["160".to_owned()], vec!["161".to_owned()]));
    assert_eq!(found[2], (None, Err(Error::NoCase { resources: 1 })));
    // With one case, it is a loss of that.
    let reading = converter().with_case("r2").read(bundle(&resources).as_bytes()).unwrap();
    let lost =
        reading.ledger.losses.iter().find(|loss| loss.path.as_deref().is_some_and(|p| p.ends_with("Quantity.value")));
    let lost = lost.unwrap();
    assert_eq!((lost.reason, lost.path.as_deref()), (Reason::NoCarrier, Some("Observation[5].valueQuantity.value")));
    assert!(reading.ledger.is_balanced());
    // Where something of one record refers to it, it is of that one, which has no other height.
    resources.remove(resources.len() - 3);
    let last = resources.len() - 1;
    resources[last]["id"] = json!("h");
    resources[1]["account"] = json!([to("Observation/h")]);
    let found = each(&bundle(&resources));
    assert_eq!(values(&found[0].1).last().unwrap(), "170");
    assert_eq!(found.len(), 2);
}

/// A resource that names the record of one woman and is about another is of neither.
#[test]
fn a_resource_that_contradicts_itself_belongs_to_nobody() {
    let mut resources = two_women();
    resources.push(height(199, Some("a"), Some("rb")));
    let found = each(&bundle(&resources));
    assert_eq!(found.len(), 3);
    assert!(
        found
            .iter()
            .all(|(_, values)| values.as_ref().is_ok_and(|values| !values.contains(&"199".to_owned()))
                || values.is_err())
    );
    assert_eq!(found[2], (None, Err(Error::NoCase { resources: 1 })));
    // The same for a contact of the other.
    let mut resources = two_women();
    resources.push(json!({ "resourceType": "Encounter", "id": "contact", "status": "finished",
        "subject": to("Patient/b"), "episodeOfCare": [to("EpisodeOfCare/rb")] }));
    let mut strange = height(199, Some("a"), None);
    strange["context"] = to("Encounter/contact");
    resources.push(strange);
    let found = each(&bundle(&resources));
    assert_eq!(found[0].1.clone().unwrap(), ["170"]);
    assert_eq!(found[1].1.clone().unwrap(), ["150"]);
}

/// Observations alone, as an export by type gives them: the women whom they name tell the cases apart.
#[test]
fn women_who_are_only_referred_to_are_told_apart() {
    let resources = [height(170, Some("a"), None), height(150, Some("b"), None), height(151, Some("b"), None)];
    let found = each(&lines(&resources));
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].1.clone().unwrap(), ["170"]);
    let refused = converter().read(lines(&resources).as_bytes()).unwrap_err();
    assert_eq!(refused, Error::WhichCase { candidates: vec!["Patient/a".to_owned(), "Patient/b".to_owned()] });
    // One woman, two records that are not there.
    let resources = [height(170, Some("a"), Some("r1")), height(171, Some("a"), Some("r2"))];
    let found = each(&lines(&resources));
    assert_eq!(found.iter().map(|(_, values)| values.clone().unwrap().concat()).collect::<Vec<_>>(), ["170", "171"]);
    // What a reference says that is no reference is not shown.
    let odd = [height(170, Some("Jansen, Utrecht"), None), height(150, Some("b"), None)];
    let refused = converter().read(lines(&odd).as_bytes()).unwrap_err().to_string();
    assert!(!refused.contains("Jansen"), "{refused}");
}

#[test]
fn a_child_is_no_woman_of_another_case() {
    let child =
        |id: &str| json!({ "resourceType": "Patient", "id": id, "meta": profile("bc-Child"), "gender": "male" });
    let mut resources = vec![woman("a"), record("ra", "a"), height(170, Some("a"), Some("ra"))];
    resources.extend([child("c1"), child("c2")]);
    let reading = converter().read(bundle(&resources).as_bytes()).unwrap();
    assert_eq!(heights(&reading), ["170"]);
    // Without a profile too: what refers to the other tells that it is no woman.
    resources[3]["meta"] = json!({});
    assert_eq!(heights(&converter().read(bundle(&resources).as_bytes()).unwrap()), ["170"]);
}

#[test]
fn a_copy_of_a_woman_or_a_record_is_no_case_of_its_own() {
    let mut resources = vec![woman("a"), record("ra", "a"), height(170, Some("a"), Some("ra"))];
    resources.extend([woman("a"), record("ra", "a")]);
    assert_eq!(converter().read(bundle(&resources).as_bytes()).map(|_| ()), Ok(()));
}

#[test]
fn the_pregnancy_that_is_named_tells_the_case_too() {
    let mut resources = vec![woman("a"), woman("b"), record("ra", "a"), record("rb", "b")];
    resources[2]["diagnosis"] = json!([{ "condition": to("Condition/pa") }]);
    resources[3]["diagnosis"] = json!([{ "condition": to("Condition/pb") }]);
    resources.extend([pregnancy("pa", "a"), pregnancy("pb", "b"), height(170, Some("a"), Some("ra"))]);
    resources.push(height(150, Some("b"), Some("rb")));
    let converter = converter();
    let reading = converter.clone().with_current("pb").read(bundle(&resources).as_bytes()).unwrap();
    assert_eq!(heights(&reading), ["150"]);
    // Within a case it says which pregnancy is the current one; it must be one of that case.
    let reading = converter.clone().with_case("rb").with_current("pb").read(bundle(&resources).as_bytes());
    assert_eq!(heights(&reading.unwrap()), ["150"]);
    let refused = converter.with_case("ra").with_current("pb").read(bundle(&resources).as_bytes());
    assert_eq!(refused.unwrap_err().code(), "no-such-current");
}

/// The same ids on two servers: a reference means what is on its own server, and nobody is chosen by a name that two have.
#[test]
fn the_same_names_on_two_servers_are_two_cases() {
    let on = |server: &str, height: u32| {
        let resources = [woman("1"), record("1", "1"), self::height(height, Some("1"), Some("1"))];
        resources.map(|mut resource| {
            resource["id"] = json!("1");
            let kind = resource["resourceType"].as_str().unwrap().to_owned();
            json!({ "fullUrl": format!("https://{server}.example/fhir/{kind}/1"), "resource": resource })
        })
    };
    let bundle_of =
        |entries: Vec<Json>| json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string();
    let mut entries = [on("one", 170), on("two", 150)].concat();
    let input = bundle_of(entries.clone());
    let urls = ["one", "two"].map(|server| format!("https://{server}.example/fhir/EpisodeOfCare/1"));
    let refused = Error::WhichCase { candidates: urls.to_vec() };
    assert_eq!(converter().read(input.as_bytes()).unwrap_err(), refused);
    for name in ["EpisodeOfCare/1", "Patient/1", "1"] {
        assert_eq!(converter().with_case(name).read(input.as_bytes()).unwrap_err(), refused, "{name}");
    }
    for (url, value) in urls.iter().zip(["170", "150"]) {
        let reading = converter().with_case(url).read(input.as_bytes()).unwrap();
        assert_eq!(heights(&reading), [value]);
        assert_eq!(reading.ledger.lost_leaves(), 0);
    }
    assert_eq!(
        each(&input).into_iter().map(|(_, values)| values.unwrap().concat()).collect::<Vec<_>>(),
        ["170", "150"]
    );
    // What was found on no server does not tell which of the two it means.
    let mut loose = height(199, Some("1"), None);
    loose["id"] = json!("loose");
    entries.push(json!({ "resource": loose }));
    let found = each(&bundle_of(entries.clone()));
    assert_eq!(found[2], (None, Err(Error::NoCase { resources: 1 })));
    assert_eq!(found[0].1.clone().unwrap(), ["170"]);
    // Nor does one of them refer to what is on the other alone: the woman of the first is not here.
    entries.pop();
    entries.remove(0);
    let bsn = json!([{ "system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999961640" }]);
    let is_woman = |entry: &&mut Json| entry["resource"]["resourceType"] == "Patient";
    entries.iter_mut().find(is_woman).unwrap()["resource"]["identifier"] = bsn;
    for (url, value, has_number) in [(&urls[0], "170", false), (&urls[1], "150", true)] {
        let reading = converter().with_case(url).read(bundle_of(entries.clone()).as_bytes()).unwrap();
        let number = |(_, _, content): (_, _, &Content)| matches!(content, Content::Value(Value::Identifier(_)));
        assert_eq!((heights(&reading), reading.instance.leaves().any(number)), (vec![value.to_owned()], has_number));
    }
}

/// One woman under two ids, as on a server that has not merged them: she is one by her number, if nothing contradicts that.
#[test]
fn a_woman_who_is_there_twice_is_one_by_her_number() {
    let numbered = |id: &str, number: &str, born: &str| {
        let mut woman = woman(id);
        woman["identifier"] = json!([{ "system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": number }]);
        woman["birthDate"] = json!(born);
        woman
    };
    let with = |second: Json| {
        let mut resources = vec![numbered("a", "999961640", "1991-06-24"), second, record("ra", "a")];
        resources.extend([height(170, Some("b"), Some("ra"))]);
        bundle(&resources)
    };
    let same = with(numbered("b", "999961640", "1991-06-24"));
    let reading = converter().read(same.as_bytes()).unwrap();
    assert_eq!((heights(&reading), reading.ledger.lost_leaves()), (vec!["170".to_owned()], 0));
    // What names only the one, in a source with another case, is hers.
    let mut more: Json = serde_json::from_str(&same).unwrap();
    for resource in [woman("c"), record("rc", "c"), height(150, Some("c"), Some("rc")), height(171, Some("b"), None)] {
        more["entry"].as_array_mut().unwrap().push(json!({ "resource": resource }));
    }
    let found = each(&more.to_string());
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].1.clone().unwrap(), ["150"]);
    assert_eq!(found[0].1.clone().unwrap()[0], "170");
    // Another day of birth, another number, and a number that cannot be one, say nothing of the kind.
    for second in [
        numbered("b", "999961640", "1985-01-01"),
        numbered("b", "999987422", "1991-06-24"),
        numbered("b", "999961641", "1991-06-24"),
    ] {
        assert_eq!(converter().read(with(second).as_bytes()).unwrap_err().code(), "which-case");
    }
    let nobody = |id: &str| numbered(id, "999999999", "1991-06-24");
    let input = bundle(&[nobody("a"), nobody("b"), record("ra", "a"), height(170, Some("a"), Some("ra"))]);
    assert_eq!(converter().read(input.as_bytes()).unwrap_err().code(), "which-case");
}
