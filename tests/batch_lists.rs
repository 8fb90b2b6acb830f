//! What a batch says of messages that it converted: what was lost, what was only told, what they lack.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const MINIMAL: &str = include_str!("../fixtures/kernset-2.3/minimal.xml");
const NO_WRAPPER: &str = include_str!("../fixtures/kernset-2.3/no-wrapper.xml");
const UNITS: &str = include_str!("../fixtures/told/units.xml");
const UNKNOWN: &str = include_str!("../fixtures/broken/unknown-code.xml");

fn ooievaar() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("ooievaar"))
}

fn batch(input: &Path, out: &Path, options: &[&str]) -> Output {
    ooievaar().arg("batch").arg(input).arg("-o").arg(out).args(options).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn folder(temp: &TempDir, messages: &[(&str, &str)]) -> PathBuf {
    let input = temp.path().join("in");
    fs::create_dir(&input).unwrap();
    for (name, message) in messages {
        fs::write(input.join(name), message).unwrap();
    }
    input
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// What `convert` reports of one message.
fn account(temp: &TempDir, message: &str, to: &str) -> (Value, String) {
    let (file, report) = (temp.path().join("one"), temp.path().join("one.json"));
    fs::write(&file, message).unwrap();
    let mut convert = ooievaar();
    convert.arg("convert").arg(&file).args(["--to", to, "-o"]).arg(temp.path().join("one.out"));
    let ended = convert.arg("--report").arg(&report).output().unwrap();
    (json(&report), told(&ended))
}

#[test]
fn what_messages_lack_is_counted_and_listed() {
    let temp = TempDir::new().unwrap();
    let bare = NO_WRAPPER;
    let input = folder(&temp, &[("a.xml", bare), ("b.xml", MINIMAL), ("c.xml", bare)]);
    let (out, report) = (temp.path().join("out"), temp.path().join("report"));
    let ended = batch(&input, &out, &["--to", "hl7v3", "--report", report.to_str().unwrap()]);
    assert_eq!(code(&ended), 0, "what is lacking decides no exit code: {}", told(&ended));
    let (alone, _) = account(&temp, bare, "hl7v3");
    let alone = alone["missing"].as_array().unwrap().clone();
    assert!(!alone.is_empty());
    let told = told(&ended);
    let summary = format!("2 messages lack {} things that the message demands", 2 * alone.len());
    assert!(told.contains(&summary) && told.contains("missing.ndjson"), "{told}");
    let listed = lines(&out.join("missing.ndjson"));
    assert_eq!(listed.len(), 2 * alone.len());
    for (at, entry) in listed.iter().enumerate() {
        assert_eq!(entry["path"], if at < alone.len() { "a.xml" } else { "c.xml" });
        for member in ["concept", "name", "demand", "remedy", "line", "filler"] {
            assert_eq!(entry[member], alone[at % alone.len()][member], "{member}");
        }
    }
    let tally = &json(&report.join("report.json"))["tally"];
    assert_eq!(tally["lacking"], 2);
    let times = tally["missing"].as_object().unwrap().values().map(|missing| missing["times"].as_u64().unwrap());
    assert_eq!(times.sum::<u64>(), listed.len() as u64);
    let page = fs::read_to_string(report.join("report.html")).unwrap();
    assert!(page.contains(&summary) && page.contains(alone[0]["remedy"].as_str().unwrap()), "{page}");
    // It is said also to who wants no more than a line.
    let quiet = batch(&input, &temp.path().join("quiet"), &["--to", "hl7v3", "--quiet"]);
    assert_eq!(String::from_utf8_lossy(&quiet.stderr).lines().count(), 1, "{quiet:?}");
    // A run of which no message lacks anything has no list of it.
    assert_eq!(code(&batch(&input, &temp.path().join("fhir"), &[])), 0);
    assert!(!temp.path().join("fhir/missing.ndjson").exists());
}

#[test]
fn what_is_told_but_written_is_not_lost() {
    let temp = TempDir::new().unwrap();
    let input = folder(&temp, &[("a.xml", UNITS), ("b.xml", MINIMAL)]);
    let (out, report) = (temp.path().join("out"), temp.path().join("report"));
    let ended = batch(&input, &out, &["--report", report.to_str().unwrap()]);
    let told = told(&ended);
    assert_eq!(code(&ended), 0, "{told}");
    assert!(told.contains("2 converted (0 with losses)") && told.contains(", 0 lost, 2 told, but written\n"), "{told}");
    assert!(!told.contains("\nlost ") && told.contains("\ntold ") && told.contains("losses.ndjson"), "{told}");
    let (alone, _) = account(&temp, UNITS, "fhir-json");
    let listed: Vec<Value> = lines(&out.join("losses.ndjson"));
    let listed: Vec<&Value> = listed.iter().filter(|entry| entry["reason"] != "unknown-code").collect();
    let alone = alone["losses"].as_array().unwrap();
    assert_eq!(listed.len(), alone.len());
    for (entry, alone) in listed.iter().zip(alone) {
        for member in ["reason", "remedy", "concept", "line", "values", "written"] {
            assert_eq!(entry[member], alone[member], "{member}");
        }
    }
    let tally = &json(&report.join("report.json"))["tally"];
    assert_eq!((&tally["with_losses"], &tally["with_told"]), (&0.into(), &1.into()));
    assert_eq!((&tally["values"]["lost"], &tally["values"]["told"]), (&0.into(), &2.into()));
    let page = fs::read_to_string(report.join("report.html")).unwrap();
    assert!(page.contains("told, but written") && page.contains("Geboortegewicht"), "{page}");
}

#[test]
fn a_code_outside_its_value_set_can_be_found_however_rare() {
    let temp = TempDir::new().unwrap();
    let marked = UNKNOWN.replace("999", "MARKER999");
    let all = format!("<all>\n{}\n</all>", marked.lines().skip(1).collect::<Vec<_>>().join("\n"));
    let input = folder(&temp, &[("a.xml", &marked), ("b.xml", MINIMAL), ("c.xml", &all)]);
    let out = temp.path().join("out");
    let ended = batch(&input, &out, &[]);
    assert!(told(&ended).contains("too rare or too odd to show"), "{}", told(&ended));
    let (alone, _) = account(&temp, &marked, "fhir-json");
    let listed = lines(&out.join("losses.ndjson"));
    let codes: Vec<&Value> = listed.iter().filter(|entry| entry["reason"] == "unknown-code").collect();
    let [own, within] = codes[..] else { panic!("{codes:?}") };
    assert_eq!(own["path"], "a.xml");
    for member in ["concept", "name", "line", "column"] {
        assert_eq!(own[member], alone["unknown_codes"][0][member], "{member}");
    }
    // One line before it that has been added, and one that is gone.
    assert_eq!((&within["line"], &within["concept"]), (&own["line"], &own["concept"]));
    assert_eq!((&own["values"], &own["written"]), (&0.into(), &true.into()));
    assert!(own["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    assert!(!fs::read_to_string(out.join("losses.ndjson")).unwrap().contains("MARKER"));
}

#[test]
fn a_merged_report_that_lacks_a_part_names_it_and_is_not_complete() {
    let temp = TempDir::new().unwrap();
    let input = folder(&temp, &[("a.xml", MINIMAL), ("b.xml", NO_WRAPPER), ("c.xml", UNITS)]);
    for index in 1..=3 {
        let (out, report) = (temp.path().join(format!("o{index}")), temp.path().join(format!("r{index}")));
        let part = format!("{index}/3");
        let ended = batch(&input, &out, &["--shard", &part, "--report", report.to_str().unwrap()]);
        assert!(!told(&ended).contains("missing"), "one part is not told that it was alone: {}", told(&ended));
        assert_eq!(json(&report.join("report.json"))["complete"], true);
    }
    let merge = |parts: &[&str], to: &str| {
        let mut merge = ooievaar();
        merge.args(["report", "merge", "-o"]).arg(temp.path().join(to));
        let ended = merge.args(parts.iter().map(|part| temp.path().join(part))).output().unwrap();
        (code(&ended), told(&ended), json(&temp.path().join(to).join("report.json")))
    };
    for (parts, to, missing) in [(&["r1"][..], "one", "parts 2/3, 3/3"), (&["r3", "r1"], "two", "parts 2/3")] {
        let (exit, told, report) = merge(parts, to);
        assert!(exit == 6 && told.contains(missing) && told.contains("merge again"), "{told}");
        assert_eq!((&report["complete"], &report["stopped"]), (&false.into(), &0.into()), "{report}");
        let page = fs::read_to_string(temp.path().join(to).join("report.html")).unwrap();
        assert!(page.contains("Without some of its parts") && !page.contains("Complete"), "{page}");
    }
    let (exit, told, report) = merge(&["two", "r2"], "all");
    assert!(exit == 0 && !told.contains("missing "), "{told}");
    assert_eq!(report["complete"], true);
}

/// Who tries the page goes from line to line.
#[cfg(unix)]
#[test]
fn the_lines_of_the_readme_run_in_their_order() {
    let readme = include_str!("../README.md");
    let block = readme.split("### Many messages").nth(1).unwrap().split("```").nth(1).unwrap();
    let lines: Vec<&str> = block.lines().skip(1).collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("ooievaar batch ")).count(), 4);
    let temp = TempDir::new().unwrap();
    let program = assert_cmd::cargo::cargo_bin!("ooievaar").parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for line in lines {
        let mut shell = Command::new("sh");
        let ended = shell.args(["-c", line]).env("PATH", &path).current_dir(temp.path()).output().unwrap();
        let told = told(&ended);
        // Samples may lose something on the way; that is said, and is no fault of the line.
        assert!(code(&ended) <= 1 && !told.contains("error"), "{line}\n{told}");
        let is_batch = line.starts_with("ooievaar batch ");
        assert!(!is_batch || told.contains("messages   100:") || told.contains("messages   300:"), "{line}\n{told}");
    }
}
