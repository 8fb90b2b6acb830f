//! What the command says to a stranger: a code for each refusal, a place and a name for each loss, and a page that lists them all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use ooievaar::ledger::Reason;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Exit code and standard error.
fn ooievaar(arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("ooievaar").unwrap().current_dir(root()).args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// The first cells of a table below a heading of the page.
fn listed(heading: &str) -> Vec<String> {
    let page = text("docs/messages.md");
    let section = page.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|cell| cell.0.to_owned()).collect()
}

/// The texts between `before` and the next quote.
fn quoted(source: &str, before: &str) -> Vec<String> {
    source.split(before).skip(1).filter_map(|rest| rest.split_once('"')).map(|found| found.0.to_owned()).collect()
}

fn sources(folder: &str) -> Vec<String> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// The codes of the library's errors, as the source says them: a new one cannot be forgotten.
fn error_codes() -> BTreeSet<String> {
    let errors = text("src/convert/error.rs");
    let body = errors.split("pub fn code(").nth(1).unwrap().split("/// Where in the input").next().unwrap();
    let codes: BTreeSet<String> = quoted(body, "=> \"").into_iter().collect();
    assert!(codes.len() > 20, "{codes:?}");
    codes
}

fn fault_codes() -> BTreeSet<String> {
    let codes: BTreeSet<String> = sources("src/batch")
        .iter()
        .flat_map(|source| quoted(source, "new(\""))
        .filter(|code| !code.is_empty() && !code.contains(' '))
        .collect();
    assert!(codes.contains("container") && codes.contains("internal"), "{codes:?}");
    codes
}

#[test]
fn the_page_of_messages_lists_all_codes_and_all_reasons() {
    let mut codes: BTreeSet<String> = error_codes().into_iter().chain(fault_codes()).collect();
    let exits = text("src/cli/mod.rs");
    codes.extend(quoted(exits.split("impl Exit {").nth(1).unwrap().split("\n}\n").next().unwrap(), "=> \""));
    // Without those in which the code is an argument.
    codes.extend(sources("src/cli").iter().flat_map(|source| quoted(source, "\"error[")).filter_map(|line| {
        let code = line.split(']').next()?.to_owned();
        (!code.contains('{')).then_some(code)
    }));
    assert_eq!(listed("\n## Errors\n"), codes.into_iter().collect::<Vec<_>>());
    let reasons: Vec<String> = Reason::ALL.iter().map(|reason| reason.code().to_owned()).collect();
    assert_eq!(listed("\n## Losses\n"), reasons);
}

#[test]
fn the_page_of_a_batch_knows_every_code_that_a_batch_can_have() {
    // What only an option of `convert` can lead to, or the start of a command.
    let others = [
        "tables",
        "no-such-kind",
        "which-case",
        "no-such-case",
        "no-such-current",
        "other-case",
        "other-ids",
        "other-kind",
        "which-occurrence",
        "no-deletion",
    ];
    let page = text("src/batch/page.rs");
    let known: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "))
        .map(|arm| arm.0.to_owned())
        .collect();
    let wanted: BTreeSet<String> =
        error_codes().into_iter().chain(fault_codes()).filter(|code| !others.contains(&code.as_str())).collect();
    assert_eq!(known, wanted);
}

/// A folder of a test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ooievaar-messages-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

const MINIMAL: &str = "fixtures/kernset-2.3/minimal.xml";
const FULL: &str = "fixtures/kernset-2.3/full-single.xml";

