//! No diagnostic shows what is in a message: a marker in every leaf, and every kind of diagnostic provoked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assert_cmd::Command;
use ooievaar::convert::MessageKind;
use ooievaar::dataset::{Content, Identifier, Instance, NodeIx, Value};
use ooievaar::generate::Generator;
use ooievaar::ledger::Reason;
use ooievaar::{Converter, Format, IdKey, Target, Written};
use support::{every_kind, formats};

/// Digits, so that numbers and dates can carry it too.
const MARKER: &str = "7316427";

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

fn kind() -> &'static MessageKind {
    CONVERTER.kind("kernset-2.3").unwrap()
}

/// A drawn instance that every format holds, marked.
fn marked(seed: u64) -> Instance {
    marked_of(kind(), seed)
}

/// The same of any kind.
fn marked_of(kind: &MessageKind, seed: u64) -> Instance {
    let generator = Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), kind.fhir.as_deref());
    mark(generator.instance(seed))
}

/// A drawn instance with all that the dataset has, marked: ADA alone holds all of it.
fn marked_of_dataset(seed: u64) -> Instance {
    let kind = kind();
    mark(Generator::new(&kind.dataset, &kind.terminology, None, None).instance(seed))
}

/// The instance with the marker in every text, code, label, number and identifier.
fn mark(mut instance: Instance) -> Instance {
    let leaves: Vec<NodeIx> = instance.leaves().map(|(ix, ..)| ix).collect();
    for ix in leaves {
        match instance.content_mut(ix).unwrap() {
            Content::Value(Value::Code(code)) => {
                code.code = format!("c{MARKER}").into();
                code.display = Some(format!("display {MARKER}").into());
                code.original_text = Some(format!("text {MARKER}").into());
            }
            Content::Value(Value::Identifier(Identifier { extension, .. })) => *extension = MARKER.into(),
            Content::Value(Value::Quantity(quantity)) => quantity.value = format!("{MARKER}.50").into(),
            Content::Value(Value::Count(digits)) => *digits = MARKER.into(),
            Content::Value(Value::Text(text)) => *text = format!("free {MARKER} text").into(),
            Content::Value(Value::DateTime(moment)) => {
                *moment = ooievaar::dataset::DateTime::from_hl7(&format!("20210101101010.{MARKER}")).unwrap();
            }
            Content::Null { original_text, .. } => {
                if let Some(text) = original_text {
                    *text = format!("text {MARKER}").into();
                }
            }
            Content::Value(Value::Boolean(_)) => {}
        }
    }
    instance
}

/// Breaks a document in many ways: cut short, with bytes changed, with values and names made into others.
fn broken(bytes: &[u8]) -> Vec<Vec<u8>> {
    let step = (bytes.len() / 60).max(1);
    let mut broken = vec![bytes.to_vec()];
    for at in (0..bytes.len()).step_by(step) {
        broken.push(bytes[..at].to_vec());
        for byte in [b'<', b'"', b'&', b'x', 0xFF, 0] {
            let mut changed = bytes.to_vec();
            changed[at] = byte;
            broken.push(changed);
        }
    }
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    for (from, to) in [
        (MARKER, "73164 27 7316427"),
        ("codeSystem=", "codesystem="),
        ("<value ", "<valeu "),
        ("value=", "unit="),
        ("xsi:type=\"CE\"", "xsi:type=\"PQ\""),
        ("xsi:type=\"BL\"", "xsi:type=\"CE\""),
        ("extension=", "extensoin="),
        ("\"valueBoolean\"", "\"valueString\""),
        ("\"coding\"", "\"codings\""),
        ("\"system\": \"", "\"system\": \"7316427"),
        ("\"resourceType\": \"", "\"resourceType\": \"R7316427"),
        ("\"value\": \"", "\"value\": 7316427, \"was\": \""),
        ("conceptId=\"", "conceptId=\"7316427"),
        ("><", "> 7316427 <"),
    ] {
        broken.push(text.replace(from, to).into_bytes());
        broken.push(text.replacen(from, to, 1).into_bytes());
    }
    broken
}

