//! What holds nothing of a case is no success.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use ooievaar::convert::LineColumn;
use ooievaar::{Converter, Error, Format};

use crate::support::fixtures;

const MINIMAL: &str = include_str!("../../fixtures/kernset-2.3/minimal.xml");
const NO_WRAPPER: &str = include_str!("../../fixtures/kernset-2.3/no-wrapper.xml");
const NEONATAL: &str = include_str!("../../fixtures/kernset-neonatologie-3.0/cda/admission.xml");

fn converter() -> Converter {
    Converter::new().unwrap()
}

fn refused(input: &str) -> Error {
    converter().read(input.as_bytes()).map(|reading| reading.instance).unwrap_err()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(cargo_bin("ooievaar")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A message that says who and where, and nothing of the case.
fn hollow_message() -> String {
    MINIMAL.replace(r#"<deceasedInd value="false"/>"#, "")
}

/// A batch of one input: what the quarantine list says of it, and the output if there is one.
fn batch(input: &str) -> (String, Option<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("m.xml"), folder.path().join("out"));
    fs::write(&from, input).unwrap();
    run(&["batch", from.to_str().unwrap(), "-o", to.to_str().unwrap(), "-q"]);
    let made = fs::read(to.join("m.xml.json")).or_else(|_| fs::read(to.join("m.xml/000000004.json"))).ok();
    let one = fs::read_dir(to.join("m.xml")).ok().and_then(|mut files| fs::read(files.next()?.ok()?.path()).ok());
    (fs::read_to_string(to.join("quarantine.ndjson")).unwrap(), made.or(one))
}

#[test]
fn what_has_no_clinical_value_is_refused() {
    assert!(converter().read(MINIMAL.as_bytes()).is_ok());
    let hollow = [
        hollow_message(),
        r#"<CareProvisionEvent xmlns="urn:hl7-org:v3"><templateId root="2.16.840.1.113883.2.4.6.10.90.76"/></CareProvisionEvent>"#.to_owned(),
        r#"{"resourceType": "Bundle", "type": "searchset", "total": 0}"#.to_owned(),
        r#"<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/></Bundle>"#.to_owned(),
        "<kernset_geboortezorg/>".to_owned(),
        "<adaxml><data><kernset_geboortezorg><zorgverlening/></kernset_geboortezorg></data></adaxml>".to_owned(),
        // Who somebody is says nothing of the case.
        r#"{"resourceType": "Patient", "birthDate": "1990-02-03", "identifier":
            [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999990019"}],
            "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-Woman"]}}"#.to_owned(),
        // A null flavour is no value.
        r#"<kernset_geboortezorg><vrouw><lengte_gemeten nullFlavor="UNK"/></vrouw></kernset_geboortezorg>"#.to_owned(),
    ];
    for input in hollow {
        let error = refused(&input);
        assert_eq!(error.code(), "nothing-clinical", "{error}: {input}");
    }
}

#[test]
fn every_command_says_so_and_exits_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hollow.xml");
    fs::write(&file, hollow_message()).unwrap();
    for command in ["convert", "inspect", "roundtrip"] {
        let output = run(&[command, file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(3), "{command}");
        assert!(
            said(&output).contains("no clinical value") && output.stdout.is_empty(),
            "{command}: {}",
            said(&output)
        );
    }
    let (list, made) = batch(&hollow_message());
    assert!(list.contains("\"nothing-clinical\"") && made.is_none(), "{list}");
}

