//! A batch tells which value was lost where.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::lexical::message_with;

const TEXT: &str = "<text>Wagenziek; draagt een gehoorapparaat links.</text>";

fn ooievaar(arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("ooievaar")).args(arguments).output().unwrap()
}

fn batch(input: &Path, out: &Path, options: &[&str]) -> Output {
    let (input, out) = (input.to_str().unwrap(), out.to_str().unwrap());
    ooievaar(&[&["batch", input, "-o", out][..], options].concat())
}

fn losses(out: &Path) -> Vec<Value> {
    let list = fs::read_to_string(out.join("losses.ndjson")).unwrap();
    list.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A folder of messages that lose something, each at another line: a text that is struck out in part, and an element that
/// nobody knows.
fn input(folder: &Path, count: usize) -> std::path::PathBuf {
    let input = folder.join("in");
    fs::create_dir_all(&input).unwrap();
    for number in 0..count {
        let lines = "\n".repeat(number);
        let text = r#"<text>Heeft <content revised="delete">geen</content> xyzzy</text>"#;
        let odd = format!("{lines}<unheard secret=\"xyzzy\"/>{text}");
        fs::write(input.join(format!("{number:03}.xml")), message_with(TEXT, &odd)).unwrap();
    }
    input
}

#[test]
fn every_loss_has_a_line_with_its_place_and_no_value() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 3), temp.path().join("out"));
    assert_eq!(batch(&input, &out, &[]).status.code(), Some(1));
    let losses = losses(&out);
    for number in 0..3_usize {
        let message = fs::read_to_string(input.join(format!("{number:03}.xml"))).unwrap();
        let at = |piece: &str| {
            let before = &message[..message.find(piece).unwrap()];
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            (before.matches('\n').count() as u64 + 1, column as u64)
        };
        let path = format!("{number:03}.xml");
        let own: Vec<&Value> = losses.iter().filter(|loss| loss["path"] == path.as_str()).collect();
        let place = |loss: &Value| (loss["line"].as_u64().unwrap(), loss["column"].as_u64().unwrap());
        let text = own.iter().find(|loss| loss["concept"] == "80919").expect("the text");
        assert_eq!((place(text), &text["reason"]), (at("<text>Heeft"), &Value::from("datatype")));
        assert!(text["name"].as_str().unwrap().ends_with("Overige aandoening"));
        let is_odd = |loss: &&&Value| loss["element"].as_str().is_some_and(|path| path.ends_with("/unheard[1]"));
        let odd = own.iter().find(is_odd).expect("the element");
        assert_eq!((place(odd), &odd["concept"]), (at("<unheard"), &Value::Null));
    }
    assert!(!fs::read_to_string(out.join("losses.ndjson")).unwrap().contains("xyzzy"));
}

#[test]
fn the_list_is_the_same_for_any_number_of_threads() {
    let temp = TempDir::new().unwrap();
    let input = input(temp.path(), 12);
    let list = |jobs: &str| {
        let out = temp.path().join(jobs);
        batch(&input, &out, &["--jobs", jobs, "--layout", "ndjson"]);
        fs::read(out.join("losses.ndjson")).unwrap()
    };
    let one = list("1");
    assert!(one.len() > 1000);
    assert_eq!(one, list("3"));
}

#[test]
fn reports_name_the_element_where_there_is_no_concept() {
    let temp = TempDir::new().unwrap();
    let (input, out, report) = (input(temp.path(), 2), temp.path().join("out"), temp.path().join("report"));
    let ended = batch(&input, &out, &["--report", report.to_str().unwrap()]);
    let said = String::from_utf8(ended.stderr).unwrap();
    let page = fs::read_to_string(report.join("report.html")).unwrap();
    for told in [&said, &page] {
        assert!(told.contains("/observation/unheard") && !told.contains("not recognised"), "{told}");
    }
    let tally: Value = serde_json::from_slice(&fs::read(report.join("report.json")).unwrap()).unwrap();
    let elements = tally["tally"]["losses"].as_object().unwrap().values();
    let own: Vec<&Value> =
        elements.filter(|lost| lost["element"].as_str().is_some_and(|path| path.ends_with("/unheard"))).collect();
    assert_eq!((own.len(), &own[0]["messages"]), (1, &Value::from(2)));
}

