//! What a source denies, doubts or withdraws never arrives as a fact.
//!
//! The judge here walks the JSON that was written, and the text of the message that it was written from: it does not use our
//! readers.

use std::collections::{BTreeMap, BTreeSet};

use ooievaar::convert::MessageKind;
use ooievaar::dataset::{
    Code, ConceptIx, Content, Identifier, Instance, Kind, NodeIx, NullFlavor, Origin, Quantity, Value,
};
use ooievaar::generate::Generator;
use ooievaar::ledger::Reason;
use ooievaar::{Converter, Error, Format, Reading, Written};
use roxmltree::{Document, Node};
use serde_json::Value as Json;

use super::support::{Sample, every_kind, fixtures, messages_that_become, published};

/// The code systems whose codes name a null flavour.
const NULL_FLAVORS: [&str; 2] = ["http://hl7.org/fhir/v3/NullFlavor", "2.16.840.1.113883.5.1008"];

fn converter() -> Converter {
    Converter::new().unwrap()
}

/// The resources that a message becomes, and the reasons of what was lost.
///
/// A message that is left with nothing clinical is refused: then it becomes none.
fn to_fhir(converter: &Converter, message: &str) -> (Vec<Json>, Vec<Reason>) {
    let outcome = match converter.convert(message.as_bytes(), Format::FhirJson) {
        Ok(outcome) => outcome,
        Err(Error::NothingClinical { .. }) => return (Vec::new(), Vec::new()),
        Err(error) => panic!("{error}"),
    };
    let bundle: Json = serde_json::from_slice(&outcome.output).unwrap();
    let resources = bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].clone()).collect();
    (resources, outcome.ledger.losses.iter().map(|loss| loss.reason).collect())
}

/// The codes of all codings in a tree, apart from those that name a null flavour.
fn codes(tree: &Json, found: &mut BTreeSet<String>) {
    match tree {
        Json::Object(members) => {
            let is_null = members.get("system").is_some_and(|system| NULL_FLAVORS.iter().any(|own| system == own));
            if let (Some(Json::String(code)), false) = (members.get("code"), is_null) {
                found.insert(code.clone());
            }
            members.values().for_each(|inner| codes(inner, found));
        }
        Json::Array(items) => items.iter().for_each(|item| codes(item, found)),
        _ => {}
    }
}

/// True if an element says that something is so: a value, but no "no" and no null flavour.
fn says_yes(holder: &Json) -> bool {
    let Json::Object(members) = holder else { return false };
    let value = members.iter().find(|(name, _)| name.starts_with("value"));
    let own = value.is_some_and(|(_, value)| {
        let mut said = BTreeSet::new();
        codes(value, &mut said);
        let is_coded = value.get("coding").is_some();
        *value != Json::Bool(false) && (!is_coded || !said.is_empty() || value.get("text").is_some())
    });
    own || members.get("component").and_then(Json::as_array).is_some_and(|parts| parts.iter().any(says_yes))
}

/// True if a resource says that what it is about is so.
fn asserts(resource: &Json) -> bool {
    match resource["resourceType"].as_str().unwrap() {
        "Condition" => {
            let status = resource["verificationStatus"].as_str();
            !matches!(status, Some("refuted" | "unknown" | "entered-in-error"))
        }
        "Procedure" => {
            resource["notDone"] != true && matches!(resource["status"].as_str(), Some("completed" | "in-progress"))
        }
        "MedicationStatement" => resource["taken"] == "y",
        "Observation" => says_yes(resource),
        _ => true,
    }
}

/// The codes that the resources say to be so, with the type of the resource.
fn asserted(resources: &[Json]) -> BTreeMap<String, String> {
    let mut result = BTreeMap::new();
    for resource in resources.iter().filter(|resource| asserts(resource)) {
        let mut own = BTreeSet::new();
        codes(resource, &mut own);
        let kind = resource["resourceType"].as_str().unwrap();
        result.extend(own.into_iter().map(|code| (code, kind.to_owned())));
    }
    result
}

/// Our own messages of every kind that becomes FHIR, and some that are drawn from the tables of each.
fn messages(converter: &Converter) -> Vec<String> {
    let own = messages_that_become(converter, Format::FhirJson);
    let mut messages: Vec<String> = own.iter().map(|(_, sample)| String::from_utf8(sample.bytes()).unwrap()).collect();
    let kinds: BTreeMap<&str, &MessageKind> = own.iter().map(|(kind, _)| (kind.name.as_str(), *kind)).collect();
    for kind in kinds.into_values() {
        let generator = Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), kind.fhir.as_deref());
        for seed in 0..2 {
            let written = converter.write_instance(kind, &generator.instance(seed), Format::Hl7v3).unwrap();
            messages.push(String::from_utf8(written.output).unwrap());
        }
    }
    messages
}

