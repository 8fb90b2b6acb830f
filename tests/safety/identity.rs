//! An id is made of what identifies, and a second delivery leaves nothing behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt as _;
use ooievaar::{Bundle, Converter, Error, Format, IdKey, WeakKey};
use serde_json::Value;

use super::support::{messages_that_become, reference_day};

/// A message about one woman and one child, with every number that there can be.
const BSN: &str = "999961640";
const OTHER_BSN: &str = "999987422";
const LOCAL: &str = "VW-000427";
const RECORD: &str = "zw-0001";
const MESSAGE: &str = "FULL-1";
const KEY: &[u8] = b"9c1f0b7ae35d4286f0d27c9b15a8e34d";

fn full() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/full-single.xml")).unwrap()
}

/// The message with other values of some identifiers.
fn with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(full(), |message, (from, to)| {
        let from = format!("extension=\"{from}\"");
        assert!(message.contains(&from), "{from}");
        message.replace(&from, &format!("extension=\"{to}\""))
    })
}

fn plain() -> Converter {
    Converter::new().unwrap()
}

fn keyed() -> Converter {
    plain().with_id_key(IdKey::new(KEY).unwrap())
}

fn bundle(converter: &Converter, message: &str) -> Value {
    let outcome = converter.convert(message.as_bytes(), Format::FhirJson).unwrap();
    serde_json::from_slice(&outcome.output).unwrap()
}

/// `<type>/<id>` of every resource that a bundle puts on a server.
fn put(bundle: &Value) -> BTreeSet<String> {
    let entries = bundle["entry"].as_array().unwrap();
    let put = entries.iter().filter(|entry| entry["request"]["method"] == "PUT");
    let urls: Vec<String> = put.map(|entry| entry["request"]["url"].as_str().unwrap().to_owned()).collect();
    let different: BTreeSet<String> = urls.iter().cloned().collect();
    assert_eq!(different.len(), urls.len(), "a resource is put twice");
    different
}

/// The Patient of the woman: the one with the profile of a woman.
fn woman(bundle: &Value) -> String {
    let entries = bundle["entry"].as_array().unwrap();
    let is_woman = |resource: &&Value| {
        resource["resourceType"] == "Patient" && resource["meta"]["profile"][0].as_str().unwrap().ends_with("bc-Woman")
    };
    let mut women = entries.iter().map(|entry| &entry["resource"]).filter(is_woman);
    let only = women.next().unwrap();
    assert!(women.next().is_none());
    only["id"].as_str().unwrap().to_owned()
}

/// What two messages put in common, but for what exists apart from a case.
fn in_common(one: &Value, other: &Value) -> Vec<String> {
    let common = put(one).intersection(&put(other)).cloned().collect::<Vec<_>>();
    common.into_iter().filter(|url| !url.starts_with("Organization/")).collect()
}

#[test]
fn two_women_with_a_number_that_stands_for_none_are_two_patients() {
    for none in ["*", "", "0", "000000", "9999", "99-99", "xxx", "N.v.t.", "onbekend", "2BGeneratedID"] {
        let first = with(&[(LOCAL, none), (RECORD, none)]);
        let second = with(&[(LOCAL, none), (RECORD, none), (BSN, OTHER_BSN), (MESSAGE, "FULL-2")]);
        for converter in [plain(), keyed()] {
            let (one, other) = (bundle(&converter, &first), bundle(&converter, &second));
            assert_ne!(woman(&one), woman(&other), "{none}");
            assert_eq!(in_common(&one, &other), [""; 0], "{none}");
        }
    }
}

#[test]
fn a_number_without_a_namespace_identifies_nobody() {
    let record = "root=\"2.16.840.1.113883.2.4.3.11.999.77.4\"";
    let second = with(&[(BSN, OTHER_BSN), (MESSAGE, "FULL-2")]);
    for nobody in ["nullFlavor=\"UNC\"", "root=\"1.2.3.999\"", "root=\"\""] {
        let (first, second) = (full().replace(record, nobody), second.replace(record, nobody));
        assert_ne!(first, full());
        let (one, other) = (bundle(&plain(), &first), bundle(&plain(), &second));
        assert_ne!(woman(&one), woman(&other));
        assert_eq!(in_common(&one, &other), [""; 0]);
    }
}

