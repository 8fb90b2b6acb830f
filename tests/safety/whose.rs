//! Whose a record is: a source that contradicts itself about that is refused, in every format.

use std::fs;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt as _;
use ooievaar::ledger::Reason;
use ooievaar::{Converter, Error, Format};
use roxmltree::Document;
use serde_json::{Value as Json, json};

const BSN: &str = "999961640";
const OTHER_BSN: &str = "999987422";
const BSN_SYSTEM: &str = "http://fhir.nl/fhir/NamingSystem/bsn";

fn converter() -> Converter {
    Converter::new().unwrap()
}

fn full() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/full-single.xml")).unwrap()
}

fn written(format: Format) -> String {
    String::from_utf8(converter().convert(full().as_bytes(), format).unwrap().output).unwrap()
}

/// The text with another element behind the first of this name: a copy in which something is changed.
fn doubled(text: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let document = Document::parse(text).unwrap();
    let element = document.descendants().find(|node| node.tag_name().name() == name).unwrap();
    let range = element.range();
    let copy = change(&text[range.clone()]);
    format!("{}{copy}{}", &text[..range.end], &text[range.end..])
}

/// The code of the refusal, and whether it has a place; `None` if it is read.
fn refused(text: &str) -> Option<(&'static str, bool)> {
    let error = converter().read(text.as_bytes()).map(|reading| assert!(reading.ledger.is_balanced())).err()?;
    assert!(!error.to_string().contains(BSN) && !error.to_string().contains(OTHER_BSN));
    Some((error.code(), error.place().is_some()))
}

const TWO: Option<(&str, bool)> = Some(("two-persons", true));

#[test]
fn a_message_about_two_women_is_refused() {
    let other = |text: &str| text.replace(BSN, OTHER_BSN);
    for element in ["patient", "subject2", "CareProvisionEvent"] {
        assert_eq!(refused(&doubled(&full(), element, other)), TWO, "{element}");
        // A copy is the same woman, and she again, of whom less is said.
        assert_eq!(refused(&doubled(&full(), element, str::to_owned)), None, "{element}");
        // Nothing says that it is she.
        let nobody = |text: &str| {
            let start = text.find("<id root=\"2.16.840.1.113883.2.4.6.3\"").unwrap();
            let end = start + text[start..].find("/>").unwrap() + 2;
            format!("{}{}", &text[..start], &text[end..]).replace("19910624", "19850101")
        };
        assert_eq!(refused(&doubled(&full(), element, nobody)), TWO, "{element}");
    }
    let start = full().find("<patient ").unwrap();
    let subject = full()[..start].rfind("<subject ").unwrap();
    let end = start + full()[start..].find("</subject>").unwrap() + "</subject>".len();
    let second = other(&full()[subject..end]);
    assert_eq!(refused(&format!("{}{second}{}", &full()[..end], &full()[end..])), TWO);
    // Many of them, one of whom is another.
    let many = format!("{}{second}", full()[subject..end].repeat(40));
    assert_eq!(refused(&format!("{}{many}{}", &full()[..end], &full()[end..])), TWO);
}

#[test]
fn a_person_with_two_numbers_is_refused_in_every_format() {
    let id = format!("<id root=\"2.16.840.1.113883.2.4.6.3\" extension=\"{BSN}\"/>");
    assert!(full().contains(&id));
    let two = |number: &str| full().replace(&id, &format!("{id}{}", id.replace(BSN, number)));
    assert_eq!(refused(&two(OTHER_BSN)), TWO);
    assert_eq!(refused(&two(BSN)), None);
    assert_eq!(refused(&two("999 961 640")), None, "the same number, written otherwise");
    let unknown = full().replace(&id, &format!("{id}<id root=\"2.16.840.1.113883.2.4.6.3\" nullFlavor=\"UNK\"/>"));
    assert_eq!(refused(&unknown), None);
    // The same for a child.
    let ada = written(Format::Ada);
    for (element, from) in [("burgerservicenummer", BSN), ("bsn_kind", "bsn_kind")] {
        let Some(start) = ada.find(&format!("<{element} ")) else { panic!("{element}") };
        let end = start + ada[start..].find("/>").unwrap() + 2;
        let own = &ada[start..end];
        let value = own.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(from == element || value == from);
        let second = own.replace(value, OTHER_BSN);
        assert_eq!(refused(&ada.replacen(own, &format!("{own}{second}"), 1)), TWO, "{element}");
        assert_eq!(refused(&ada.replacen(own, &own.repeat(2), 1)), None, "{element}");
    }
    let mut bundle: Json = serde_json::from_str(&written(Format::FhirJson)).unwrap();
    let patients = bundle["entry"].as_array_mut().unwrap().iter_mut().map(|entry| &mut entry["resource"]);
    let woman = patients.into_iter().find(|resource| resource.to_string().contains(BSN)).unwrap();
    woman["identifier"].as_array_mut().unwrap().push(json!({ "system": BSN_SYSTEM, "value": OTHER_BSN }));
    assert_eq!(refused(&bundle.to_string()), Some(("two-persons", false)));
}