#[test]
fn a_message_with_a_template_that_no_table_knows_is_refused_by_name() {
    let (kernset, neonatal) = ("2.16.840.1.113883.2.4.6.10.90.76", "2.16.840.1.113883.2.4.6.10.90.901181");
    for (message, template, kind) in [
        (MINIMAL, kernset, "kernset-2.3"),
        (NO_WRAPPER, kernset, "kernset-2.3"),
        (NEONATAL, neonatal, "kernset-neonatologie-3.0"),
    ] {
        assert!(converter().read(message.as_bytes()).is_ok());
        let other = message.replace(&format!("\"{template}\""), "\"2.16.840.1.113883.2.4.6.10.90.70\"");
        let error = refused(&other);
        assert_eq!(error.code(), "unknown-template");
        let text = error.to_string();
        assert!(
            text.contains("template") && text.contains("90.70") && text.contains(&format!("--as {kind}")),
            "{text}"
        );
        assert_eq!(converter().detect(other.as_bytes()).unwrap_err(), error);
        // Who knows better says so, and is told that the template is another.
        let reading = converter().with_kind(kind).unwrap().read(other.as_bytes()).unwrap();
        assert_eq!(reading.title(), converter().read(message.as_bytes()).unwrap().title());
        assert!(reading.ledger.lost_leaves() > 0 && reading.ledger.is_balanced());
        // The template stands elsewhere than at the payload.
        let aside = other.replacen("<id ", &format!("<templateId root=\"{template}\"/><id "), 1);
        let is_payload = message != MINIMAL;
        assert_eq!(converter().read(aside.as_bytes()).is_ok(), is_payload, "{kind}");
    }
    // Without any template nothing tells the kind.
    let bare = NO_WRAPPER.replace(&format!("<templateId root=\"{kernset}\"/>"), "");
    assert!(refused(&bare).to_string().contains("the payload has no template"));
    // What is no OID may be somebody's number.
    let odd = MINIMAL.replace(&format!("\"{kernset}\""), "\"2.16.840.1.113883.2.4.6.3.999990019\"");
    assert!(!refused(&odd).to_string().contains("999990019"));
}

#[test]
fn the_kind_that_is_named_must_exist_and_begin_so() {
    assert_eq!(converter().with_kind("kernset-9.9").unwrap_err().code(), "no-such-kind");
    let wrong = converter().with_kind("kernset-neonatologie-3.0").unwrap().read(MINIMAL.as_bytes()).unwrap_err();
    assert_eq!(wrong.code(), "wrong-kind");
    let output = run(&["convert", "x.xml", "--as", "kernset-9.9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("kernset-2.3"), "{}", said(&output));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.xml");
    fs::write(&file, MINIMAL.replace("10.90.76\"", "10.90.70\"")).unwrap();
    for command in ["convert", "inspect", "roundtrip"] {
        let refused = run(&[command, file.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(3), "{command}");
        let read = run(&[command, file.to_str().unwrap(), "--as", "kernset-2.3"]);
        assert!(matches!(read.status.code(), Some(0 | 1)), "{command}: {}", said(&read));
    }
}

#[test]
fn messages_of_another_release_are_refused() {
    // Counselling of phase 1c, which no table knows.
    let template = ("2.16.840.1.113883.2.4.6.10.90.900924", "2.16.840.1.113883.2.4.6.10.90.54");
    for sample in fixtures("counseling-2.2") {
        let text = String::from_utf8(sample.bytes()).unwrap();
        assert!(text.contains(template.0));
        let other = text.replace(template.0, template.1);
        let error = converter().read(other.as_bytes()).map(|reading| reading.title().to_owned()).unwrap_err();
        assert_eq!(error.code(), "unknown-template", "{}: {error}", sample.name);
    }
}

#[test]
fn inspect_and_roundtrip_end_with_what_was_not_read() {
    let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broken/unknown-code.xml");
    let broken = broken.to_str().unwrap();
    let output = run(&["inspect", broken]);
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).contains("10 lost") && said(&output).contains("unknown-content"), "{}", said(&output));
    let output = run(&["roundtrip", broken]);
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    assert!(
        text.contains("not all was read") && text.contains("10 lost") && !text.contains(": all came back"),
        "{text}"
    );
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kernset-2.3/minimal.xml");
    let output = run(&["roundtrip", whole.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output).contains(": all came back"), "{}", said(&output));
}

