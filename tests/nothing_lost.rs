//! No command writes over what it reads, and what is no mapping table is left alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a command says in a folder: its exit code and its standard error.
fn said(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::cargo_bin("ooievaar").unwrap().current_dir(folder).args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
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

/// All that is in a folder, by path.
fn holds(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all.extend(holds(&entry));
        } else {
            all.insert(entry.clone(), fs::read(entry).unwrap());
        }
    }
    all
}

/// A folder with an input of each kind that a command reads.
fn inputs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let minimal = root().join("fixtures/kernset-2.3/minimal.xml");
    fs::copy(&minimal, at("message.xml")).unwrap();
    fs::copy(&minimal, at("earlier.xml")).unwrap();
    copy(&root().join("mappings"), &at("tables"));
    let run = |arguments: &[&str]| assert_eq!(said(folder.path(), arguments).0, 0, "{arguments:?}");
    run(&["id-key", "ids.key"]);
    run(&["convert", "earlier.xml", "--id-key-file", "ids.key", "-o", "earlier.json"]);
    for report in ["a", "b"] {
        run(&["batch", "message.xml", "-o", &format!("out-{report}"), "--report", report]);
    }
    fs::create_dir(at("case")).unwrap();
    fs::copy(at("earlier.json"), at("case/bundle.json")).unwrap();
    fs::create_dir(at("many")).unwrap();
    fs::copy(&minimal, at("many/one.xml")).unwrap();
    fs::create_dir(at("key")).unwrap();
    fs::copy(at("ids.key"), at("key/report.json")).unwrap();
    fs::copy(&minimal, at("key/report.html")).unwrap();
    fs::write(at("set.xml"), "<valueSet/>").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("earlier.xml", at("link.xml")).unwrap();
    folder
}

#[test]
fn no_command_writes_over_what_it_reads() {
    let folder = inputs();
    let before = holds(folder.path());
    let key = ["convert", "message.xml", "--id-key-file", "ids.key"];
    let mut refused: Vec<Vec<&str>> = Vec::new();
    for option in ["-o", "--report"] {
        let mut add = |arguments: &[&'static str], target| refused.push([arguments, &[option, target]].concat());
        add(&key, "ids.key");
        add(&key, "message.xml");
        add(&key, "many/../message.xml");
        add(&["convert", "case"], "case/bundle.json");
        add(&["convert", "case"], "case/another.json");
        for earlier in ["earlier.xml", "earlier.json", "./earlier.xml", "link.xml"] {
            let arguments = [&key[..], &["--previous", earlier]].concat();
            add(&arguments, earlier);
            #[cfg(unix)]
            if earlier == "./earlier.xml" {
                add(&arguments, "link.xml");
            }
        }
        add(&[&key[..], &["--previous", "case"]].concat(), "case/bundle.json");
        let tables = ["convert", "message.xml", "--tables", "tables"];
        add(&tables, "tables/ooievaar.toml");
        add(&tables, "tables/code-maps/new.json");
        add(&tables, "tables/made/new.json");
    }
    for arguments in [
        &["report", "merge", "a", "b", "-o", "a"][..],
        &["report", "merge", "a/report.json", "b", "-o", "./a"],
        &["batch", "many", "-o", "many/out"],
        &["batch", "many", "-o", "out", "--report", "many"],
        &["batch", "many", "--tables", "tables", "-o", "tables/out"],
        &["batch", "many", "--tables", "tables", "-o", "out", "--report", "tables"],
        &["batch", "many", "--id-key-file", "key/report.json", "-o", "out", "--report", "key"],
        &["batch", "key/report.html", "-o", "out", "--report", "key"],
        &["batch", "many", "--id-key-file", "out-a/index.ndjson", "-o", "out-a", "--resume"],
        &["sample", "--message", "kernset-2.3", "--tables", "tables", "-o", "tables"],
        &["sample", "--message", "kernset-2.3", "--tables", "tables", "-o", "tables/samples"],
        &["mappings", "coverage", "tables", "--format", "csv", "-o", "tables/code-systems.csv"],
        &["mappings", "export", "conceptmap", "tables", "-o", "tables/code-maps"],
        &["mappings", "import", "set.xml", "-o", "set.xml"],
        &["mappings", "import", "set.xml", "--tables", "tables", "-o", "tables/code-systems.csv"],
    ] {
        refused.push(arguments.to_vec());
    }
    for arguments in &refused {
        let (exit, said) = said(folder.path(), arguments);
        let is_told = said.contains(": is the input") || said.contains(": is inside the ");
        assert!(exit == 2 && is_told && said.starts_with("error[usage]: "), "{arguments:?}: {exit} {said}");
        assert!(holds(folder.path()) == before, "{arguments:?}");
    }
    // What is beside an input is free.
    assert_eq!(said(folder.path(), &[&key[..], &["-o", "many/new.json", "--report", "new.json"]].concat()).0, 0);
    assert_eq!(said(folder.path(), &["report", "merge", "a", "b", "-o", "."]).0, 0);
}

/// Standard input may be a file too.
#[cfg(unix)]
#[test]
fn what_standard_input_comes_from_is_not_written_over() {
    let folder = inputs();
    let before = holds(folder.path());
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("ooievaar"));
    command.current_dir(folder.path()).args(["convert", "-", "-o", "message.xml"]);
    command.stdin(fs::File::open(folder.path().join("message.xml")).unwrap());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(holds(folder.path()) == before);
}

