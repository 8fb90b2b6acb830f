//! `ooievaar batch`, `stream` and `report merge`, run as a user runs them.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const MINIMAL: &str = include_str!("../fixtures/kernset-2.3/minimal.xml");
const NO_WRAPPER: &str = include_str!("../fixtures/kernset-2.3/no-wrapper.xml");
const UNKNOWN: &str = include_str!("../fixtures/broken/unknown-code.xml");
const TRUNCATED: &str = include_str!("../fixtures/broken/truncated.xml");

fn ooievaar() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("ooievaar"))
}

fn batch(inputs: &[&Path], out: &Path, options: &[&str]) -> Output {
    ooievaar().arg("batch").args(inputs).arg("-o").arg(out).args(options).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A message of its own: another message id and case.
fn message(number: usize) -> String {
    MINIMAL.replace("MIN-1", &format!("MIN-{number}")).replace("min-0001", &format!("min-{number:04}"))
}

/// A message as a line of JSON.
fn frame(message: &str) -> String {
    format!("{}\n", serde_json::json!({ "message": message }))
}

/// What a worker answers to these lines.
fn answers(frames: &str, options: &[&str]) -> Vec<Value> {
    let mut child =
        ooievaar().arg("stream").args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(frames.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    lines(&ended.stdout)
}

/// A folder of messages, two of them broken and one with losses.
fn input(folder: &Path, count: usize) -> PathBuf {
    let input = folder.join("in");
    fs::create_dir_all(input.join("sub/deep")).unwrap();
    for number in 0..count {
        let place = ["", "sub", "sub/deep"][number % 3];
        fs::write(input.join(place).join(format!("{number:03}.xml")), message(number)).unwrap();
    }
    fs::write(input.join("sub/broken.xml"), TRUNCATED).unwrap();
    fs::write(input.join("empty.xml"), "").unwrap();
    fs::write(input.join("unknown.xml"), UNKNOWN).unwrap();
    input
}

/// Every file of an output by its path, without the folder of the journal.
fn tree(out: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(base: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(base).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                if name != ".ooievaar" {
                    add(base, &path, found);
                }
            } else {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    add(out, out, &mut found);
    found
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    text(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn quarantine(tree: &BTreeMap<String, Vec<u8>>) -> Vec<(String, String)> {
    let entries = lines(&tree["quarantine.ndjson"]);
    entries
        .iter()
        .map(|entry| (entry["path"].as_str().unwrap().into(), entry["code"].as_str().unwrap().into()))
        .collect()
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap()
}

#[test]
fn a_folder_becomes_the_same_tree_and_what_is_broken_is_listed() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 7), temp.path().join("out"));
    let ended = batch(&[&input], &out, &["--report", temp.path().join("report").to_str().unwrap()]);
    assert_eq!(code(&ended), 3, "{}", text(&ended.stderr));
    let tree = tree(&out);
    let names: Vec<&str> = tree.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "000.xml.json",
            "003.xml.json",
            "006.xml.json",
            "losses.ndjson",
            "quarantine.ndjson",
            "sub/001.xml.json",
            "sub/004.xml.json",
            "sub/deep/002.xml.json",
            "sub/deep/005.xml.json",
            "unknown.xml.json"
        ]
    );
    let same = ooievaar().args(["convert", "--compact"]).arg(input.join("sub/001.xml")).output().unwrap();
    assert_eq!(tree["sub/001.xml.json"], same.stdout);
    assert_eq!(
        quarantine(&tree),
        [("empty.xml".to_owned(), "empty".to_owned()), ("sub/broken.xml".to_owned(), "syntax".to_owned())]
    );
    assert!(lines(&tree["quarantine.ndjson"])[1]["line"].as_u64().unwrap() > 1);
    let tally = &report(&temp.path().join("report"))["tally"];
    assert_eq!((&tally["messages"], &tally["converted"], &tally["failed"]), (&10.into(), &8.into(), &2.into()));
    assert_eq!((&tally["with_losses"], &tally["values"]["lost"]), (&1.into(), &10.into()));
}

#[test]
fn the_exit_code_tells_the_worst_that_happened() {
    let temp = TempDir::new().unwrap();
    let folder = |name: &str, messages: &[&str]| {
        let folder = temp.path().join(name);
        fs::create_dir(&folder).unwrap();
        for (number, message) in messages.iter().enumerate() {
            fs::write(folder.join(number.to_string()), message).unwrap();
        }
        code(&batch(&[&folder], &temp.path().join(format!("{name}.out")), &[]))
    };
    assert_eq!(folder("clean", &[MINIMAL, NO_WRAPPER]), 0);
    assert_eq!(folder("losses", &[MINIMAL, UNKNOWN]), 1);
    assert_eq!(folder("failed", &[MINIMAL, UNKNOWN, TRUNCATED]), 3);
    assert_eq!(folder("nothing", &[]), 3);
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads() {
    let temp = TempDir::new().unwrap();
    let input = input(temp.path(), 60);
    let layouts: [&[&str]; 4] = [
        &["--layout", "files"],
        &["--layout", "ndjson"],
        &["--layout", "ndjson", "--compress", "gzip"],
        &["--layout", "bundle-per-file"],
    ];
    for (at, layout) in layouts.iter().enumerate() {
        let run = |jobs: &str| {
            let out = temp.path().join(format!("{at}-{jobs}"));
            assert_eq!(code(&batch(&[&input], &out, &[layout, &["--jobs", jobs][..]].concat())), 3);
            tree(&out)
        };
        let one = run("1");
        assert!(one.len() > 2 && one == run("2") && one == run("5"), "{layout:?}");
    }
}

#[test]
fn ndjson_holds_the_resources_of_one_type_a_file_and_lists_them() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 9), temp.path().join("out"));
    batch(&[&input], &out, &["--layout", "ndjson"]);
    let tree = tree(&out);
    let manifest: Value = serde_json::from_slice(&tree["manifest.json"]).unwrap();
    let listed = manifest["input"].as_array().unwrap();
    assert_eq!(listed.len() + 3, tree.len());
    let mut total = 0;
    for file in listed {
        let resources = lines(&tree[file["url"].as_str().unwrap()]);
        assert!(resources.iter().all(|resource| resource["resourceType"] == file["type"]));
        assert_eq!(resources.len() as u64, file["count"].as_u64().unwrap());
        total += resources.len();
    }
    let single = ooievaar().arg("convert").arg(input.join("000.xml")).args(["--to", "fhir-ndjson"]).output().unwrap();
    assert!(total > 9 * text(&single.stdout).lines().count());
    for line in text(&single.stdout).lines() {
        let kind = serde_json::from_str::<Value>(line).unwrap()["resourceType"].as_str().unwrap().to_owned();
        assert!(text(&tree[&format!("{kind}.0001.ndjson")]).lines().any(|other| other == line), "{kind}");
    }
}

