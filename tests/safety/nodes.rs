//! What a node holds stays together, and with the person it is said of.

use std::fs;

use ooievaar::ledger::Reason;
use ooievaar::{Converter, Format};
use roxmltree::{Document, Node};
use serde_json::Value as Json;

fn converter() -> Converter {
    Converter::new().unwrap()
}

fn fixture(name: &str) -> String {
    fs::read_to_string(format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The resources that a source becomes, and the reasons of what was lost, with the leaves.
fn to_fhir(source: &str) -> (Vec<Json>, Vec<(Reason, u32)>) {
    let outcome = converter().convert(source.as_bytes(), Format::FhirJson).unwrap();
    let bundle: Json = serde_json::from_slice(&outcome.output).unwrap();
    let resources = bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].clone()).collect();
    assert!(outcome.ledger.is_balanced());
    (resources, outcome.ledger.losses.iter().map(|loss| (loss.reason, loss.leaves)).collect())
}

/// All texts in a tree, one after the other.
fn texts(tree: &Json) -> String {
    tree.to_string()
}

#[test]
fn a_node_too_many_is_lost_as_a_whole() {
    let (resources, losses) = to_fhir(&fixture("told/one-node-too-many.xml"));
    // Each with all of its leaves: nothing of it stands beside what another node says.
    assert_eq!(losses, [(Reason::TooMany, 19), (Reason::TooMany, 14)]);
    let all: String = resources.iter().map(texts).collect();
    assert!(all.contains("2024-05-24") && !all.contains("2024-06-07"));
    let episiotomies: Vec<_> = resources.iter().filter(|own| texts(own).contains("PRN540701")).collect();
    assert_eq!(episiotomies.len(), 1);
    assert!(!all.contains("foetale indicatie"), "the reason of the second is not the reason of the first");
}

#[test]
fn an_element_that_stands_for_one_thing_is_not_filled_from_two() {
    // The organization of one, the specialty of another.
    let message = fixture("kernset-2.3/referral.xml");
    let document = Document::parse(&message).unwrap();
    let has =
        |node: &Node<'_, '_>, name: &str| node.descendants().any(|inner| inner.has_tag_name(("urn:hl7-org:v3", name)));
    let performer = document
        .descendants()
        .find(|node| node.tag_name().name() == "performer" && has(node, "code") && has(node, "representedOrganization"))
        .unwrap();
    let own = &message[performer.range()];
    let entity = performer.first_element_child().unwrap();
    let code = entity.children().find(|node| node.tag_name().name() == "code").unwrap();
    let without_code = own.replace(&message[code.range()], "");
    let two = format!("{without_code}{own}");
    let changed = message.replacen(own, &two, 1);
    let before = converter().read(message.as_bytes()).unwrap();
    let after = converter().read(changed.as_bytes()).unwrap();
    assert_eq!(before.ledger.losses, []);
    assert_eq!(after.ledger.losses.len(), 1);
    assert_eq!(after.ledger.losses[0].reason, Reason::TooMany);
    assert_eq!(after.instance.leaves().count() + 1, before.instance.leaves().count());
}

/// A message about twins who are both said to be the first, of whom only the second is fed.
fn twins() -> String {
    let message = fixture("kernset-2.3/twins.xml");
    let document = Document::parse(&message).unwrap();
    let feeding = document.descendants().find(|node| node.attribute("classCode") == Some("DIET")).unwrap();
    let message = message.replacen(&message[feeding.parent().unwrap().range()], "", 1);
    let second = message.rfind("BirthOrderNumber").unwrap();
    let (before, after) = message.split_at(second);
    let after = after.replacen("<value xsi:type=\"INT\" value=\"2\"/>", "<value xsi:type=\"INT\" value=\"1\"/>", 1);
    let code = "<code code=\"230126006\" codeSystem=\"2.16.840.1.113883.6.96\"/>";
    let after = after.replacen(code, &format!("{code}<effectiveTime value=\"20240607\"/>"), 1);
    assert!(after.contains("20240607") && !after.contains("value=\"2\"/>\n                      </observation>"));
    format!("{before}{after}")
}

/// The reference to the person that the only resource with a date is about.
fn fed(resources: &[Json]) -> String {
    let fed: Vec<_> = resources.iter().filter(|own| texts(own).contains("2024-06-07")).collect();
    assert_eq!(fed.len(), 1);
    fed[0]["subject"]["reference"].as_str().unwrap().to_owned()
}

