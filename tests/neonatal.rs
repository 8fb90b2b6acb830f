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

/// What a published instance has and its document does not: a null flavour in place of a further identifier, that nobody verified,
/// the text beside a code, and which medicines were given together.
const ABSENT: &[(&str, &str)] = &[
    ("kernset-neonatologie-3.0/ksneo-test1", "/90247[1]/90354[1]/90292[1]/90370[1]/90371[2]"),
    ("kernset-neonatologie-3.0/ksneo-test1", "/90247[1]/90354[1]/90292[1]/90370[2]/90371[1]"),
    ("kernset-neonatologie-3.0/ksneo-test1", "/90247[1]/90354[1]/90321[1]/90401[1]/91043[1]"),
    ("kernset-neonatologie-3.0/ksneo-test3", "/90001[1]/90002[2]"),
    ("kernset-neonatologie-3.0/ksneo-test3", "/90247[1]/90493[1]/90275[1]/90104[1]/90497[1]"),
    ("kernset-neonatologie-3.0/ksneo-test3", "/90247[1]/90493[1]/90499[1]/90505[1]"),
    ("kernset-neonatologie-3.0/ksneo-test3", "/91226[1]/91259[1]/91260[1]"),
    ("kernset-neonatologie-3.0/ksneo-test3", "/91226[1]/91259[1]/91263[1]"),
    ("kernset-neonatologie-3.0/ksneo-test4", "/90247[1]/90493[1]/90499[1]/90505[1]"),
    ("kernset-neonatologie-3.0/ksneo-test4", "/91226[1]/91259[1]/91260[1]"),
    ("kernset-neonatologie-3.0/ksneo-test4", "/91226[1]/91259[1]/91263[1]"),
];

/// The professional, of whom the document has no place to say anything.
const PROFESSIONAL: &str = "/90012";

fn fixture(name: &str) -> Sample {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(KIND).join("cda");
    let path: PathBuf = folder.join(format!("{name}.xml"));
    assert!(fs::exists(&path).unwrap());
    Sample { name: name.to_owned(), path }
}

fn concepts(dataset: &Dataset, instance: &Instance) -> BTreeSet<String> {
    instance.leaves().map(|(_, node, _)| dataset.get(node.concept).number.to_string()).collect()
}

/// Reads both forms of a case, and takes it there and back; the concepts that it has.
fn check(converter: &Converter, sample: &Sample) -> BTreeSet<String> {
    let document = read(converter, &sample.bytes(), &sample.name);
    let ada = read(converter, &sample.twin("ada").unwrap(), &sample.name);
    assert_eq!((document.format, ada.format), (Format::Hl7v3, Format::Ada));
    let mut found = differences(document.dataset(), &document.instance, &ada.instance);
    found.retain(|difference| !difference.path.starts_with(PROFESSIONAL));
    found.retain(|difference| !ABSENT.contains(&(sample.name.as_str(), difference.path.as_str())));
    assert_eq!(found, [], "{}", sample.name);
    assert_eq!(document.ledger.losses, [], "{}", sample.name);
    let (again, _) = through(converter, document.clone(), Format::Hl7v3, &sample.name);
    assert_eq!(differences(document.dataset(), &document.instance, &again.instance), [], "{}", sample.name);
    concepts(document.dataset(), &document.instance)
}

#[test]
fn a_document_is_what_its_instance_is() {
    let converter = Converter::new().unwrap();
    let mut found = BTreeSet::new();
    for name in ["admission", "full"] {
        found.extend(check(&converter, &fixture(name)));
        let ada = read(&converter, &fixture(name).twin("ada").unwrap(), name);
        assert_eq!(ada.ledger.losses, [], "{name}");
        let (again, _) = through(&converter, ada.clone(), Format::Hl7v3, name);
        assert_eq!(differences(ada.dataset(), &ada.instance, &again.instance), [], "{name}");
    }
    let document = read(&converter, &fixture("full").bytes(), "full");
    let dataset = document.dataset();
    let group = dataset.find(&PROFESSIONAL[1..]).unwrap();
    let leaves = dataset.concepts().filter(|(_, concept)| concept.kind != ooievaar::dataset::Kind::Group);
    let carried = leaves.filter(|(ix, _)| !dataset.is_within(*ix, group));
    let all: BTreeSet<String> = carried.map(|(_, concept)| concept.number.to_string()).collect();
    assert_eq!(found, all, "the fixtures have every concept that the document has a place for");
    assert_eq!(document.instance.missing(dataset, &[]), []);
}