fn codes_in(node: Node<'_, '_>) -> BTreeSet<String> {
    let is_null = |node: &Node<'_, '_>| node.attribute("codeSystem").is_some_and(|own| NULL_FLAVORS.contains(&own));
    let coded = node.descendants().filter(|node| !is_null(node));
    coded.filter_map(|node| node.attribute("code")).map(str::to_owned).collect()
}

/// Where statements begin in a message, with the codes that only this statement and what is in it has.
fn acts(message: &str) -> Vec<(std::ops::Range<usize>, BTreeSet<String>)> {
    let document = Document::parse(message).unwrap();
    let kinds = ["observation", "procedure", "organizer", "act", "supply", "substanceAdministration"];
    let found = document.descendants().filter(|node| kinds.contains(&node.tag_name().name()));
    let acts = found.map(|act| {
        let is_outside = |node: &Node<'_, '_>| !node.ancestors().any(|around| around == act);
        let elsewhere: BTreeSet<&str> =
            document.descendants().filter(is_outside).filter_map(|node| node.attribute("code")).collect();
        let own = codes_in(act).into_iter().filter(|code| !elsewhere.contains(code.as_str())).collect();
        (act.range(), own)
    });
    acts.collect()
}

/// A message in which the act at a place has another attribute, in place of its `negationInd` and `nullFlavor`.
fn changed(message: &str, act: &std::ops::Range<usize>, attribute: &str) -> String {
    let element = &message[act.clone()];
    let end = element.find('>').unwrap();
    let mut tag = element[..end].to_owned();
    for said in ["negationInd=\"true\"", "negationInd=\"false\""] {
        tag = tag.replace(said, "");
    }
    for flavor in NullFlavor::ALL {
        tag = tag.replace(&format!("nullFlavor=\"{}\"", flavor.code()), "");
    }
    let (tag, close) = tag.strip_suffix('/').map_or((&*tag, ""), |tag| (tag, "/"));
    format!("{}{tag} {attribute}{close}{}{}", &message[..act.start], &element[end..], &message[act.end..])
}

#[test]
fn what_an_act_denies_no_resource_asserts() {
    let converter = converter();
    let (mut tried, mut taken_away) = (0, 0);
    for message in messages(&converter) {
        let before = asserted(&to_fhir(&converter, &message).0);
        for (act, own) in acts(&message) {
            if own.is_empty() {
                continue;
            }
            let rest = format!("{}{}", &message[..act.start], &message[act.end..]);
            let rest = asserted(&to_fhir(&converter, &rest).0);
            for attribute in ["negationInd=\"true\"", "nullFlavor=\"UNK\""] {
                let after = asserted(&to_fhir(&converter, &changed(&message, &act, attribute)).0);
                let still: Vec<_> =
                    after.iter().filter(|(code, _)| own.contains(*code) && !rest.contains_key(*code)).collect();
                assert!(still.is_empty(), "{attribute} on {:.400}: {still:?}", &message[act.clone()]);
                tried += 1;
                taken_away += usize::from(before.keys().any(|code| own.contains(code) && !rest.contains_key(code)));
            }
        }
    }
    assert!(tried > 900 && taken_away > 600, "{taken_away} of {tried}");
}

fn told() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/told/denied-with-value.xml");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn what_is_denied_with_a_value_is_told_and_what_is_affirmed_arrives() {
    let (resources, reasons) = to_fhir(&converter(), &told());
    let said = asserted(&resources);
    for denied in ["41040004", "18946005", "56110009", "H01BB03"] {
        assert!(!said.contains_key(denied), "{denied}: {said:?}");
    }
    assert_eq!(said.get("231249005").map(String::as_str), Some("Procedure"), "{said:?}");
    // Trisomy, problem and epidural are lost with their acts; carbetocin contradicts the answer beside it.
    assert_eq!(reasons, [Reason::Modifier, Reason::Modifier, Reason::Modifier, Reason::Contradiction]);
}