#[test]
fn a_form_about_two_women_is_refused() {
    let ada = written(Format::Ada);
    assert_eq!(refused(&doubled(&ada, "vrouw", |text| text.replace(BSN, OTHER_BSN))), TWO);
    assert_eq!(refused(&doubled(&ada, "vrouw", str::to_owned)), None);
    let nobody = |text: &str| {
        let start = text.find("<burgerservicenummer").unwrap();
        let end = start + text[start..].find("/>").unwrap() + 2;
        format!("{}{}", &text[..start], &text[end..]).replace("1991-06-24", "1985-01-01")
    };
    assert_eq!(refused(&doubled(&ada, "vrouw", nobody)), TWO);
}

/// Each of several forms is a case.
#[test]
fn several_forms_are_several_messages() {
    let form = written(Format::Ada);
    let document = Document::parse(&form).unwrap();
    let own = document.descendants().find(|node| node.tag_name().name() == "kernset_geboortezorg").unwrap();
    let own = &form[own.range()];
    let one = format!("<adaxml><meta status=\"new\"/><data>{own}</data></adaxml>");
    let other = own.replace(BSN, OTHER_BSN);
    let two = format!("<adaxml><meta status=\"new\"/><data>{own}{other}</data></adaxml>");
    let refusal = converter().read(two.as_bytes()).unwrap_err();
    assert_eq!(refusal, Error::SeveralMessages { count: 2 });
    let alone = converter().read(one.as_bytes()).unwrap();
    let mut found = Vec::new();
    converter().read_each(two.as_bytes(), &mut |case| found.push((case.number, case.reading.unwrap()))).unwrap();
    assert_eq!(found.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [Some(1), Some(2)]);
    for (_, reading) in &found {
        assert!(reading.ledger.is_balanced() && reading.ledger.losses == alone.ledger.losses);
        assert_eq!(reading.ledger.total, alone.ledger.total);
    }
    assert!(found[0].1.instance == alone.instance && found[1].1.instance != alone.instance);
    // In a batch too.
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&input).unwrap();
    fs::write(input.join("forms.xml"), &two).unwrap();
    let mut command = Command::cargo_bin("ooievaar").unwrap();
    let output = command.arg("batch").arg(&input).arg("-o").arg(&out).args(["--to", "fhir-json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for (case, number) in [("case-000001", BSN), ("case-000002", OTHER_BSN)] {
        let made = fs::read_to_string(out.join(format!("forms.xml/{case}.json"))).unwrap_or_else(|_| panic!("{said}"));
        assert!(made.contains(number), "{case}");
    }
}

/// What a form says of itself: that it is withdrawn, that a field is another one, that a code is called otherwise.
#[test]
fn a_form_that_contradicts_itself_is_refused_or_told() {
    let ada = written(Format::Ada);
    let root = ada.find("<kernset_geboortezorg").unwrap();
    let end = ada.find("</kernset_geboortezorg>").unwrap() + "</kernset_geboortezorg>".len();
    let form = &ada[root..end];
    let with = |status: &str| format!("<adaxml><meta status=\"{status}\"/><data>{form}</data></adaxml>");
    for status in ["cancelled", "rejected", "deprecated"] {
        assert_eq!(refused(&with(status)), Some(("taken-back", true)), "{status}");
        let inside = ada.replacen("<kernset_geboortezorg ", &format!("<kernset_geboortezorg status=\"{status}\" "), 1);
        assert_eq!(refused(&inside), Some(("taken-back", true)), "{status}");
    }
    let losses = |text: &str| {
        let reading = converter().read(text.as_bytes()).unwrap();
        assert!(reading.ledger.is_balanced());
        let height =
            reading.instance.leaves().filter(|(_, _, content)| format!("{content:?}").contains("\"171\"")).count();
        (height, reading.ledger.losses.iter().map(|loss| loss.reason).collect::<Vec<_>>())
    };
    assert_eq!(losses(&with("final")), (1, vec![]));
    assert_eq!(losses(&with("something else")), (1, vec![Reason::Modifier]));
    // The number of a sibling, of a concept elsewhere, and of none.
    let own = "2.16.840.1.113883.2.4.3.11.60.90.77.2.6.20212";
    assert!(ada.contains(&format!("{own}\"")));
    let numbered = |number: &str| {
        losses(&ada.replace(&format!("{own}\""), &format!("{}{number}\"", own.strip_suffix("20212").unwrap())))
    };
    assert_eq!(numbered("10801"), (0, vec![Reason::Contradiction]));
    assert_eq!(numbered("20305"), (0, vec![Reason::Contradiction]));
    assert_eq!(numbered("99999"), (1, vec![Reason::FixedDiffers]));
    // What is hidden in the form is told to be so.
    let hidden = ada.replacen("<lengte_gemeten ", "<lengte_gemeten hidden=\"true\" ", 1);
    assert_ne!(losses(&hidden).1, []);
    let hidden = ada.replacen("<vrouw ", "<vrouw hidden=\"true\" ", 1);
    assert_ne!(losses(&hidden).1, []);
    // A code with the label of another.
    let ethnicity = ["displayName=\"Hindoestaans\"", "displayName=\"Turks\"", "displayName=\"Surinaams-Hindoestaans\""];
    assert_eq!(losses(&ada.replace(ethnicity[0], ethnicity[1])).1, [Reason::Label]);
    assert_eq!(losses(&ada.replace(ethnicity[0], ethnicity[2])).1, [], "another word for it is no other answer");
    let written = converter().convert(ada.replace(ethnicity[0], ethnicity[1]).as_bytes(), Format::FhirJson).unwrap();
    assert!(!String::from_utf8(written.output).unwrap().contains("Turks"));
}

