//! The commands that prove, draw and compare.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use jiff::civil::Date;
use ooievaar::Converter;
use ooievaar::dataset::{Content, NodeIx, Value};
use support::formats;

fn ooievaar(arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("ooievaar").unwrap().args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// The exit code and what is told on standard error.
fn told(arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("ooievaar").unwrap().args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ooievaar-{test}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_claim_holds_and_the_table_is_current() {
    let (exit, table) = ooievaar(&["mappings", "proof", "--format", "markdown"]);
    let committed = fs::read_to_string(root().join("docs/fidelity.md")).unwrap();
    assert!(committed == table, "run `ooievaar mappings proof --format markdown >docs/fidelity.md`");
    assert_eq!(exit, 0);
}

#[test]
fn a_false_claim_is_found() {
    let tables = folder("proof");
    copy(&root().join("mappings"), &tables);
    let file = tables.join("fhir-stu3/pwd-2.3.csv");
    let text = fs::read_to_string(&file).unwrap();
    // The same element for two leaves of the woman.
    let changed = text.replace("address.postalCode,compact", "birthDate,compact");
    assert_ne!(text, changed);
    fs::write(&file, changed).unwrap();
    let (exit, junit) = ooievaar(&["mappings", "proof", "--format", "junit", "--tables", tables.to_str().unwrap()]);
    assert_eq!(exit, 1);
    assert!(junit.contains("<failure"), "{junit}");
    fs::remove_dir_all(tables).unwrap();
}

#[test]
fn a_false_copy_is_found_and_each_row_is_named() {
    let tables = folder("copy");
    copy(&root().join("mappings"), &tables);
    let file = tables.join("fhir-stu3/pwd-2.3.csv");
    let text = fs::read_to_string(&file).unwrap();
    let line =
        text.lines().position(|line| line.contains(",child,") && line.contains(",deceasedBoolean,")).unwrap() + 1;
    let right = text.lines().nth(line - 1).unwrap();
    // The copy of what another row says, in the woman instead of the child: only a reader that has nothing else sees it.
    let wrong = right.replace(",child,", ",woman,");
    assert_ne!(right, wrong);
    fs::write(&file, text.replace(right, &wrong)).unwrap();
    let arguments = ["mappings", "proof", "--tables", tables.to_str().unwrap(), "--format"];
    let (exit, junit) = ooievaar(&[&arguments[..], &["junit"]].concat());
    assert_eq!(exit, 1);
    let failed: Vec<&str> = junit.lines().filter(|line| line.contains("<failure")).collect();
    let place = format!("file=\"fhir-stu3/pwd-2.3.csv\" line=\"{line}\"");
    assert!(failed.iter().any(|case| case.contains(&place)), "{failed:#?}");
    let (_, json) = ooievaar(&[&arguments[..], &["json"]].concat());
    let kinds: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows: Vec<&serde_json::Value> =
        kinds.as_array().unwrap().iter().flat_map(|kind| kind["rows"].as_array().unwrap()).collect();
    let places: std::collections::HashSet<String> = rows
        .iter()
        .map(|row| format!("{} {} {} {}", row["file"], row["line"], row["format"], row["concept"]))
        .collect();
    assert!(rows.len() > 1000 && places.len() > 800, "{} rows, {} places", rows.len(), places.len());
    assert!(rows.iter().all(|row| row["line"].as_u64().unwrap() > 1), "each row has its line");
    for format in ["hl7v3", "ada", "fhir-json"] {
        assert!(rows.iter().any(|row| row["format"] == format), "{format}");
    }
    let copies = rows.iter().filter(|row| row["copy"] == true);
    // In each kind of message that has the row.
    assert_eq!(copies.filter(|row| row["holds"] == false).count(), 3);
    fs::remove_dir_all(tables).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn samples_are_the_same_for_a_seed_and_about_nobody() {
    let folder = folder("sample");
    let make = |name: &str, seed: &str| -> Vec<(String, String)> {
        let place = folder.join(name);
        let arguments = ["sample", "--message", "kernset-2.3", "--count", "40", "--seed", seed, "-o"];
        assert_eq!(ooievaar(&[&arguments[..], &[place.to_str().unwrap()]].concat()).0, 0);
        let mut files: Vec<PathBuf> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
        files.iter().map(|file| (name(file), fs::read_to_string(file).unwrap())).collect()
    };
    let first = make("first", "7");
    assert_eq!(first, make("again", "7"));
    let other = make("other", "8");
    assert!(first.iter().zip(&other).all(|(one, two)| one.1 != two.1));
    let mut numbers = 0;
    for (_, text) in first.iter().chain(&other) {
        for rest in text.split("root=\"2.16.840.1.113883.2.4.6.3\" extension=\"").skip(1) {
            let digits: Vec<u32> = rest.chars().take_while(|c| *c != '"').filter_map(|c| c.to_digit(10)).collect();
            assert_eq!((digits.len(), &digits[..4]), (9, &[9, 9, 9, 9][..]));
            let sum: u32 = digits[..8].iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum();
            assert_eq!(sum % 11, digits[8], "the eleven test");
            numbers += 1;
        }
    }
    assert!(numbers > 80, "{numbers}");
    let files: Vec<String> =
        first.iter().map(|(name, _)| folder.join("first").join(name).to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = std::iter::once("roundtrip").chain(files.iter().map(String::as_str)).collect();
    assert_eq!(ooievaar(&arguments), (0, String::new()));
    fs::remove_dir_all(folder).unwrap();
}

/// What the parts of a sample say of each other.
#[test]
fn samples_hang_together() {
    let folder = folder("plausible");
    let converter = Converter::new().unwrap();
    let mut earlier = 0;
    // A kind without a message has no samples.
    for kind in converter.kinds().unwrap().into_iter().filter(|kind| kind.hl7v3.is_some()) {
        let place = folder.join(&kind.name);
        let arguments = ["sample", "--message", &kind.name, "--count", "50", "-o", place.to_str().unwrap()];
        assert_eq!(ooievaar(&arguments).0, 0);
        for file in fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()) {
            let message = fs::read(&file).unwrap();
            let name = file.display();
            let reading = converter.read(&message).unwrap();
            assert!(reading.ledger.losses.is_empty(), "{name}");
            assert_eq!(reading.message(), kind.name, "{name}");
            for format in formats(kind) {
                // What is told without a loss is of the form: ADA of 2.2 has no element for a number that others write there.
                assert_eq!(converter.convert(&message, format).unwrap().ledger.lost_leaves(), 0, "{name} to {format}");
            }
            // What a dataset does not have is not said.
            let (dataset, instance) = (reading.dataset(), &reading.instance);
            let nodes = |number: &str| {
                let concept = dataset.find(number);
                concept.map_or_else(Vec::new, |concept| instance.descendants(dataset, NodeIx::ROOT, concept))
            };
            let said = |number: &str| nodes(number).into_iter().filter_map(|node| instance.node(node).content.clone());
            let count = |number: &str| match said(number).next() {
                Some(Content::Value(Value::Count(digits))) => digits.parse::<usize>().ok(),
                _ => None,
            };
            let day = |content: Content| match content {
                Content::Value(Value::DateTime(moment)) => moment.to_fhir()[..10].parse::<Date>().unwrap(),
                other => panic!("{name}: {other:?}"),
            };
            let pregnancies = nodes("17").len();
            earlier += pregnancies;
            assert!(count("20010").is_none_or(|gravidity| gravidity == pregnancies + 1), "{name}");
            assert!(count("20150").is_none_or(|parity| parity == nodes("18").len()), "{name}");
            assert!(count("20505").is_none_or(|children| children == nodes("7").len()), "{name}");
            let Some(born) = said("10040").map(day).next() else { continue };
            for birth in said("40050").chain(said("80702")).map(day) {
                let years = (birth - born).get_days() / 365;
                assert!((16..46).contains(&years), "{name}: {years}");
            }
            let Some(due) = said("82160").map(day).next() else { continue };
            for checkup in nodes("80732") {
                let leaf = |number: &str| {
                    let found = instance.descendants(dataset, checkup, dataset.find(number).unwrap());
                    found.first().and_then(|node| instance.node(*node).content.clone())
                };
                if let (Some(date), Some(Content::Value(Value::Quantity(duration)))) = (leaf("80737"), leaf("80738")) {
                    let days: i32 = duration.value.parse().unwrap();
                    assert_eq!((due - day(date)).get_days() + days, 280, "{name}");
                }
            }
        }
    }
    assert!(earlier > 20, "{earlier}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn several_messages_that_are_no_fhir_are_sent_to_batch() {
    let message = root().join("fixtures/kernset-2.3/minimal.xml");
    let message = message.to_str().unwrap();
    let (exit, said) = told(&["convert", message, message]);
    assert!(exit == 3 && said.contains("ooievaar batch"), "{said}");
}

/// What is added to an error (that an old result was taken away) makes no second error of it.
#[test]
fn a_report_that_cannot_be_written_is_told_once() {
    let folder = folder("report-once");
    let (message, result, report) =
        (root().join("fixtures/kernset-2.3/minimal.xml"), folder.join("out.json"), folder.join("no/report.json"));
    fs::write(&result, "{ \"of\": \"an earlier run\" }").unwrap();
    let [message, to, at] = [&message, &result, &report].map(|path| path.to_str().unwrap());
    let (exit, said) = told(&["convert", message, "-o", to, "--report", at]);
    assert!(exit == 5 && !result.exists() && said.contains("was taken away"), "{said}");
    assert_eq!(said.matches("report.json: cannot be written").count(), 1, "{said}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_round_trip_shows_what_comes_back_different() {
    let folder = folder("roundtrip");
    let tables = folder.join("tables");
    copy(&root().join("mappings"), &tables);
    let file = tables.join("fhir-stu3/pwd-2.3.csv");
    let text = fs::read_to_string(&file).unwrap();
    let postcode = text.lines().find(|line| line.starts_with("10304,")).unwrap();
    fs::write(&file, text.replace(postcode, &postcode.replace("address.postalCode", "-"))).unwrap();
    let message = root().join("fixtures/kernset-2.3/full-single.xml");
    let tables = tables.to_str().unwrap();
    let (exit, shown) = ooievaar(&["roundtrip", "--tables", tables, message.to_str().unwrap()]);
    assert_eq!(exit, 1);
    let lines: Vec<&str> = shown.lines().skip(1).collect();
    assert_eq!(lines, ["- Vrouw > Adres > Postcode (10304)"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_round_trip_as_another_kind_shows_what_that_kind_does_not_have() {
    let message = root().join("fixtures/kernset-2.3/full-single.xml");
    let as_kind = |kind: &str| ooievaar(&["roundtrip", "--message", kind, message.to_str().unwrap()]);
    assert_eq!(as_kind("kernset-2.3").0, 0);
    let (exit, shown) = as_kind("kernset-2.2");
    assert_eq!(exit, 1);
    let is_gone = |line: &str| line.starts_with("- ") || line.starts_with("+ ");
    assert!(shown.lines().count() > 1 && shown.lines().skip(1).all(is_gone), "{shown}");
    assert_eq!(as_kind("kernset-9").0, 2);
}

#[test]
fn a_round_trip_goes_on_after_what_cannot_be_read() {
    let folder = folder("roundtrips");
    let good = root().join("fixtures/kernset-2.3/minimal.xml");
    let bundle = folder.join("case/bundle.json");
    fs::create_dir_all(bundle.parent().unwrap()).unwrap();
    assert_eq!(ooievaar(&["convert", good.to_str().unwrap(), "-o", bundle.to_str().unwrap()]).0, 0);
    let broken = folder.join("broken.xml");
    fs::write(&broken, "<REPC_IN004014NL").unwrap();
    let (absent, case) = (folder.join("absent.xml"), folder.join("case"));
    let mut command = Command::cargo_bin("ooievaar").unwrap();
    let output = command.arg("roundtrip").args([&broken, &absent, &good, &bundle, &case]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 5, "{said}");
    assert!(lines[0].contains("broken.xml: ") && lines[1].contains("absent.xml: cannot be read"), "{said}");
    assert!(lines[2..].iter().all(|line| line.ends_with(": all came back")), "{said}");
    assert_eq!(ooievaar(&["roundtrip", good.to_str().unwrap(), case.to_str().unwrap()]).0, 0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_code_outside_the_value_set_is_kept_and_named() {
    let folder = folder("unknown");
    let message = fs::read_to_string(root().join("fixtures/kernset-2.3/full-single.xml")).unwrap();
    // The colour of the amniotic fluid.
    let start = message.find("900199").unwrap();
    let code = start + message[start..].find("<value").unwrap();
    let code = code + message[code..].find("code=\"").unwrap() + 6;
    let end = code + message[code..].find('"').unwrap();
    fs::write(folder.join("in.xml"), format!("{}777777{}", &message[..code], &message[end..])).unwrap();
    let run = |more: &[&str]| {
        let mut command = Command::cargo_bin("ooievaar").unwrap();
        let output = command.arg("convert").arg(folder.join("in.xml")).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
    };
    let [bundle, said] = run(&[]);
    assert!(bundle.contains("777777"));
    assert!(said.contains("not in the value set of their concept") && said.contains("(20610)"), "{said}");
    assert!(!said.contains("777777"), "{said}");
    assert!(run(&["--show-values"])[1].contains("777777"));
    fs::remove_dir_all(folder).unwrap();
}