/// What a document consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Name,
    Value,
}

/// The tokens of a document that can hold the marker, with their places.
fn tokens(text: &str) -> Vec<(Token, Range<usize>)> {
    if text.starts_with('<') { xml_tokens(text) } else { json_tokens(text) }
}

fn json_tokens(text: &str) -> Vec<(Token, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at + 1;
        match bytes[at] {
            b'"' => {
                at = start;
                while bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let is_key = text[at + 1..].trim_start().starts_with(':');
                found.push((if is_key { Token::Name } else { Token::Value }, start..at));
            }
            b'-' | b'0'..=b'9' => {
                let end = start + text[start..].find([',', '}', ']', '\n']).unwrap();
                found.push((Token::Value, at..end));
                at = end - 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn xml_tokens(text: &str) -> Vec<(Token, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find('<').map(|offset| at + offset) {
        if !text[at..open].trim().is_empty() {
            found.push((Token::Value, at..open));
        }
        let close = open + text[open..].find('>').unwrap();
        if !text[open..].starts_with("</") && !text[open..].starts_with("<?") {
            let end = open + text[open..].find([' ', '/', '>', '\n']).unwrap();
            found.push((Token::Name, open + 1..end));
            let mut from = end;
            while let Some(equals) = text[from..close].find("=\"").map(|offset| from + offset) {
                let start = text[..equals].rfind([' ', '\n']).unwrap() + 1;
                let quote = equals + 2 + text[equals + 2..].find('"').unwrap();
                found.push((Token::Name, start..equals));
                found.push((Token::Value, equals + 2..quote));
                from = quote + 1;
            }
        }
        at = close + 1;
    }
    assert!(at <= bytes.len());
    found
}

/// A document with the marker in one token, the token, and the document cut short within it.
fn planted(text: &str, token: Token, place: &Range<usize>) -> [Vec<u8>; 2] {
    let marker = match token {
        Token::Name => format!("n{MARKER}"),
        Token::Value => format!("v {MARKER} v"),
    };
    let begun = format!("{}{marker}", &text[..place.start]);
    [format!("{begun}{}", &text[place.end..]).into_bytes(), begun.into_bytes()]
}

/// What an outcome says, without what is shown of a resource on purpose: the URL of its profile and, of an Observation, its
/// code in a known system. They have a form that is checked here.
fn told(outcome: &ooievaar::Outcome) -> String {
    let mut ledger = outcome.ledger.clone();
    for loss in &mut ledger.losses {
        if let Some(within) = loss.within.take() {
            let is_profile = |url: &str| url.starts_with("http") && url.contains("/StructureDefinition/");
            assert!(within.profile.as_deref().is_none_or(is_profile), "{within:?}");
            assert!(within.code.as_deref().is_none_or(|code| !code.contains(' ')), "{within:?}");
        }
    }
    format!("{ledger:?} {:?}", outcome.missing)
}

fn assert_silent(said: &str, what: &str) {
    let place = said.find(MARKER).map(|at| said[at.saturating_sub(300)..].chars().take(500).collect::<String>());
    assert_eq!(place, None, "{what}");
}

/// The fullest of our messages of every kind, in every format that it can be written in.
fn documents() -> Vec<(String, String)> {
    let mut documents = Vec::new();
    for (kind, samples) in every_kind(&CONVERTER) {
        let fullest = samples.into_iter().max_by_key(|sample| sample.bytes().len()).unwrap();
        let (name, bytes) = (format!("{}.xml", fullest.name), fullest.bytes());
        let own = CONVERTER.detect(&bytes).unwrap();
        documents.push((name.clone(), String::from_utf8(bytes.clone()).unwrap()));
        let fhir = kind.fhir.iter().flat_map(|_| [Format::FhirXml, Format::FhirNdjson]);
        for format in formats(kind).into_iter().chain(fhir).filter(|format| *format != own) {
            let outcome = CONVERTER.convert(&bytes, format).unwrap();
            documents.push((format!("{name} as {format}"), String::from_utf8(outcome.output).unwrap()));
        }
    }
    documents
}

/// Tokens of documents, evenly: so many of all of them together, of each at least one.
fn spread(
    documents: Vec<(String, String)>,
    most: usize,
) -> impl Iterator<Item = (String, String, Token, Range<usize>)> {
    let share = (most / documents.len()).max(1);
    documents.into_iter().flat_map(move |(name, text)| {
        let tokens = tokens(&text);
        let step = (tokens.len() / share).max(1);
        let taken: Vec<(Token, Range<usize>)> = tokens.into_iter().step_by(step).collect();
        taken.into_iter().map(move |(token, place)| (name.clone(), text.clone(), token, place))
    })
}

/// The marker in each token of a document in turn: names, values, namespaces, codes, units, types, templates.
#[test]
fn no_part_of_a_document_shows_wherever_it_stands() {
    let (mut errors, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    for (name, text, token, place) in spread(documents(), 1500) {
        for input in planted(&text, token, &place) {
            let what = || format!("{name}, {token:?} `{}`", &text[place.clone()]);
            match CONVERTER.convert(&input, Format::Ada) {
                Ok(outcome) => {
                    reasons.extend(outcome.ledger.losses.iter().map(|loss| loss.reason.code()));
                    assert_silent(&told(&outcome), &what());
                }
                Err(error) => {
                    errors.insert(error.code());
                    assert_silent(&format!("{error} {error:?}"), &what());
                }
            }
        }
    }
    assert!(errors.len() >= 3 && reasons.len() >= 6, "{errors:?} {reasons:?}");
}

/// The codes of all errors there are, from where they are listed.
fn all_errors() -> BTreeSet<String> {
    let source = include_str!("../src/convert/error.rs");
    let list = source.split_once("pub fn code(&self)").unwrap().1.split_once("\n    }\n").unwrap().0;
    let codes = list.lines().filter_map(|line| line.split_once("=> \"")?.1.split('"').next().map(str::to_owned));
    codes.collect()
}

/// Every kind of error that an input can cause is caused, with the marker in what causes it.
#[test]
fn no_error_shows_values() {
    use ooievaar::tree::Limits;
    let message =
        String::from_utf8(CONVERTER.write_instance(kind(), &marked(2), Format::Hl7v3).unwrap().output).unwrap();
    let ada = documents().into_iter().find(|(name, _)| name.contains("2.3") && name.ends_with("ada")).unwrap().1;
    let bundle =
        String::from_utf8(CONVERTER.write_instance(kind(), &marked(2), Format::FhirJson).unwrap().output).unwrap();
    let neonatal = "fixtures/kernset-neonatologie-3.0/cda/admission.xml";
    let neonatal = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(neonatal)).unwrap();
    let pregnancy = |id: &str| {
        format!(
            r#"{{"resource": {{"resourceType": "Condition", "id": "{id}", "note": [{{"text": "{MARKER}"}}],
            "identifier": [{{"value": "{MARKER}"}}],
            "code": {{"coding": [{{"system": "http://snomed.info/sct", "code": "118185001", "display": "{MARKER}"}}]}}}}}}"#
        )
    };
    // With ids, which are shown so that one can be chosen, and with what cannot be an id.
    let two = |first: &str, second: &str| {
        format!(
            r#"{{"resourceType": "Bundle", "type": "collection", "entry": [{}, {}, {{"resource": {{"resourceType": "Observation",
            "context": {{"display": "{MARKER}"}}, "valueQuantity": {{"value": 2}},
            "code": {{"coding": [{{"system": "http://loinc.org", "code": "11996-6"}}]}}}}}}]}}"#,
            pregnancy(first),
            pregnancy(second)
        )
    };
    let date = ada.find("datatype=\"date").unwrap();
    let date = ada[..date].rfind("value=\"").unwrap() + 7;
    let relative = format!("{}T-14D{}", &ada[..date], &ada[date + ada[date..].find('"').unwrap()..]);
    let plain = || CONVERTER.clone();
    let limited = |bytes, depth, nodes| CONVERTER.clone().with_limits(Limits { bytes, depth, nodes });
    let latin = [b"<?xml version=\"1.0\" encoding=\"utf-8\"?><a>7316427 \xE9".as_slice(), b"</a>"].concat();
    // Two women, who are only referred to.
    let women = |first: &str, second: &str| {
        let height = |woman: &str| {
            format!(
                r#"{{"resource": {{"resourceType": "Observation", "subject": {{"reference": "{woman}", "display": "{MARKER}"}},
                "valueQuantity": {{"value": 7316427}}, "code": {{"coding": [{{"system": "http://loinc.org", "code": "11996-6"}}]}}}}}}"#
            )
        };
        format!(
            r#"{{"resourceType": "Bundle", "type": "collection", "entry": [{}, {}]}}"#,
            height(first),
            height(second)
        )
    };
    let kernset = "\"2.16.840.1.113883.2.4.6.10.90.76\"";
    let bare = message.split_once("?>").unwrap().1;
    let inputs: Vec<(Converter, Vec<u8>)> = vec![
        (plain(), women("Patient/a", &format!("Patient/{MARKER} x")).into_bytes()),
        (plain(), women("Patient/a", MARKER).into_bytes()),
        (plain().with_case(MARKER), women("Patient/a", "Patient/b").into_bytes()),
        (plain(), message.replace(kernset, &format!("\"{MARKER}\"")).into_bytes()),
        (plain(), message.replace(kernset, &format!("\"2.16.{MARKER}\"")).into_bytes()),
        (plain(), format!("<e{MARKER}>{bare}{bare}</e{MARKER}>").into_bytes()),
        (
            plain(),
            format!("<kernset_geboortezorg><vrouw><q{MARKER} value=\"{MARKER}\"/></vrouw></kernset_geboortezorg>")
                .into_bytes(),
        ),
        (plain(), format!("{message}{message}").into_bytes()),
        (plain(), b"  \n".to_vec()),
        (limited(100, 100, 4000), message.clone().into_bytes()),
        (limited(1 << 20, 3, 4000), bundle.clone().into_bytes()),
        (limited(1 << 20, 100, 10), bundle.clone().into_bytes()),
        (limited(1 << 20, 100, 10), message.clone().into_bytes()),
        (plain(), latin),
        (plain(), format!("MSH|{MARKER}|").into_bytes()),
        (plain(), format!("<!DOCTYPE a [<!ENTITY e{MARKER} \"{MARKER}\">]><a>&e{MARKER};</a>").into_bytes()),
        (plain(), format!("<a>&e{MARKER};</a>").into_bytes()),
        (plain(), format!("<a><b{MARKER}></c{MARKER}></a>").into_bytes()),
        (plain(), format!("<p{MARKER}:a/>").into_bytes()),
        (plain(), format!("<a b{MARKER}=\"1\" b{MARKER}=\"2\"/>").into_bytes()),
        (plain(), format!("<a><?xml {MARKER}?></a>").into_bytes()),
        (plain(), format!("{{\"{MARKER}\": {MARKER}e{MARKER}").into_bytes()),
        (plain(), format!("{{\"{MARKER}\": \"\\u{MARKER}\\q\"}}").into_bytes()),
        (plain(), format!("<r{MARKER} xmlns=\"urn:{MARKER}\"/>").into_bytes()),
        (plain(), format!("<adaxml><data><t{MARKER}/></data></adaxml>").into_bytes()),
        (
            plain(),
            format!("<f{MARKER} xmlns=\"http://hl7.org/fhir\"><id value=\"{MARKER}\"/></f{MARKER}>").into_bytes(),
        ),
        (plain(), format!("{{\"resourceType{MARKER}\": \"{MARKER}\"}}").into_bytes()),
        (plain(), format!("{{\"resourceType\": \"R{MARKER}\", \"{MARKER}\": [\"{MARKER}\"]}}").into_bytes()),
        (plain(), format!("[\"{MARKER}\"]").into_bytes()),
        (plain(), relative.into_bytes()),
        (plain(), two("first", "second").into_bytes()),
        (plain(), two(&format!("{MARKER} x"), &format!("{MARKER}/y")).into_bytes()),
        (plain().with_current(MARKER), two("first", &format!("{MARKER}_z")).into_bytes()),
        (plain().with_current("third"), two("first", "second").into_bytes()),
        (plain(), neonatal.replace("admission", MARKER).into_bytes()),
        (
            plain(),
            message.replacen("<statusCode code=\"active\"", &format!("<statusCode code=\"{MARKER}\""), 1).into_bytes(),
        ),
        // Two numbers of one woman.
        (plain(), {
            let number = |number: &str| format!("<id root=\"2.16.840.1.113883.2.4.6.3\" extension=\"{number}\"/>");
            let two = format!("<patient classCode=\"PAT\">{}{}", number(MARKER), number(&format!("{MARKER}1")));
            message.replacen("<patient classCode=\"PAT\">", &two, 1).into_bytes()
        }),
    ];
    let mut seen = BTreeSet::new();
    for (converter, input) in inputs {
        let result = converter.convert(&input, Format::FhirJson);
        let what = String::from_utf8_lossy(&input[..input.len().min(90)]).into_owned();
        match result {
            Ok(outcome) => assert_silent(&told(&outcome), &what),
            Err(error) => {
                seen.insert(error.code().to_owned());
                assert_silent(&format!("{error} {error:?}"), &what);
            }
        }
    }
    let case = CONVERTER.read_case(&[bundle.as_bytes(), format!("<a>{MARKER}").as_bytes()]).unwrap_err();
    assert!(matches!(case, ooievaar::Error::Input { .. }), "{case:?}");
    assert_silent(&format!("{case} {case:?}"), "a case");
    seen.extend(errors_of_deliveries());
    let mut wanted = all_errors();
    // Faults in the tables are found before there is an input.
    assert!(wanted.remove("tables"));
    // So is a kind that is not there; and what is of no case is given beside the cases.
    assert!(wanted.remove("no-such-kind") && wanted.remove("no-case") && wanted.remove("shared-too-much"));
    // With the tables as they are one kind always goes before the others; tests/layers.rs makes two that do not.
    assert!(wanted.remove("which-kind"));
    assert_eq!(seen, wanted);
}

