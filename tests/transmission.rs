//! What is said of the sending beside the case (`--transmission`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ooievaar::{Converter, Format, Transmission, TransmissionFault};

const MINIMAL: &[u8] = include_bytes!("../fixtures/kernset-2.3/minimal.xml");
const WITHOUT: &[u8] = include_bytes!("../fixtures/kernset-2.3/no-wrapper.xml");

fn given() -> Transmission {
    include_str!("../fixtures/transmission.toml").parse().unwrap()
}

fn converter() -> Converter {
    Converter::new().unwrap().with_transmission(&given()).unwrap()
}

/// The text of the attributes of the first element on a path of local names.
fn at(message: &[u8], path: &[&str], attribute: &str) -> Option<String> {
    let text = std::str::from_utf8(message).unwrap();
    let document = roxmltree::Document::parse(text).unwrap();
    let mut node = document.root_element();
    for name in path {
        node = node.children().find(|child| child.tag_name().name() == *name)?;
    }
    node.attribute(attribute).map(str::to_owned)
}

/// The concepts that a message lacks, by number.
fn lacks(outcome: &ooievaar::Outcome) -> Vec<String> {
    let dataset = outcome.reading.dataset();
    let mut numbers: Vec<String> =
        outcome.missing.iter().map(|unmet| dataset.get(unmet.concept).number.to_string()).collect();
    numbers.dedup();
    numbers
}

#[test]
fn what_fhir_cannot_say_is_given_and_the_message_lacks_no_more_of_it() {
    let bundle = Converter::new().unwrap().convert(WITHOUT, Format::FhirJson).unwrap().output;
    let plain = Converter::new().unwrap().convert(&bundle, Format::Hl7v3).unwrap();
    assert!(lacks(&plain).iter().any(|number| number == "W31"), "{:?}", lacks(&plain));
    let outcome = converter().convert(&bundle, Format::Hl7v3).unwrap();
    assert!(!lacks(&outcome).iter().any(|number| number.starts_with('W')), "{:?}", lacks(&outcome));
    assert!(outcome.ledger.is_balanced());
    let device = |side| at(&outcome.output, &[side, "device", "id"], "extension");
    assert_eq!((device("sender").as_deref(), device("receiver").as_deref()), (Some("9100"), Some("9001")));
    // Made of the case: in the namespace of the sender, of the latest day that it tells, the same each time.
    assert_eq!(at(&outcome.output, &["id"], "root").as_deref(), Some("2.16.840.1.113883.2.4.3.11.999.77.6"));
    let time = at(&outcome.output, &["creationTime"], "value").unwrap();
    assert_eq!(time.len(), "YYYYMMDDhhmmss".len(), "{time}");
    assert_eq!(converter().convert(&bundle, Format::Hl7v3).unwrap().output, outcome.output);
    let other = Converter::new().unwrap().convert(MINIMAL, Format::FhirJson).unwrap().output;
    let other = converter().convert(&other, Format::Hl7v3).unwrap().output;
    assert_ne!(at(&other, &["id"], "extension"), at(&outcome.output, &["id"], "extension"));
}

#[test]
fn what_the_case_says_itself_stands_and_is_not_mixed() {
    let own = |name| at(MINIMAL, &[name, "device", "name"], "none").is_none();
    assert!(own("sender"));
    let outcome = converter().convert(MINIMAL, Format::Hl7v3).unwrap();
    let same = Converter::new().unwrap().convert(MINIMAL, Format::Hl7v3).unwrap();
    for path in [&["id"][..], &["sender", "device", "id"], &["receiver", "device", "id"]] {
        assert!(at(MINIMAL, path, "extension").is_some(), "{path:?}");
        assert_eq!(at(&outcome.output, path, "extension"), at(&same.output, path, "extension"), "{path:?}");
    }
    // A sender without a number gets none from somebody else.
    let text = std::str::from_utf8(MINIMAL).unwrap();
    let start = text.find("<sender").unwrap();
    let id = start + text[start..].find("<id ").unwrap();
    let end = id + text[id..].find("/>").unwrap() + 2;
    let cut = format!("{}{}", &text[..id], &text[end..]);
    let outcome = converter().convert(cut.as_bytes(), Format::Hl7v3).unwrap();
    assert_eq!(at(&outcome.output, &["sender", "device", "id"], "extension"), None);
    assert!(lacks(&outcome).iter().any(|number| number == "W31"));
}