/// Two women in one bundle.
const TWO_CASES: &str = r#"{"resourceType": "Bundle", "type": "collection", "entry": [
  {"resource": {"resourceType": "Observation", "subject": {"reference": "Patient/jansen-1"}, "valueQuantity": {"value": 2},
    "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}},
  {"resource": {"resourceType": "Observation", "subject": {"reference": "Patient/devries-2"}, "valueQuantity": {"value": 3},
    "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}}]}"#;

#[test]
fn a_refusal_has_its_code_on_the_screen_and_in_the_report() {
    let folder = Folder::new("codes");
    let inputs = [
        (folder.write("empty.xml", ""), "empty", false),
        (folder.write("cut.xml", &text(MINIMAL)[..2000]), "syntax", true),
        (folder.write("two.json", TWO_CASES), "which-case", false),
        (folder.write("other.xml", "<letter xmlns=\"urn:example\"><to/></letter>"), "wrong-kind", false),
        (
            folder.write("search.json", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":0}"),
            "nothing-clinical",
            false,
        ),
        (folder.path("absent.xml"), "unreadable", false),
    ];
    for (input, code, has_place) in &inputs {
        let (output, report) = (folder.path("out.json"), folder.write("report.json", "{\"read\": 1}"));
        let begin = format!("error[{code}]: ");
        let (exit, said) = ooievaar(&["convert", input, "-o", &output, "--report", &report]);
        assert!(exit == 3 && said.lines().last().unwrap().starts_with(&begin), "{code}: {exit} {said}");
        assert!(!Path::new(&output).exists(), "{code}");
        let error = &json(&report)["error"];
        assert_eq!(error["code"], *code);
        assert_eq!(error["line"].is_u64(), *has_place, "{code}: {error}");
        assert!(json(&report).get("read").is_none(), "{code}: an old report stands there");
        // The screen says what there is to choose from; a report may go further.
        assert!(!error.to_string().contains("jansen"), "{error}");
        for command in ["inspect", "roundtrip"] {
            let (exit, said) = ooievaar(&[command, input]);
            assert!(exit == 3 && said.starts_with(&begin), "{command}: {exit} {said}");
        }
    }
    assert!(ooievaar(&["convert", &inputs[2].0]).1.contains("Patient/jansen-1"));
    // Nothing that is read is written over, also if it is refused.
    for (arguments, kept) in [
        (["convert", MINIMAL, &inputs[0].0, "--report", &inputs[0].0], &inputs[0].0),
        (["convert", &inputs[1].0, &inputs[5].0, "--report", &inputs[1].0], &inputs[1].0),
    ] {
        let before = fs::read(kept).unwrap();
        let (exit, said) = ooievaar(&arguments);
        assert!(exit == 2 && said.starts_with("error[usage]: "), "{exit} {said}");
        assert_eq!(fs::read(kept).unwrap(), before);
    }
}

#[test]
fn an_option_that_means_nothing_is_refused_or_told() {
    let folder = Folder::new("options");
    let ada = folder.path("minimal.ada.xml");
    assert_eq!(ooievaar(&["convert", MINIMAL, "--to", "ada", "-o", &ada]).0, 0);
    let bundle = folder.path("minimal.json");
    assert_eq!(ooievaar(&["convert", MINIMAL, "-o", &bundle]).0, 0);
    let (report, output) = (folder.path("report.json"), folder.path("out"));
    for command in ["convert", "inspect", "roundtrip"] {
        for input in [MINIMAL, &ada] {
            for option in ["--case", "--current"] {
                let (exit, said) = ooievaar(&[command, input, option, "Patient/1"]);
                assert!(exit == 2 && said.starts_with("error[usage]: ") && said.contains(option), "{exit} {said}");
            }
        }
        for (input, option, value, is_used) in [
            (MINIMAL, "--reference-day", "2024-01-01", false),
            (&bundle, "--reference-day", "2024-01-01", false),
            (&ada, "--reference-day", "2024-01-01", true),
            (&ada, "--as", "kernset-2.3", false),
            (&bundle, "--as", "kernset-2.3", false),
            (MINIMAL, "--as", "kernset-2.3", true),
        ] {
            let (exit, said) = ooievaar(&[command, input, option, value]);
            assert_eq!(exit, 0, "{said}");
            assert_eq!(said.contains(&format!("note: {option} was not used")), !is_used, "{command} {input} {said}");
        }
    }
    let (exit, said) = ooievaar(&["convert", &bundle, "--bundle", "collection", "--report", &report, "-o", &output]);
    assert!(exit == 0 && said.contains("note: --bundle was not used"), "{exit} {said}");
}

/// A message with a loss of each kind that has a name of its own.
#[test]
fn a_loss_names_what_was_lost_and_why() {
    let folder = Folder::new("losses");
    let message = text(FULL);
    let act = message.find("<observation classCode=\"OBS\" moodCode=\"EVN\">").unwrap();
    let taken_back =
        format!("{}{}", &message[..act], message[act..].replacen("moodCode=\"EVN\"", "moodCode=\"INT\"", 1));
    let end = taken_back.rfind("</").unwrap();
    let odd = format!("{}<odd a=\"1\" b=\"2\"><deep c=\"3\"/></odd>{}", &taken_back[..end], &taken_back[end..]);
    let (input, report) = (folder.write("odd.xml", &odd), folder.path("report.json"));
    let (exit, said) = ooievaar(&["convert", &input, "--report", &report, "-o", &folder.path("out.json")]);
    assert_eq!(exit, 0, "{said}");
    let modifier = said.lines().find(|line| line.contains(": modifier")).unwrap();
    assert!(modifier.contains(": modifier @moodCode: ") && modifier.contains(" values: "), "{modifier}");
    let unknown = said.lines().find(|line| line.contains(": unknown-content: ") && line.contains("odd")).unwrap();
    assert!(unknown.contains("/odd[1]") && unknown.contains("3 values"), "{unknown}");
    let losses = json(&report)["losses"].clone();
    let losses = losses.as_array().unwrap();
    assert!(losses.iter().any(|loss| loss["reason"] == "modifier" && loss["rule"] == "@moodCode"));
    // The same in FHIR.
    let bundle = folder.path("bundle.json");
    assert_eq!(ooievaar(&["convert", FULL, "-o", &bundle]).0, 0);
    let (before, after) = ("\"verificationStatus\": \"confirmed\"", "\"verificationStatus\": \"entered-in-error\"");
    let changed = fs::read_to_string(&bundle).unwrap().replacen(before, after, 1);
    assert!(changed.contains(after));
    let changed = folder.write("changed.json", &changed);
    let (_, said) = ooievaar(&["convert", &changed, "-o", &folder.path("out.xml")]);
    assert!(said.contains(": modifier verificationStatus: "), "{said}");
}

#[test]
fn a_code_that_is_not_known_has_its_line() {
    let folder = Folder::new("unknown");
    let message = text(FULL);
    // The colour of the amniotic fluid.
    let start = message.find("900199").unwrap();
    let value = start + message[start..].find("<value").unwrap();
    let code = value + message[value..].find("code=\"").unwrap() + 6;
    let end = code + message[code..].find('"').unwrap();
    let (input, report) =
        (folder.write("in.xml", &format!("{}777777{}", &message[..code], &message[end..])), folder.path("r"));
    let (_, said) = ooievaar(&["convert", &input, "--report", &report, "-o", &folder.path("out.json")]);
    let line = message[..value].matches('\n').count() + 1;
    assert!(
        said.lines().any(|told| told.starts_with(&format!("  {line}:")) && told.ends_with("(20610)")),
        "{line}: {said}"
    );
    let codes = json(&report)["unknown_codes"].clone();
    assert!(codes.as_array().unwrap().iter().any(|code| code["concept"] == "20610" && code["line"] == line), "{codes}");
}

#[test]
fn what_a_second_delivery_deletes_is_counted_and_named() {
    let folder = Folder::new("previous");
    let (report, output) = (folder.path("report.json"), folder.path("out.json"));
    let (exit, said) = ooievaar(&["convert", MINIMAL, "--previous", MINIMAL, "--report", &report, "-o", &output]);
    assert!(exit == 0 && said.contains("of the earlier delivery: 0 resources deleted"), "{exit} {said}");
    assert_eq!(json(&report)["deleted"], Value::Array(Vec::new()));
    // Without an answer that makes a resource.
    let full = text(FULL);
    let start = full.rfind("<pertinentInformation3").unwrap();
    let shorter = withdrawn(&full, start);
    let shorter = folder.write("shorter.xml", &shorter);
    let (exit, said) = ooievaar(&["convert", &shorter, "--previous", FULL, "--report", &report, "-o", &output]);
    assert_eq!(exit, 0, "{said}");
    let deleted = json(&report)["deleted"].as_array().unwrap().len();
    assert!(deleted > 0 && said.contains(&format!(": {deleted} resource")), "{deleted}: {said}");
    let bundle = fs::read_to_string(&output).unwrap();
    for url in json(&report)["deleted"].as_array().unwrap() {
        assert!(bundle.contains(url.as_str().unwrap()), "{url}");
    }
    // Of another woman.
    let (exit, said) = ooievaar(&["convert", FULL, "--previous", MINIMAL, "--report", &report, "-o", &output]);
    assert!(exit == 3 && said.contains("error[other-case]: ") && said.contains("it has another "), "{exit} {said}");
    assert_eq!(json(&report)["error"]["code"], "other-case");
}

/// A message without its first occurrence of an element that begins at a place.
fn withdrawn(message: &str, start: usize) -> String {
    let name = message[start + 1..].split([' ', '>']).next().unwrap();
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let (mut at, mut depth) = (start, 0);
    loop {
        let rest = &message[at..];
        let (next_open, next_close) = (rest.find(&open).unwrap_or(usize::MAX), rest.find(&close).unwrap());
        if next_open < next_close {
            depth += 1;
            at += next_open + open.len();
        } else {
            depth -= 1;
            at += next_close + close.len();
            if depth == 0 {
                return format!("{}{}", &message[..start], &message[at..]);
            }
        }
    }
}

#[test]
fn a_batch_says_what_its_exit_code_means() {
    let folder = Folder::new("batch");
    fs::create_dir_all(folder.path("in")).unwrap();
    folder.write("in/good.xml", &text(MINIMAL));
    folder.write("in/cut.xml", &text(MINIMAL)[..2000]);
    let (input, out) = (folder.path("in"), folder.path("out"));
    let (exit, said) = ooievaar(&["batch", &input, "-o", &out, "--quiet"]);
    assert_eq!(exit, 3);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("1 message;") && said.contains("quarantine.ndjson"), "{said}");
    let (exit, said) = ooievaar(&["batch", &input, "-o", &out, "--resume"]);
    assert!(exit == 3 && said.contains("was over already; nothing was done"), "{exit} {said}");
    let (exit, said) = ooievaar(&["batch", &input, "-o", &folder.path("strict"), "--strict"]);
    assert!(exit == 2 && said.starts_with("error[usage]: ") && said.contains("losses.ndjson"), "{exit} {said}");
    fs::remove_file(folder.path("in/cut.xml")).unwrap();
    assert_eq!(ooievaar(&["batch", &input, "-o", &folder.path("clean"), "--quiet"]), (0, String::new()));
}

/// A value of which something had to be told is not called lost where it is in the output.
#[test]
fn what_is_told_but_written_has_a_word_of_its_own() {
    let folder = Folder::new("told");
    let (report, output) = (folder.path("report.json"), folder.path("out.json"));
    let input = "fixtures/told/units.xml";
    let (exit, said) = ooievaar(&["convert", input, "--report", &report, "-o", &output]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.lines().next().unwrap().ends_with(", 0 lost, 2 told, but written"), "{said}");
    assert!(said.contains("      2  unit, told, but written\n"), "{said}");
    assert!(said.contains("  invariant, told, but written\n") && !said.contains("      0  "), "{said}");
    let lines = said.lines().filter(|line| line.contains(": unit: ") || line.contains(": invariant "));
    assert!(lines.clone().count() > 3 && lines.clone().all(|line| line.ends_with(" (told, but written)")), "{said}");
    let account = json(&report);
    // Every command counts them so: a batch and a stream too.
    assert_eq!((account["lost"].as_u64(), account["told"].as_u64()), (Some(0), Some(2)));
    assert_eq!(account["reasons"], serde_json::json!({}));
    assert!(account["losses"].as_array().unwrap().iter().all(|loss| loss["written"] == true), "{account}");
    assert_eq!(ooievaar(&["convert", input, "--strict", "-o", &output]).0, 1, "--strict goes by both");

    // What is gone is lost as before.
    let message = text(FULL);
    let end = message.rfind("</").unwrap();
    let odd = folder.write("odd.xml", &format!("{}<odd a=\"1\"/>{}", &message[..end], &message[end..]));
    let (_, said) = ooievaar(&["convert", &odd, "--report", &report, "-o", &output]);
    assert!(!said.contains("told, but written"), "{said}");
    assert!(json(&report)["losses"].as_array().unwrap().iter().all(|loss| loss["written"] == false));
}

/// What stands in the way is said once, with what to do.
#[test]
fn what_cannot_be_read_or_written_says_what_to_do() {
    let folder = Folder::new("unwritable");
    let (nowhere, empty) = (folder.path("nowhere/file"), folder.path("empty"));
    fs::create_dir_all(&empty).unwrap();
    let output = folder.path("out.json");
    for (arguments, exit, what) in [
        (&["convert", &nowhere, "-o", &output][..], 3, "; see whether it exists"),
        (&["convert", &empty, "-o", &output], 3, "; name the folder that holds"),
        (&["convert", MINIMAL, "-o", &nowhere], 5, "; name a file in a folder that exists"),
        (&["convert", MINIMAL, "-o", &empty], 5, "; name a file in a folder that exists"),
        (&["convert", MINIMAL, "-o", &output, "--report", &nowhere], 5, "; name a file in a folder that exists"),
    ] {
        let (ended, said) = ooievaar(arguments);
        let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
        assert!(ended == exit && errors.len() == 1 && errors[0].contains(what), "{arguments:?}: {ended} {said}");
    }
    let (exit, said) = ooievaar(&["convert", MINIMAL, "-o", "-"]);
    assert!(exit == 0 && !Path::new("-").exists() && !root().join("-").exists(), "{said}");
    // An account of what was not written would say that it was.
    let report = folder.path("report.json");
    assert_eq!(ooievaar(&["convert", MINIMAL, "-o", &nowhere, "--report", &report]).0, 5);
    assert_eq!(json(&report)["error"]["code"], "output");
}