/// The codes of what is wrong with an earlier delivery, none of which shows a value.
fn errors_of_deliveries() -> BTreeSet<String> {
    let message = include_str!("../fixtures/kernset-2.3/minimal.xml");
    let bundle = CONVERTER.convert(message.as_bytes(), Format::FhirJson).unwrap().output;
    let key = IdKey::new(b"k3y-0f-4-t3st:9wQzX1vB7rTp-uY2LmC8").unwrap();
    let keyed = Converter::new().unwrap().with_id_key(key);
    let number = "extension=\"min-0001\"";
    assert!(message.contains(number));
    let other = message.replace(number, &format!("extension=\"{MARKER}\""));
    let (first, second) = (CONVERTER.read_delivery(&[message]).unwrap(), CONVERTER.read(other.as_bytes()).unwrap());
    let of_2_2 = Target::new("kernset-2.2", Format::Hl7v3);
    let of_2_2 = CONVERTER.convert(other.as_bytes(), of_2_2).unwrap().output;
    // A child of whom nothing is as it was, and no number says who it is.
    let twins = include_str!("../fixtures/kernset-2.3/twins.xml");
    let weight = "value=\"2260\"";
    let number = "<id root=\"2.16.840.1.113883.2.4.6.3\" extension=\"999943777\"/>";
    assert!(twins.contains(weight) && twins.contains("20231111043700") && twins.contains(number));
    let others =
        twins.replace(weight, "value=\"3161\"").replace("20231111043700", "20231111073142").replace(number, "");
    let (before, after) = others.split_at(others.find("Rangnummer kind").unwrap());
    let others = format!("{before}{}", after.replacen("value=\"1\"", "value=\"3\"", 1));
    let (twins, others) = (CONVERTER.read_delivery(&[twins]).unwrap(), CONVERTER.read(others.as_bytes()).unwrap());
    let errors = [
        CONVERTER.write_after(others, &twins, Format::FhirJson).unwrap_err(),
        CONVERTER.write_after(CONVERTER.read(&of_2_2).unwrap(), &first, Format::FhirJson).unwrap_err(),
        CONVERTER.write_after(second.clone(), &first, Format::FhirJson).unwrap_err(),
        CONVERTER.write_after(second, &first, Format::Hl7v3).unwrap_err(),
        keyed.read_delivery(&[bundle]).unwrap_err(),
    ];
    for error in &errors {
        assert_silent(&format!("{error} {error:?}"), "a delivery");
    }
    errors.iter().map(|error| error.code().to_owned()).collect()
}