#[test]
fn an_act_with_two_answers_or_one_that_is_no_answer_says_nothing() {
    let converter = converter();
    let message = told();
    for said in ["negationInd=\"maybe\"", "negationInd=\"false\" nullFlavor=\"UNK\"", "nullFlavor=\"NONE\""] {
        let changed = message.replace("negationInd=\"false\"", said);
        assert_ne!(changed, message);
        let (resources, reasons) = to_fhir(&converter, &changed);
        assert!(!asserted(&resources).contains_key("231249005"), "{said}");
        assert_eq!(reasons.len(), 5, "{said}: {reasons:?}");
    }
}

#[test]
fn a_yes_need_not_be_said() {
    let converter = converter();
    let mut samples: Vec<Sample> = every_kind(&converter).into_iter().flat_map(|(_, samples)| samples).collect();
    samples.extend(fixtures("told"));
    samples.extend(published("kernset-2.3.6", "hl7v3"));
    samples.extend(published("kernset-2.3.5", "hl7v3"));
    let mut taken_out = 0;
    for sample in samples {
        let message = String::from_utf8(sample.bytes()).unwrap();
        let silent = message.replace(" negationInd=\"false\"", "");
        taken_out += usize::from(silent != message);
        let (Ok(said), Ok(silent)) = (converter.read(message.as_bytes()), converter.read(silent.as_bytes())) else {
            continue;
        };
        assert_eq!(said.instance, silent.instance, "{}", sample.name);
    }
    assert!(taken_out >= 4, "{taken_out}");
}

#[test]
fn an_answer_that_is_silent_in_the_message_is_a_yes_in_fhir() {
    // The answer of this act is all there is in it.
    let converter = converter();
    let message = include_str!("../../fixtures/kernset-2.3/full-single.xml");
    let chromosomal = |answer: &str| {
        let at = message.find("10.90.901016").unwrap();
        let tag = message[..at].rfind("<observation").unwrap();
        let changed = format!("{}{}", &message[..tag], message[tag..].replacen("negationInd=\"true\"", answer, 1));
        let (resources, _) = to_fhir(&converter, &changed);
        let own = resources.iter().filter(|own| own["code"]["coding"][0]["code"] == "74345006");
        own.map(asserts).collect::<Vec<_>>()
    };
    // The other is a child of an earlier pregnancy.
    assert_eq!(chromosomal("negationInd=\"true\""), [false, false]);
    assert_eq!(chromosomal("negationInd=\"false\"").iter().filter(|asserts| **asserts).count(), 1);
    assert_eq!(chromosomal("").iter().filter(|asserts| **asserts).count(), 1);
    assert_eq!(chromosomal("nullFlavor=\"UNK\""), [false, false]);
}

/// A value that a concept may have.
fn some(kind: &MessageKind, concept: ConceptIx) -> Option<Value> {
    let own = kind.dataset.get(concept);
    Some(match own.kind {
        Kind::Code => {
            let set = kind.terminology.value_set_of(own)?;
            let member = set.members().iter().find(|member| !NULL_FLAVORS.contains(&member.system.as_str()))?;
            Value::Code(Code {
                code: member.code.clone(),
                system: member.system.clone(),
                display: Some(member.display.clone()),
                original_text: None,
            })
        }
        Kind::Identifier => {
            Value::Identifier(Identifier { root: "2.16.840.1.113883.2.4.3.11.999.1".into(), extension: "zq77".into() })
        }
        Kind::Quantity => Value::Quantity(Quantity { value: "77.77".into(), unit: own.unit.clone() }),
        Kind::String | Kind::Text => Value::Text("zq77".into()),
        _ => return None,
    })
}

/// The occurrence of a concept's group, made if need be.
fn group(instance: &mut Instance, dataset: &ooievaar::dataset::Dataset, concept: ConceptIx) -> NodeIx {
    let mut at = NodeIx::ROOT;
    for step in dataset.groups_between(ConceptIx::ROOT, concept) {
        let there = instance.occurrences(at, step).next();
        at = there.unwrap_or_else(|| instance.add_group(at, step));
    }
    at
}

