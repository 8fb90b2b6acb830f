//! Stopping and resuming a batch. By itself, because the tests that start programs would hold its locks for a moment.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ooievaar::batch::{self, Input, Layout, Packing, Progress, Shard, Task};
use ooievaar::{Converter, Format};
use tempfile::TempDir;

const MINIMAL: &str = include_str!("../fixtures/kernset-2.3/minimal.xml");
const NO_WRAPPER: &str = include_str!("../fixtures/kernset-2.3/no-wrapper.xml");

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

/// Stops after every few messages and resumes, with NDJSON files so small that they are completed all the time.
#[test]
fn a_run_that_is_stopped_anywhere_and_resumed_gives_what_an_undisturbed_one_gives() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path().join("in");
    fs::create_dir(&folder).unwrap();
    for number in 0..20 {
        let message = MINIMAL.replace("MIN-1", &format!("MIN-{number}")).replace("min-0001", &format!("min-{number}"));
        let message = if number % 7 == 3 { "<broken".to_owned() } else { message };
        fs::write(folder.join(format!("{number:02}.xml")), message).unwrap();
    }
    let inputs = [Input::parse(&folder).unwrap()];
    let converter = Converter::new().unwrap();
    let shapes = [
        (Layout::Files, Packing::Plain),
        (Layout::BundlePerFile, Packing::Plain),
        (Layout::Ndjson, Packing::Plain),
        (Layout::Ndjson, Packing::Gzip),
        (Layout::Ndjson, Packing::Zstd),
    ];
    for (layout, packing) in shapes {
        let run = |name: &str, jobs: usize, most: u64| {
            let task = Task {
                out: temp.path().join(format!("{layout:?}-{packing:?}-{name}")),
                layout,
                format: (layout == Layout::Ndjson).then_some(Format::FhirNdjson),
                packing,
                file_bytes: 9000,
                shard: Shard::WHOLE,
                jobs,
                resume: true,
                settings: String::new(),
            };
            let mut before = 0;
            for runs in 1.. {
                let stop = AtomicBool::new(false);
                let ended = batch::run(&task, &converter, &inputs, &stop, &mut |progress| {
                    stop.store(progress.tally.messages - before >= most, Ordering::Relaxed);
                });
                let ended = ended.unwrap();
                if ended.is_complete {
                    return (tree(&task.out), runs);
                }
                assert!(ended.tally.messages > before, "a run makes progress");
                before = ended.tally.messages;
            }
            unreachable!("a run that goes on ends")
        };
        let (whole, once) = run("whole", 1, u64::MAX);
        assert_eq!(once, 1);
        for (jobs, most) in [(1, 1), (1, 3), (1, 7), (2, 1)] {
            let (stopped, runs) = run(&format!("{jobs}-{most}"), jobs, most);
            assert!(
                runs > 1 && stopped == whole,
                "{layout:?} {packing:?}: {jobs} jobs, stopped after {most}, {runs} runs"
            );
        }
    }
}

/// Files and folders of an output, without the folder of the journal.
fn everything(out: &Path) -> (BTreeMap<String, Vec<u8>>, BTreeSet<PathBuf>) {
    fn folders(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".ooievaar") {
                folders(&path, found);
                found.insert(path);
            }
        }
    }
    let mut found = BTreeSet::new();
    folders(out, &mut found);
    (tree(out), found.into_iter().map(|path| path.strip_prefix(out).unwrap().to_owned()).collect())
}

/// What was placed after the last checkpoint is of inputs that may be gone, or be others, when the run goes on.
#[test]
fn a_run_that_was_cut_off_leaves_nothing_of_an_input_that_changed_before_it_goes_on() {
    let temp = TempDir::new().unwrap();
    let converter = Converter::new().unwrap();
    // With HL7v3 the messages also lack things: a list that grows, like the others.
    let shapes =
        [(Layout::Files, None), (Layout::Files, Some(Format::Hl7v3)), (Layout::BundlePerFile, Some(Format::FhirJson))];
    for (at, (layout, format)) in shapes.into_iter().enumerate() {
        let folder = temp.path().join(format!("in-{at}"));
        fs::create_dir_all(folder.join("deep/er")).unwrap();
        let write = |name: &str, message: &str| fs::write(folder.join(name), message).unwrap();
        for number in 0..5 {
            write(&format!("{number}.xml"), &NO_WRAPPER.replace("zw-0", &format!("zw-{number}")));
        }
        write("deep/er/1.xml", NO_WRAPPER);
        let inputs = [Input::parse(&folder).unwrap()];
        let run = |name: &str, watch: &mut dyn FnMut(&Progress<'_>)| {
            let task = Task {
                out: temp.path().join(format!("{at}-{name}")),
                layout,
                format,
                packing: Packing::Plain,
                file_bytes: 9000,
                shard: Shard::WHOLE,
                jobs: 1,
                resume: true,
                settings: String::new(),
            };
            let ended = batch::run(&task, &converter, &inputs, &AtomicBool::new(false), watch);
            assert!(ended.unwrap().is_complete);
            everything(&task.out)
        };
        // As a kill would: nothing is saved, and there was no time for a checkpoint.
        let cut = catch_unwind(AssertUnwindSafe(|| {
            run("cut", &mut |progress| {
                if progress.tally.messages == 6 {
                    resume_unwind(Box::new("cut off"));
                }
            })
        }));
        assert!(cut.is_err());
        let placed = tree(&temp.path().join(format!("{at}-cut")));
        assert_eq!(placed.len(), 6, "{:?}", placed.keys());
        fs::remove_dir_all(folder.join("deep")).unwrap();
        fs::remove_file(folder.join("1.xml")).unwrap();
        write("2.xml", MINIMAL);
        let (resumed, undisturbed) = (run("cut", &mut |_| {}), run("whole", &mut |_| {}));
        assert!(resumed == undisturbed, "{layout:?} {:?} {:?}", resumed.0.keys(), undisturbed.0.keys());
        assert_eq!(undisturbed.0.contains_key("missing.ndjson"), format == Some(Format::Hl7v3));
    }
}