/// Nothing is left but what is said of her: that decides, and whoever tries all BSNs learns nothing.
#[test]
fn where_no_number_identifies_the_content_does() {
    let nobody = [(LOCAL, "*"), (RECORD, "*"), (MESSAGE, "000")];
    let first = with(&nobody);
    let second = first.replace("birthTime value=\"19910624\"", "birthTime value=\"19910625\"");
    assert_ne!(first, second);
    assert_ne!(woman(&bundle(&plain(), &first)), woman(&bundle(&plain(), &second)));
    assert_eq!(woman(&bundle(&plain(), &first)), woman(&bundle(&plain(), &first)));
    let mut third = nobody.to_vec();
    third.push((BSN, OTHER_BSN));
    assert_eq!(put(&bundle(&plain(), &first)), put(&bundle(&plain(), &with(&third))), "an id is made of a BSN");
    assert_ne!(woman(&bundle(&keyed(), &first)), woman(&bundle(&keyed(), &with(&third))));
}

#[test]
fn under_a_key_a_woman_is_one_patient_in_all_her_records() {
    let second = with(&[(LOCAL, "1"), (RECORD, "zw-0002"), (MESSAGE, "FULL-2")]);
    assert_eq!(woman(&bundle(&keyed(), &full())), woman(&bundle(&keyed(), &second)));
    assert_eq!(in_common(&bundle(&keyed(), &full()), &bundle(&keyed(), &second)).len(), 1);
    // Another woman of the same record number is another woman.
    assert_ne!(woman(&bundle(&keyed(), &full())), woman(&bundle(&keyed(), &with(&[(BSN, OTHER_BSN)]))));
}

/// Two women of whom a system, or two systems in one namespace, give the same number have nothing in common.
#[test]
fn under_a_key_one_record_number_of_two_women_is_two_records() {
    for (record, message) in [(RECORD, MESSAGE), (RECORD, "FULL-2"), ("zw-0002", MESSAGE)] {
        let other = with(&[(BSN, OTHER_BSN), (LOCAL, "1"), (RECORD, record), (MESSAGE, message)]);
        assert_eq!(in_common(&bundle(&keyed(), &full()), &bundle(&keyed(), &other)), [""; 0]);
    }
    // A number that comes later is a change of ids, which the earlier delivery takes away.
    let unnumbered = with(&[(BSN, "999999999")]);
    let result = after(&keyed(), unnumbered.as_bytes(), &full()).unwrap();
    let (had, has) = (put(&bundle(&keyed(), &unnumbered)), put(&bundle(&keyed(), &full())));
    assert_eq!(put(&result), has);
    assert_eq!(deleted(&result), had.difference(&has).cloned().collect());
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    let ids = put(&bundle(&keyed(), &full()));
    for written in ["999 961 640", " 999961640", "9999.61.640", "999-961-640"] {
        assert_eq!(put(&bundle(&keyed(), &with(&[(BSN, written)]))), ids, "{written}");
        assert!(after(&keyed(), with(&[(BSN, written)]).as_bytes(), &full()).is_ok(), "{written}");
    }
}

/// The first number of a counter, and what people type who try a system.
#[test]
fn a_number_that_everybody_has_identifies_nobody() {
    for none in ["1", "000001", "00000001", "TEST-1", "test 001"] {
        let first = with(&[(LOCAL, none), (RECORD, none)]);
        let second = with(&[(LOCAL, none), (RECORD, none), (BSN, OTHER_BSN), (MESSAGE, "FULL-2")]);
        for converter in [plain(), keyed()] {
            assert_eq!(in_common(&bundle(&converter, &first), &bundle(&converter, &second)), [""; 0], "{none}");
        }
    }
}

#[test]
fn a_bsn_that_cannot_be_one_identifies_nobody() {
    for none in ["999999999", "000000000", "111111110", "123456782", "999961641", "99996164", "*"] {
        let first = with(&[(BSN, none)]);
        let second = with(&[(BSN, none), (LOCAL, "VW-1"), (RECORD, "zw-0002"), (MESSAGE, "FULL-2")]);
        assert_ne!(woman(&bundle(&keyed(), &first)), woman(&bundle(&keyed(), &second)), "{none}");
    }
}

