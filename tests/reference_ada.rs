//! The published ADA instances, where the machine has them: read without loss, and written back as they were.

// Clippy does not see that helper functions of a test are tests.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use ooievaar::ada::{self, ReferenceDay};
use ooievaar::dataset::{Dataset, Instance};
use ooievaar::ledger::{Ledger, Reason};
use ooievaar::plan::{AdaPlan, load_dataset};
use ooievaar::tables::Source;
use ooievaar::terminology::Terminology;

struct Reader {
    dataset: Dataset,
    plan: AdaPlan,
    terminology: Terminology,
    day: ReferenceDay,
}

impl Reader {
    fn new(dataset: &str, message: &str, day: &str) -> Self {
        let dataset = load_dataset(&Source::Embedded, dataset, message).unwrap();
        Self {
            plan: AdaPlan::load(&Source::Embedded, message).unwrap(),
            terminology: Terminology::load(&Source::Embedded, &dataset, []).unwrap(),
            dataset,
            day: ReferenceDay::parse(day).unwrap(),
        }
    }

    fn read(&self, text: &str) -> (Instance, Ledger) {
        let (instance, ledger) = ada::read(text, &self.dataset, &self.plan, &self.terminology, Some(self.day)).unwrap();
        assert!(ledger.is_balanced());
        (instance, ledger)
    }

    fn check_round_trip(&self, instance: &Instance, file: &Path) {
        let ada::Written { text, unwritten, .. } = ada::write(instance, &self.dataset, &self.plan, &self.terminology);
        assert_eq!(unwritten, [], "{}", file.display());
        let (again, ledger) = self.read(&text);
        assert_eq!(ledger.losses, [], "{}", file.display());
        assert!(again == *instance, "{}: differs after writing and reading", file.display());
    }
}

/// The files of one kind; empty, with a word about it, where the reference data is absent.
fn files(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/messages").join(kind).join("ada");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: reference data not present");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn check_clean(kind: &str, day: &str) {
    let reader = Reader::new("pwd-2.3", "kernset-2.3", day);
    for file in files(kind) {
        let (instance, ledger) = reader.read(&std::fs::read_to_string(&file).unwrap());
        assert_eq!(ledger.losses, [], "{}", file.display());
        assert!(instance.leaves().count() > 25, "{}", file.display());
        reader.check_round_trip(&instance, &file);
    }
}

#[test]
fn kernset_2_3_6() {
    check_clean("kernset-2.3.6", "2022-01-01");
}

#[test]
fn kernset_2_3_5() {
    check_clean("kernset-2.3.5", "2020-01-01");
}

/// These are meant to be odd: an envelope in a form of its own.
#[test]
fn kernset_2_3_5_test() {
    let reader = Reader::new("pwd-2.3", "kernset-2.3", "2020-01-01");
    for file in files("kernset-2.3.5-test") {
        // One is of release 2.2.
        if std::fs::read_to_string(&file).unwrap().contains("<kernset_aanleverbericht") {
            continue;
        }
        let (instance, ledger) = reader.read(&std::fs::read_to_string(&file).unwrap());
        let lost: Vec<Reason> = ledger.losses.iter().map(|loss| loss.reason).collect();
        // One file has the envelope in `meta`, in a form of its own.
        assert!(lost.iter().all(|reason| *reason == Reason::Transport), "{}: {lost:?}", file.display());
        reader.check_round_trip(&instance, &file);
    }
}

#[test]
fn kernset_neonatologie() {
    let message = "kernset-neonatologie-3.0";
    let reader = Reader::new(message, message, "2021-01-01");
    for file in files(message) {
        let (instance, ledger) = reader.read(&std::fs::read_to_string(&file).unwrap());
        let expected = [Reason::Unknown, Reason::Namespace, Reason::Label];
        assert!(ledger.losses.iter().all(|loss| expected.contains(&loss.reason)), "{:?}", ledger.losses);
        assert!(instance.leaves().count() >= 15, "{}", file.display());
        reader.check_round_trip(&instance, &file);
    }
}