/// Says every detail of a kind beside an answer that takes it back, in the formats that have answers of their own; how often.
fn details_beside_an_answer(converter: &Converter, kind: &MessageKind) -> usize {
    let dataset = &kind.dataset;
    let mut tried = 0;
    for (concept, _) in dataset.concepts().filter(|(_, concept)| concept.kind != Kind::Group) {
        let (Some(question), Some(value)) = (dataset.question_of(concept), some(kind, concept)) else { continue };
        let answers =
            [Content::Value(Value::Boolean(false)), Content::Null { flavor: NullFlavor::Unknown, original_text: None }];
        for answer in answers {
            let mut instance = Instance::new();
            let at = group(&mut instance, dataset, question);
            instance.add_leaf(at, question, answer.clone(), Origin::default());
            let at = group(&mut instance, dataset, concept);
            let leaf = instance.add_leaf(at, concept, Content::Value(value.clone()), Origin::default());
            let mark = match &value {
                Value::Code(code) => code.code.to_string(),
                Value::Quantity(_) => "77.77".to_owned(),
                _ => "zq77".to_owned(),
            };
            let path = || format!("{} {}", kind.name, dataset.path(concept));
            if kind.fhir.is_some() {
                let Written { output, unwritten, .. } =
                    converter.write_instance(kind, &instance, Format::FhirJson).unwrap();
                let is_told = unwritten.iter().any(|own| own.node == leaf && own.reason == Reason::Contradiction);
                assert!(is_told, "{}", path());
                let bundle: Json = serde_json::from_slice(&output).unwrap();
                let resources: Vec<Json> =
                    bundle["entry"].as_array().into_iter().flatten().map(|entry| entry["resource"].clone()).collect();
                assert!(!asserted(&resources).contains_key(&mark), "{}", path());
                assert!(matches!(value, Value::Code(_)) || !String::from_utf8(output).unwrap().contains(&mark));
            }
            if kind.hl7v3.is_some() {
                let Written { output, unwritten, .. } =
                    converter.write_instance(kind, &instance, Format::Hl7v3).unwrap();
                assert!(unwritten.iter().any(|own| own.node == leaf), "{}", path());
                let message = String::from_utf8(output).unwrap();
                assert!(!message.contains(&format!("code=\"{mark}\"")), "{}", path());
                assert!(!message.contains("zq77") && !message.contains("77.77"), "{}", path());
            }
            tried += 1;
        }
    }
    tried
}

#[test]
fn an_answer_governs_its_details_whatever_format_they_come_from() {
    // As an ADA form says it: the answer in one field, the detail in another.
    let converter = converter();
    let kinds = converter.kinds().unwrap();
    let tried: usize = kinds.into_iter().map(|kind| details_beside_an_answer(&converter, kind)).sum();
    assert!(tried > 60, "{tried}");
}

#[test]
fn no_act_is_made_for_a_null_flavour_alone() {
    // An act that is there says yes: it must not be made to hold that nobody knows which kind.
    let converter = converter();
    let kind = converter.kind("kernset-2.3").unwrap();
    let dataset = &kind.dataset;
    let concept = dataset.find("30055").unwrap();
    let mut instance = Instance::new();
    let at = group(&mut instance, dataset, concept);
    let null = Content::Null { flavor: NullFlavor::Unknown, original_text: None };
    let leaf = instance.add_leaf(at, concept, null, Origin::default());
    let Written { output, unwritten, .. } = converter.write_instance(kind, &instance, Format::Hl7v3).unwrap();
    assert!(!String::from_utf8(output).unwrap().contains("PRN540701"));
    assert_eq!(unwritten.iter().map(|own| (own.node, own.reason)).collect::<Vec<_>>(), [(leaf, Reason::NoCarrier)]);
}

/// What stands in an act and says that it is of somebody else, deleted, or turned round by a qualifier.
#[test]
fn what_is_of_somebody_else_or_deleted_within_an_act_loses_the_act() {
    let full = include_str!("../../fixtures/kernset-2.3/full-single.xml");
    let converter = Converter::new().unwrap();
    let value = r#"<value xsi:type="PQ" value="171" unit="cm"/>"#;
    assert_eq!(full.matches(value).count(), 1);
    let heights = |message: &str| {
        let outcome = converter.convert(message.as_bytes(), Format::FhirJson).unwrap();
        let told = outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier);
        (String::from_utf8(outcome.output).unwrap().matches("8302-2").count(), told)
    };
    assert_eq!(heights(full), (1, false));
    let within = [
        r#"<subject typeCode="SBJ"><relatedSubject classCode="PRS"><code code="FTH" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>"#,
        r#"<recordTarget typeCode="RCT"><patient classCode="PAT"><id root="2.16.840.1.113883.2.4.6.3" extension="999950002"/></patient></recordTarget>"#,
    ];
    for other in within {
        assert_eq!(heights(&full.replace(value, &format!("{value}{other}"))), (0, true), "{other}");
    }
    for attribute in [r#"updateMode="D""#, r#"valueNegationInd="true""#, r#"actionNegationInd="true""#] {
        let turned = full.replace(value, &value.replace("/>", &format!(" {attribute}/>")));
        assert_eq!(heights(&turned), (0, true), "{attribute}");
    }
    let qualified = full.replace(value, &value.replace("/>", "><qualifier/></value>"));
    assert_eq!(heights(&qualified), (0, true));
}