/// Every leaf of them is read, and is what the published instance says.
#[test]
fn published_documents_are_what_their_instances_are() {
    let converter = Converter::new().unwrap().with_reference_day(reference_day(KIND));
    let mut found = BTreeSet::new();
    for sample in published(KIND, "cda") {
        found.extend(check(&converter, &sample));
    }
    assert!(found.is_empty() || found.len() > 100, "{found:?}");
}

/// What is said again of the problem for which something was done is compared with the problem, wherever that stands.
#[test]
fn an_indication_means_a_problem_and_says_nothing_else_of_it() {
    let converter = Converter::new().unwrap();
    let text = String::from_utf8(fixture("full").bytes()).unwrap();
    let template = "2.16.840.1.113883.2.4.3.11.60.7.10.3.19";
    let (before, indication) = text.split_once(template).unwrap();
    let (head, rest) = indication.split_once("410605003").unwrap();
    let doubted = format!("{before}{template}{head}410590009{rest}");
    let source = read(&converter, doubted.as_bytes(), "doubted");
    let reasons: Vec<_> = source.ledger.losses.iter().map(|loss| loss.reason.code()).collect();
    assert_eq!(reasons, ["contradiction"]);
    let whole = read(&converter, text.as_bytes(), "full");
    assert_eq!(differences(whole.dataset(), &whole.instance, &source.instance), []);
}

/// What says yes by being there is not there for a no, whatever is unknown beside it.
#[test]
fn nobody_who_did_not_verify_a_document_is_said_to_have() {
    let converter = Converter::new().unwrap();
    let form = String::from_utf8(fixture("full").twin("ada").unwrap()).unwrap();
    let yes = "91260\" value=\"true\"";
    assert_eq!(form.matches(yes).count(), 1);
    let said = "91263\" value=\"2031-05-03\" datatype=\"datetime\"";
    let form = form.replace(said, "91263\" nullFlavor=\"NI\"");
    let written = |form: &str| {
        let target = ooievaar::Target::new(KIND, Format::Hl7v3);
        let outcome = converter.convert(form.as_bytes(), target).unwrap();
        (String::from_utf8(outcome.output).unwrap().contains("VRF"), outcome.ledger.losses.len())
    };
    assert_eq!(written(&form), (true, 0));
    assert_eq!(written(&form.replace(yes, "91260\" value=\"false\"")), (false, 2));
    assert_eq!(written(&form.replace(yes, "91260\" nullFlavor=\"NI\"")), (false, 2));
}

/// A code of none of the lists is nothing that anybody could tell.
#[test]
fn a_code_of_a_list_says_which_statement_it_is() {
    let converter = Converter::new().unwrap();
    let text = String::from_utf8(fixture("full").bytes()).unwrap();
    let stated = |text: &str, concept: &str| {
        let source = read(&converter, text.as_bytes(), "list");
        let ix = source.dataset().find(concept).unwrap();
        let count = source.instance.leaves().filter(|(_, leaf, _)| leaf.concept == ix).count();
        (count, source.ledger.losses.iter().map(|loss| loss.reason.code()).collect::<Vec<_>>())
    };
    let (caffeine, unknown) = ("N06BC01", "N06BC99");
    let (before, _) = stated(&text, "90371");
    assert_eq!(stated(&text.replace(caffeine, unknown), "90371"), (before - 1, vec!["unknown-content"]));
}

#[test]
fn what_the_tables_do_not_bind_is_refused() {
    let error = Converter::new().unwrap().convert(&fixture("admission").bytes(), Format::FhirJson).unwrap_err();
    assert!(matches!(error, Error::NoBinding { .. }), "{error}");
}
