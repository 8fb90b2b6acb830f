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
        (r#" mediaType="text/x-hl7-text+xml">Geen <content>wens</content>"#, "Geen wens"),
        (">Geen<!-- a comment --> wens", "Geen wens"),
    ] {
        for format in [Format::Ada, Format::FhirJson] {
            let outcome = convert(&message(inner), format);
            assert!(text(&outcome).contains(&format!("\"{words}\"")), "{inner} as {format:?}");
            assert_eq!(lost(&outcome), lost(&convert(&message(">Geen wens"), format)), "{inner} as {format:?}");
        }
    }
    let outcome = convert(&message(r#">Heeft <content revised="delete">geen</content> xyzzy"#), Format::FhirJson);
    assert!(!text(&outcome).contains("xyzzy"));
    let is_told = |loss: &&ooievaar::ledger::Loss| loss.reason == Reason::Datatype && loss.concept.is_some();
    assert_eq!(outcome.ledger.losses.iter().find(is_told).map(|loss| loss.leaves), Some(4));
}

/// The message with a piece in another form: what FHIR has for it, and that the form comes back through FHIR and from HL7v3 itself.
fn assert_form(piece: &str, other: &str, in_fhir: &[&str], in_ada: &str) {
    let message = message_with(piece, other);
    let before = convert(&message_with(piece, piece), Format::FhirJson).ledger.lost_leaves();
    let fhir = convert(&message, Format::FhirJson);
    assert_eq!(fhir.ledger.lost_leaves(), before, "{other}: {:?}", fhir.ledger.losses);
    let compact: String = text(&fhir).split_whitespace().collect();
    for expected in in_fhir {
        assert!(compact.contains(expected), "{other}: {expected}");
    }
    for again in [text(&convert(&message, Format::Hl7v3)), text(&convert(text(&fhir), Format::Hl7v3))] {
        assert!(again.contains(other), "{other} comes back as it was");
    }
    let xml = convert(&message, Format::FhirXml);
    assert!(text(&convert(text(&xml), Format::Hl7v3)).contains(other), "{other} comes back as it was from XML");
    assert!(text(&convert(&message, Format::Ada)).contains(in_ada), "{other} in ADA");
}

const RENDERED: &str = r#""url":"http://hl7.org/fhir/StructureDefinition/rendered-value","valueString":"#;

#[test]
fn a_moment_keeps_the_form_of_its_zone() {
    for (zone, rendered) in [("+02", "+02"), ("+0200", "+02:00"), ("-11", "-11"), ("+0530", "+05:30")] {
        let (date, ada) =
            ("2024-05-22T17:12:00", if zone.len() == 3 { format!("{zone}:00") } else { rendered.to_owned() });
        assert_form(
            r#"<birthTime value="20240522171200"/>"#,
            &format!(r#"<birthTime value="20240522171200{zone}"/>"#),
            &[&format!(r#""valueDateTime":"{date}{ada}""#), &format!(r#"{RENDERED}"{date}{rendered}""#)],
            &format!(r#"value="{date}{ada}""#),
        );
    }
}

#[test]
fn a_whole_number_keeps_its_form() {
    for written in ["08", "+8", "008", "+08"] {
        assert_form(
            r#"<value xsi:type="INT" value="8"/>"#,
            &format!(r#"<value xsi:type="INT" value="{written}"/>"#),
            &[r#""value":8"#, &format!(r#"{RENDERED}"{written}""#)],
            &format!(r#"value="{written}""#),
        );
    }
}

#[test]
fn a_decimal_keeps_its_form() {
    for (written, plain, ada) in [
        (".5", "0.5", ".5"),
        ("1.71E2", "171", "171"),
        ("1.710e+2", "171.0", "171.0"),
        ("171.", "171", "171."),
        ("+0171.0", "171.0", "+0171.0"),
    ] {
        assert_form(
            r#"<value xsi:type="PQ" value="171" unit="cm"/>"#,
            &format!(r#"<value xsi:type="PQ" value="{written}" unit="cm"/>"#),
            &[&format!(r#""value":{plain},"#), &format!(r#"{RENDERED}"{written}""#)],
            &format!(r#"value="{ada}" unit="cm""#),
        );
    }
}

#[test]
fn white_space_around_a_value_is_no_part_of_it() {
    let message = message_with(r#"<value xsi:type="INT" value="8"/>"#, r#"<value xsi:type="INT" value=" 8&#10;"/>"#);
    assert!(text(&convert(&message, Format::Hl7v3)).contains(r#"<value xsi:type="INT" value="8"/>"#));
}

#[test]
fn what_is_no_number_or_moment_is_lost_and_told() {
    for (piece, other) in [
        (r#"<value xsi:type="INT" value="8"/>"#, r#"<value xsi:type="INT" value="8.0"/>"#),
        (r#"<value xsi:type="INT" value="8"/>"#, r#"<value xsi:type="INT" value="INF"/>"#),
        (r#"<value xsi:type="PQ" value="171" unit="cm"/>"#, r#"<value xsi:type="PQ" value="1,71" unit="m"/>"#),
        (r#"<birthTime value="20240522171200"/>"#, r#"<birthTime value="20240522171200+2"/>"#),
    ] {
        let outcome = convert(&message_with(piece, other), Format::FhirJson);
        assert!(outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Datatype), "{other}");
    }
}

#[test]
fn a_unit_that_is_no_ucum_is_no_code_and_is_told() {
    let piece = r#"<value xsi:type="PQ" value="171" unit="cm"/>"#;
    let message = message_with(piece, r#"<value xsi:type="PQ" value="171" unit="centimeter"/>"#);
    let fhir = convert(&message, Format::FhirJson);
    let compact: String = text(&fhir).split_whitespace().collect();
    assert!(compact.contains(r#""valueQuantity":{"value":171,"unit":"centimeter"}"#));
    for outcome in [&fhir, &convert(&message, Format::Hl7v3), &convert(&message, Format::Ada)] {
        assert!(lost(outcome).contains(&(Reason::Unit, 1)));
        assert!(text(outcome).contains("centimeter"));
    }
    assert!(text(&convert(text(&fhir), Format::Hl7v3)).contains(r#"value="171" unit="centimeter""#));
}

#[test]
fn a_unit_of_another_kind_than_the_concept_is_told() {
    let piece = r#"<value xsi:type="PQ" value="171" unit="cm"/>"#;
    let told = |unit: &str| {
        let outcome = convert(&message_with(piece, &piece.replace("cm", unit)), Format::FhirJson);
        assert!(
            text(&outcome).contains(&format!("\"code\": \"{unit}\""))
                || text(&outcome).contains(&format!("\"code\":\"{unit}\""))
        );
        lost(&outcome).contains(&(Reason::Unit, 1))
    };
    assert!(told("kg"));
    assert!(!told("m") && !told("[in_i]"));
}

/// Our full case as ADA, with something else in place of a piece of it, and the message that comes of it.
fn of_ada(piece: &str, other: &str) -> Outcome {
    let ada = convert(&message_with(TEXT, TEXT), Format::Ada);
    let ada = text(&ada);
    assert!(ada.contains(piece), "{piece}");
    convert(&ada.replacen(piece, other, 1), Format::Hl7v3)
}

#[test]
fn a_place_in_a_list_that_is_of_another_answer_than_the_code_is_told() {
    let ada = convert(&message_with(TEXT, TEXT), Format::Ada);
    let element = text(&ada).lines().find(|line| line.contains(" code=\"177184002\"")).unwrap().trim().to_owned();
    let lost_of = |other: &str| lost(&of_ada(&element, other));
    let place = |place: &str| element.replace("value=\"1\"", &format!("value=\"{place}\""));
    assert!(element.contains("value=\"1\"") && element.contains("displayName=\"Spontaan\""), "{element}");
    let named = |place_of: &str, name: &str| place(place_of).replace("Spontaan", name);
    assert_eq!(lost_of(&element), [], "the place of the code");
    assert_eq!(lost_of(&place("2")), [], "the name decides: another release");
    assert_eq!(lost_of(&place("999")), [], "no place of this release");
    assert_eq!(lost_of(&named("2", "Vaginale kunstverlossing")), [(Reason::Contradiction, 1), (Reason::Label, 1)]);
    assert_eq!(lost_of(&named("2", "")), [(Reason::Contradiction, 1)]);
}

/// Our full message as FHIR, with something changed in the resource that a text is in.
fn changed(with: &str, change: impl Fn(&mut serde_json::Value)) -> String {
    let fhir = convert(&message_with(TEXT, TEXT), Format::FhirJson);
    let mut bundle: serde_json::Value = serde_json::from_slice(&fhir.output).unwrap();
    let mut own = bundle["entry"].as_array_mut().unwrap().iter_mut().map(|entry| &mut entry["resource"]);
    change(own.find(|own| own.to_string().contains(with)).unwrap());
    bundle.to_string()
}

/// A decimal of FHIR may have a fraction of zeros.
#[test]
fn a_count_with_a_fraction_of_zeros_is_the_count() {
    let with = |number: &str| {
        let number: serde_json::Value = serde_json::from_str(number).unwrap();
        let outcome = convert(&changed("11996-6", |own| own["valueQuantity"]["value"] = number.clone()), Format::Hl7v3);
        let losses = outcome.ledger.losses.len();
        (text(&outcome).contains("value=\"17\""), losses)
    };
    let (_, plain) = with("16");
    for number in ["17", "17.0", "17.00"] {
        assert_eq!(with(number), (true, plain), "{number}");
    }
    let (arrives, losses) = with("17.5");
    assert!(!arrives && losses > plain);
}

/// What FHIR shows of a text in another form (struck out, say) is not in the text: it is lost as a whole.
#[test]
fn a_text_of_fhir_that_is_shown_with_markup_is_lost_as_a_whole() {
    let words = "draagt een gehoorapparaat";
    for (name, value) in [
        ("rendering-style", "text-decoration: line-through"),
        ("rendering-xhtml", "<del>Wagenziek; draagt een gehoorapparaat links.</del>"),
        ("rendering-markdown", "~~Wagenziek; draagt een gehoorapparaat links.~~"),
    ] {
        let url = format!("http://hl7.org/fhir/StructureDefinition/{name}");
        let beside = serde_json::json!({ "extension": [{ "url": url, "valueString": value }] });
        let outcome = convert(&changed(words, |own| own["code"]["_text"] = beside.clone()), Format::Hl7v3);
        assert!(!text(&outcome).contains(words), "{name}");
        assert!(lost(&outcome).iter().any(|(reason, _)| *reason == Reason::Modifier), "{name}");
    }
    assert!(text(&convert(&changed(words, |_| ()), Format::Hl7v3)).contains(words));
}