/// `negationInd="false"` is the default: beside a null flavour it says no more than that.
#[test]
fn a_default_that_is_said_beside_a_null_flavour_changes_nothing() {
    let message = include_str!("../../fixtures/kernset-2.3/null-flavours.xml");
    let said =
        message.replace(r#"moodCode="EVN" nullFlavor="UNK""#, r#"moodCode="EVN" negationInd="false" nullFlavor="UNK""#);
    assert_ne!(said, message);
    let converter = Converter::new().unwrap();
    let convert = |message: &str| converter.convert(message.as_bytes(), Format::FhirJson).unwrap();
    assert_eq!(convert(&said).output, convert(message).output);
}

/// The code of an act is what it says: a qualifier, or what else turns it round or makes it somebody else's, takes the act along.
#[test]
fn what_changes_the_code_of_an_act_takes_the_act_along() {
    let converter = Converter::new().unwrap();
    let message = include_str!("../../fixtures/kernset-2.3/full-single.xml");
    let code = "<code code=\"73211009\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"Diabetes mellitus\"/>";
    assert_eq!(message.matches(code).count(), 1);
    let asserted = |message: &str| {
        let outcome = converter.convert(message.as_bytes(), Format::FhirJson).unwrap();
        let told = outcome.ledger.losses.iter().filter(|loss| loss.reason == Reason::Modifier).count();
        (String::from_utf8(outcome.output).unwrap().matches("\"73211009\"").count(), told)
    };
    assert_eq!(asserted(message), (1, 0));
    let open = code.trim_end_matches("/>");
    for changed in [
        format!(
            "{open}><qualifier><name code=\"408732007\" codeSystem=\"2.16.840.1.113883.6.96\"/><value code=\"72705000\" codeSystem=\"2.16.840.1.113883.6.96\"/></qualifier></code>"
        ),
        format!("{open} updateMode=\"D\"/>"),
        format!("{open} nullFlavor=\"UNK\"/>"),
    ] {
        assert_eq!(asserted(&message.replace(code, &changed)), (0, 1), "{changed}");
    }
}

/// What is around a person who is another than the place is for is about that other person.
#[test]
fn an_act_about_another_relative_is_lost_with_its_person() {
    let twins =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/twins.xml")).unwrap();
    let code = "<code code=\"CHILD\" codeSystem=\"2.16.840.1.113883.5.111\"";
    let at = twins.find(code).unwrap();
    let before = converter_of_denials().read(twins.as_bytes()).unwrap();
    let children = |reading: &Reading| {
        let child = reading.dataset().find("7").unwrap();
        reading.instance.occurrences(NodeIx::ROOT, child).count()
    };
    assert_eq!(children(&before), 2);
    for (from, to) in [
        (code, "<code code=\"FTH\" codeSystem=\"2.16.840.1.113883.5.111\""),
        (code, "<code nullFlavor=\"UNK\" code=\"CHILD\" codeSystem=\"2.16.840.1.113883.5.111\""),
    ] {
        let other = format!("{}{}", &twins[..at], twins[at..].replacen(from, to, 1));
        let reading = converter_of_denials().read(other.as_bytes()).unwrap();
        assert_eq!(children(&reading), 1, "{to}");
        assert!(reading.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier), "{to}");
        assert!(reading.ledger.is_balanced());
    }
    let whole = "<personalRelationship classCode=\"PRS\"";
    for to in [" negationInd=\"true\"", " nullFlavor=\"NI\""] {
        let other = twins.replacen(whole, &format!("{whole}{to}"), 1);
        assert_ne!(other, twins);
        assert_eq!(children(&converter_of_denials().read(other.as_bytes()).unwrap()), 1, "{to}");
    }
}

