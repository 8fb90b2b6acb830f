//! A second kind of message, a CDA document, is only tables: what is read from it is what is in the instance beside it,
//! and it is written as it was read.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ooievaar::dataset::{Dataset, Instance};
use ooievaar::{Converter, Error, Format};
use support::{Sample, differences, published, read, reference_day, through};

const KIND: &str = "kernset-neonatologie-3.0";

/// What a published instance has and its document does not: a null flavour in place of a further identifier.
const ABSENT: &[(&str, &str)] = &[("kernset-neonatologie-3.0/ksneo-test3", "/90001[1]/90002[2]")];

fn fixture() -> Sample {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(KIND).join("cda/admission.xml");
    assert!(fs::exists(&path).unwrap());
    Sample { name: "admission".to_owned(), path }
}

fn concepts(dataset: &Dataset, instance: &Instance) -> BTreeSet<String> {
    instance.leaves().map(|(_, node, _)| dataset.get(node.concept).number.to_string()).collect()
}

/// Reads both forms of a case, and takes it there and back; the concepts that it has.
fn check(converter: &Converter, sample: &Sample, clean: bool) -> BTreeSet<String> {
    let document = read(converter, &sample.bytes(), &sample.name);
    let ada = read(converter, &sample.twin("ada").unwrap(), &sample.name);
    assert_eq!((document.format, ada.format), (Format::Hl7v3, Format::Ada));
    let mut found = differences(document.dataset(), &document.instance, &ada.instance);
    found.retain(|difference| !ABSENT.contains(&(sample.name.as_str(), difference.path.as_str())));
    assert_eq!(found, [], "{}", sample.name);
    if clean {
        assert_eq!((&document.ledger.losses, &ada.ledger.losses), (&vec![], &vec![]));
    }
    let (again, _) = through(converter, document.clone(), Format::Hl7v3, &sample.name);
    assert_eq!(differences(document.dataset(), &document.instance, &again.instance), [], "{}", sample.name);
    let (from_ada, _) = through(converter, ada.clone(), Format::Hl7v3, &sample.name);
    assert_eq!(differences(document.dataset(), &ada.instance, &from_ada.instance), [], "{}", sample.name);
    concepts(document.dataset(), &document.instance)
}

#[test]
fn a_document_is_what_its_instance_is() {
    let converter = Converter::new().unwrap();
    let found = check(&converter, &fixture(), true);
    let document = read(&converter, &fixture().bytes(), "admission");
    let dataset = document.dataset();
    let leaves = dataset.concepts().filter(|(_, concept)| concept.kind != ooievaar::dataset::Kind::Group);
    let all: BTreeSet<String> = leaves.map(|(_, concept)| concept.number.to_string()).collect();
    assert_eq!(found, all, "the fixture has every concept of the tables");
    assert_eq!(found.len(), 19);
    assert_eq!(document.instance.missing(dataset, &[]), []);
}

/// The tables hold a selection, so much of these documents is lost; what is held must be right.
#[test]
fn published_documents_are_what_their_instances_are() {
    let converter = Converter::new().unwrap().with_reference_day(reference_day(KIND));
    let mut found = BTreeSet::new();
    for sample in published(KIND, "cda") {
        found.extend(check(&converter, &sample, false));
    }
    assert!(found.is_empty() || found.len() == 19, "{found:?}");
}

#[test]
fn what_the_tables_do_not_bind_is_refused() {
    let error = Converter::new().unwrap().convert(&fixture().bytes(), Format::FhirJson).unwrap_err();
    assert!(matches!(error, Error::NoBinding { .. }), "{error}");
}