/// A folder of something else is refused, by name, and nothing in it is rewritten.
#[test]
fn what_is_no_folder_of_tables_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    copy(&root().join("mappings"), &at("tables"));
    fs::copy(root().join("fixtures/kernset-2.3/minimal.xml"), at("message.xml")).unwrap();
    fs::create_dir(at("data")).unwrap();
    fs::write(at("data/agenda.csv"), "a;b\r\n1;2\r\n").unwrap();
    fs::create_dir(at("empty")).unwrap();
    fs::write(at("file"), "").unwrap();
    copy(&root().join("mappings"), &at("headless"));
    fs::remove_file(at("headless/ooievaar.toml")).unwrap();
    let before = holds(folder.path());
    for (name, why) in [
        ("data", "is no folder of mapping tables: it has no ooievaar.toml; "),
        ("empty", "is no folder of mapping tables: it has no ooievaar.toml; "),
        ("headless", "is no folder of mapping tables: it has no ooievaar.toml; "),
        ("file", "is no folder; "),
        ("nope", "does not exist; "),
    ] {
        let told = format!("{name}: {why}");
        for arguments in [
            &["mappings", "fmt", name][..],
            &["mappings", "fmt", "--check", name],
            &["mappings", "check", name],
            &["mappings", "check", "--fix", name],
            &["mappings", "coverage", name],
            &["mappings", "proof", name],
            &["mappings", "diff", "tables", name],
            &["mappings", "diff", name, "tables"],
            &["mappings", "export", "conceptmap", name, "-o", "maps"],
            &["mappings", "import", "message.xml", "--tables", name],
        ] {
            let (exit, said) = said(folder.path(), arguments);
            assert!(exit == 2 && said.contains(&told), "{arguments:?}: {exit} {said}");
        }
        for arguments in [
            &["convert", "message.xml"][..],
            &["inspect", "message.xml"],
            &["roundtrip", "message.xml"],
            &["batch", "message.xml", "-o", "out"],
            &["stream"],
            &["sample", "--message", "kernset-2.3"],
            &["report", "cases", "message.xml"],
        ] {
            let (exit, said) = said(folder.path(), &[arguments, &["--tables", name]].concat());
            assert!(exit == 4 && said.contains(&told) && said.starts_with("error[tables]: "), "{arguments:?}: {said}");
        }
    }
    for (arguments, told) in [
        (&["mappings", "diff", "tables", "tables", "--examples", "nope"][..], "nope: does not exist; "),
        (&["mappings", "check", "tables", "--examples", "nope"], "nope: does not exist; "),
        (&["mappings", "check", "tables", "--examples", "file"], "file: is no folder; "),
    ] {
        let (exit, said) = said(folder.path(), arguments);
        assert!(exit == 2 && said.contains(told), "{arguments:?}: {exit} {said}");
    }
    assert!(holds(folder.path()) == before);
}

/// Of two folders, the message says which is faulty.
#[test]
fn a_faulty_table_is_named_with_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["good", "bad"] {
        copy(&root().join("mappings"), &at(name));
    }
    fs::write(at("bad/units.csv"), "unit\n\"open\n").unwrap();
    for arguments in [["good", "bad"], ["bad", "good"]] {
        let arguments = [&["mappings", "diff"], &arguments[..], &["--examples", "good/samples"]].concat();
        fs::create_dir_all(at("good/samples")).unwrap();
        fs::copy(root().join("fixtures/kernset-2.3/minimal.xml"), at("good/samples/minimal.xml")).unwrap();
        let (exit, said) = said(folder.path(), &arguments);
        assert!(exit == 2 && said.starts_with("error[tables]: bad: units.csv"), "{exit} {said}");
    }
}

/// A key is what `id-key` makes, or as short and as random.
#[test]
fn another_file_is_no_key() {
    let folder = inputs();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("document.pdf"), [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), (0..=255).rev().collect()].concat())
        .unwrap();
    fs::write(at("two.key"), [fs::read(at("ids.key")).unwrap(), fs::read(at("ids.key")).unwrap()].concat()).unwrap();
    let program = assert_cmd::cargo::cargo_bin("ooievaar");
    let readme = root().join("README.md");
    for file in [
        "message.xml",
        "earlier.json",
        "document.pdf",
        "two.key",
        "tables/code-systems.csv",
        program.to_str().unwrap(),
        readme.to_str().unwrap(),
    ] {
        for command in [&["convert", "message.xml"][..], &["batch", "many", "-o", "out"], &["stream"]] {
            let (exit, said) = said(folder.path(), &[command, &["--id-key-file", file]].concat());
            assert!(
                exit == 2 && said.contains("is no key: ") && said.contains("`ooievaar id-key FILE`"),
                "{file} {said}"
            );
        }
    }
    let (exit, said) = said(folder.path(), &["convert", "message.xml", "--id-key-file", "nope"]);
    assert!(
        exit == 2 && said.contains("nope: the key cannot be read: ") && said.contains("`ooievaar id-key`"),
        "{said}"
    );
}