/// The same messages in every form in which they can come.
#[test]
fn archives_and_files_with_many_messages_give_what_a_folder_gives() {
    let temp = TempDir::new().unwrap();
    let messages: Vec<String> = (0..5).map(message).collect();
    let forms = temp.path().join("forms");
    fs::create_dir(&forms).unwrap();

    let body: String = messages.iter().map(|text| text.split_once("?>").unwrap().1).collect();
    let wrapper = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<batch>\n{body}</batch>\n");
    fs::write(forms.join("wrapper.xml"), &wrapper).unwrap();
    let frames: String = messages.iter().map(|text| frame(text)).collect::<Vec<_>>().concat();
    fs::write(forms.join("frames.ndjson"), &frames).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let mut zip = rawzip::ZipArchiveWriter::new(File::create(forms.join("all.zip")).unwrap());
    for (number, text) in messages.iter().enumerate() {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, format!("deep/{number}.xml"), text.as_bytes()).unwrap();
        let (mut entry, config) = zip
            .new_file(format!("deep/{number}.xml"))
            .compression_method(rawzip::CompressionMethod::DEFLATE)
            .start()
            .unwrap();
        let mut writer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default()));
        writer.write_all(text.as_bytes()).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    zip.finish().unwrap();
    let tar = tar.into_inner().unwrap();
    fs::write(forms.join("all.tar"), &tar).unwrap();
    fs::write(forms.join("all.tar.zst"), zstd::encode_all(&tar[..], 3).unwrap()).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&tar).unwrap();
    fs::write(forms.join("all.tar.gz"), gzip.finish().unwrap()).unwrap();
    let fhir = |number: usize| {
        let file = temp.path().join("message.xml");
        fs::write(&file, &messages[number]).unwrap();
        ooievaar().arg("convert").arg(&file).args(["--to", "fhir-ndjson"]).output().unwrap().stdout
    };
    let expected: Vec<Vec<u8>> = (0..5).map(fhir).collect();
    for form in fs::read_dir(&forms).unwrap() {
        let form = form.unwrap().path();
        let out = temp.path().join("out").join(form.file_name().unwrap());
        let ended = batch(&[&form], &out, &["--to", "fhir-ndjson", "--jobs", "2"]);
        assert_eq!(code(&ended), 0, "{}: {}", form.display(), text(&ended.stderr));
        let mut tree = tree(&out);
        assert!(tree.remove("quarantine.ndjson").unwrap().is_empty());
        assert!(tree.remove("losses.ndjson").unwrap().is_empty());
        assert!(tree.values().eq(&expected), "{}: {:?}", form.display(), tree.keys());
    }
    let mut child = ooievaar()
        .args(["batch", "-", "--to", "fhir-ndjson", "-o"])
        .arg(temp.path().join("stdin"))
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(wrapper.as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(tree(&temp.path().join("stdin")).len(), 7);
}

#[test]
fn files_of_one_name_in_an_archive_are_both_kept() {
    let temp = TempDir::new().unwrap();
    let mut tar = tar::Builder::new(File::create(temp.path().join("twice.tar")).unwrap());
    for number in [1, 2, 3] {
        let text = message(number);
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, "same.xml", text.as_bytes()).unwrap();
    }
    tar.finish().unwrap();
    let out = temp.path().join("out");
    assert_eq!(code(&batch(&[&temp.path().join("twice.tar")], &out, &[])), 0);
    let names: Vec<String> = tree(&out).into_keys().collect();
    assert_eq!(names[..2], ["losses.ndjson", "quarantine.ndjson"]);
    assert_eq!(names[2..], ["", "~2", "~3"].map(|number| format!("twice.tar/same.xml{number}.json")));
}

#[test]
fn a_damaged_archive_gives_what_can_be_read_and_says_that_there_was_more() {
    let temp = TempDir::new().unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    for number in [1, 2] {
        let text = message(number);
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, format!("{number}.xml"), text.as_bytes()).unwrap();
    }
    let mut bytes = tar.into_inner().unwrap();
    bytes.truncate(bytes.len() - 4000);
    fs::write(temp.path().join("cut.tar"), &bytes).unwrap();
    let out = temp.path().join("out");
    assert_eq!(code(&batch(&[&temp.path().join("cut.tar")], &out, &[])), 3);
    let tree = tree(&out);
    assert!(tree.contains_key("cut.tar/1.xml.json") && !tree.contains_key("cut.tar/2.xml.json"));
    assert_eq!(quarantine(&tree)[0].1, "container");
}

