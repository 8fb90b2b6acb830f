//! Stopping and resuming a batch. By itself, because the tests that start programs would hold its locks for a moment.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ooievaar::batch::{self, Input, Layout, Packing, Shard, Task};
use ooievaar::{Converter, Format};
use tempfile::TempDir;

const MINIMAL: &str = include_str!("../fixtures/kernset-2.3/minimal.xml");

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
