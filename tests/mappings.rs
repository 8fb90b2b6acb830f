//! The commands about the tables, as somebody at a terminal or a pipeline sees them.

// Clippy does not see that helper functions of a test are tests.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn ooievaar(arguments: &[&str]) -> (i32, String) {
    let output =
        Command::cargo_bin("ooievaar").unwrap().current_dir(root()).arg("mappings").args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// A copy of the tables that a test can change.
struct Copy(PathBuf);

impl Copy {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ooievaar-mappings-{test}-{}", std::process::id()));
        for (file, bytes) in ooievaar::tables::Source::Embedded.files().unwrap() {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        Self(folder)
    }

    fn change(&self, file: &str, change: impl Fn(String) -> String) {
        let path = self.0.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, change(text)).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn exit_codes_are_a_promise() {
    let copy = Copy::new("exit");
    assert_eq!(ooievaar(&["check", copy.path()]).0, 0);
    assert_eq!(ooievaar(&["check", "no-such-folder"]).0, 2);
    assert_eq!(ooievaar(&["check", "--error", "OOI-000"]).0, 2);
    assert_eq!(ooievaar(&["explain", "OOI-000"]).0, 2);
    // A warning: a finding, but no error unless somebody says so.
    copy.change("value-sets/Echelon.csv", |text| text.replace('\n', "\r\n"));
    assert_eq!(ooievaar(&["check", copy.path()]).0, 1);
    assert_eq!(ooievaar(&["check", copy.path(), "--errors-only"]).0, 0);
    assert_eq!(ooievaar(&["check", copy.path(), "--errors-only", "--error", "all"]).0, 1);
}

#[test]
fn a_row_that_claims_too_much_is_refuted() {
    let copy = Copy::new("refuted");
    // How yes is written is then no longer how it is read.
    copy.change("fhir-stu3/answers.toml", |text| {
        let (before, after) = text.split_once("[condition.yes]").unwrap();
        let (said, rest) = after.split_once("verificationStatus = \"confirmed\"").unwrap();
        let suspected = "# allow OOI-317: here to see what the proof says\nverificationStatus = \"provisional\"";
        format!("{before}[condition.yes]{said}{suspected}{rest}")
    });
    let findings = |folder: &str| {
        let (status, json) = ooievaar(&["check", folder, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        (status, report["findings"].as_array().unwrap().clone())
    };
    let (status, found) = findings(copy.path());
    assert_eq!(status, 1);
    assert!(found.iter().all(|finding| finding["code"] == "OOI-501"), "{found:?}");
    let diabetes = found.iter().find(|finding| finding["concept"] == "82465 Diabetes mellitus?").unwrap();
    let table = std::fs::read_to_string(copy.0.join("fhir-stu3/pwd-2.3.csv")).unwrap();
    let line = table.lines().position(|line| line.starts_with("82465,")).unwrap() + 1;
    assert_eq!(diabetes["line"], line);
    assert!(diabetes["file"].as_str().unwrap().ends_with("fhir-stu3/pwd-2.3.csv"));
    assert!(diabetes["message"].as_str().unwrap().ends_with("the first: yes"), "{diabetes}");
    // With errors of another kind the rows are not run: they say nothing then.
    copy.change("messages/kernset-2.3/rows.csv", |text| text.replace("30050,Episiotomie?", "30050,Episotomie?"));
    assert!(findings(copy.path()).1.iter().all(|finding| finding["code"] == "OOI-105"));
}

#[test]
fn every_row_has_an_example() {
    let (status, shown) = ooievaar(&["check", "--examples", "fixtures"]);
    assert_eq!(status, 0, "{shown}");
}

#[test]
fn what_a_spreadsheet_did_is_mended() {
    let copy = Copy::new("fmt");
    let file = "value-sets/Echelon.csv";
    let before = std::fs::read_to_string(copy.0.join(file)).unwrap();
    copy.change(file, |text| {
        let rows: Vec<String> = text
            .lines()
            .map(|line| line.split(',').map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(";"))
            .collect();
        format!("\u{feff}{}\r\n", rows.join("\r\n"))
    });
    let (status, listed) = ooievaar(&["fmt", copy.path(), "--check"]);
    assert_eq!(status, 1);
    assert!(listed.contains("Echelon.csv"), "{listed}");
    let (status, shown) = ooievaar(&["check", copy.path()]);
    assert_eq!(status, 1);
    assert!(shown.contains("OOI-002") && shown.contains("error[OOI-009"), "{shown}");
    assert_eq!(ooievaar(&["check", copy.path(), "--fix"]).0, 0);
    assert_eq!(std::fs::read_to_string(copy.0.join(file)).unwrap(), before);
    assert_eq!(ooievaar(&["fmt", copy.path(), "--check"]).0, 0);
}

/// A semicolon in a cell without quotes makes one cell more: to write these rows would be to lose what they said.
#[test]
fn what_does_not_come_out_as_the_header_has_it_is_not_mended() {
    let copy = Copy::new("uneven");
    let file = "value-sets/Echelon.csv";
    copy.change(file, |text| {
        let text = text.replace(',', ";");
        let row = text.lines().nth(1).unwrap().to_owned();
        text.replacen(&row, &format!("{row}; and more"), 1)
    });
    let before = std::fs::read_to_string(copy.0.join(file)).unwrap();
    for command in [&["check", copy.path(), "--fix"][..], &["fmt", copy.path()]] {
        ooievaar(command);
        assert_eq!(std::fs::read_to_string(copy.0.join(file)).unwrap(), before, "{command:?}");
    }
    let (status, shown) = ooievaar(&["check", copy.path()]);
    assert!(status == 1 && shown.contains("Echelon.csv:2"), "{shown}");
}

#[test]
fn a_table_in_the_encoding_of_a_spreadsheet_is_read_and_mended() {
    let copy = Copy::new("encoding");
    let file = "value-sets/HypertensieveAandoening.csv";
    let before = std::fs::read_to_string(copy.0.join(file)).unwrap().replacen("HELLP", "HELLP (é)", 1);
    let windows = before.replace('\n', "\r\n").replace(',', ";");
    let windows: Vec<u8> = windows.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16 = format!("\u{feff}{}", before.replace(',', "\t")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [windows, utf16] {
        std::fs::write(copy.0.join(file), bytes).unwrap();
        let (status, shown) = ooievaar(&["check", copy.path()]);
        assert_eq!(status, 1);
        assert!(shown.contains("not in UTF-8") && shown.contains("error[OOI-009]"), "{shown}");
        assert_eq!(ooievaar(&["fmt", copy.path()]).0, 0);
        assert_eq!(std::fs::read_to_string(copy.0.join(file)).unwrap(), before);
    }
    // What is in no encoding that can be told is refused at its line.
    std::fs::write(copy.0.join(file), b"code,code_system,display,ordinal,source\n1,2.16,\x90,1,a\n").unwrap();
    let (_, shown) = ooievaar(&["check", copy.path()]);
    assert!(shown.contains("OOI-001") && shown.contains("HypertensieveAandoening.csv:2:1"), "{shown}");
}

#[test]
fn all_findings_come_at_once_with_their_cells() {
    let copy = Copy::new("all");
    copy.change("messages/kernset-2.3/rows.csv", |text| text.replace("30050,Episiotomie?", "30050,Episotomie?"));
    copy.change("fhir-stu3/pwd-2.3.csv", |text| text.replace(",period.end,", ",period.ends,"));
    let (status, json) = ooievaar(&["check", copy.path(), "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let places: Vec<(String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["code"].as_str().unwrap().to_owned(), finding["column"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(status, 1);
    assert_eq!(places, [("OOI-301".to_owned(), "element".to_owned()), ("OOI-105".to_owned(), "name".to_owned())]);
    for format in ["sarif", "junit", "github"] {
        let (status, text) = ooievaar(&["check", copy.path(), "--format", format]);
        assert_eq!(status, 1);
        assert!(text.contains("OOI-301") && text.contains("OOI-105"), "{format}");
    }
}

#[test]
fn the_reference_is_current() {
    let folder = std::env::temp_dir().join(format!("ooievaar-reference-{}", std::process::id()));
    assert_eq!(ooievaar(&["reference", folder.to_str().unwrap()]).0, 0);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name();
        let made = std::fs::read_to_string(folder.join(&name)).unwrap();
        let kept = std::fs::read_to_string(root().join("docs/mappings").join(&name)).unwrap_or_default();
        assert!(made == kept, "docs/mappings/{} is not current: run `ooievaar mappings reference`", name.display());
        count += 1;
    }
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(count, 7);
    assert_eq!(std::fs::read_dir(root().join("docs/mappings")).unwrap().count(), count);
}

#[test]
fn every_page_can_be_printed() {
    let (status, list) = ooievaar(&["explain"]);
    assert_eq!(status, 0);
    let codes: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert_eq!(codes.len(), ooievaar::check::all().count());
    for code in codes {
        let (status, page) = ooievaar(&["explain", code]);
        assert_eq!(status, 0);
        assert!(page.starts_with(&format!("# {code} ")), "{page}");
    }
}

#[test]
fn coverage_is_shown_in_three_ways() {
    let (_, table) = ooievaar(&["coverage"]);
    assert!(table.contains("kernset-2.3") && table.contains("bc-Birth"));
    let (_, csv) = ooievaar(&["coverage", "--format", "csv"]);
    assert!(csv.starts_with("section,name,what,count\n") && csv.lines().all(|line| line.split(',').count() == 4));
    let (_, html) = ooievaar(&["coverage", "--format", "html"]);
    assert!(html.contains("<svg") && !html.contains("src=") && !html.contains("href="));
}

#[test]
fn a_change_is_shown_in_concepts_and_codes() {
    let copy = Copy::new("diff");
    assert_eq!(ooievaar(&["diff", "mappings", copy.path()]), (0, String::new()));
    copy.change("code-maps/voeding-kind.csv", |text| text.replace("226789007", "226790003"));
    let (status, text) = ooievaar(&["diff", "mappings", copy.path()]);
    assert_eq!(status, 1);
    assert!(
        text.contains(
            "in map voeding-kind\n  code-maps/voeding-kind.csv: `target_code` was `226789007`, is `226790003`"
        ),
        "{text}"
    );
}

/// A change of a table is judged by what it does to messages; the values in them are nobody's business.
#[test]
fn a_change_is_shown_in_what_is_written_of_examples() {
    let copy = Copy::new("diff-output");
    let examples = ["--examples", "fixtures/kernset-2.3"];
    let (status, text) = ooievaar(&[&["diff", "mappings", copy.path()][..], &examples].concat());
    assert_eq!((status, text.as_str()), (0, "the output of all examples is the same\n"));
    copy.change("fhir-stu3/patterns/apgar-score.json", |text| {
        text.replacen("\"meta\"", "\"status\": \"preliminary\",\n  \"meta\"", 1)
    });
    let (status, text) = ooievaar(&[&["diff", "mappings", copy.path()][..], &examples].concat());
    assert_eq!(status, 1);
    assert!(text.contains("fhir-json: Observation (zib-ApgarScore).status: "), "{text}");
    assert!(!text.contains("preliminary"), "{text}");
    let (_, text) = ooievaar(&[&["diff", "mappings", copy.path(), "--show-values"][..], &examples].concat());
    assert!(text.contains("    - final\n") && text.contains("    + preliminary\n"), "{text}");
}

/// That the output of examples is the same is no proof of a code that none of them has.
#[test]
fn a_code_that_no_example_uses_is_not_called_the_same() {
    let copy = Copy::new("diff-unused");
    copy.change("code-maps/voeding-kind.csv", |text| text.replace("226789007", "226790003"));
    let examples = tempfile::tempdir().unwrap();
    std::fs::copy(root().join("fixtures/kernset-2.3/minimal.xml"), examples.path().join("minimal.xml")).unwrap();
    let at = examples.path().to_str().unwrap();
    let (status, text) = ooievaar(&["diff", "mappings", copy.path(), "--examples", at]);
    assert_eq!(status, 1);
    assert!(text.contains("no example uses these codes (voeding-kind)") && !text.contains("is the same"), "{text}");
    // With other tables that are only written otherwise there is nothing to use.
    let other = Copy::new("diff-form");
    other.change("code-maps/voeding-kind.csv", |text| text.replace('\n', "\r\n"));
    let (_, text) = ooievaar(&["diff", "mappings", other.path(), "--examples", at]);
    assert!(text.contains("the output of all examples is the same"), "{text}");
    // Nor where only the columns that say something of a row are others.
    let said = Copy::new("diff-said");
    said.change("code-maps/voeding-kind.csv", |text| {
        text.replace(",equivalent,", ",equal,").replace("value set 3.2", "the value set of 3.2")
    });
    let (status, text) = ooievaar(&["diff", "mappings", said.path(), "--examples", at]);
    assert_eq!(status, 1);
    assert!(text.contains("nothing that converts has changed") && !text.contains("no example uses"), "{text}");
}

#[test]
fn examples_that_try_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_str().unwrap();
    let diff = || ooievaar(&["diff", "mappings", "mappings", "--examples", at]);
    let check = || ooievaar(&["check", "--examples", at]);
    let is_refused = |ended: (i32, String)| ended.0 == 2 && ended.1.is_empty();
    assert!(is_refused(diff()) && is_refused(check()), "an empty folder");
    std::fs::write(folder.path().join("README.md"), "no message").unwrap();
    assert!(is_refused(diff()), "no example");
    std::fs::copy(root().join("fixtures/kernset-2.3/minimal.xml"), folder.path().join("minimal.xml")).unwrap();
    assert_eq!(diff().0, 0);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", folder.path().join("gone.xml")).unwrap();
        assert!(is_refused(diff()) && is_refused(check()), "an example that cannot be read");
    }
}

/// A row whose table has no column `concept` is known by what it is about, and not by its place.
#[test]
fn a_change_of_a_fact_is_shown_at_its_row() {
    let copy = Copy::new("diff-facts");
    copy.change("fhir-stu3/modifiers.csv", |text| {
        text.replacen("\nAddress,", "\nAccount,status,,,invented\nAddress,", 1)
    });
    let (status, text) = ooievaar(&["diff", "mappings", copy.path()]);
    assert_eq!(status, 1);
    assert_eq!(text.matches("modifiers.csv").count(), 1, "{text}");
    assert!(text.contains("Account"), "{text}");
}

/// Somebody who edits `mappings/` here must not be told about the tables in the program.
#[test]
fn the_tables_here_are_meant_however_they_are_named() {
    let copy = Copy::new("here");
    copy.change("fhir-stu3/pwd-2.3.csv", |text| text.replace("address.postalCode,compact", "birthDate,compact"));
    let place = std::env::temp_dir().join(format!("ooievaar-here-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    std::fs::rename(copy.path(), place.join("mappings")).unwrap();
    for command in ["check", "proof"] {
        for name in [&[][..], &["mappings"], &["--tables", "mappings"]] {
            let mut here = Command::cargo_bin("ooievaar").unwrap();
            let output = here.current_dir(&place).args(["mappings", command]).args(name).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{command} {name:?}");
        }
        assert_eq!(ooievaar(&[command]).0, 0, "{command}: the tables of this project have nothing wrong");
        assert_eq!(ooievaar(&[command, "no-such-folder"]).0, 2, "{command}");
    }
    std::fs::remove_dir_all(place).unwrap();
}

#[test]
fn code_maps_go_out_and_value_sets_come_in() {
    let folder = std::env::temp_dir().join(format!("ooievaar-export-{}", std::process::id()));
    let target = folder.to_str().unwrap();
    assert_eq!(ooievaar(&["export", "conceptmap", "--output", target]).0, 0);
    // The folder beside the maps holds facts of publications, and no map.
    let maps = std::fs::read_dir(root().join("mappings/code-maps")).unwrap();
    let maps = maps.filter(|entry| entry.as_ref().unwrap().path().is_file()).count();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), maps);
    let set = folder.join("set.json");
    let text = r#"{"resourceType": "ValueSet", "name": "V", "url": "http://example.org/v", "compose": {"include": [
        {"system": "http://snomed.info/sct", "concept": [{"code": "364320009", "display": "zwangerschap"}]}]}}"#;
    std::fs::write(&set, text).unwrap();
    let (status, csv) = ooievaar(&["import", set.to_str().unwrap()]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((status, csv.lines().count()), (0, 2));
    assert!(csv.contains("\n364320009,2.16.840.1.113883.6.96,zwangerschap,1,http://example.org/v\n"), "{csv}");
}

#[test]
fn a_broken_file_of_the_tables_is_named_with_its_line() {
    let files = [
        "ooievaar.toml",
        "fhir-stu3/answers.toml",
        "fhir-stu3/identity.toml",
        "fhir-stu3/cases.toml",
        "fhir-stu3/patterns/episode.json",
        "messages/kernset-2.3/message.toml",
        "messages/kernset-2.3/skeleton.xml",
    ];
    for file in files {
        let copy = Copy::new("broken");
        // What is no TOML, no JSON and no XML, between two lines in the middle.
        let middle = std::cell::Cell::new(0);
        copy.change(file, |text| {
            let lines: Vec<&str> = text.lines().collect();
            middle.set(lines.len() / 2);
            let (before, after) = lines.split_at(middle.get());
            [before, &["= <"], after].concat().join("\n")
        });
        let output = Command::cargo_bin("ooievaar")
            .unwrap()
            .current_dir(root())
            .args(["convert", "--tables", copy.path(), "fixtures/kernset-2.3/minimal.xml", "--to", "fhir-json"])
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        // A parser may see it where the line before should have gone on, or one later.
        let lines = [middle.get(), middle.get() + 1, middle.get() + 2];
        let is_named = lines.iter().any(|line| told.contains(&format!("{file}:{line}:")));
        assert!(!output.status.success() && is_named, "{file} {lines:?}: {told}");
    }
}