/// An archive of files, each with this type of entry.
fn tar_of(path: &Path, entries: &[(&str, tar::EntryType, &str)]) {
    let mut tar = tar::Builder::new(File::create(path).unwrap());
    for (name, kind, text) in entries {
        let mut header = tar::Header::new_ustar();
        // Not by `set_path`, which refuses what a hostile archive may hold.
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(text.len() as u64);
        header.set_cksum();
        tar.append(&header, text.as_bytes()).unwrap();
    }
    tar.finish().unwrap();
}

/// Where a header should be there is a piece of a message: what the archive library says of it must not get out.
#[test]
fn a_damaged_archive_shows_nothing_of_what_is_in_it() {
    let temp = TempDir::new().unwrap();
    let archive = temp.path().join("shifted.tar");
    let text = "PATIENT ".repeat(64 + 128);
    tar_of(&archive, &[("1.xml", tar::EntryType::Regular, &message(1)), ("2.xml", tar::EntryType::Regular, &text)]);
    let mut bytes = fs::read(&archive).unwrap();
    let second = bytes.windows(5).position(|name| name == b"2.xml").unwrap();
    bytes.drain(second..second + 512);
    fs::write(&archive, bytes).unwrap();
    let out = temp.path().join("out");
    let ended = batch(&[&archive], &out, &[]);
    assert_eq!(code(&ended), 3);
    let tree = tree(&out);
    assert_eq!(quarantine(&tree), [("shifted.tar".to_owned(), "container".to_owned())]);
    assert!(tree.contains_key("shifted.tar/1.xml.json"));
    assert!(!text_of(&tree["quarantine.ndjson"], &ended).contains("PATIENT"));
}

/// All that a run tells.
fn text_of(list: &[u8], ended: &Output) -> String {
    [text(list), text(&ended.stdout), text(&ended.stderr)].concat()
}

#[test]
fn no_name_in_an_archive_stops_the_run_and_links_in_it_are_listed() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path().join("in");
    fs::create_dir(&folder).unwrap();
    let frames: String = (10..12).map(|number| frame(&message(number))).collect();
    fs::write(folder.join("quarantine.ndjson"), frames).unwrap();
    let texts: Vec<String> = (0..4).map(message).collect();
    let file = tar::EntryType::Regular;
    tar_of(
        &folder.join("z.tar"),
        &[
            ("a", file, &texts[0]),
            // A folder of the name that the file before it gets.
            ("a.json/b", file, &texts[1]),
            ("/../../up", file, &texts[2]),
            ("hard", tar::EntryType::Link, ""),
            ("soft", tar::EntryType::Symlink, ""),
            ("folder/", tar::EntryType::Directory, ""),
            ("last", file, &texts[3]),
        ],
    );
    let deep = format!("{}/deep.xml", ["d".repeat(150).as_str(); 30].join("/"));
    let mut tar = tar::Builder::new(File::create(folder.join("zz.tar")).unwrap());
    let mut header = tar::Header::new_gnu();
    header.set_size(texts[3].len() as u64);
    tar.append_data(&mut header, deep, texts[3].as_bytes()).unwrap();
    tar.finish().unwrap();
    let out = temp.path().join("out");
    let ended = batch(&[&folder], &out, &[]);
    assert_eq!(code(&ended), 3, "{}", text(&ended.stderr));
    let tree = tree(&out);
    let mut names: Vec<&str> = tree.keys().map(String::as_str).collect();
    assert!(names.pop().unwrap().starts_with("zz.tar/ddd"));
    assert_eq!(
        names,
        [
            "_quarantine.ndjson/000000001.json",
            "_quarantine.ndjson/000000002.json",
            "losses.ndjson",
            "quarantine.ndjson",
            "z.tar/__/__/up.json",
            "z.tar/a.json",
            "z.tar/a.json~2/b.json",
            "z.tar/last.json",
        ]
    );
    let links = ["hard", "soft"].map(|name| (format!("z.tar/{name}"), "link".to_owned()));
    assert_eq!(quarantine(&tree), links);
}

#[test]
fn an_archive_without_its_end_mark_may_miss_files() {
    let temp = TempDir::new().unwrap();
    let archive = temp.path().join("cut.tar");
    tar_of(&archive, &[("1.xml", tar::EntryType::Regular, &message(1))]);
    let bytes = fs::read(&archive).unwrap();
    fs::write(&archive, &bytes[..bytes.len() - 1024]).unwrap();
    let out = temp.path().join("out");
    assert_eq!(code(&batch(&[&archive], &out, &[])), 3);
    let tree = tree(&out);
    assert!(tree.contains_key("cut.tar/1.xml.json"));
    assert_eq!(quarantine(&tree), [("cut.tar".to_owned(), "container".to_owned())]);
}

#[test]
fn lines_are_found_also_when_the_first_is_broken_or_very_long() {
    let temp = TempDir::new().unwrap();
    let good: String = (0..2).map(|number| frame(&message(number))).collect();
    let comment = format!("<!--{}--></REPC_IN004014NL>", "x".repeat(300 << 10));
    let long = frame(&message(3).replace("</REPC_IN004014NL>", &comment));
    assert!(long.len() > 300 << 10);
    let converted = |name: &str, lines: &str| {
        let (file, out) = (temp.path().join(name), temp.path().join(format!("{name}.out")));
        fs::write(&file, lines).unwrap();
        batch(&[&file], &out, &[]);
        let tree = tree(&out);
        (tree.len() - 2, quarantine(&tree))
    };
    assert_eq!(converted("long.ndjson", &format!("{long}{good}")), (3, vec![]));
    assert_eq!(converted("marked.ndjson", &format!("\u{FEFF}{good}")), (2, vec![]));
    let broken = ("broken.ndjson#1".to_owned(), "frame".to_owned());
    assert_eq!(converted("broken.ndjson", &format!("nonsense\r\n\r\n{good}")), (2, vec![broken]));
}