#[test]
fn coverage_counts_against_the_standard() {
    let output = run(&["mappings", "coverage", "--format", "csv"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let count =
        |line: &str| text.lines().find_map(|row| row.strip_prefix(line)?.strip_prefix(',')?.parse::<u32>().ok());
    let neonatal = "Datasets,kernset-neonatologie-3.0";
    assert_eq!(count(&format!("{neonatal},concepts with a value in the standard")), Some(160), "{text}");
    let here = count(&format!("{neonatal},of these in the tables")).unwrap();
    assert_eq!(here, 160, "{text}");
}

/// What stands around a document, and several in one file: the same by itself and among others.
#[test]
fn what_stands_around_a_message_is_read_alike_or_refused_with_the_reason() {
    let body = MINIMAL.split_once("?>").unwrap().1;
    let syntax = |text: &str, wanted: &str| {
        let error = refused(text);
        assert!(matches!(&error, Error::Syntax { message, .. } if message.contains(wanted)), "{error}");
        let (list, made) = batch(text);
        assert!(list.contains("\"syntax\"") && list.contains(wanted) && made.is_none(), "{list}");
        error.place().unwrap()
    };
    assert_eq!(syntax(&format!("\n  {MINIMAL}"), "before the XML declaration"), LineColumn { line: 2, column: 3 });
    let lines = MINIMAL.matches('\n').count();
    assert_eq!(syntax(&format!("{MINIMAL}{MINIMAL}"), "several documents"), LineColumn { line: lines + 1, column: 1 });
    assert_eq!(
        syntax(&format!("{MINIMAL}{body}"), "several documents").line,
        lines + 2 + usize::from(body.starts_with("\n<!--"))
    );
    // An envelope is transport: what is in it is the message.
    let envelope = |body: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\n<s:Header><id>x</id></s:Header><s:Body>\n{body}</s:Body></s:Envelope>"
        )
    };
    let inside = converter().read(envelope(body).as_bytes()).unwrap();
    let alone = converter().read(MINIMAL.as_bytes()).unwrap();
    assert_eq!(inside.instance, alone.instance);
    assert_eq!((inside.ledger.total, inside.ledger.lost_leaves()), (alone.ledger.total, 0));
    let (list, made) = batch(&envelope(body));
    let made = made.unwrap_or_else(|| panic!("{list}"));
    let again = converter().read(&made).unwrap();
    let by_hand = converter().convert(envelope(body).as_bytes(), Format::FhirJson).unwrap();
    assert_eq!(again.instance, converter().read(&by_hand.output).unwrap().instance);
    // With a blank line before the declaration: neither reads it.
    syntax(&format!("\n{}", envelope(body)), "before the XML declaration");
    let several = refused(&envelope(&body.repeat(2)));
    assert_eq!((several.code(), several), ("several-messages", Error::SeveralMessages { count: 2 }));
    // A message in the header, or in a fault, is none that was sent.
    let versions = ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];
    for (version, part) in versions.into_iter().flat_map(|version| [(version, "Header"), (version, "Fault")]) {
        let inside = format!("<s:{part}><x>{body}</x></s:{part}>");
        let whole = if part == "Header" { format!("{inside}<s:Body/>") } else { format!("<s:Body>{inside}</s:Body>") };
        let soap = format!("<s:Envelope xmlns:s=\"{version}\">{whole}</s:Envelope>");
        assert_eq!(refused(&soap).code(), "wrong-kind", "{part}");
        let (list, made) = batch(&soap);
        assert!(list.contains("wrong-kind") && made.is_none(), "{list}");
        let beside = soap.replace("<s:Body", &format!("<s:Body>{body}</s:Body><s:Body"));
        assert_eq!(refused(&beside).code(), "wrong-kind", "{part}");
    }
    // What is in the envelope is no message that is known.
    assert_eq!(refused(&envelope("<a/>")).code(), "wrong-kind");
}