/// A document for each reason there is to lose something.
#[test]
fn every_reason_was_given_without_a_value() {
    let mut seen = BTreeSet::new();
    let read = |name: &str| fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let full = read("fixtures/kernset-2.3/full-single.xml");
    let bundle = String::from_utf8(CONVERTER.convert(full.as_bytes(), Format::FhirJson).unwrap().output).unwrap();
    let mut inputs = documents().into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let twice = |text: &str, element: &str| {
        let start = text.find(element).unwrap();
        let end = start + text[start..].find("/>").unwrap() + 2;
        let other = text[start..end].replace("value=\"1", "value=\"7316427");
        format!("{}{}{}", &text[..end], other, &text[end..])
    };
    inputs.push(twice(&full, "<birthTime "));
    inputs.push(full.replace("unit=\"cm\"", &format!("unit=\"{MARKER}\"")));
    inputs.push(full.replace("2.16.840.1.113883.2.4.6.1\"", "1.2.7316427\""));
    inputs.push(bundle.replace("urn:oid:2.16.840.1.113883.2.4.3.22.96.6", "urn:oid:1.2.7316427"));
    inputs.push(bundle.replace("\"birthDate\":\"", "\"birthDate\":\"7316427"));
    inputs.push(bundle.replacen("\"display\":\"", "\"display\":\"7316427", 40));
    inputs.push(bundle.replacen(
        "\"resourceType\":\"Patient\",",
        "\"resourceType\":\"Patient\",\"text\":{\"status\":\"additional\",\"div\":\"<div>7316427</div>\"},",
        1,
    ));
    inputs.push(bundle.replace("\"deceasedBoolean\":false", "\"deceasedBoolean\":true"));
    for seed in 0..40 {
        let bytes = CONVERTER.write_instance(kind(), &marked_of_dataset(seed), Format::Ada).unwrap().output;
        inputs.push(String::from_utf8(bytes).unwrap());
    }
    let ada = CONVERTER.convert(full.as_bytes(), Format::Ada).unwrap().output;
    let ada = String::from_utf8(ada).unwrap();
    // Another transaction, and what concerns the transport.
    let (head, rest) = ada.split_once("<data>").unwrap();
    let root = rest.trim_start()[1..].split(' ').next().unwrap();
    inputs.push(ada.replacen("</data>", &format!("<{root} value=\"{MARKER}\"/></data>"), 1));
    let meta = head.rfind("</meta>").unwrap();
    inputs.push(format!("{}<x value=\"{MARKER}\"/>{}", &ada[..meta], &ada[meta..]));
    let places = tokens(&full);
    inputs.extend(places.iter().step_by(40).map(|(token, place)| {
        let [whole, _] = planted(&full, *token, place);
        String::from_utf8(whole).unwrap()
    }));
    for input in inputs {
        for format in [Format::FhirJson, Format::Hl7v3] {
            if let Ok(outcome) = CONVERTER.convert(input.as_bytes(), format) {
                seen.extend(outcome.ledger.losses.iter().map(|loss| loss.reason.code()));
                assert_silent(&told(&outcome), format.name());
            }
        }
    }
    // As a message of another release.
    let outcome = CONVERTER.convert(full.as_bytes(), Target::new("kernset-2.2", Format::Hl7v3)).unwrap();
    seen.extend(outcome.ledger.losses.iter().map(|loss| loss.reason.code()));
    assert_silent(&told(&outcome), "another release");
    let missing: Vec<&str> =
        Reason::ALL.iter().map(|reason| reason.code()).filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "never provoked: {missing:?}");
}