#[test]
fn a_pattern_takes_what_matches() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 6), temp.path().join("out"));
    assert_eq!(code(&batch(&[&input.join("sub/**/0*.xml")], &out, &[])), 0);
    let names: Vec<String> = tree(&out).into_keys().collect();
    assert_eq!(names[..4], ["001.xml.json", "004.xml.json", "deep/002.xml.json", "deep/005.xml.json"]);
    assert_eq!(names[4..], ["losses.ndjson", "quarantine.ndjson"]);
}

#[test]
fn parts_are_the_whole_and_their_reports_add_up() {
    let temp = TempDir::new().unwrap();
    let input = input(temp.path(), 30);
    let whole = temp.path().join("whole");
    batch(&[&input], &whole, &["--report", temp.path().join("r").to_str().unwrap()]);
    let (mut parts, mut merge) = (BTreeMap::new(), ooievaar());
    merge.args(["report", "merge", "-o"]).arg(temp.path().join("merged"));
    for index in 1..=3 {
        let (out, report) = (temp.path().join(format!("{index}")), temp.path().join(format!("r{index}")));
        batch(&[&input], &out, &["--shard", &format!("{index}/3"), "--report", report.to_str().unwrap()]);
        merge.arg(&report);
        for (name, content) in tree(&out) {
            let lines: &mut Vec<u8> = parts.entry(name.clone()).or_default();
            let is_list = ["losses.ndjson", "quarantine.ndjson"].contains(&name.as_str());
            assert!(lines.is_empty() || is_list, "{name} is in two parts");
            lines.extend(content);
        }
    }
    let sorted = |mut tree: BTreeMap<String, Vec<u8>>| {
        let lists = ["losses.ndjson", "quarantine.ndjson"].map(|name| text(&tree.remove(name).unwrap()));
        let lists = lists.map(|list| {
            let mut list: Vec<String> = list.lines().map(str::to_owned).collect();
            list.sort();
            list
        });
        (tree, lists)
    };
    assert_eq!(sorted(parts), sorted(tree(&whole)));
    assert_eq!(merge.output().unwrap().status.code(), Some(0));
    let merge = |parts: &[&str]| {
        let mut merge = ooievaar();
        merge.args(["report", "merge", "-o"]).arg(temp.path().join("some"));
        let ended = merge.args(parts.iter().map(|part| temp.path().join(part))).output().unwrap();
        (code(&ended), text(&ended.stderr))
    };
    let (missing, told) = merge(&["r1", "r3"]);
    assert!(missing == 6 && told.contains("the reports of parts 2/3"), "{told}");
    let (twice, told) = merge(&["r1", "r2", "r3", "r2"]);
    assert!(twice == 2 && told.contains("covers part 2/3, which another report covers too"), "{told}");
    let (merged, alone) = (report(&temp.path().join("merged")), report(&temp.path().join("r")));
    for count in
        ["messages", "converted", "failed", "with_losses", "resources", "values", "failures", "losses", "sizes"]
    {
        assert_eq!(merged["tally"][count], alone["tally"][count], "{count}");
    }
}

#[test]
fn parts_of_different_wholes_do_not_add_up() {
    let temp = TempDir::new().unwrap();
    let folder = |name: &str, files: &[(&str, &str)]| {
        let folder = temp.path().join(name).join("in");
        fs::create_dir_all(&folder).unwrap();
        for (name, content) in files {
            fs::write(folder.join(name), content).unwrap();
        }
        folder
    };
    let own = [("case-123456782.xml", MINIMAL), ("b.xml", NO_WRAPPER)];
    let (one, copy) = (folder("one", &own), folder("copy", &own));
    let other = folder("other", &[own[0], ("c.xml", NO_WRAPPER)]);
    let larger = folder("larger", &[own[0], ("b.xml", &format!("{NO_WRAPPER}\n"))]);
    let part = |name: &str, input: &Path, part: &str, options: &[&str]| {
        let (out, to) = (temp.path().join(format!("out-{name}")), temp.path().join(name));
        batch(&[input], &out, &[&["--shard", part, "--report", to.to_str().unwrap()], options].concat());
        to
    };
    let first = part("first", &one, "1/2", &[]);
    let merge = |second: &Path| {
        let mut merge = ooievaar();
        merge.args(["report", "merge", "-o"]).arg(temp.path().join("merged"));
        let ended = merge.arg(&first).arg(second).output().unwrap();
        (code(&ended), text(&ended.stderr))
    };
    // Where the inputs lie, and on how many threads it is done, is no matter.
    let (exit, told) = merge(&part("second", &copy, "2/2", &["--jobs", "1"]));
    assert_eq!(exit, 0, "{told}");
    for (name, input, options, expected) in [
        ("names", &other, &[][..], "other inputs"),
        ("sizes", &larger, &[], "other inputs"),
        ("format", &one, &["--to", "ada"], "other options"),
        ("message", &one, &["--message", "kernset-2.2"], "other options"),
    ] {
        let (exit, told) = merge(&part(name, input, "2/2", options));
        assert!(exit == 2 && told.contains(expected), "{name}: {told}");
    }
    // A part of which nothing says of what it is one.
    let unknown = part("unknown", &one, "2/2", &[]).join("report.json");
    let mut without: Value = serde_json::from_slice(&fs::read(&unknown).unwrap()).unwrap();
    assert!(without.as_object_mut().unwrap().remove("whole").is_some());
    fs::write(&unknown, without.to_string()).unwrap();
    let (exit, told) = merge(&unknown);
    assert!(exit == 2 && told.contains("do that part again"), "{told}");
    // A report is passed on: no number in a name can be found by what tells the whole.
    let numbers = folder("numbers", &[("case-987654782.xml", MINIMAL), own[1]]);
    let whole = |folder: &Path| report(folder)["whole"].clone();
    assert_eq!(whole(&part("hidden", &numbers, "1/2", &[])), whole(&first));
}