#[test]
fn id_and_time_that_are_given_are_not_made() {
    let text = "bericht_id = { root = \"2.999.7\", extension = \"17\" }\ncreatietijd = 2024-03-01T08:30:00+01:00\n";
    let converter = Converter::new().unwrap().with_transmission(&text.parse().unwrap()).unwrap();
    let message = converter.convert(WITHOUT, Format::Hl7v3).unwrap().output;
    assert_eq!(at(&message, &["id"], "root").as_deref(), Some("2.999.7"));
    assert_eq!(at(&message, &["creationTime"], "value").as_deref(), Some("20240301083000"));
}

#[test]
fn faults_name_the_key_and_no_value() {
    let fault = |text: &str| {
        let transmission: Transmission = text.parse()?;
        Converter::new().unwrap().with_transmission(&transmission).map(|_| ())
    };
    let unknown = fault("[afzender]\nnummer = \"secret\"\n").unwrap_err();
    assert_eq!(unknown, TransmissionFault::Unknown { key: "afzender.nummer".into(), known: "id, naam".into() });
    for (text, key) in [
        ("[afzender]\nid = \"secret\"\n", "`afzender.id`"),
        ("[afzender]\nid = { root = \"2.999\", extension = 7 }\n", "`afzender.id`"),
        ("[afzender]\nid = { root = \"2.999\", extension = \"7\", secret = \"x\" }\n", "`afzender.id`"),
        ("[afzender]\nid = { root = \"secret\", extension = \"7\" }\n", "`afzender.id`"),
        (
            "[afzender]\nid = [{ root = \"2.999\", extension = \"7\" }, { root = \"2.\", extension = \"8\" }]\n",
            "`afzender.id`",
        ),
        ("bericht_id = { root = \"urn:oid:2.999\", extension = \"7\" }\n", "`bericht_id`"),
        ("creatietijd = \"secret\"\n", "`creatietijd`"),
        ("afzender = \"secret\"\n", "`afzender`"),
        ("[auteur]\nrol = \"secret\"\n", "`auteur.rol`"),
    ] {
        let said = fault(text).unwrap_err().to_string();
        assert!(said.contains(key) && !said.contains("secret"), "{text}: {said}");
    }
    for root in ["2.999.7", "00000000-0000-4000-8000-00000000ABCD"] {
        assert!(fault(&format!("bericht_id = {{ root = \"{root}\", extension = \"7\" }}\n")).is_ok(), "{root}");
    }
    assert!(matches!(fault("a = 1\nb = \n"), Err(TransmissionFault::Syntax { line: 2, .. })));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn ooievaar(arguments: &[&str], input: &[u8]) -> (i32, Vec<u8>, String) {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_ooievaar"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    (done.status.code().unwrap(), done.stdout, String::from_utf8(done.stderr).unwrap())
}

#[test]
fn every_command_that_writes_messages_takes_it() {
    let file = root().join("fixtures/transmission.toml");
    let file = file.to_str().unwrap();
    let (exit, message, _) = ooievaar(&["convert", "-", "--to", "hl7v3", "--transmission", file], WITHOUT);
    assert_eq!(exit, 0);
    assert_eq!(at(&message, &["sender", "device", "id"], "extension").as_deref(), Some("9100"));

    let folder = std::env::temp_dir().join(format!("ooievaar-transmission-{}", std::process::id()));
    let input: PathBuf = root().join("fixtures/kernset-2.3/no-wrapper.xml");
    let arguments = ["batch", input.to_str().unwrap(), "-o", folder.to_str().unwrap(), "--to", "hl7v3"];
    let (exit, _, said) = ooievaar(&[&arguments[..], &["--transmission", file]].concat(), b"");
    assert_eq!(exit, 0, "{said}");
    let written = std::fs::read(folder.join("no-wrapper.xml.xml"));
    assert_eq!(written.unwrap(), message);
    // Other data are another run.
    let (exit, _, said) = ooievaar(&[&arguments[..], &["--resume"]].concat(), b"");
    assert_eq!(exit, 2, "{said}");
    std::fs::remove_dir_all(folder).unwrap();

    let line = serde_json::json!({ "id": "1", "message": std::str::from_utf8(WITHOUT).unwrap() }).to_string() + "\n";
    let (exit, answers, _) = ooievaar(&["stream", "--to", "hl7v3", "--transmission", file], line.as_bytes());
    assert_eq!(exit, 0);
    assert!(String::from_utf8(answers).unwrap().contains("9100"));
}

#[test]
fn it_is_said_where_it_means_nothing_and_where_it_is_faulty() {
    let file = root().join("fixtures/transmission.toml");
    let (exit, _, said) =
        ooievaar(&["convert", "-", "--to", "fhir-json", "--transmission", file.to_str().unwrap()], MINIMAL);
    assert!(exit == 0 && said.contains("--transmission was not used"), "{said}");
    let other = root().join("fixtures/kernset-2.3/minimal.xml");
    let (exit, output, said) =
        ooievaar(&["convert", "-", "--to", "hl7v3", "--transmission", other.to_str().unwrap()], WITHOUT);
    assert!(exit == 2 && output.is_empty() && said.contains("minimal.xml: line 1"), "{said}");
    let (exit, _, said) = ooievaar(&["convert", "-", "--to", "hl7v3", "--transmission", "no-such-file"], WITHOUT);
    assert!(exit == 2 && said.contains("no-such-file: cannot be read"), "{said}");
}

#[test]
fn what_is_not_used_because_the_message_says_it_itself_is_told() {
    let file = root().join("fixtures/transmission.toml");
    let file = file.to_str().unwrap();
    let options = ["--to", "hl7v3", "--transmission", file];
    let convert = |options: &[&str], input: &[u8]| ooievaar(&[&["convert", "-"][..], options].concat(), input);
    // Without a sending of its own a message takes all of it.
    let (exit, _, said) = convert(&options, WITHOUT);
    assert!(exit == 0 && !said.contains("was not used"), "{said}");
    let (exit, _, said) = convert(&options, MINIMAL);
    assert!(exit == 0 && said.contains("note: --transmission was not used for afzender, "), "{said}");
    assert!(!said.contains("creatietijd") && !said.contains("9100"), "{said}");

    let folder = std::env::temp_dir().join(format!("ooievaar-own-sending-{}", std::process::id()));
    let explicit = folder.join("own.toml");
    std::fs::create_dir_all(&folder).unwrap();
    let text = "bericht_id = { root = \"2.999.7\", extension = \"17\" }\ncreatietijd = 2024-03-01T08:30:00+01:00\n";
    std::fs::write(&explicit, text).unwrap();
    let explicit = ["--to", "hl7v3", "--transmission", explicit.to_str().unwrap()];
    let (_, _, said) = convert(&explicit, MINIMAL);
    assert!(said.contains("note: --transmission was not used for bericht_id, creatietijd"), "{said}");

    let input: PathBuf = root().join("fixtures/kernset-2.3/minimal.xml");
    let batch = |name: &str, more: &[&str]| {
        let out = folder.join(name);
        let own = ["batch", input.to_str().unwrap(), "-o", out.to_str().unwrap()];
        ooievaar(&[&own[..], &options, more].concat(), b"").2
    };
    let said = batch("told", &[]);
    assert!(said.contains("note: --transmission was not used, in whole or in part, for 1 message"), "{said}");
    let said = batch("quiet", &["--quiet"]);
    assert!(!said.contains("was not used"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();

    let line =
        |message: &[u8]| serde_json::json!({ "message": std::str::from_utf8(message).unwrap() }).to_string() + "\n";
    let lines = line(MINIMAL) + &line(WITHOUT);
    let (exit, answers, said) = ooievaar(&[&["stream"][..], &options].concat(), lines.as_bytes());
    assert!(
        exit == 0 && said.contains("note: --transmission was not used, in whole or in part, for 1 message"),
        "{said}"
    );
    let answers: Vec<serde_json::Value> =
        answers.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(answers[0]["unused"][0], "afzender");
    assert_eq!((answers.len(), answers[1].get("unused")), (2, None));
}

#[test]
fn strict_writes_no_message_that_lacks_what_it_demands() {
    let (exit, output, said) = ooievaar(&["convert", "-", "--to", "hl7v3", "--strict"], WITHOUT);
    assert!(exit == 1 && output.is_empty() && said.contains("error[missing]"), "{said}");
    let file = root().join("fixtures/transmission.toml");
    let arguments = ["convert", "-", "--to", "hl7v3", "--strict", "--transmission", file.to_str().unwrap()];
    let (exit, output, said) = ooievaar(&arguments, WITHOUT);
    assert!(exit == 0 && !output.is_empty(), "{said}");
}

/// A message that lost its own wrapper, or stands in one that nobody knows, is read; what is around it is told.
#[test]
fn a_message_in_another_wrapper_is_read_and_the_wrapper_is_told() {
    let text = include_str!("../fixtures/kernset-2.3/full-single.xml");
    let part = |name: &str| {
        let (start, close) = (text.find(&format!("<{name}")).unwrap(), format!("</{name}>"));
        text[start..text.find(&close).unwrap() + close.len()].to_owned()
    };
    let spaces = "xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let registration =
        part("registrationProcess").replacen("<registrationProcess", &format!("<registrationProcess {spaces}"), 1);
    let other = format!(
        "<REPC_IN999999NL {spaces}><id root=\"2.999\" extension=\"4\"/>{}</REPC_IN999999NL>",
        part("ControlActProcess")
    );
    let converter = Converter::new().unwrap();
    let whole = converter.read(text.as_bytes()).unwrap();
    let clinical = |reading: &ooievaar::Reading| {
        let dataset = reading.dataset();
        reading.instance.leaves().filter(|(_, node, _)| dataset.is_clinical(node.concept)).count()
    };
    for (name, message) in [("/registrationProcess", registration), ("/REPC_IN999999NL", other)] {
        let reading = converter.read(message.as_bytes()).unwrap();
        assert_eq!(clinical(&reading), clinical(&whole), "{name}");
        let paths: Vec<_> = reading.ledger.losses.iter().filter_map(|loss| loss.path.as_deref()).collect();
        assert_eq!(paths, [name]);
        assert!(reading.ledger.is_balanced());
    }
}

/// The names of the author and of who is responsible, each as what stands in it, of the text alone.
fn names(message: &[u8]) -> Vec<Vec<(String, String)>> {
    let text = std::str::from_utf8(message).unwrap();
    let document = roxmltree::Document::parse(text).unwrap();
    let is_name = |node: &roxmltree::Node<'_, '_>| {
        let is_person = |parent: roxmltree::Node<'_, '_>| parent.has_tag_name(("urn:hl7-org:v3", "assignedPerson"));
        node.tag_name().name() == "name" && node.parent().is_some_and(is_person)
    };
    let part = |node: roxmltree::Node<'_, '_>| {
        (node.tag_name().name().to_owned(), node.text().unwrap_or_default().trim().to_owned())
    };
    let parts = |name: roxmltree::Node<'_, '_>| match name.first_element_child() {
        Some(_) => name.children().filter(roxmltree::Node::is_element).map(part).collect(),
        None => vec![part(name)],
    };
    document.descendants().filter(is_name).map(parts).collect()
}

#[test]
fn a_name_in_parts_comes_back_in_parts_and_beside_one_text_that_text_is_the_name() {
    let converter = Converter::new().unwrap();
    let sample = include_bytes!("../fixtures/kernset-2.3/twins.xml");
    let expected: Vec<(String, String)> = [("given", "Joost"), ("prefix", "van de"), ("family", "Bedacht-Verzinsel")]
        .map(|(part, text)| (part.to_owned(), text.to_owned()))
        .into();
    assert_eq!(names(sample), [expected.clone(), expected.clone()]);
    let bundle = converter.convert(sample, Format::FhirJson).unwrap().output;
    let back = converter.convert(&bundle, Format::Hl7v3).unwrap();
    assert_eq!(names(&back.output), [expected.clone(), expected]);
    let ada = converter.convert(sample, Format::Ada).unwrap().output;
    assert_eq!(names(&converter.convert(&ada, Format::Hl7v3).unwrap().output).len(), 2);
    // A message has one name for a person: with both forms in FHIR the text is it, and the parts are told.
    let mut bundle: serde_json::Value = serde_json::from_slice(&bundle).unwrap();
    let mut people = 0;
    for entry in bundle["entry"].as_array_mut().unwrap() {
        if let Some(name) = entry["resource"]["name"].get_mut(0)
            && name["given"][0] == "Joost"
        {
            name["text"] = "J. Proefnaam".into();
            people += 1;
        }
    }
    assert_eq!(people, 2);
    let both = converter.convert(bundle.to_string().as_bytes(), Format::Hl7v3).unwrap();
    let text = vec![("name".to_owned(), "J. Proefnaam".to_owned())];
    assert_eq!(names(&both.output), [text.clone(), text]);
    let lost: Vec<&str> = both
        .ledger
        .losses
        .iter()
        .filter_map(|loss| Some(both.reading.dataset().get(loss.concept?).number.as_str()))
        .collect();
    for part in ["W44", "W45", "W46", "W64", "W65", "W66"] {
        assert!(lost.contains(&part), "{part}");
    }
}

#[test]
fn a_part_of_a_name_that_is_not_known_comes_back_from_either_form_of_fhir() {
    let converter = Converter::new().unwrap();
    let sample = include_str!("../fixtures/kernset-2.3/twins.xml");
    let unknown = "<given nullFlavor=\"NASK\"/>";
    let changed = sample.replace("<given>Joost</given>", unknown);
    assert_eq!(changed.matches(unknown).count(), 2);
    for format in [Format::FhirJson, Format::FhirXml, Format::FhirNdjson] {
        let fhir = converter.convert(changed.as_bytes(), format).unwrap().output;
        let back = converter.convert(&fhir, Format::Hl7v3).unwrap();
        assert_eq!(String::from_utf8(back.output).unwrap().matches(unknown).count(), 2, "{format}");
        assert_eq!(back.ledger.lost_leaves(), 0, "{format}");
    }
}