/// A record, or a message, that is numbered by the BSN would give it away.
#[test]
fn without_a_key_no_id_is_made_of_a_number_that_holds_the_bsn() {
    let numbered = |bsn: &str| {
        let record = format!("P{}.{}", &bsn[..4], &bsn[4..]);
        let message = format!("{bsn}-1");
        with(&[(RECORD, &record), (MESSAGE, &message), (BSN, bsn)])
    };
    let (one, other) = (bundle(&plain(), &numbered(BSN)), bundle(&plain(), &numbered(OTHER_BSN)));
    assert_eq!(put(&one), put(&other));
    assert_ne!(put(&bundle(&keyed(), &numbered(BSN))), put(&bundle(&keyed(), &numbered(OTHER_BSN))));
}

#[test]
fn a_number_of_the_same_organization_is_that_organization_in_all_cases() {
    let organization = |message: &str| {
        let urls = put(&bundle(&plain(), message));
        urls.into_iter().filter(|url| url.starts_with("Organization/")).collect::<BTreeSet<_>>()
    };
    let second = with(&[(RECORD, "zw-0002")]);
    assert_eq!(organization(&full()).intersection(&organization(&second)).count(), 1);
    // 9902 is the only number by which it is known in all cases.
    for none in ["0000", "9999"] {
        let weak = |record: &str| with(&[("9902", none), ("99000022", none), (RECORD, record)]);
        assert_eq!(organization(&weak("zw-0001")).intersection(&organization(&weak("zw-0002"))).count(), 0, "{none}");
    }
}

/// What is wrong is mended, and what was left out is added: the resources of before are the same ones.
#[test]
fn ids_survive_the_correction_of_every_value_but_the_number_that_identifies() {
    for (_, sample) in messages_that_become(&plain(), Format::FhirJson) {
        let message = String::from_utf8(sample.bytes()).unwrap();
        let ids = put(&bundle(&keyed(), &message));
        for (from, to) in
            [("value=\"20", "value=\"19"), ("<value xsi:type=\"INT\" value=\"", "<value xsi:type=\"INT\" value=\"1")]
        {
            let corrected = message.replace(from, to);
            assert!(corrected != message || from.contains("INT"), "{}", sample.name);
            assert_eq!(put(&bundle(&keyed(), &corrected)), ids, "{}: {from}", sample.name);
        }
    }
    for number in [LOCAL, MESSAGE, "99000101", "P-2024-0815"] {
        if full().contains(number) {
            assert_eq!(put(&bundle(&keyed(), &with(&[(number, "4711")]))), put(&bundle(&keyed(), &full())), "{number}");
        }
    }
    assert_eq!(put(&bundle(&plain(), &with(&[(BSN, OTHER_BSN)]))), put(&bundle(&plain(), &full())));
}

/// Without a key no id tells a BSN: who loads the output would have one Patient for two women.
#[test]
fn a_batch_tells_that_two_women_got_one_id() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    fs::create_dir(&input).unwrap();
    let bare = full().replace(&format!("extension=\"{BSN}\""), "nullFlavor=\"UNK\"");
    let other = with(&[(BSN, OTHER_BSN), (MESSAGE, "FULL-2")]);
    let messages = [("a.xml", full()), ("b.xml", full()), ("c.xml", bare), ("d.xml", other.clone())];
    for (name, message) in &messages {
        fs::write(input.join(name), message).unwrap();
    }
    let key = folder.path().join("key");
    fs::write(&key, KEY).unwrap();
    let run = |out: &str, options: &[&str]| {
        let out = folder.path().join(out);
        let mut command = Command::cargo_bin("ooievaar").unwrap();
        let ended = command.arg("batch").arg(&input).arg("-q").arg("-o").arg(&out).args(options).output().unwrap();
        let list = fs::read_to_string(out.join("losses.ndjson")).unwrap();
        assert!(!list.contains(BSN) && !list.contains(OTHER_BSN));
        let lines: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let lines = lines.into_iter().filter(|line| line["reason"] == "same-id");
        let told: Vec<Value> = lines.collect();
        (ended.status.code(), told, String::from_utf8(ended.stderr).unwrap())
    };
    for (out, options) in [("tree", &[][..]), ("lines", &["--layout", "ndjson"]), ("jobs", &["--jobs", "4"])] {
        let (code, told, said) = run(out, options);
        let [told] = &told[..] else { panic!("{told:?}") };
        assert_eq!((&told["path"], &told["concept"]), (&"d.xml".into(), &"10030".into()));
        let line = other[..other.find(OTHER_BSN).unwrap()].matches('\n').count() + 1;
        assert_eq!(told["line"], line);
        assert!(woman(&bundle(&plain(), &full())).ends_with(told["id"].as_str().unwrap()), "{told}");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("one id, and perhaps two women: 1 message"), "{said}");
    }
    let (_, told, said) = run("keyed", &["--id-key-file", key.to_str().unwrap()]);
    assert!(told.is_empty() && !said.contains("one id"), "{said}");
    // Nothing that is a person is written.
    assert_eq!(run("message", &["--to", "ada"]).1, [Value::Null; 0]);
}