#[test]
fn an_output_that_is_there_is_not_touched() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 3), temp.path().join("out"));
    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine"), "mine").unwrap();
    for options in [&[][..], &["--resume"]] {
        let ended = batch(&[&input], &out, options);
        assert_eq!((code(&ended), tree(&out).len()), (5, 1));
        assert!(text(&ended.stderr).contains("is not empty"), "{}", text(&ended.stderr));
    }
    let out = temp.path().join("second");
    assert_eq!(code(&batch(&[&input], &out, &[])), 3);
    let before = tree(&out);
    assert_eq!(code(&batch(&[&input], &out, &[])), 5);
    assert_eq!(code(&batch(&[&input], &out, &["--resume"])), 3, "a run that is over is not repeated");
    assert_eq!(tree(&out), before);
    assert_eq!(code(&batch(&[&input], &out, &["--resume", "--layout", "ndjson"])), 2, "another task is no resume");
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 1), temp.path().join("out"));
    let refused = |inputs: &[&Path], out: &Path, options: &[&str]| {
        let ended = batch(inputs, out, options);
        assert!(!out.join(".ooievaar").exists(), "{}", text(&ended.stderr));
        code(&ended)
    };
    assert_eq!(refused(&[&temp.path().join("nothing")], &out, &[]), 3);
    assert_eq!(refused(&[&input], &input.join("sub/out"), &[]), 2);
    assert_eq!(refused(&[&input, &input], &out, &[]), 2);
    assert_eq!(refused(&[&input], &out, &["--layout", "ndjson", "--to", "ada"]), 2);
    assert_eq!(refused(&[&input], &out, &["--compress", "gzip"]), 2);
    assert_eq!(refused(&[&input], &out, &["--file-size", "5"]), 2);
    assert_eq!(refused(&[&input], &out, &["--shard", "3/2"]), 2);
    for report in [out.join("report"), out.clone(), input.join("report")] {
        assert_eq!(refused(&[&input], &out, &["--report", report.to_str().unwrap()]), 2);
        assert!(!report.exists(), "{}", report.display());
    }
    fs::write(temp.path().join("file"), "").unwrap();
    assert_eq!(refused(&[&input], &temp.path().join("file"), &[]), 5);
}

#[test]
fn all_inputs_that_are_missing_are_named_before_anything_is_begun() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 1), temp.path().join("out"));
    let (one, two) = (temp.path().join("one.zip"), temp.path().join("no/**/two.xml"));
    let ended = batch(&[&one, &input, &two], &out, &[]);
    let told = text(&ended.stderr);
    assert_eq!((code(&ended), out.exists()), (3, false), "{told}");
    assert!(told.contains("one.zip") && told.contains("no: cannot be read"), "{told}");
    assert!(told.contains("nothing was begun"), "{told}");
}

#[test]
fn a_pattern_that_matches_nothing_is_named_before_anything_is_begun() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 3), temp.path().join("out"));
    for pattern in ["*.json", "sub/**/9*.xml", "su?"] {
        let ended = batch(&[&input.join(pattern)], &out, &[]);
        let told = text(&ended.stderr);
        assert_eq!((code(&ended), out.exists()), (3, false), "{told}");
        assert!(told.contains(&format!("{pattern}: nothing matches this pattern")), "{told}");
    }
}

#[test]
fn an_option_that_means_nothing_for_the_output_is_told() {
    let temp = TempDir::new().unwrap();
    let input = input(temp.path(), 1);
    let key = temp.path().join("key");
    assert_eq!(code(&ooievaar().arg("id-key").arg(&key).output().unwrap()), 0);
    let key = key.to_str().unwrap();
    let mut number = 0;
    let mut told = |options: &[&str]| {
        number += 1;
        text(&batch(&[&input], &temp.path().join(number.to_string()), options).stderr)
    };
    for (options, idle) in [
        (&["--to", "ada", "--bundle", "collection", "--id-key-file", key][..], &["--bundle", "--id-key-file"][..]),
        (&["--layout", "ndjson", "--bundle", "collection", "--id-key-file", key], &["--bundle"]),
        (&["--layout", "bundle-per-file", "--bundle", "collection", "--id-key-file", key], &[]),
    ] {
        let told = told(options);
        for option in ["--bundle", "--id-key-file"] {
            let is_told = told.contains(&format!("note: {option} was not used"));
            assert_eq!(is_told, idle.contains(&option), "{options:?}: {told}");
        }
        assert!(
            !text(&batch(&[&input], &temp.path().join("quiet"), &[options, &["-q"]].concat()).stderr).contains("note")
        );
        fs::remove_dir_all(temp.path().join("quiet")).unwrap();
    }
    let stream = |options: &[&str]| text(&ooievaar().arg("stream").args(options).output().unwrap().stderr);
    assert!(stream(&["--bundle", "collection"]).contains("note: --bundle was not used"));
    assert!(!stream(&["--bundle", "collection", "--to", "fhir-xml"]).contains("note"));
    assert!(stream(&["--id-key-file", key, "--to", "ada"]).contains("note: --id-key-file was not used"));
}