#[test]
fn what_a_run_wrote_for_itself_is_no_message() {
    let temp = TempDir::new().unwrap();
    let input = input(temp.path(), 2);
    let earlier = input.join("earlier");
    let report = temp.path().join("report");
    let from = temp.path().join("from");
    fs::create_dir_all(&from).unwrap();
    fs::copy(input.join("000.xml"), from.join("000.xml")).unwrap();
    fs::write(from.join("broken.xml"), "<").unwrap();
    batch(&from, &earlier, &["--layout", "ndjson", "--report", report.to_str().unwrap()]);
    fs::rename(&report, input.join("reported")).unwrap();
    // The results of the earlier run, which are resources, go away: what is left is what it wrote for itself.
    for entry in fs::read_dir(&earlier).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && !["losses.ndjson", "quarantine.ndjson", "manifest.json"].contains(&name.as_str()) {
            fs::remove_file(path).unwrap();
        }
    }
    assert!(earlier.join("manifest.json").is_file() && earlier.join(".ooievaar/journal").is_file());
    let out = temp.path().join("out");
    assert_eq!(batch(&input, &out, &[]).status.code(), Some(1));
    assert_eq!(fs::read(out.join("quarantine.ndjson")).unwrap(), b"");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 5, "two messages, two lists and the journal");
}

#[test]
fn a_conversion_does_not_write_over_its_input() {
    let temp = TempDir::new().unwrap();
    let message = message_with(TEXT, TEXT);
    let file = temp.path().join("m.xml");
    fs::write(&file, &message).unwrap();
    let name = file.to_str().unwrap();
    let mut others = vec![name.to_owned(), temp.path().join("x/../m.xml").to_str().unwrap().to_owned()];
    fs::create_dir(temp.path().join("x")).unwrap();
    #[cfg(unix)]
    {
        let link = temp.path().join("link.json");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        others.push(link.to_str().unwrap().to_owned());
    }
    for other in &others {
        for options in [&["-o", other.as_str()][..], &["--report", other.as_str(), "-o", "/dev/null"]] {
            let ended = ooievaar(&[&["convert", name][..], options].concat());
            assert_eq!(ended.status.code(), Some(2), "{options:?}");
            assert_eq!(fs::read_to_string(&file).unwrap(), message);
        }
    }
}

#[test]
fn a_refused_conversion_leaves_no_result_of_an_earlier_run() {
    let temp = TempDir::new().unwrap();
    let path = |name: &str| temp.path().join(name).to_str().unwrap().to_owned();
    let (good, lossy, broken, out) = (path("good.xml"), path("lossy.xml"), path("broken.xml"), path("out.json"));
    fs::write(&good, message_with(TEXT, TEXT)).unwrap();
    fs::write(&lossy, message_with(TEXT, &format!("<unheard secret=\"xyzzy\"/>{TEXT}"))).unwrap();
    fs::write(&broken, "<ClinicalDocument").unwrap();
    let refused: [(&[&str], i32); 5] = [
        (&[&broken], 3),
        (&[&path("absent.xml")], 3),
        (&[&lossy, "--strict"], 1),
        (&[&good, "--message", "nosuchkind"], 2),
        (&[&good, "--tables", &path("absent")], 4),
    ];
    for (arguments, code) in refused {
        assert_eq!(ooievaar(&["convert", &good, "-o", &out]).status.code(), Some(0));
        assert!(Path::new(&out).is_file());
        let ended = ooievaar(&[&["convert", "-o", &out][..], arguments].concat());
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!((ended.status.code(), Path::new(&out).exists()), (Some(code), false), "{arguments:?}: {told}");
        assert!(told.contains("out.json: what an earlier run wrote there was taken away"), "{told}");
        let again = ooievaar(&[&["convert", "-o", &out][..], arguments].concat());
        assert!(!String::from_utf8(again.stderr).unwrap().contains("taken away"), "there was nothing");
    }
    // What is read is never taken away, nor what is no file.
    let ended = ooievaar(&["convert", &good, "-o", &good]);
    assert_eq!((ended.status.code(), Path::new(&good).is_file()), (Some(2), true));
    assert_eq!(ooievaar(&["convert", &broken, "-o", "/dev/null"]).status.code(), Some(3));
    assert!(Path::new("/dev/null").exists());
}
