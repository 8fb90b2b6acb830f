//! The limits on an input, as options of the commands that read one.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;

/// Exit code and standard error of a conversion of a message, to FHIR and then back, under limits.
fn converted(limits: &[&str]) -> [(i32, String); 2] {
    let message = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kernset-2.3/minimal.xml");
    let run = |arguments: &[&str], input: Vec<u8>| {
        let mut command = Command::cargo_bin("ooievaar").unwrap();
        command.args(["convert", "-"]).args(arguments).write_stdin(input).output().unwrap()
    };
    let message = std::fs::read(message).unwrap();
    let bundle = run(&[], message.clone()).stdout;
    assert!(!bundle.is_empty());
    [message, bundle].map(|input| {
        let output = run(limits, input);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    })
}

#[test]
fn within_the_limits_all_is_well() {
    for (exit, said) in converted(&["--max-bytes", "100000", "--max-depth", "20", "--max-elements", "10000"]) {
        assert_eq!(exit, 0, "{said}");
    }
}

#[test]
fn too_many_bytes() {
    for (exit, said) in converted(&["--max-bytes", "100"]) {
        assert_eq!(exit, 3);
        assert!(said.contains("and the limit is 100; split it, or raise the limit"), "{said}");
    }
}

#[test]
fn too_many_elements_or_values() {
    let [message, bundle] = converted(&["--max-elements", "10"]);
    assert_eq!((message.0, bundle.0), (3, 3));
    assert!(message.1.contains("has more elements than the limit of elements"), "{}", message.1);
    assert!(bundle.1.contains("has more values than the limit of elements"), "{}", bundle.1);
}

#[test]
fn nested_too_deeply() {
    let [message, bundle] = converted(&["--max-depth", "3"]);
    // A message is read beside its plan, which is only so deep.
    assert_eq!((message.0, bundle.0), (0, 3));
    assert!(bundle.1.contains("nested deeper than the limit of depth"), "{}", bundle.1);
}

#[test]
fn every_command_that_reads_has_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let message = root.join("fixtures/kernset-2.3/minimal.xml");
    let message = message.to_str().unwrap();
    let text = std::fs::read_to_string(message).unwrap();
    let one_less = (text.len() - 1).to_string();
    let frame = serde_json::json!({ "id": 1, "message": text }).to_string();
    let folder = std::env::temp_dir().join(format!("ooievaar-limits-{}", std::process::id()));
    let output = folder.to_str().unwrap();
    let commands: [&[&str]; 6] = [
        &["convert", message],
        &["inspect", message],
        &["roundtrip", message],
        &["report", "cases", message],
        &["batch", message, "-o", output],
        &["stream"],
    ];
    for command in commands {
        for limit in [["--max-bytes", &one_less], ["--max-elements", "10"]] {
            let _ = std::fs::remove_dir_all(&folder);
            let mut run = Command::cargo_bin("ooievaar").unwrap();
            let ended = run.args(command).args(limit).write_stdin(format!("{frame}\n")).output().unwrap();
            let quarantine = std::fs::read_to_string(folder.join("quarantine.ndjson")).unwrap_or_default();
            let said = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap()).concat() + &quarantine;
            let bytes = format!("the limit is {one_less}");
            let wanted = if limit[0] == "--max-bytes" { &bytes } else { "the limit of elements" };
            assert!(said.contains(wanted), "{command:?} {limit:?}: {said}");
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}