/// Kills runs at moments spread over their length, and resumes each until it is over.
#[cfg(unix)]
#[test]
fn a_killed_run_that_is_resumed_gives_what_an_undisturbed_one_gives() {
    let temp = TempDir::new().unwrap();
    let input = input(temp.path(), 300);
    for layout in ["files", "ndjson", "bundle-per-file"] {
        // Small files: each that is complete makes a checkpoint.
        let options = ["--layout", layout, "--file-size", "1"];
        let options = if layout == "ndjson" { &options[..] } else { &options[..2] };
        let expected = temp.path().join(format!("{layout}-expected"));
        let begun = std::time::Instant::now();
        batch(&[&input], &expected, options);
        let whole = begun.elapsed();
        for moment in 1..=4 {
            let out = temp.path().join(format!("{layout}-{moment}"));
            let mut killed = 0;
            loop {
                let mut child = ooievaar()
                    .arg("batch")
                    .arg(&input)
                    .arg("-o")
                    .arg(&out)
                    .args(options)
                    .args(["--resume", "--quiet"])
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                if killed < 2 {
                    std::thread::sleep(whole * moment / 5);
                    child.kill().unwrap();
                    child.wait().unwrap();
                    killed += 1;
                } else {
                    assert_eq!(child.wait().unwrap().code(), Some(3));
                    break;
                }
            }
            assert!(tree(&out) == tree(&expected), "{layout} killed at {moment} of 5");
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_cleanly_and_can_be_resumed() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 10), temp.path().join("out"));
    let mut child =
        ooievaar().args(["batch", "-", "-o"]).arg(&out).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let frames = |numbers: std::ops::Range<usize>| -> String {
        numbers.map(|number| frame(&message(number))).collect::<Vec<_>>().concat()
    };
    // More than what is looked at to see what the input is, so that the first messages come through.
    stdin.write_all(frames(0..100).as_bytes()).unwrap();
    while !out.join("stdin/000000020.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    let _ = stdin.write_all(frames(100..120).as_bytes());
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(6), "{}", text(&ended.stderr));
    assert!(text(&ended.stderr).contains("--resume goes on"));
    assert!(!out.join("quarantine.ndjson").exists(), "the list is there when it is complete");
    let all = temp.path().join("all.ndjson");
    fs::write(&all, frames(0..120)).unwrap();
    let resume =
        || ooievaar().args(["batch", "-", "--resume", "-o"]).arg(&out).stdin(File::open(&all).unwrap()).output();
    assert_eq!(code(&resume().unwrap()), 0);
    assert_eq!(tree(&out).len(), 122);
    drop(input);
}

/// Who starts a run under `nohup` and leaves hangs up on it.
#[cfg(unix)]
#[test]
fn a_run_under_nohup_goes_on_after_its_terminal_is_gone() {
    let temp = TempDir::new().unwrap();
    let out = temp.path().join("out");
    let script = "trap '' HUP; exec \"$0\" batch - -o \"$1\" --quiet";
    let mut child = Command::new("sh")
        .args(["-c", script])
        .arg(assert_cmd::cargo::cargo_bin!("ooievaar"))
        .arg(&out)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    while !out.join(".ooievaar/journal").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    stdin.write_all([frame(&message(1)), frame(&message(2))].concat().as_bytes()).unwrap();
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(tree(&out).len(), 4);
}

#[test]
fn a_run_is_not_resumed_with_other_options() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 3), temp.path().join("out"));
    let pattern = input.join("*.xml");
    let key = |name: &str, key: &str| {
        let file = temp.path().join(name);
        fs::write(&file, key).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (one, other) =
        (key("one", "9c1f0b7ae35d4286f0d27c9b15a8e34d"), key("other", "e83b5d1f70a94c62b7d15e09f3a8c246"));
    let same = ["--id-key-file", &one, "--resume", "--quiet"];
    assert_eq!(code(&batch(&[&pattern], &out, &same)), 3);
    assert_eq!(code(&batch(&[&pattern], &out, &[&same[..], &["--jobs", "3"]].concat())), 3, "that decides nothing");
    for options in [
        &["--max-bytes", "100"][..],
        &["--max-elements", "7"],
        &["--to", "ada"],
        &["--layout", "ndjson"],
        &["--bundle", "collection"],
        &["--reference-day", "2024-02-26"],
        &["--shard", "1/2"],
    ] {
        let ended = batch(&[&pattern], &out, &[&same[..], options].concat());
        assert_eq!(code(&ended), 2, "{options:?}");
        assert!(text(&ended.stderr).contains("other inputs or options"), "{}", text(&ended.stderr));
    }
    assert_eq!(code(&batch(&[&pattern], &out, &["--id-key-file", &other, "--resume"])), 2);
    assert_eq!(code(&batch(&[&input.join("0*.xml")], &out, &same)), 2, "another pattern of the same folder");
}