#[test]
fn a_key_that_can_be_guessed_is_refused() {
    for weak in
        [&b"geheim"[..], b"0123456789abcdef", &[b'a'; 64], b"het geheim van de verloskundigenpraktijk", &[0; 32]]
    {
        assert!(IdKey::new(weak).is_err());
    }
    assert_eq!(IdKey::new(b"").map(|_| ()), Err(WeakKey::Short));
    assert!(!format!("{:?}", IdKey::new(KEY).unwrap()).contains("9c1f"));
}

#[test]
fn the_command_makes_a_key_that_only_its_owner_reads_and_never_overwrites_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ids.key");
    let ooievaar = || Command::cargo_bin("ooievaar").unwrap();
    let make = |file: &Path| ooievaar().arg("id-key").arg(file).output().unwrap();
    assert_eq!(make(&file).status.code(), Some(0));
    let key = fs::read(&file).unwrap();
    assert!(IdKey::new(&key).is_ok());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(make(&file).status.code(), Some(5));
    assert_eq!(fs::read(&file).unwrap(), key);
    let other = folder.path().join("other.key");
    assert_eq!(make(&other).status.code(), Some(0));
    assert_ne!(fs::read(&other).unwrap(), key);

    let message = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/minimal.xml");
    let convert = |key: &Path| {
        ooievaar().args(["convert", message, "--to", "fhir-json", "--id-key-file"]).arg(key).output().unwrap()
    };
    assert_eq!(convert(&file).status.code(), Some(0));
    fs::write(&other, "verloskundigenpraktijkdeverzonnenwieg").unwrap();
    let refused = convert(&other);
    assert_eq!(refused.status.code(), Some(2));
    assert!(refused.stdout.is_empty());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("ooievaar id-key"));
}

/// `<type>/<id>` of every resource that a bundle deletes.
fn deleted(bundle: &Value) -> BTreeSet<String> {
    let entries = bundle["entry"].as_array().unwrap();
    let deletions = entries.iter().filter(|entry| entry["request"]["method"] == "DELETE");
    let urls = deletions.map(|entry| {
        assert_eq!(entry.as_object().unwrap().len(), 1, "what is deleted has a request and nothing else");
        entry["request"]["url"].as_str().unwrap().to_owned()
    });
    urls.collect()
}

/// The bundle of a second delivery.
fn after(converter: &Converter, earlier: &[u8], second: &str) -> Result<Value, Error> {
    let earlier = converter.read_delivery(&[earlier])?;
    let outcome = converter.write_after(converter.read(second.as_bytes())?, &earlier, Format::FhirJson)?;
    let bundle: Value = serde_json::from_slice(&outcome.output).unwrap();
    let said: BTreeSet<String> = outcome.withdrawal.deleted.iter().map(ToString::to_string).collect();
    assert_eq!(deleted(&bundle), said);
    Ok(bundle)
}

/// The message without each of its statements in turn: a check-up, a diagnosis, all of the delivery.
fn with_a_statement_less(message: &str) -> Vec<String> {
    let (begin, end) = ("<pertinentInformation3 ", "</pertinentInformation3>");
    let starts = message.match_indices(begin).map(|(at, _)| at);
    let without = starts.map(|at| {
        let length = message[at..].find(end).unwrap() + end.len();
        format!("{}{}", &message[..at], &message[at + length..])
    });
    without.collect()
}

