//! What is written is valid, or says why it is not.

use std::collections::BTreeSet;

use ooievaar::ledger::{Demand, Loss, Reason, Unmet};
use ooievaar::{Converter, Format, Outcome, Target};

use super::lexical::{convert, message_with, text};

/// The output without white space.
fn compact(outcome: &Outcome) -> String {
    text(outcome).split_whitespace().collect()
}

/// What a rule of FHIR was told for: the concept, and how many leaves were lost.
fn told(outcome: &Outcome, rule: &str) -> Vec<(String, u32)> {
    let dataset = outcome.reading.dataset();
    let is_rule = |loss: &&Loss| loss.reason == Reason::Invariant && loss.rule.as_deref() == Some(rule);
    let losses = outcome.ledger.losses.iter().filter(is_rule);
    losses.map(|loss| (dataset.get(loss.concept.expect("a concept")).number.to_string(), loss.leaves)).collect()
}

const END: &str = r#"<high value="20240601"/>"#;
const HEIGHT: &str = r#"<value xsi:type="PQ" value="171" unit="cm"/>"#;
const HOSPITAL: &str = r#"<id root="2.16.840.1.113883.2.4.6.1" extension="99000022"/>
                          <id root="2.16.840.1.113883.2.4.3.22.96.6" extension="9902"/>
                          <name>Ziekenhuis Fantasieburg</name>"#;

/// The id of the organization of the author: it may be of any namespace.
const AUTHOR: &str = r#"<id root="2.16.840.1.113883.2.4.3.11.999.77.21" extension="Z-02"/>"#;