#[test]
fn a_run_is_not_resumed_without_what_it_made() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 60), temp.path().join("out"));
    let options = ["--layout", "ndjson", "--file-size", "1", "--resume", "--quiet"];
    batch(&[&input], &out, &options);
    let journal = out.join(".ooievaar/journal");
    let ended = fs::read_to_string(&journal).unwrap();
    let complete = "\"complete\":[{\"type\":\"Patient\",\"url\":\"Patient.0001.ndjson\",\"count\":1}]";
    assert!(ended.contains("\"complete\":[]"), "{ended}");
    fs::write(&journal, ended.replace("\"done\":true", "\"done\":false").replace("\"complete\":[]", complete)).unwrap();
    fs::remove_file(out.join("Patient.0001.ndjson")).unwrap();
    let ended = batch(&[&input], &out, &options);
    assert_eq!(code(&ended), 2, "{}", text(&ended.stderr));
    assert!(text(&ended.stderr).contains("Patient.0001.ndjson: was made by the run that is resumed, and is gone"));
}

#[test]
fn a_run_is_not_resumed_with_other_messages() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (input(temp.path(), 40), temp.path().join("out"));
    let mut child = ooievaar().arg("batch").arg(&input).arg("-o").arg(&out).args(["--jobs", "1"]).spawn().unwrap();
    child.wait().unwrap();
    // As if it had been killed after its last checkpoint.
    let journal = out.join(".ooievaar/journal");
    let ended = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, ended.replace("\"done\":true", "\"done\":false")).unwrap();
    assert_eq!(code(&batch(&[&input], &out, &["--resume"])), 3, "nothing has changed yet");
    fs::write(&journal, ended.replace("\"done\":true", "\"done\":false")).unwrap();
    fs::write(input.join("000.xml"), message(12345)).unwrap();
    let ended = batch(&[&input], &out, &["--resume", "--jobs", "2"]);
    assert_eq!(code(&ended), 2, "{}", text(&ended.stderr));
    assert!(text(&ended.stderr).contains("the inputs have changed"));
}