/// What is marked as a test is none of production on the other side: each resource says so, by itself too.
#[test]
fn a_test_stays_a_test() {
    let mark = json!([{ "system": "http://hl7.org/fhir/v3/ActReason", "code": "HTEST" }]);
    let processing = |message: &[u8]| {
        let text = String::from_utf8(message.to_vec()).unwrap();
        let at = text.find("<processingCode code=\"").unwrap() + "<processingCode code=\"".len();
        text[at..].chars().next().unwrap()
    };
    let convert = |input: &str, format| {
        let outcome = converter().convert(input.as_bytes(), format).unwrap();
        assert!(outcome.ledger.is_balanced());
        (outcome.output, outcome.ledger.losses)
    };
    for code in ["T", "D"] {
        let message = full().replace("<processingCode code=\"P\"/>", &format!("<processingCode code=\"{code}\"/>"));
        assert!(message.contains(&format!("<processingCode code=\"{code}\"/>")));
        for format in [Format::FhirJson, Format::FhirXml, Format::FhirNdjson] {
            let (fhir, losses) = convert(&message, format);
            assert_eq!(losses, []);
            let fhir = String::from_utf8(fhir).unwrap();
            let (back, losses) = convert(&fhir, Format::Hl7v3);
            assert_eq!((processing(&back).to_string().as_str(), losses.len()), (code, 0), "{format}");
        }
        let (fhir, _) = convert(&message, Format::FhirNdjson);
        for line in String::from_utf8(fhir).unwrap().lines() {
            let resource: Json = serde_json::from_str(line).unwrap();
            assert_eq!(resource["meta"]["security"], mark);
        }
    }
    let bundle: Json = serde_json::from_str(&written(Format::FhirJson)).unwrap();
    assert!(!bundle.to_string().contains("HTEST"));
    let entries = bundle["entry"].as_array().unwrap();
    let provenance = entries.iter().position(|entry| entry["resource"]["resourceType"] == "Provenance").unwrap();
    let woman = entries.iter().position(|entry| entry.to_string().contains(BSN)).unwrap();
    // That it is of production goes without saying.
    let silent = bundle.clone();
    assert!(silent["entry"][provenance]["resource"]["meta"].get("tag").is_none());
    for (place, label) in [("", "tag"), ("", "security"), ("resource", "tag"), ("resource", "security")] {
        let marked = |bundle: &Json| {
            let mut bundle = bundle.clone();
            let target = if place.is_empty() { &mut bundle } else { &mut bundle["entry"][woman]["resource"] };
            target["meta"][label] = mark.clone();
            bundle.to_string()
        };
        // Where nothing else is said, it is one.
        let (message, losses) = convert(&marked(&silent), Format::Hl7v3);
        assert_eq!((processing(&message), losses.len()), ('T', 0), "{place} {label}");
        // One of production with such a label contradicts itself, and that is told.
        let mut production = silent.clone();
        production["entry"][provenance]["resource"]["meta"]["tag"] = json!([{ "code": "P" }]);
        let losses = convert(&marked(&production), Format::Hl7v3).1;
        assert!(!losses.is_empty() && losses.iter().all(|loss| loss.reason == Reason::Contradiction), "{losses:?}");
    }
    // Another label of a bundle is not passed over either.
    let mut restricted = bundle.clone();
    restricted["meta"]["security"] = json!([{ "system": "http://hl7.org/fhir/v3/Confidentiality", "code": "R" }]);
    let losses = convert(&restricted.to_string(), Format::Hl7v3).1;
    assert_eq!(losses.iter().filter_map(|loss| loss.path.as_deref()).count(), 2, "{losses:?}");
}