#[test]
fn errors_losses_and_accounts_hold_no_values() {
    let mut seen = BTreeSet::new();
    let kinds = CONVERTER.kinds().unwrap();
    for (kind, seed) in kinds.iter().flat_map(|kind| (0..2).map(move |seed| (kind, seed))) {
        let instance = marked_of(kind, seed);
        let fhir_xml = kind.fhir.iter().map(|_| Format::FhirXml);
        for format in formats(kind).into_iter().chain(fhir_xml) {
            let Written { output: bytes, unwritten, .. } = CONVERTER.write_instance(kind, &instance, format).unwrap();
            assert!(!format!("{unwritten:?}").contains(MARKER));
            let other = if kind.fhir.is_some() { format.other_side() } else { Format::Ada };
            for input in broken(&bytes) {
                let said = match CONVERTER.convert(&input, other) {
                    Ok(outcome) => {
                        seen.extend(outcome.ledger.losses.iter().map(|loss| loss.reason.code()));
                        format!("{:?}", outcome.ledger)
                    }
                    Err(error) => {
                        seen.insert("error");
                        format!("{error} {error:?}")
                    }
                };
                let place =
                    said.find(MARKER).map(|at| said[at.saturating_sub(200)..].chars().take(400).collect::<String>());
                assert_eq!(place, None, "{} in {format}, seed {seed}", kind.name);
            }
        }
    }
    assert!(seen.len() >= 7, "too few kinds of diagnostic were provoked: {seen:?}");
}