/// What came after the end of a run was never converted: to say nothing would pass for having done it.
#[test]
fn a_run_that_is_over_is_not_over_for_other_messages() {
    type Change = (&'static str, fn(&Path));
    let changes: [Change; 3] = [
        ("added", |input| fs::write(input.join("zzz.xml"), message(77)).unwrap()),
        ("removed", |input| fs::remove_file(input.join("000.xml")).unwrap()),
        ("changed", |input| fs::write(input.join("000.xml"), message(12345)).unwrap()),
    ];
    for (name, change) in changes {
        for options in [&["--resume"][..], &["--resume", "--quiet"]] {
            let temp = TempDir::new().unwrap();
            let (input, out) = (input(temp.path(), 5), temp.path().join("out"));
            let first = code(&batch(&[&input], &out, &[]));
            let made = tree(&out);
            let again = batch(&[&input], &out, options);
            assert_eq!(code(&again), first, "{name}: {}", text(&again.stderr));
            change(&input);
            let ended = batch(&[&input], &out, options);
            assert_eq!(code(&ended), 2, "{name}: {}", text(&ended.stderr));
            assert!(text(&ended.stderr).contains("the inputs have changed"), "{name}");
            assert!(tree(&out) == made, "{name}");
        }
    }
}

#[test]
fn a_worker_answers_in_order_and_goes_on_after_an_error() {
    let frames = format!(
        "{}\n\nnonsense\n{}\n{}\n",
        serde_json::json!({ "id": "a", "message": MINIMAL }),
        serde_json::json!({ "id": 2, "message": TRUNCATED }),
        serde_json::json!({ "id": [3], "message": UNKNOWN }),
    );
    let answers = |options: &[&str]| answers(&frames, options);
    let one = answers(&[]);
    assert_eq!(one, answers(&["--jobs", "3"]));
    let seen: Vec<(&Value, &str)> =
        one.iter().map(|answer| (&answer["id"], answer["status"].as_str().unwrap())).collect();
    let ids = [Value::from("a"), Value::Null, Value::from(2), serde_json::json!([3])];
    assert_eq!(seen, [(&ids[0], "ok"), (&ids[1], "error"), (&ids[2], "error"), (&ids[3], "losses")]);
    assert_eq!((&one[1]["error"]["code"], &one[2]["error"]["code"]), (&"frame".into(), &"syntax".into()));
    assert_eq!(one[3]["reasons"], serde_json::json!({ "unknown-content": 10 }));
    let mut child = ooievaar()
        .args(["convert", "-", "--to", "fhir-ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(MINIMAL.as_bytes()).unwrap();
    let expected = text(&child.wait_with_output().unwrap().stdout);
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(one[0]["resources"], serde_json::json!(expected), "to the byte");
    let written = answers(&["--to", "ada"]);
    assert!(written[0]["output"].as_str().unwrap().contains("<adaxml"));
}

/// Nothing is lost, and the message would be refused by `convert --strict` all the same: the answer says so, as the list of a run.
#[test]
fn a_worker_tells_what_a_message_lacks() {
    let temp = TempDir::new().unwrap();
    let (input, out) = (temp.path().join("case.xml"), temp.path().join("out"));
    fs::write(&input, NO_WRAPPER).unwrap();
    assert_eq!(code(&batch(&[&input], &out, &["--to", "hl7v3"])), 0);
    let mut expected = lines(&tree(&out)["missing.ndjson"]);
    assert!(!expected.is_empty());
    for entry in &mut expected {
        assert!(entry.as_object_mut().unwrap().remove("path").is_some());
    }
    let answer = answers(&frame(NO_WRAPPER), &["--to", "hl7v3"]).remove(0);
    assert_eq!((&answer["status"], &answer["missing"]), (&"ok".into(), &expected.len().into()));
    assert_eq!(answer["lacks"], Value::from(expected));
    let answer = answers(&frame(NO_WRAPPER), &[]).remove(0);
    assert_eq!((&answer["missing"], &answer["lacks"]), (&0.into(), &serde_json::json!([])));
}

#[test]
fn relative_dates_count_from_the_day_that_is_given() {
    let temp = TempDir::new().unwrap();
    let instance = ooievaar::Converter::new().unwrap().convert(MINIMAL.as_bytes(), ooievaar::Format::Ada).unwrap();
    let dated = String::from_utf8(instance.output).unwrap();
    let relative = dated.replace("\"2024-02-12\"", "\"T-14D\"");
    assert_ne!(relative, dated);
    let folder = |name: &str, text: &str| {
        let folder = temp.path().join(name).join("in");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("case.xml"), text).unwrap();
        folder
    };
    let (dated, relative) = (folder("dated", &dated), folder("relative", &relative));
    let day = ["--reference-day", "2024-02-26"];
    let out = |name: &str, input: &Path, options: &[&str]| {
        let out = temp.path().join(name);
        let ended = batch(&[input], &out, options);
        (code(&ended), tree(&out))
    };
    let expected = out("expected", &dated, &[]);
    assert_eq!(out("given", &relative, &day), expected);
    let (code, refused) = out("not-given", &relative, &[]);
    assert_eq!((code, refused.len()), (3, 2));
    assert_eq!(text(&refused["losses.ndjson"]), "");
    let list = text(&refused["quarantine.ndjson"]);
    assert!(list.contains("reference-day") && list.contains("(--reference-day)"), "{list}");

    let worker = |input: &Path, options: &[&str]| {
        let line = frame(&fs::read_to_string(input.join("case.xml")).unwrap());
        answers(&line, options).remove(0)
    };
    assert_eq!(worker(&relative, &day), worker(&dated, &[]));
    assert_eq!(worker(&dated, &[])["status"], "ok");
    assert_eq!(worker(&relative, &[])["error"]["code"], "reference-day");
}

#[test]
fn a_line_that_is_too_long_gets_an_answer_and_the_next_one_too() {
    let mut child = ooievaar()
        .args(["stream", "--max-bytes", "20000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let long = "x".repeat(200_000);
    let mut frames = serde_json::to_vec(&serde_json::json!({ "id": 1, "message": long })).unwrap();
    frames.extend(b"\n\xFF\xFE\n\r\n");
    // Without a line end: the sender is gone.
    frames.extend(serde_json::to_vec(&serde_json::json!({ "id": 2, "message": MINIMAL })).unwrap());
    child.stdin.take().unwrap().write_all(&frames).unwrap();
    let ended = child.wait_with_output().unwrap();
    let answers = lines(&ended.stdout);
    let codes: Vec<&Value> = answers.iter().map(|answer| &answer["error"]["code"]).collect();
    assert_eq!(codes, [&Value::from("too-large"), &"frame".into(), &Value::Null]);
    assert_eq!((code(&ended), &answers[2]["id"]), (0, &2.into()));
}

#[test]
fn the_journal_of_a_complete_run_holds_no_code_that_a_report_may_not_show() {
    let temp = TempDir::new().unwrap();
    let input = temp.path().join("in");
    fs::create_dir(&input).unwrap();
    // Codes of a known system that no table knows: a slip of the pen, or a number of somebody.
    let coded = |code: &str| MINIMAL.replace("xsi:type=\"CE\" code=\"1\"", &format!("xsi:type=\"CE\" code=\"{code}\""));
    assert_ne!(coded("RARE999"), MINIMAL);
    for number in 0..9 {
        let code = if number < 4 { "RARE999" } else { "HABIT99" };
        fs::write(input.join(format!("{number}.xml")), coded(code)).unwrap();
    }
    let (out, folder) = (temp.path().join("out"), temp.path().join("report"));
    let options = ["--resume", "--report", folder.to_str().unwrap()];
    batch(&[&input], &out, &options);
    let first = report(&folder);
    let journal = fs::read_to_string(out.join(".ooievaar/journal")).unwrap();
    assert!(journal.contains("HABIT99") && !journal.contains("RARE999"), "{journal}");
    assert_eq!(first["tally"]["other_codes"], 4);
    batch(&[&input], &out, &options);
    assert_eq!(report(&folder), first, "told again, it is the same");
}

/// Every value of the input is a marker; no report, list or message may show one.
#[test]
fn nothing_that_a_run_tells_shows_a_value() {
    let temp = TempDir::new().unwrap();
    let input = temp.path().join("in");
    fs::create_dir(&input).unwrap();
    let marked = UNKNOWN.replace("999", "MARKER999").replace(">Parelhoen", ">MARKER");
    let broken = MINIMAL.replace("</patient>", "MARKER</wrong>").replace("Verzonnen", "MARKER");
    for number in 0..6 {
        fs::write(input.join(format!("{number}.xml")), &marked).unwrap();
    }
    fs::write(input.join("broken.xml"), broken).unwrap();
    fs::write(input.join("json.json"), "{\"MARKER\": MARKER").unwrap();
    let (out, folder) = (temp.path().join("out"), temp.path().join("report"));
    let ended = batch(&[&input], &out, &["--report", folder.to_str().unwrap()]);
    assert_eq!(code(&ended), 3);
    let html = fs::read(folder.join("report.html")).unwrap();
    let told = [ended.stderr, ended.stdout, html, fs::read(folder.join("report.json")).unwrap()];
    let lists = ["quarantine.ndjson", "losses.ndjson"].map(|list| tree(&out)[list].clone());
    for told in told.iter().chain(&lists) {
        assert!(!text(told).contains("MARKER"), "{}", text(told));
    }
}