#[test]
fn two_persons_do_not_have_one_number() {
    let twins = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/twins.xml")).unwrap();
    let fhir = |text: &str| -> (Json, usize) {
        let outcome = converter().convert(text.as_bytes(), Format::FhirJson).unwrap();
        assert!(outcome.ledger.is_balanced());
        let told = outcome.ledger.losses.iter().filter(|loss| loss.reason == Reason::Contradiction).count();
        (serde_json::from_slice(&outcome.output).unwrap(), told)
    };
    let numbers = |bundle: &Json| -> Vec<String> {
        let patients = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
        let identifiers = patients
            .filter(|own| own["resourceType"] == "Patient")
            .flat_map(|own| own["identifier"].as_array().cloned().unwrap_or_default());
        let bsn = identifiers.filter(|own| own["system"] == BSN_SYSTEM);
        let mut numbers: Vec<String> = bsn.map(|own| own["value"].as_str().unwrap().to_owned()).collect();
        numbers.sort();
        numbers
    };
    let (woman, first, second) = ("999956668", "999943777", OTHER_BSN);
    let id = |number: &str| format!("<id root=\"2.16.840.1.113883.2.4.6.3\" extension=\"{number}\"/>");
    let birth = "<birthTime value=\"20231111045200\"/>";
    assert!(twins.contains(birth) && twins.contains(&id(first)));
    let with = |of_first: &str, of_second: &str| {
        let both = twins.replace(birth, &format!("{}{birth}", id(of_second)));
        fhir(&both.replace(&id(first), &id(of_first)))
    };
    let (all, told_before) = with(first, second);
    let mut expected = vec![woman.to_owned(), first.to_owned(), second.to_owned()];
    expected.sort();
    assert_eq!(numbers(&all), expected);
    // A child has the number of the mother: hers is hers.
    let (mixed, told) = with(first, woman);
    expected.retain(|number| number != second);
    assert_eq!((numbers(&mixed), told), (expected, told_before + 1));
    // Both children have one number: nobody knows whose it is.
    let (same, told) = with(first, first);
    assert_eq!((numbers(&same), told), (vec![woman.to_owned()], told_before + 2));
}

#[test]
fn what_is_said_of_children_without_saying_of_which_goes_to_none() {
    let twins = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/twins.xml")).unwrap();
    let ada = String::from_utf8(converter().convert(twins.as_bytes(), Format::Ada).unwrap().output).unwrap();
    let rank = |line: &&str| line.contains("conceptId=\"2.16.840.1.113883.2.4.3.11.60.90.77.2.6.83377\"");
    let ranks: Vec<&str> = ada.lines().filter(rank).collect();
    assert_eq!(ranks.len(), 2, "each group says of which child it is: {ranks:?}");
    let lost = |text: &str| {
        let outcome = converter().convert(text.as_bytes(), Format::FhirJson).unwrap();
        outcome.ledger.losses.iter().filter(|loss| loss.reason == Reason::NoCarrier).count()
    };
    let without = ada.lines().filter(|line| !rank(line)).collect::<Vec<_>>().join("\n");
    assert!(lost(&without) > lost(&ada));
    // Both of one child, of two that there are: which is meant is not known.
    let same = ada.replace(ranks[1].trim(), ranks[0].trim());
    assert_ne!(same, ada);
    assert!(lost(&same) > lost(&ada));
}