#[test]
fn a_second_delivery_deletes_what_it_no_longer_has_and_nothing_else() {
    let converter = keyed();
    let mut count = 0;
    for (_, sample) in messages_that_become(&plain(), Format::FhirJson) {
        let first = String::from_utf8(sample.bytes()).unwrap();
        let had = put(&bundle(&converter, &first));
        for second in with_a_statement_less(&first) {
            // It was all that there was.
            if matches!(converter.read(second.as_bytes()), Err(Error::NothingClinical { .. })) {
                continue;
            }
            let result = after(&converter, first.as_bytes(), &second).unwrap();
            let has = put(&bundle(&converter, &second));
            assert_eq!(put(&result), has, "{}", sample.name);
            let gone: BTreeSet<String> = had.difference(&has).cloned().collect();
            assert_eq!(deleted(&result), gone, "{}", sample.name);
            count += gone.len();
            // What is added takes nothing away.
            let back = after(&converter, second.as_bytes(), &first).unwrap();
            assert_eq!(put(&back), had, "{}", sample.name);
            assert!(deleted(&back).is_disjoint(&had), "{}", sample.name);
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn an_earlier_delivery_may_be_its_message_in_any_format_or_its_bundle() {
    let converter = plain().with_reference_day(reference_day("kernset-2.3"));
    let second = with_a_statement_less(&full()).pop().unwrap();
    let expected = after(&converter, full().as_bytes(), &second).unwrap();
    assert!(!deleted(&expected).is_empty());
    for format in [Format::Ada, Format::Hl7v3, Format::FhirJson, Format::FhirXml, Format::FhirNdjson] {
        let earlier = converter.convert(full().as_bytes(), format).unwrap().output;
        assert_eq!(after(&converter, &earlier, &second).unwrap(), expected, "{format}");
    }
    // The bundle that was made last, with its deletions, is the earlier delivery of the next one.
    let third = after(&converter, expected.to_string().as_bytes(), &full()).unwrap();
    assert_eq!((put(&third), deleted(&third)), (put(&bundle(&converter, &full())), BTreeSet::new()));
    // And it is read as the case that it puts.
    let read = converter.read(expected.to_string().as_bytes()).unwrap();
    assert!(read.ledger.is_balanced() && read.ledger.losses.is_empty());
    assert!(read.instance == converter.read(second.as_bytes()).unwrap().instance);
}

#[test]
fn what_other_cases_may_refer_to_is_never_deleted() {
    let second = with(&[(BSN, "999999999"), ("9902", "0000"), ("99000022", "0000")]);
    let earlier = keyed().read_delivery(&[full()]).unwrap();
    let outcome = keyed().write_after(keyed().read(second.as_bytes()).unwrap(), &earlier, Format::FhirXml).unwrap();
    let left: Vec<&str> = outcome.withdrawal.left.iter().map(|url| url.split('/').next().unwrap()).collect();
    assert_eq!(left.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"Organization", &"Patient"]));
    // A woman who is no longer known by her number has her record anew, and what was of it goes: nothing else does.
    let had = put(&bundle(&keyed(), &full()));
    let left: BTreeSet<String> = outcome.withdrawal.left.iter().map(ToString::to_string).collect();
    let gone: BTreeSet<String> = outcome.withdrawal.deleted.iter().map(ToString::to_string).collect();
    let expected: BTreeSet<String> =
        had.difference(&put(&bundle(&keyed(), &second))).filter(|url| !left.contains(*url)).cloned().collect();
    assert_eq!(gone, expected);
    assert!(gone.len() > 100 && gone.is_disjoint(&left));
    // A woman who was of her record alone is deleted when she is known by her BSN.
    let result = after(&keyed(), second.as_bytes(), &full()).unwrap();
    assert!(deleted(&result).contains(&format!("Patient/{}", woman(&bundle(&keyed(), &second)))));
}

#[test]
fn nothing_is_deleted_of_another_case() {
    let other_record = with(&[(RECORD, "zw-0002")]);
    let other_woman = with(&[(BSN, OTHER_BSN)]);
    let nobody = |message: &str| with(&[(RECORD, "000"), (BSN, "999999999"), (MESSAGE, message)]);
    for converter in [plain(), keyed()] {
        for (earlier, second, number) in [
            (&other_record, &full(), Some("Dossiernummer")),
            (&other_woman, &full(), Some("Burgerservicenummer")),
            (&nobody("FULL-2"), &nobody("FULL-3"), None),
        ] {
            let Err(Error::OtherCase { numbers }) = after(&converter, earlier.as_bytes(), second) else {
                panic!("{number:?}")
            };
            assert_eq!(numbers.is_empty(), number.is_none());
            assert!(number.is_none_or(|number| numbers[0].contains(number)), "{numbers:?}");
        }
        // The woman says that it is the same case where the record has no number; the message does where she has none.
        let unnumbered = with(&[(RECORD, "*"), (MESSAGE, "FULL-2")]);
        let result = after(&converter, unnumbered.as_bytes(), &full()).unwrap();
        assert_eq!(
            deleted(&result).len() + put(&result).intersection(&put(&bundle(&converter, &unnumbered))).count(),
            put(&result).len()
        );
        assert!(after(&converter, nobody("FULL-2").as_bytes(), &nobody("FULL-2")).is_ok());
    }
}

#[test]
fn an_earlier_bundle_with_ids_of_another_key_is_refused() {
    let earlier = keyed().convert(full().as_bytes(), Format::FhirJson).unwrap().output;
    let [had, has] = [keyed(), plain()].map(|converter| put(&bundle(&converter, &full())));
    let resources = had.difference(&has).count();
    assert!(resources > 0);
    assert_eq!(after(&plain(), &earlier, &full()).unwrap_err(), Error::OtherIds { resources });
    assert!(after(&keyed(), &earlier, &full()).is_ok());
    // It is one case, whatever the case is called in the source of the second.
    let choosing = keyed().with_case("EpisodeOfCare/elsewhere");
    assert!(after(&choosing, &earlier, &full()).is_ok());
}

#[test]
fn deletion_is_refused_where_it_cannot_be_said() {
    let earlier = plain().read_delivery(&[full()]).unwrap();
    let reading = plain().read(full().as_bytes()).unwrap();
    for format in [Format::FhirNdjson, Format::Hl7v3, Format::Ada] {
        let refused = plain().write_after(reading.clone(), &earlier, format).map(|_| ());
        assert!(matches!(refused, Err(Error::NoDeletion { .. })), "{format}");
    }
    let collecting = plain().with_bundle(Bundle::Collection);
    let refused = collecting.write_after(reading, &earlier, Format::FhirJson).map(|_| ());
    assert!(matches!(refused, Err(Error::NoDeletion { .. })));
}

#[test]
fn the_command_says_what_it_deletes_and_refuses_another_case() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let first = file("first.xml", &full());
    let second = file("second.xml", &with_a_statement_less(&full()).pop().unwrap());
    let other = file("other.xml", &with(&[(RECORD, "zw-0002")]));
    let convert = |earlier: &Path, to: &str| {
        let mut command = Command::cargo_bin("ooievaar").unwrap();
        command.arg("convert").arg(&second).args(["--to", to, "--previous"]).arg(earlier).output().unwrap()
    };
    let done = convert(&first, "fhir-json");
    assert_eq!(done.status.code(), Some(0));
    let count = deleted(&serde_json::from_slice(&done.stdout).unwrap()).len();
    assert!(count > 0);
    assert!(String::from_utf8(done.stderr).unwrap().contains(&format!("of the earlier delivery: {count} resource")));
    for (earlier, to, exit) in [(&other, "fhir-json", 3), (&first, "fhir-ndjson", 2), (&first, "ada", 2)] {
        let refused = convert(earlier, to);
        assert_eq!(refused.status.code(), Some(exit), "{to}");
        assert!(refused.stdout.is_empty());
    }
}

/// What a kind of message cannot say it does not take back: a subset after the whole would delete most of the record.
#[test]
fn a_delivery_of_another_kind_takes_nothing_back() {
    let converter = Converter::new().unwrap();
    let minimal = include_bytes!("../../fixtures/kernset-2.3/minimal.xml");
    let other = converter.convert(minimal, ooievaar::Target::new("kernset-2.2", Format::Hl7v3)).unwrap().output;
    for (earlier, now) in [(minimal.as_slice(), other.as_slice()), (&other, minimal)] {
        let earlier = converter.read_delivery(&[earlier]).unwrap();
        let refused = converter.write_after(converter.read(now).unwrap(), &earlier, Format::FhirJson).unwrap_err();
        assert_eq!(refused.code(), "other-kind");
    }
}