#[test]
fn the_command_shows_values_only_when_asked() {
    let folder = std::env::temp_dir().join(format!("ooievaar-markers-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (input, report) = (folder.join("in"), folder.join("report.json"));
    let run = |arguments: &[&str], input: &PathBuf| -> String {
        let output = Command::cargo_bin("ooievaar").unwrap().args(arguments).arg(input).output().unwrap();
        assert_ne!(output.status.code(), None, "it was killed");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let (mut shown, mut asked) = (0, 0);
    for format in [Format::Hl7v3, Format::FhirJson] {
        let Written { output: bytes, .. } = CONVERTER.write_instance(kind(), &marked(2), format).unwrap();
        for broken in broken(&bytes).into_iter().step_by(9) {
            fs::write(&input, broken).unwrap();
            let _ = fs::remove_file(&report);
            let report_path = report.to_str().unwrap();
            let mut said = run(&["convert", "--strict", "--report", report_path], &input);
            said.push_str(&fs::read_to_string(&report).unwrap_or_default());
            said.push_str(&run(&["roundtrip"], &input));
            assert!(!said.contains(MARKER), "{said}");
            shown += 1;
            let said = run(&["convert", "--strict", "--show-values"], &input);
            asked += usize::from(said.contains(MARKER));
        }
    }
    assert!(shown > 20 && asked > 0, "{shown} inputs, {asked} with values when asked");
    fs::remove_dir_all(folder).unwrap();
}

/// The reports of many messages: of a batch, of its failures, of a stream, of cases.
#[test]
fn no_report_of_many_messages_shows_values() {
    let folder = std::env::temp_dir().join(format!("ooievaar-reports-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    let (inputs, output, report) = (folder.join("in"), folder.join("out"), folder.join("report"));
    fs::create_dir_all(&inputs).unwrap();
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for format in [Format::Hl7v3, Format::FhirJson, Format::FhirXml, Format::Ada] {
        let bytes = CONVERTER.write_instance(kind(), &marked(2), format).unwrap().output;
        // A report shows an unknown code that five messages hold: what can be read is there four times, once for each format.
        let unreadable = broken(&bytes).into_iter().filter(|input| CONVERTER.read(input).is_err());
        messages.extend(unreadable.step_by(11));
        messages.push(bytes);
    }
    for (_, text, token, place) in spread(documents(), 200) {
        messages.extend(planted(&text, token, &place));
    }
    for (at, message) in messages.iter().enumerate() {
        fs::write(inputs.join(format!("{at}.txt")), message).unwrap();
    }
    let run = |arguments: &[&str], stdin: &[u8]| {
        let mut command = Command::cargo_bin("ooievaar").unwrap();
        let output = command.args(arguments).write_stdin(stdin).output().unwrap();
        assert_ne!(output.status.code(), None, "it was killed");
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [input_path, output_path, report_path] = [&inputs, &output, &report].map(|path| path.to_str().unwrap());
    let said = run(&["batch", input_path, "-o", output_path, "--report", report_path], b"");
    assert_silent(&said.concat(), "batch");
    let mut seen = Vec::new();
    for file in [&report.join("report.json"), &report.join("report.html"), &output.join("quarantine.ndjson")] {
        assert_silent(&fs::read_to_string(file).unwrap(), &file.display().to_string());
        seen.push(file.clone());
    }
    // The journal is no diagnostic but the state of the run, beside the converted messages: it counts codes that are still too
    // rare to be shown. Nothing else of a message is in it.
    let journal = fs::read_to_string(output.join(".ooievaar/journal")).unwrap();
    assert_silent(&journal.replace(&format!("c{MARKER}"), "code"), "journal");
    let quarantined = fs::read_to_string(&seen[2]).unwrap().lines().count();
    assert!(quarantined > 20 && quarantined < messages.len(), "{quarantined} of {}", messages.len());

    let mut frames: Vec<u8> = Vec::new();
    for (id, message) in messages.iter().enumerate() {
        if let Ok(text) = std::str::from_utf8(message) {
            frames.extend(serde_json::json!({ "id": id, "message": text }).to_string().into_bytes());
            frames.push(b'\n');
        }
    }
    for frame in
        [r#"{"id": 1, "message": 7316427}"#, r#"{"id": 1, "mess7316427": "7316427"}"#, r#"{"7316427"#, "7316427"]
    {
        frames.extend(format!("{frame}\n").into_bytes());
    }
    let [answers, said] = run(&["stream"], &frames);
    assert_silent(&said, "stream");
    let mut statuses = BTreeSet::new();
    for line in answers.lines() {
        let mut answer: serde_json::Value = serde_json::from_str(line).unwrap();
        statuses.insert(answer["status"].as_str().unwrap().to_owned());
        // The result itself, which is what was asked for.
        for result in ["resources", "output"] {
            answer.as_object_mut().unwrap().remove(result);
        }
        assert_silent(&answer.to_string(), "an answer of stream");
    }
    assert_eq!(statuses.iter().map(String::as_str).collect::<Vec<_>>(), ["error", "losses", "ok"]);

    let files: Vec<String> = (0..messages.len())
        .step_by(5)
        .map(|at| inputs.join(format!("{at}.txt")).to_str().unwrap().to_owned())
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let said = run(&[&["report", "cases"], &files[..]].concat(), b"").concat();
    assert!(said.contains("was not read") || said.contains("not"), "{said:.300}");
    assert_silent(&said, "report cases");
    assert_silent(&run(&[&["roundtrip"], &files[..]].concat(), b"").concat(), "roundtrip");
    for file in &files {
        // On standard output it shows the case: that is what it is for.
        assert_silent(&run(&["inspect", file], b"")[1], "inspect");
    }
    fs::remove_dir_all(folder).unwrap();
}
