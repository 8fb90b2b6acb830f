//! Valid forms of values are read, and come back as they were; a text is taken whole or lost whole.

use std::fs;
use std::path::Path;

use ooievaar::ledger::Reason;
use ooievaar::{Converter, Format, Outcome};

/// Our full message, with something else in place of a piece of it.
pub fn message_with(piece: &str, other: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kernset-2.3/full-single.xml");
    let message = fs::read_to_string(path).unwrap();
    assert!(message.contains(piece), "{piece}");
    message.replacen(piece, other, 1)
}

pub fn convert(message: &str, format: Format) -> Outcome {
    let outcome = Converter::new().unwrap().convert(message.as_bytes(), format).unwrap();
    assert!(outcome.ledger.is_balanced());
    outcome
}

pub fn text(outcome: &Outcome) -> &str {
    str::from_utf8(&outcome.output).unwrap()
}

/// What of a message is lost beyond what of the unchanged message is.
fn lost(outcome: &Outcome) -> Vec<(Reason, u32)> {
    outcome.ledger.losses.iter().map(|loss| (loss.reason, loss.leaves)).collect()
}

const TEXT: &str = "<text>Wagenziek; draagt een gehoorapparaat links.</text>";

/// A text as HL7v3 has it, the words that must arrive in every format, and what is lost.
fn assert_words(element: &str, words: &str, losses: &[(Reason, u32)]) {
    let message = message_with(TEXT, element);
    for format in [Format::Hl7v3, Format::Ada, Format::FhirJson, Format::FhirXml] {
        let outcome = convert(&message, format);
        // The line ends of a text are `\n` in JSON and a reference in an attribute.
        let escaped = match format {
            Format::FhirJson => words.replace('\n', "\\n"),
            Format::Hl7v3 => words.to_owned(),
            _ => words.replace('\n', "&#10;"),
        };
        let delimited = if format == Format::Hl7v3 { format!(">{escaped}<") } else { format!("\"{escaped}\"") };
        assert!(text(&outcome).contains(&delimited), "{element} as {format:?}");
        let told: Vec<_> = lost(&outcome).into_iter().filter(|loss| losses.contains(loss)).collect();
        assert_eq!(told, losses, "{element} as {format:?}");
    }
}

/// A text of which not one word may arrive.
fn assert_lost_whole(element: &str, words: &[&str], leaves: u32) {
    let message = message_with(TEXT, element);
    for format in [Format::Hl7v3, Format::Ada, Format::FhirJson] {
        let outcome = convert(&message, format);
        for word in words {
            assert!(!text(&outcome).contains(word), "{element} as {format:?}: {word}");
        }
        let dataset = outcome.reading.dataset();
        let loss = outcome.ledger.losses.iter().find(|loss| loss.reason == Reason::Datatype).expect(element);
        assert_eq!(loss.leaves, leaves, "{element}");
        assert_eq!(dataset.get(loss.concept.expect("a concept")).number, "80919", "{element}");
    }
}

#[test]
fn a_text_with_markup_is_taken_whole() {
    let bold = r#"<text>Moeder heeft <content styleCode="Bold">geen</content> epilepsie.</text>"#;
    assert_words(bold, "Moeder heeft geen epilepsie.", &[(Reason::Unknown, 1)]);
    assert_words("<text>Niet <b><i>meer</i> dan</b> gering.</text>", "Niet meer dan gering.", &[]);
    assert_words(
        "<text>\n  <paragraph>Geen</paragraph>\n  <paragraph>epilepsie</paragraph>\n</text>",
        "Geen\nepilepsie",
        &[],
    );
    assert_words("<text>Geen<br/>epilepsie</text>", "Geen\nepilepsie", &[]);
    assert_words("<text><list><item>Geen</item><item>wel</item></list>dus</text>", "Geen\nwel\ndus", &[]);
}

#[test]
fn a_text_in_pieces_is_one_text() {
    for element in [
        "<text>Heeft <!-- zie boven -->geen<!----> epilepsie</text>",
        "<text>Heeft <![CDATA[geen]]> epilepsie</text>",
        "<text>Heeft <?page break?>geen epilepsie</text>",
        "<text><!-- a -->Heeft <content>geen</content><!-- b --> epilepsie</text>",
    ] {
        assert_words(element, "Heeft geen epilepsie", &[]);
    }
}