/// The person that the birth of a child of this sex is about.
fn children(resources: &[Json]) -> Vec<String> {
    let births =
        resources.iter().filter(|own| own["resourceType"] == "Observation" && texts(own).contains("276507005"));
    births.map(|own| own["subject"]["reference"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_node_of_a_child_says_whose_it_is() {
    let message = twins();
    let (resources, losses) = to_fhir(&message);
    assert_eq!(losses, []);
    let ranks: Vec<String> = children(&resources);
    assert_eq!(ranks.len(), 2, "both have a rank");
    assert_eq!(fed(&resources), ranks[1]);
    // And back: in the node of the second child.
    let bundle = converter().convert(message.as_bytes(), Format::FhirJson).unwrap();
    let back = converter().convert(&bundle.output, Format::Hl7v3).unwrap();
    assert_eq!(back.ledger.lost_leaves(), 0);
    let back = String::from_utf8(back.output).unwrap();
    let document = Document::parse(&back).unwrap();
    let is_child = |node: &Node<'_, '_>| {
        let template = |inner: Node<'_, '_>| inner.attribute("root") == Some("2.16.840.1.113883.2.4.6.10.90.901102");
        node.tag_name().name() == "procedure" && node.children().any(template)
    };
    let fed: Vec<bool> =
        document.descendants().filter(is_child).map(|child| back[child.range()].contains("20240607")).collect();
    assert_eq!(fed, [false, true]);
}

#[test]
fn where_only_a_key_could_say_whose_it_is_and_two_have_it_that_is_told() {
    let converter = converter();
    let form = converter.convert(twins().as_bytes(), Format::Ada).unwrap();
    assert!(!String::from_utf8(form.output).unwrap().contains("2024-06-07"));
    assert!(form.ledger.losses.iter().any(|loss| loss.reason == Reason::NoCarrier));
}

#[test]
fn a_group_too_many_in_a_form_is_lost_as_a_whole() {
    let converter = converter();
    let form = converter.convert(fixture("told/one-node-too-many.xml").as_bytes(), Format::Ada).unwrap().output;
    let form = String::from_utf8(form).unwrap();
    let start = form.find("<voeding_kind_groep").unwrap();
    let end = form.find("</voeding_kind_groep>").unwrap() + "</voeding_kind_groep>".len();
    let again = form[start..end].replace("2024-05-24", "2024-06-07");
    let two = format!("{}{again}{}", &form[..end], &form[end..]);
    let outcome = converter.convert(two.as_bytes(), Format::FhirJson).unwrap();
    let text = String::from_utf8(outcome.output).unwrap();
    assert!(text.contains("2024-05-24") && !text.contains("2024-06-07"));
    assert_eq!(outcome.ledger.losses.iter().map(|loss| loss.reason).collect::<Vec<_>>(), [Reason::TooMany]);
}

/// Two answers where there is one: the first stands, in whatever format they come, and the other is told.
#[test]
fn a_value_too_many_is_told_in_every_format() {
    let converter = Converter::new().unwrap();
    let message = include_str!("../../fixtures/kernset-2.3/full-single.xml").as_bytes();
    let written = |format| String::from_utf8(converter.convert(message, format).unwrap().output).unwrap();
    let ada = written(Format::Ada);
    let start = ada.find("<lengte_gemeten").unwrap();
    let end = start + ada[start..].find("/>").unwrap() + 2;
    let other = ada[start..end].replace("\"171\"", "\"160\"");
    assert_ne!(other, ada[start..end]);
    let twice = format!("{}{other}{}", &ada[..end], &ada[end..]);
    let fhir: serde_json::Value = serde_json::from_str(&written(Format::FhirJson)).unwrap();
    let mut doubled = fhir.clone();
    let entries = doubled["entry"].as_array_mut().unwrap();
    let mut height = entries.iter().find(|entry| entry.to_string().contains("8302-2")).unwrap().clone();
    height["fullUrl"] = "urn:uuid:5d0f1c7e-0000-5000-8000-000000000001".into();
    height["resource"]["id"] = "5d0f1c7e-0000-5000-8000-000000000001".into();
    height["resource"]["valueQuantity"]["value"] = 160.into();
    entries.push(height);
    for source in [twice, doubled.to_string()] {
        let outcome = converter.convert(source.as_bytes(), Format::Hl7v3).unwrap();
        let text = String::from_utf8(outcome.output).unwrap();
        assert!(text.contains("value=\"171\"") && !text.contains("value=\"160\""));
        assert!(outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::TooMany));
        assert!(outcome.ledger.is_balanced());
    }
}

/// Without its answer an act with a yes or no as its value would seem to give one.
#[test]
fn a_method_without_the_answer_makes_no_act() {
    let converter = Converter::new().unwrap();
    let message = include_bytes!("../../fixtures/kernset-2.3/full-single.xml");
    let fhir = String::from_utf8(converter.convert(message, Format::FhirJson).unwrap().output).unwrap();
    let mut bundle: serde_json::Value = serde_json::from_str(&fhir).unwrap();
    for entry in bundle["entry"].as_array_mut().unwrap() {
        let resource = &mut entry["resource"];
        if resource["resourceType"] == "Condition" && resource.to_string().contains("\"59291004\"") {
            resource["verificationStatus"] = "unknown".into();
        }
    }
    let outcome = converter.convert(bundle.to_string().as_bytes(), Format::Hl7v3).unwrap();
    let text = String::from_utf8(outcome.output).unwrap();
    let document = Document::parse(&text).unwrap();
    let codes = document.descendants().filter(|node| node.attribute("code") == Some("59291004"));
    for act in codes.filter_map(|code| code.parent()) {
        assert!(
            act.children().any(|child| child.has_tag_name(("urn:hl7-org:v3", "value"))),
            "an act without an answer"
        );
    }
    assert!(outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::NoCarrier));
}
