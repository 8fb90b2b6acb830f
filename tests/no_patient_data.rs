//! No diagnostic shows what is in a message: a marker in every leaf, and every kind of diagnostic provoked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use assert_cmd::Command;
use ooievaar::convert::MessageKind;
use ooievaar::dataset::{Content, Identifier, Instance, NodeIx, Value};
use ooievaar::generate::Generator;
use ooievaar::{Converter, Format};

/// Digits, so that numbers and dates can carry it too.
const MARKER: &str = "7316427";

static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

fn kind() -> &'static MessageKind {
    CONVERTER.kinds().iter().find(|kind| kind.fhir.is_some() && kind.hl7v3.is_some()).unwrap()
}

/// A drawn instance in which every text, code, label, number and identifier holds the marker.
fn marked(seed: u64) -> Instance {
    let kind = kind();
    let generator = Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), kind.fhir.as_deref());
    let mut instance = generator.instance(seed);
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

#[test]
fn errors_losses_and_accounts_hold_no_values() {
    let mut seen = BTreeSet::new();
    for seed in 0..6 {
        let instance = marked(seed);
        for format in [Format::Hl7v3, Format::FhirJson, Format::FhirXml, Format::Ada] {
            let (bytes, unwritten) = CONVERTER.write_instance(kind(), &instance, format).unwrap();
            assert!(!format!("{unwritten:?}").contains(MARKER));
            for input in broken(&bytes) {
                let said = match CONVERTER.convert(&input, format.other_side()) {
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
                assert_eq!(place, None, "{format}, seed {seed}");
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
        let (bytes, _) = CONVERTER.write_instance(kind(), &marked(2), format).unwrap();
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