/// A message says by its structure of which child it speaks, and ADA by the rank alone: with two of one rank, or none, ADA would
/// have the feedings of two children and not whose.
#[test]
fn what_only_the_message_tells_apart_is_not_written_where_nobody_could_tell() {
    let twins = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/twins.xml")).unwrap();
    let feeding = ".70030\"";
    let to = |text: &str, format: Format| converter().convert(text.as_bytes(), format).unwrap();
    let feedings = |text: &str| {
        let outcome = to(text, Format::Ada);
        let told = outcome.ledger.losses.iter().filter(|loss| loss.reason == Reason::NoCarrier).count();
        (String::from_utf8(outcome.output).unwrap().matches(feeding).count(), told)
    };
    let (count, told) = feedings(&twins);
    assert!(count >= 2 && told == 0, "{count} {told}");
    let rank = twins.lines().filter(|line| line.contains("value=\"2\"") && line.contains("INT")).collect::<Vec<_>>();
    assert!(!rank.is_empty());
    let same =
        rank.iter().fold(twins.clone(), |text, line| text.replace(line, &line.replace("value=\"2\"", "value=\"1\"")));
    assert_ne!(same, twins);
    let (count, told) = feedings(&same);
    assert!(count == 0 && told > 0, "{count} {told}");
    // FHIR says it by reference: there they arrive.
    let outcome = to(&same, Format::FhirJson);
    assert!(!outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::NoCarrier));
}

fn neonatal() -> String {
    let path = "/fixtures/kernset-neonatologie-3.0/cda/admission.xml";
    fs::read_to_string(format!("{}{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The document in a format, and how much of it was told as a contradiction.
fn neonatal_as(text: &str, format: Format) -> (String, usize) {
    let outcome = converter().convert(text.as_bytes(), format).unwrap();
    assert!(outcome.ledger.is_balanced());
    let told = outcome.ledger.losses.iter().filter(|loss| loss.reason == Reason::Contradiction).count();
    (String::from_utf8(outcome.output).unwrap(), told)
}

/// A document about one mother and one child: nothing says whose the number is, in whatever format it is written.
#[test]
fn a_mother_and_her_only_child_do_not_have_one_number() {
    let (child, mother) = ("999987434", OTHER_BSN);
    let same = neonatal().replace(mother, child);
    for format in [Format::Ada, Format::Hl7v3] {
        let (own, told) = neonatal_as(&neonatal(), format);
        assert_eq!((own.contains(child), own.contains(mother), told), (true, true, 0), "{format}");
        let (shared, told) = neonatal_as(&same, format);
        assert_eq!((shared.contains(child), told), (false, 2), "{format}");
        // What else is a number of the child stays.
        assert!(shared.contains("K-77"), "{format}");
    }
    // A form keeps its own fields; what is made of it does not.
    let (form, _) = neonatal_as(&neonatal(), Format::Ada);
    let form = form.replace(mother, child);
    assert_eq!(neonatal_as(&form, Format::Ada).0.matches(child).count(), 2);
    let (document, told) = neonatal_as(&form, Format::Hl7v3);
    assert_eq!((document.contains(child), told), (false, 2));
    // The same of two children of one kernset, where it is written as ADA.
    let twins = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/twins.xml")).unwrap();
    let (woman, first) = ("999956668", "999943777");
    let (ada, told) = neonatal_as(&twins.replace(first, woman), Format::Ada);
    assert_eq!((ada.matches(woman).count(), told), (1, 1));
}

/// The custodian of a document is the organisation of its author, said again. If it is another, neither gets what is the other's.
#[test]
fn the_custodian_of_a_document_does_not_become_its_author() {
    let document = neonatal();
    let start =
        document.find("<representedCustodianOrganization>").unwrap() + "<representedCustodianOrganization>".len();
    let end = document.find("</representedCustodianOrganization>").unwrap();
    let custodian = |ids: &str| format!("{}{ids}{}", &document[..start], &document[end..]);
    let (one, other) = ("2.16.840.1.113883.2.4.3.22.93.2", "2.16.528.1.1007.3.3");
    let id = |root: &str, number: &str| format!("<id root=\"{root}\" extension=\"{number}\"/>");
    for ids in [id(one, "9902"), id(other, "99000201") + &id(one, "9902"), id("2.16.840.1.113883.2.4.6.1", "9902")] {
        for format in [Format::Ada, Format::Hl7v3] {
            let (written, told) = neonatal_as(&custodian(&ids), format);
            assert_eq!((written.contains("9902"), told), (false, 1), "{ids} {format}");
            // What is said of the author is not said of the custodian.
            assert_eq!(written.matches("\"9901\"").count(), 1, "{ids} {format}");
        }
    }
    // It is not the author either, where the document says nothing of that.
    let (from, to) = (document.find("<representedOrganization>").unwrap(), "</representedOrganization>");
    let without = format!("{}{}", &document[..from], &document[document.find(to).unwrap() + to.len()..]);
    for format in [Format::Ada, Format::Hl7v3] {
        let (written, told) = neonatal_as(&without, format);
        assert_eq!((written.contains("9901"), told), (false, 2), "{format}");
    }
    // Less of the same is the same.
    assert_eq!(neonatal_as(&custodian(&id(one, "9901")), Format::Ada), neonatal_as(&document, Format::Ada));
}
