//! Whatever comes in: a clear refusal, or a clear list of losses; never a panic, never a value in a message.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ooievaar::{Converter, Format};
use support::differences;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

/// What a person would be told: the refusal, or the losses.
fn told(converter: &Converter, input: &[u8]) -> String {
    let outcome = match converter.convert(input, Format::FhirJson) {
        Ok(outcome) => outcome,
        Err(error) => {
            // The list of what can be converted grows with the tables.
            let error = error.to_string();
            let (said, list) = error.split_once("; this converts ").unwrap_or((&error, ""));
            return format!("refused: {said}{}", if list.is_empty() { "" } else { "; this converts …" });
        }
    };
    assert!(outcome.ledger.is_balanced());
    let ledger = &outcome.ledger;
    let mut text = format!("read as {}: {} values translated", outcome.reading.format, ledger.translated);
    for loss in &ledger.losses {
        let path = loss.path.as_deref().unwrap_or("?");
        let _ = write!(text, "\n  {} lost, {} ({}): {path}", loss.leaves, loss.reason.code(), loss.reason.remedy());
    }
    text
}

#[test]
fn broken_files() {
    let converter = Converter::new().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broken");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let lines = files
        .iter()
        .map(|file| format!("{}: {}", file.file_name().unwrap().display(), told(&converter, &fs::read(file).unwrap())));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn strange_input() {
    let converter = Converter::new().unwrap();
    let deep = 100_000;
    let nested =
        |start: &str, end: &str| format!("{start}{}{}{end}", "<a>".repeat(deep), "</a>".repeat(deep)).into_bytes();
    let mut long_attribute = String::from("<CareProvisionEvent xmlns='urn:hl7-org:v3' classCode='");
    long_attribute.extend(std::iter::repeat_n('x', 5_000_000));
    long_attribute.push_str("'/>");
    let minimal = String::from_utf8(fixture("kernset-2.3/minimal.xml")).unwrap();
    let mut not_utf8 = minimal.clone().into_bytes();
    let at = minimal.find("Wieg").unwrap();
    not_utf8[at] = 0xff;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("white space", b" \r\n\t\n".to_vec()),
        ("byte-order mark alone", vec![0xef, 0xbb, 0xbf]),
        ("zero bytes", vec![0; 64]),
        ("plain text", b"naam;geboortedatum\n".to_vec()),
        ("declaration alone", b"<?xml version='1.0'?>".to_vec()),
        ("lone angle bracket", b"<".to_vec()),
        ("wrong encoding", not_utf8),
        ("unknown encoding", minimal.replace("UTF-8", "EBCDIC-MARTIAN").into_bytes()),
        ("elements 100000 deep", "<a>".repeat(deep).into_bytes()),
        ("elements 100000 deep and closed", format!("{}{}", "<a>".repeat(deep), "</a>".repeat(deep)).into_bytes()),
        ("a message 100000 deep", nested("<CareProvisionEvent xmlns='urn:hl7-org:v3'>", "</CareProvisionEvent>")),
        ("an ADA instance 100000 deep", nested("<kernset_geboortezorg>", "</kernset_geboortezorg>")),
        ("FHIR XML 100000 deep", nested("<Patient xmlns='http://hl7.org/fhir'>", "</Patient>")),
        ("arrays 100000 deep", "[".repeat(deep).into_bytes()),
        ("objects 100000 deep", r#"{"a":"#.repeat(deep).into_bytes()),
        ("attribute of 5 million characters", long_attribute.into_bytes()),
        ("another standard", b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>".to_vec()),
        (
            "another CDA document",
            b"<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='NL'/></ClinicalDocument>".to_vec(),
        ),
        ("another ADA transaction", b"<adaxml><data><zorgplan/></data></adaxml>".to_vec()),
        ("ADA without anything", b"<adaxml/>".to_vec()),
        ("JSON, but no FHIR", br#"{"naam":"x"}"#.to_vec()),
        ("JSON array", b"[1,2]".to_vec()),
        ("broken JSON", br#"{"resourceType":"Bundle","entry":[}"#.to_vec()),
        ("lone surrogate", br#"{"resourceType":"Patient","birthDate":"\ud800"}"#.to_vec()),
        ("FHIR without content", br#"{"resourceType":"Bundle","type":"collection"}"#.to_vec()),
        (
            "FHIR of something else",
            br#"{"resourceType":"Patient","id":"1","active":true,"name":[{"family":"x"}],"birthDate":"1990-02"}"#
                .to_vec(),
        ),
        ("FHIR of a resource that does not exist", br#"{"resourceType":"Stork","id":"1"}"#.to_vec()),
        ("FHIR XML of another resource", b"<Slot xmlns='http://hl7.org/fhir'><id value='1'/></Slot>".to_vec()),
    ];
    let lines = cases.iter().map(|(name, input)| format!("{name}: {}", told(&converter, input)));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

/// One message in every encoding that it may come in.
#[test]
fn encodings_that_are_declared_are_read() {
    let converter = Converter::new().unwrap();
    let text = String::from_utf8(fixture("kernset-2.3/minimal.xml"))
        .unwrap()
        .replace("Verzonnen registratie", "Geboorteregister Één");
    let expected = converter.read(text.as_bytes()).unwrap();
    assert_eq!(expected.ledger.losses, []);
    let latin1 = text.replace("encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"");
    let latin1: Vec<u8> = latin1.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16 = text.replace("encoding=\"UTF-8\"", "encoding=\"UTF-16\"");
    let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf16.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(utf16.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let marked: Vec<u8> = [0xef, 0xbb, 0xbf].into_iter().chain(text.bytes()).collect();
    for (name, input) in [("latin 1", latin1), ("UTF-16LE", little), ("UTF-16BE", big), ("UTF-8 with mark", marked)] {
        let reading = converter.read(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(reading.ledger.losses, [], "{name}");
        assert_eq!(differences(expected.dataset(), &expected.instance, &reading.instance), [], "{name}");
    }
}

#[test]
fn an_ada_document_is_recognised_whatever_stands_before_the_transaction() {
    let converter = Converter::new().unwrap();
    let document = converter.convert(&fixture("kernset-2.3/minimal.xml"), Format::Ada).unwrap().output;
    let document = String::from_utf8(document).unwrap();
    let long = document.replacen("<data>", &format!("<other>{}</other><data>", "<x/>".repeat(60)), 1);
    assert_ne!(long, document);
    let (expected, found) = (converter.read(document.as_bytes()).unwrap(), converter.read(long.as_bytes()).unwrap());
    assert_eq!(found.format, Format::Ada);
    assert!(differences(expected.dataset(), &expected.instance, &found.instance).is_empty());
}