#[test]
fn a_period_does_not_end_before_it_begins() {
    for (end, leaves) in [
        (r#"<high value="20231001"/>"#, 1),
        // It lies within the year, and nobody knows where.
        (r#"<high value="2023"/>"#, 1),
        (r#"<high nullFlavor="UNK"/>"#, 1),
    ] {
        let outcome = convert(&message_with(END, end), Format::FhirJson);
        assert_eq!(told(&outcome, "per-1"), [("20340".to_owned(), leaves)], "{end}");
        assert!(compact(&outcome).contains(r#""period":{"start":"2023-10-25"}"#), "{end}");
        // In a message, which has no such rule, it stays.
        assert!(text(&convert(&message_with(END, end), Format::Hl7v3)).contains(end), "{end}");
    }
    let kept = convert(&message_with(END, r#"<high value="20231025"/>"#), Format::FhirJson);
    assert!(told(&kept, "per-1").is_empty() && compact(&kept).contains(r#""end":"2023-10-25""#));
}

#[test]
fn a_period_whose_beginning_is_unknown_keeps_its_end() {
    let message = message_with(r#"<low value="20231025"/>"#, r#"<low nullFlavor="UNK"/>"#);
    let outcome = convert(&message, Format::FhirJson);
    assert_eq!(told(&outcome, "per-1"), [("20290".to_owned(), 1)]);
    assert!(compact(&outcome).contains(r#""period":{"end":"2024-06-01"}"#));
}

#[test]
fn an_organization_has_a_name_or_a_number_or_says_that_neither_is_known() {
    let message = message_with(HOSPITAL, r#"<id root="2.16.840.1.113883.2.4.6.1"/>"#);
    let outcome = convert(&message, Format::FhirJson);
    assert_eq!(told(&outcome, "org-1").iter().map(|(_, leaves)| *leaves).collect::<Vec<_>>(), [0]);
    let unknown = concat!(
        r#""_name":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","#,
        r#""valueCode":"unknown"}]}"#
    );
    assert!(compact(&outcome).contains(unknown));
}

#[test]
fn an_empty_number_is_no_identifier_that_others_share() {
    for id in [
        r#"<id root="2.16.840.1.113883.2.4.6.1" extension=""/>"#,
        r#"<id root="2.16.840.1.113883.2.4.6.1"/>"#,
        r#"<id root="2.16.840.1.113883.2.4.3.22.96.6" extension=""/>"#,
    ] {
        let outcome = convert(&message_with(HOSPITAL, id), Format::FhirJson);
        assert!(!text(&outcome).contains("urn:ietf:rfc:3986"), "{id}");
        let is_told = |loss: &Loss| loss.leaves > 0 && matches!(loss.reason, Reason::Datatype | Reason::Namespace);
        assert!(outcome.ledger.losses.iter().any(is_told), "{id}");
    }
    // A root that is no namespace is a number by itself.
    let whole = convert(&message_with(AUTHOR, r#"<id root="2.16.840.1.113883.2.4.3.11.999.5.8"/>"#), Format::FhirJson);
    assert!(text(&whole).contains("urn:oid:2.16.840.1.113883.2.4.3.11.999.5.8"));
}

#[test]
fn a_namespace_that_is_a_uuid_becomes_a_uri_and_comes_back() {
    let id = r#"<id root="6F9619FF-8B86-D011-B42D-00CF4FC964FF" extension="7"/>"#;
    let fhir = convert(&message_with(AUTHOR, id), Format::FhirJson);
    assert!(compact(&fhir).contains(r#""system":"urn:uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff""#));
    // However its letters are written, it is the same namespace: nobody is another because of it.
    assert!(!text(&fhir).contains("_system"));
    let small = id.replace("6F9619FF-8B86-D011-B42D-00CF4FC964FF", "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
    assert!(text(&convert(text(&fhir), Format::Hl7v3)).contains(&small));
    assert_eq!(text(&convert(&message_with(AUTHOR, &small), Format::FhirJson)), text(&fhir));
    let no_uri = convert(&message_with(AUTHOR, r#"<id root="1..2" extension="7"/>"#), Format::FhirJson);
    assert!(no_uri.ledger.losses.iter().any(|loss| loss.reason == Reason::Namespace && loss.leaves == 2));
}

#[test]
fn a_height_without_a_unit_that_its_profile_knows_is_not_said_to_have_that_profile() {
    let profile = "http://nictiz.nl/fhir/StructureDefinition/zib-BodyHeight";
    for (value, quantity) in [
        (r#"<value xsi:type="PQ" value="171"/>"#, r#""valueQuantity":{"value":171}"#),
        (
            r#"<value xsi:type="PQ" value="171" unit="centimeter"/>"#,
            r#""valueQuantity":{"value":171,"unit":"centimeter"}"#,
        ),
        (
            r#"<value xsi:type="PQ" value="1.71" unit="m"/>"#,
            r#""valueQuantity":{"value":1.71,"unit":"m","system":"http://unitsofmeasure.org","code":"m"}"#,
        ),
    ] {
        let outcome = convert(&message_with(HEIGHT, value), Format::FhirJson);
        assert!(!text(&outcome).contains(profile) && compact(&outcome).contains(quantity), "{value}");
        assert_eq!(told(&outcome, "ucum-bodylength"), [("20212".to_owned(), 0)], "{value}");
        assert!(text(&convert(text(&outcome), Format::Hl7v3)).contains(value), "{value} comes back");
    }
    let outcome = convert(&message_with(HEIGHT, HEIGHT), Format::FhirJson);
    assert!(text(&outcome).contains(profile) && told(&outcome, "ucum-bodylength").is_empty());
}

#[test]
fn a_code_with_white_space_that_fhir_forbids_is_lost_and_told() {
    let code = r#"code="1" codeSystem="2.16.840.1.113883.2.4.3.22.1.2.20""#;
    for (other, is_kept) in [
        (r#"code=" 1" codeSystem="2.16.840.1.113883.2.4.3.22.1.2.20""#, false),
        (r#"code="1  2" codeSystem="2.16.840.1.113883.2.4.3.22.1.2.20""#, false),
        (r#"code="1 2" codeSystem="2.16.840.1.113883.2.4.3.22.1.2.20""#, true),
        (r#"code="1" codeSystem="a b""#, false),
    ] {
        let outcome = convert(&message_with(code, other), Format::FhirJson);
        assert_eq!(!outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Datatype), is_kept, "{other}");
    }
    let no_oid = convert(&message_with(code, r#"code="1" codeSystem="1..2""#), Format::FhirJson);
    assert!(!text(&no_oid).contains("urn:oid:1..2"));
}

#[test]
fn a_day_where_fhir_wants_an_instant_stands_beside_it_and_comes_back() {
    let creation = r#"<creationTime value="20240603101500"/>"#;
    let day = r#"<creationTime value="20240603"/>"#;
    let outcome = convert(&message_with(creation, day), Format::FhirJson);
    let beside = concat!(
        r#""_recorded":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/rendered-value","#,
        r#""valueString":"2024-06-03"}]}"#
    );
    assert!(compact(&outcome).contains(beside) && !text(&outcome).contains("\"recorded\""));
    assert!(text(&convert(text(&outcome), Format::Hl7v3)).contains(day));
}

#[test]
fn an_empty_label_is_left_out() {
    let label = r#"displayName="start/intake zwangerschapszorg""#;
    let outcome = convert(&message_with(label, r#"displayName="""#), Format::FhirJson);
    assert!(!compact(&outcome).contains(r#""display":"""#));
}

#[test]
fn a_number_beyond_what_fhir_can_count_is_lost_and_told() {
    let ada = convert(&message_with(HEIGHT, HEIGHT), Format::Ada);
    let (before, rest) = text(&ada).split_once("<rangnummer_kind ").expect("a rank");
    let (_, after) = rest.split_once("/>").expect("its end");
    let huge = format!(r#"{before}<rangnummer_kind value="99999999999"/>{after}"#);
    let fhir = convert(&huge, Format::FhirJson);
    assert!(!text(&fhir).contains("99999999999"));
    assert!(fhir.ledger.losses.iter().any(|loss| loss.reason == Reason::Datatype));
}

/// The examinations of a woman as ADA has them, and the message that comes of them.
fn of_examinations(inner: &str) -> Outcome {
    let ada = convert(&message_with(END, END), Format::Ada);
    let before = text(&ada).find("<psie ").expect("examinations");
    let end = text(&ada)[before..].find("</psie>").expect("their end") + before;
    let begin = text(&ada)[before..].find('>').expect("their begin") + before + 1;
    let changed = format!("{}{inner}{}", &text(&ada)[..begin], &text(&ada)[end..]);
    convert(&changed, Format::Hl7v3)
}

#[test]
fn a_no_stands_once_whatever_is_not_known_beside_it() {
    const NO: &str = r#"<irregulaire_antistoffenq value="false"/>"#;
    const WHICH: &str =
        r#"<welke_irregulaire_antistoffen_vrouw_aanwezig code="UNK" codeSystem="2.16.840.1.113883.5.1008"/>"#;
    let outcome = of_examinations(&format!("{NO}{WHICH}{WHICH}"));
    assert_eq!(text(&outcome).matches("2.16.840.1.113883.2.4.6.10.90.900171").count(), 1);
    let lost: Vec<Reason> = outcome.ledger.losses.iter().map(|loss| loss.reason).collect();
    assert_eq!(lost, [Reason::NullFlavor, Reason::NullFlavor]);
}

#[test]
fn a_demanded_value_is_told_if_what_could_stand_for_it_is_not_said_either() {
    const OTHER: &str = r#"<specificatie_chromosomale_afwijking nullFlavor="NI"/>"#;
    let ada = convert(&message_with(END, END), Format::Ada);
    let lines = text(&ada).lines().filter(|line| !line.contains("code=\"76916001\""));
    let with = |line: &str| {
        let is_answer = line.contains("<chromosomale_afwijkingenq ") && line.contains(".40110\"");
        let group = "specificatie_chromosomale_afwijking_groep";
        if is_answer { format!("{line}<{group}>{OTHER}</{group}>") } else { line.to_owned() }
    };
    let changed: Vec<String> = lines.map(with).collect();
    let changed = changed.join("\n");
    assert!(changed.contains(OTHER));
    let outcome = convert(&changed, Format::Hl7v3);
    let dataset = outcome.reading.dataset();
    let told: Vec<&str> = outcome.missing.iter().map(|unmet| dataset.get(unmet.concept).number.as_str()).collect();
    assert!(told.contains(&"40090"), "{told:?}");
}

#[test]
fn what_does_not_look_like_a_number_of_its_namespace_is_told_in_a_message() {
    let told = |from: &str, to: &str| -> Vec<String> {
        let outcome = convert(&message_with(from, to), Format::Hl7v3);
        let dataset = outcome.reading.dataset();
        let is_form = |unmet: &&Unmet| unmet.demand == Demand::Form;
        let unmet = outcome.missing.iter().filter(is_form);
        unmet.map(|unmet| dataset.get(unmet.concept).number.to_string()).collect()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(told("999961640", "999961640"), none);
    for bsn in ["999961641", "99996164", "0999961640", "999 961 640"] {
        assert_eq!(told("999961640", bsn), ["10030"], "{bsn}");
    }
    let agb = r#"<id root="2.16.840.1.113883.2.4.6.1" extension="99000022"/>"#;
    assert!(!told(agb, &agb.replace("99000022", "9900002")).is_empty());
    assert_eq!(told(AUTHOR, r#"<id root="http://example.org/ids" extension="7"/>"#).len(), 1);
    assert_eq!(told(AUTHOR, r#"<id root="1.2.03" extension="7"/>"#).len(), 1);
    assert_eq!(told(AUTHOR, r#"<id root="6F9619FF-8B86-D011-B42D-00CF4FC964FF" extension="7"/>"#), none);
}

#[test]
fn a_score_beyond_its_scale_is_not_said_to_have_the_profile_of_the_scale() {
    let profile = "http://nictiz.nl/fhir/StructureDefinition/zib-ApgarScore";
    let profiles = |outcome: &Outcome| text(outcome).matches(profile).count();
    let before = convert(&message_with(APGAR, APGAR), Format::FhirJson);
    for (score, fits) in [("0", 0), ("10", 0), ("11", 1), ("-1", 1)] {
        let outcome = convert(&message_with(APGAR, &APGAR.replace("\"9\"", &format!("\"{score}\""))), Format::FhirJson);
        assert_eq!(profiles(&before) - profiles(&outcome), fits, "{score}");
        assert_eq!(told(&outcome, "apgar-range").len(), fits, "{score}");
    }
}

#[test]
fn there_is_no_year_zero() {
    let outcome = convert(&message_with(r#"<low value="20231025"/>"#, r#"<low value="0000"/>"#), Format::FhirJson);
    assert!(outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Datatype));
    assert!(!text(&outcome).contains("\"0000\""));
}

#[test]
fn what_another_release_demands_is_told() {
    let full = message_with("", "");
    let overseer = full.find("<overseer").unwrap();
    let ura = r#"<id root="2.16.528.1.1007.3.3" extension="99000202"/>"#;
    let told = |from: &str, to: &str| -> Vec<(String, &'static str)> {
        let message = format!("{}{}", &full[..overseer], full[overseer..].replacen(from, to, 1));
        let converter = Converter::new().unwrap();
        let target = Target::new("kernset-2.2", Format::Hl7v3);
        let outcome = converter.convert(message.as_bytes(), target).unwrap();
        let number = |unmet: &Unmet| outcome.dataset().get(unmet.concept).number.to_string();
        outcome.missing.iter().map(|unmet| (number(unmet), unmet.demand.code())).collect()
    };
    let is_told = |told: &[(String, &str)], number: &str, demand: &str| {
        told.iter().any(|(own, of)| own == number && *of == demand)
    };
    // The organization of the overseer is that of the author, by a number that this release knows.
    let as_it_is = told("", "");
    assert!(!is_told(&as_it_is, "W71", "same") && !is_told(&as_it_is, "W71", "namespace"));
    assert!(is_told(&told(ura, &ura.replace("99000202", "99000203")), "W71", "same"));
    assert!(is_told(&told(ura, ""), "W71", "namespace"));
    // Somebody with an UZI number has a name.
    assert!(is_told(&told("<name>Joost Bedacht-Verzinsel</name>", ""), "W63", "value"));
    assert!(!is_told(&as_it_is, "W63", "value"));
}

#[test]
fn a_namespace_without_a_number_and_a_number_without_a_namespace_are_told() {
    let told = |from: &str, to: &str| -> Vec<(String, &'static str)> {
        let outcome = convert(&message_with(from, to), Format::Hl7v3);
        let number = |unmet: &Unmet| outcome.dataset().get(unmet.concept).number.to_string();
        outcome.missing.iter().map(|unmet| (number(unmet), unmet.demand.code())).collect()
    };
    let bsn = r#"<id root="2.16.840.1.113883.2.4.6.3" extension="999961640"/>"#;
    assert!(!told(bsn, bsn).iter().any(|(number, _)| number == "10030"));
    let alone = told(bsn, r#"<id root="2.16.840.1.113883.2.4.6.3"/>"#);
    assert!(alone.contains(&("10030".to_owned(), "form")), "{alone:?}");
    let full = message_with("", "");
    let receiver = full.find("<receiver").unwrap();
    let start = receiver + full[receiver..].find("<id ").unwrap();
    let id = &full[start..][..full[start..].find("/>").unwrap() + 2];
    let number = id.split("extension=\"").nth(1).unwrap().split('"').next().unwrap();
    let of_nobody = told(id, &format!("<id nullFlavor=\"UNC\" extension=\"{number}\"/>"));
    assert!(of_nobody.contains(&("W21".to_owned(), "namespace")), "{of_nobody:?}");
}

/// ADA of a case, with other attributes on the element of a concept.
fn ada_with(number: &str, attributes: &str) -> String {
    let ada = convert(&message_with("", ""), Format::Ada);
    let ada = text(&ada);
    let concept = ada.find(&format!(".{number}\"")).unwrap();
    let start = ada[..concept].rfind('<').unwrap();
    let end = start + ada[start..].find("/>").unwrap();
    let name = ada[start + 1..].split(' ').next().unwrap();
    let id = ada[start..end].split("conceptId=\"").nth(1).unwrap().split('"').next().unwrap();
    format!("{}<{name} conceptId=\"{id}\" {attributes}{}", &ada[..start], &ada[end..])
}

#[test]
fn a_text_beside_an_answer_that_nobody_knows_does_not_make_it_one() {
    let source = ada_with("82289", "nullFlavor=\"UNK\" originalText=\"mogelijk\"");
    let outcome = convert(&source, Format::FhirJson);
    assert!(!text(&outcome).contains("mogelijk") && outcome.ledger.lost_leaves() > 0);
    let bundle: serde_json::Value = serde_json::from_str(text(&outcome)).unwrap();
    for entry in bundle["entry"].as_array().unwrap() {
        let resource = &entry["resource"];
        let has = |element: &str| resource.get(element).is_some();
        match resource["resourceType"].as_str().unwrap() {
            "Condition" => assert!(has("clinicalStatus") || has("verificationStatus"), "{resource}"),
            "Procedure" => assert!(has("status"), "{resource}"),
            _ => {}
        }
    }
}

#[test]
fn a_text_beside_a_null_flavour_that_forbids_it_is_told() {
    let told = |flavor: &str| {
        let source = ada_with("20305", &format!("nullFlavor=\"{flavor}\" originalText=\"in overleg\""));
        let outcome = convert(&source, Format::Hl7v3);
        assert!(text(&outcome).contains("in overleg"), "{flavor}");
        let dataset = outcome.dataset();
        outcome.missing.iter().any(|unmet| dataset.get(unmet.concept).number.as_str() == "20305")
    };
    assert!(told("NI"));
}

#[test]
fn another_kind_of_message_in_which_nothing_is_left_is_refused() {
    let converter = Converter::new().unwrap();
    let minimal = include_bytes!("../../fixtures/kernset-2.3/minimal.xml");
    let target = Target::new("kernset-neonatologie-3.0", Format::Hl7v3);
    assert_eq!(converter.convert(minimal, target).unwrap_err().code(), "nothing-clinical");
}

const APGAR: &str = r#"<value xsi:type="INT" value="9"/>"#;

/// What a form of ADA says, and where it is told of: the element on the line, the concept, and what is demanded.
fn told_of_the_form(message: &str) -> Vec<(String, String, &'static str)> {
    let outcome = convert(message, Format::Ada);
    let lines: Vec<&str> = text(&outcome).lines().collect();
    let named = |unmet: &Unmet| {
        let element = lines[unmet.line.unwrap() - 1].trim_start_matches([' ', '<']).split(' ').next().unwrap();
        (element.to_owned(), outcome.dataset().get(unmet.concept).number.to_string(), unmet.demand.code())
    };
    outcome.missing.iter().map(named).collect()
}

#[test]
fn a_moment_that_the_form_of_ada_has_otherwise_is_told() {
    let born = r#"<birthTime value="19910624"/>"#;
    for (written, is_told) in [
        (born, false),
        (r#"<birthTime value="199106"/>"#, true),
        (r#"<birthTime value="1991"/>"#, true),
        // The form has a day there, and no time.
        (r#"<birthTime value="19910624101500"/>"#, true),
        (r#"<birthTime nullFlavor="UNK"/>"#, false),
    ] {
        let told = told_of_the_form(&message_with(born, written));
        let expected = ("geboortedatum".to_owned(), "10040".to_owned(), "precision");
        assert_eq!(told.contains(&expected), is_told, "{written}: {told:?}");
    }
    // A time has seconds.
    let born = r#"<birthTime value="20240522171200"/>"#;
    assert_eq!(told_of_the_form(&message_with(born, born)), []);
    assert_eq!(told_of_the_form(&message_with(born, r#"<birthTime value="202405221712"/>"#)).len(), 1);
    // In the release before, some moments have a time.
    let older = include_str!("../../fixtures/kernset-2.2/full-single.xml");
    let expected = ("datum_van_overdracht".to_owned(), "20362".to_owned(), "precision");
    assert_eq!(told_of_the_form(older), [expected]);
}

#[test]
fn what_the_form_of_ada_has_no_element_for_is_told_and_stays() {
    let outcome = convert(include_str!("../../fixtures/kernset-2.2/twins.xml"), Format::Ada);
    assert_eq!(told(&outcome, "ada-schema"), [("84211".to_owned(), 0)]);
    assert!(text(&outcome).contains("<dossiernummer "));
    assert!(told(&convert(&message_with("", ""), Format::Ada), "ada-schema").is_empty());
}

/// The formats that a kind of message has.
fn formats_of(kind: &str) -> Vec<Format> {
    let is_written = |format: &Format| *format != Format::Hl7v3 || kind.starts_with("kernset");
    Format::ALL.into_iter().filter(is_written).collect()
}

#[test]
fn what_a_subset_does_not_ask_is_lost_in_every_format() {
    let converter = Converter::new().unwrap();
    let message = message_with("", "");
    let subsets = [
        "kernset-subset-screening-2.3",
        "bevallingsgegevens-2.3",
        "huidige-zwangerschap-2.3",
        "voorgaande-zwangerschap-2.3",
    ];
    for kind in subsets {
        for format in formats_of(kind) {
            let outcome = converter.convert(message.as_bytes(), Target::new(kind, format)).unwrap();
            assert!(outcome.ledger.is_balanced());
            let of_source = outcome.reading.dataset();
            let lost = outcome.ledger.losses.iter().filter(|loss| loss.reason == Reason::NotInDataset);
            let lost: BTreeSet<&str> = lost.map(|loss| of_source.get(loss.concept.unwrap()).number.as_str()).collect();
            let has = |number: &str| outcome.dataset().find(number).is_some_and(|ix| outcome.dataset().get(ix).in_use);
            let not_asked: BTreeSet<&str> = outcome
                .reading
                .instance
                .leaves()
                .map(|(_, leaf, _)| of_source.get(leaf.concept).number.as_str())
                .filter(|number| !has(number))
                .collect();
            assert!(!not_asked.is_empty());
            assert_eq!(lost, not_asked, "{kind} {}", format.name());
            // And what is written holds none of it.
            let back = converter.read(&outcome.output).unwrap();
            let kept = back.instance.leaves().map(|(_, leaf, _)| back.dataset().get(leaf.concept).number.as_str());
            let kept: Vec<&str> = kept.filter(|number| !has(number)).collect();
            assert_eq!(kept, Vec::<&str>::new(), "{kind} {}", format.name());
        }
    }
}

#[test]
fn a_message_written_as_its_own_kind_loses_nothing_by_it() {
    let converter = Converter::new().unwrap();
    for format in Format::ALL {
        let outcome = converter.convert(message_with("", "").as_bytes(), Target::new("kernset-2.3", format)).unwrap();
        let itself = converter.convert(message_with("", "").as_bytes(), format).unwrap();
        assert!(outcome.output == itself.output, "{}", format.name());
        assert_eq!(outcome.ledger, itself.ledger);
        assert!(outcome.ledger.losses.iter().all(|loss| loss.reason != Reason::NotInDataset));
    }
}