#[test]
fn markup_that_says_something_loses_the_text_as_a_whole() {
    assert_lost_whole(r#"<text>Heeft <content revised="delete">geen</content> xyzzy</text>"#, &["Heeft", "xyzzy"], 4);
    assert_lost_whole(r#"<text>Heeft <content styleCode="xStrike">geen</content> xyzzy</text>"#, &["xyzzy"], 4);
    assert_lost_whole("<text>xyzzy 10<sup>9</sup>/l</text>", &["xyzzy"], 3);
    assert_lost_whole("<text>xyzzy <unheardOf>geen</unheardOf></text>", &["xyzzy"], 2);
    assert_lost_whole("<text><table><tr><td>xyzzy</td><td>geen</td></tr></table></text>", &["xyzzy", "geen<"], 2);
}

#[test]
fn a_text_in_base64_is_decoded_or_lost_as_a_whole() {
    assert_words(
        r#"<text mediaType="text/plain" representation="B64">R2VlbiBlcGlsZXBz
        aWU7IMOpw6lu</text>"#,
        "Geen epilepsie; één",
        &[],
    );
    assert_words(r#"<text representation="TXT">Geen epilepsie</text>"#, "Geen epilepsie", &[]);
    for (element, leaves) in [
        // Bytes that are no text, letters that are no base64, a document, and what is compressed.
        (r#"<text representation="B64">gIGC</text>"#, 2),
        (r#"<text representation="B64">gIG?</text>"#, 2),
        (r#"<text mediaType="application/pdf" representation="B64">gIGC</text>"#, 3),
        (r#"<text mediaType="text/rtf">gIGC {\b geen}</text>"#, 2),
        (r#"<text representation="B64" compression="DF">R2VlbiBlcGlsZXBzaWU=gIGC</text>"#, 3),
        (r#"<text representation="B64" charset="ISO-8859-1">R2VlbiBlcGlsZXBzaWU=gIGC</text>"#, 3),
    ] {
        assert_lost_whole(element, &["gIG"], leaves);
    }
}

#[test]
fn what_stands_beside_a_text_is_told_and_is_no_word_of_it() {
    let element = r##"<text>Geen epilepsie<reference value="#a1"/><thumbnail>xyzzy</thumbnail></text>"##;
    assert_words(element, "Geen epilepsie", &[(Reason::Unknown, 1), (Reason::Unknown, 1)]);
    assert!(!text(&convert(&message_with(TEXT, element), Format::FhirJson)).contains("xyzzy"));
}

#[test]
fn an_original_text_is_taken_whole_or_lost_whole() {
    let code = r#"<code code="OverigeAandoeningenAnamnese" codeSystem="2.16.840.1.113883.2.4.4.13" displayName="Overige aandoeningen"/>"#;
    assert!(message_with(code, "").len() > 100);
    let message = |inner: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kernset-2.3/null-flavours.xml");
        let message = fs::read_to_string(path).unwrap();
        let (from, to) =
            (message.find("<originalText>").expect("an original text"), message.find("</originalText>").unwrap());
        format!("{}<originalText{inner}{}", &message[..from], &message[to..])
    };
    for (inner, words) in [
        (">Heeft <content>geen</content> wens", "Heeft geen wens"),
        (r#" representation="B64">R2VlbiB3ZW5z"#, "Geen wens"),
    ] {
        for format in [Format::Ada, Format::FhirJson] {
            assert!(text(&convert(&message(inner), format)).contains(&format!("\"{words}\"")), "{inner} as {format:?}");
        }
    }
    let outcome = convert(&message(r#">Heeft <content revised="delete">geen</content> xyzzy"#), Format::FhirJson);
    assert!(!text(&outcome).contains("xyzzy"));
    let is_told = |loss: &&ooievaar::ledger::Loss| loss.reason == Reason::Datatype && loss.concept.is_some();
    assert_eq!(outcome.ledger.losses.iter().find(is_told).map(|loss| loss.leaves), Some(4));
}