/// A value with `xsi:nil` has none, in a message and in ADA; nor has what stands in an ADA group that is said to hold nothing.
#[test]
fn what_says_that_it_holds_nothing_holds_nothing() {
    let full =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/full-single.xml")).unwrap();
    let weight = r#"<value xsi:type="PQ" value="68.50" unit="kg"/>"#;
    let nil = full.replace(weight, r#"<value xsi:type="PQ" xsi:nil="true" value="68.50" unit="kg"/>"#);
    assert_ne!(full, nil);
    let ada = converter_of_denials().convert(full.as_bytes(), Format::Ada).unwrap().output;
    let ada = String::from_utf8(ada).unwrap();
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    let ada_nil = ada.replace("value=\"68.50\"", &format!("{xsi} xsi:nil=\"1\" value=\"68.50\""));
    assert_ne!(ada, ada_nil);
    let at = ada.find("value=\"68.50\"").unwrap();
    let document = Document::parse(&ada).unwrap();
    let leaf = document.descendants().find(|node| node.range().contains(&at) && node.has_attribute("unit")).unwrap();
    let group = leaf.parent_element().unwrap();
    let start = group.range().start + 1 + group.tag_name().name().len();
    let ada_group = format!("{} nullFlavor=\"UNK\"{}", &ada[..start], &ada[start..]);
    for (source, way) in [(&nil, "HL7v3"), (&ada_nil, "ADA"), (&ada_group, "an ADA group")] {
        for target in [Format::FhirJson, Format::Hl7v3, Format::Ada] {
            let outcome = converter_of_denials().convert(source.as_bytes(), target).unwrap();
            assert!(!String::from_utf8(outcome.output).unwrap().contains("68.5"), "{way} to {target:?}");
            let is_told = outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Modifier);
            assert!(is_told && outcome.ledger.is_balanced(), "{way} to {target:?}");
        }
    }
}

/// What an act says of a condition, and a value that is doubted or taken out of a set, is not stated.
#[test]
fn a_condition_a_probability_and_an_exception_are_not_facts() {
    let full =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/full-single.xml")).unwrap();
    let weight = r#"<value xsi:type="PQ" value="68.50" unit="kg"/>"#;
    for attribute in ["probability=\"0.1\"", "operator=\"E\""] {
        let changed = full.replace(weight, &weight.replace(" value=", &format!(" {attribute} value=")));
        let outcome = converter_of_denials().convert(changed.as_bytes(), Format::FhirJson).unwrap();
        assert!(!String::from_utf8(outcome.output).unwrap().contains("68.5"), "{attribute}");
    }
    let at = full.find(weight).unwrap();
    let act = full[..at].rfind("<observation ").unwrap();
    let changed = format!("{}<observation isCriterionInd=\"true\" {}", &full[..act], &full[act + 13..]);
    let outcome = converter_of_denials().convert(changed.as_bytes(), Format::FhirJson).unwrap();
    assert!(!String::from_utf8(outcome.output).unwrap().contains("68.5"));
}

fn converter_of_denials() -> Converter {
    Converter::new().unwrap()
}

#[test]
fn a_value_beside_a_null_flavour_is_no_value() {
    let full =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/full-single.xml")).unwrap();
    let weight = r#"<value xsi:type="PQ" value="68.50" unit="kg"/>"#;
    assert!(full.contains(weight));
    let beside = full.replace(weight, r#"<value xsi:type="PQ" nullFlavor="ASKU" value="68.50" unit="kg"/>"#);
    let as_ada = converter_of_denials().convert(full.as_bytes(), Format::Ada).unwrap().output;
    let ada = String::from_utf8(as_ada).unwrap();
    let ada_beside = ada.replace("value=\"68.50\"", "nullFlavor=\"ASKU\" value=\"68.50\"");
    assert_ne!(ada, ada_beside);
    for (source, format) in [(&beside, Format::Hl7v3), (&ada_beside, Format::Ada)] {
        for target in [Format::FhirJson, Format::Hl7v3, Format::Ada] {
            let outcome = converter_of_denials().convert(source.as_bytes(), target).unwrap();
            let written = String::from_utf8(outcome.output).unwrap();
            assert!(!written.contains("68.5") && written.contains("ASKU"), "{format:?} to {target:?}");
            let is_told = outcome.ledger.losses.iter().any(|loss| loss.reason == Reason::Contradiction);
            assert!(is_told && outcome.ledger.is_balanced(), "{format:?} to {target:?}");
        }
    }
}
