//! The ids of a child stay with that child in a later delivery, wherever it stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt as _;
use ooievaar::{Converter, Error, Format, IdKey};
use serde_json::Value;

use super::support::reference_day;

const FIRST: &str = "999943777";
const SECOND: &str = "999990184";
const THIRD: &str = "999961640";
const BEGIN: &str = "<component typeCode=\"COMP\" contextConductionInd=\"false\">\n                  <procedure";
const END: &str =
    "</component>\n              </organizer>\n            </pertinentInformation3>\n          </CareProvisionEvent>";

fn converters() -> [Converter; 2] {
    let plain = || Converter::new().unwrap().with_reference_day(reference_day("kernset-2.3"));
    [plain(), plain().with_id_key(IdKey::new(b"9c1f0b7ae35d4286f0d27c9b15a8e34d").unwrap())]
}

/// The message about twins, and the node of each: with a number for the second too.
struct Twins {
    head: String,
    tail: String,
    nodes: [String; 2],
}

fn twins() -> Twins {
    let message = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/kernset-2.3/twins.xml")).unwrap();
    let begin = message.find(BEGIN).unwrap();
    let between = begin + 1 + message[begin + 1..].find(BEGIN).unwrap();
    let end = message.find(END).unwrap();
    let (first, second) = (message[begin..between].to_owned(), message[between..end].to_owned() + "</component>\n");
    let (head, tail) = (message[..begin].to_owned(), message[end + "</component>\n".len()..].to_owned());
    assert!(first.contains(FIRST) && first.contains("<supply") && first.trim_end().ends_with("</component>"));
    let second = with_number(&second, SECOND);
    assert!(second.contains(SECOND));
    Twins { head, tail, nodes: [first, second] }
}

/// The node of a child with another number.
fn with_number(node: &str, number: &str) -> String {
    let (before, rest) = node.split_once("<relationshipHolder classCode=\"PSN\" determinerCode=\"INSTANCE\">").unwrap();
    let (own, after) = rest.split_once("<birthTime").unwrap();
    assert!(own.trim().is_empty() || own.trim().starts_with("<id "), "{own}");
    let id = if number.is_empty() {
        String::new()
    } else {
        format!("<id root=\"2.16.840.1.113883.2.4.6.3\" extension=\"{number}\"/>")
    };
    format!("{before}<relationshipHolder classCode=\"PSN\" determinerCode=\"INSTANCE\">{id}<birthTime{after}")
}

fn without_number(node: &str) -> String {
    with_number(node, "")
}

fn with_rank(node: &str, rank: &str) -> String {
    let at = node.find("displayName=\"Rangnummer kind\"").unwrap();
    let value = at + node[at..].find("value=\"").unwrap() + "value=\"".len();
    let end = value + node[value..].find('"').unwrap();
    format!("{}{rank}{}", &node[..value], &node[end..])
}

impl Twins {
    fn message(&self, nodes: &[&String]) -> String {
        let nodes: Vec<&str> = nodes.iter().map(|node| node.as_str()).collect();
        format!("{}{}{}", self.head, nodes.concat(), self.tail)
    }
}

fn written(converter: &Converter, message: &str) -> Value {
    let outcome = converter.convert(message.as_bytes(), Format::FhirJson).unwrap();
    serde_json::from_slice(&outcome.output).unwrap()
}

/// The bundle of a later delivery.
fn after(converter: &Converter, earlier: &[u8], message: &str) -> Result<Value, Error> {
    let earlier = converter.read_delivery(&[earlier])?;
    let outcome = converter.write_after(converter.read(message.as_bytes())?, &earlier, Format::FhirJson)?;
    Ok(serde_json::from_slice(&outcome.output).unwrap())
}

fn urls(bundle: &Value, method: &str) -> BTreeSet<String> {
    let entries = bundle["entry"].as_array().unwrap().iter();
    let named = entries.filter(|entry| entry["request"]["method"] == method);
    named.map(|entry| entry["request"]["url"].as_str().unwrap().to_owned()).collect()
}

fn of_child(resource: &Value) -> bool {
    resource["resourceType"] == "Patient" && resource["meta"]["profile"].to_string().contains("bc-Child")
}

/// By what tells a child to a person, of its Patient: that, and all resources that name it.
fn by(bundle: &Value, what: impl Fn(&Value) -> Option<String>) -> BTreeMap<String, BTreeSet<String>> {
    let entries: Vec<&Value> = bundle["entry"].as_array().unwrap().iter().collect();
    let patients = entries.iter().filter(|entry| of_child(&entry["resource"]));
    let own = patients.filter_map(|patient| {
        let name = patient["fullUrl"].as_str().unwrap();
        let about = entries.iter().filter(|entry| entry.to_string().contains(name));
        let about = about.map(|entry| entry["request"]["url"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
        Some((what(&patient["resource"])?, about))
    });
    own.collect()
}

/// By BSN.
fn children(bundle: &Value) -> BTreeMap<String, BTreeSet<String>> {
    by(bundle, |patient| {
        let numbers = patient["identifier"].as_array()?.iter();
        let mut bsn = numbers.filter(|number| number["system"] == "http://fhir.nl/fhir/NamingSystem/bsn");
        bsn.find_map(|number| number["value"].as_str()).map(str::to_owned)
    })
}

/// By the time of birth.
fn births(bundle: &Value) -> BTreeMap<String, BTreeSet<String>> {
    by(bundle, |patient| Some(patient["birthDate"].to_string() + &patient["_birthDate"].to_string()))
}

#[test]
fn a_child_that_is_left_keeps_its_ids() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    for converter in converters() {
        let before = written(&converter, &twins.message(&[first, second]));
        let was = children(&before);
        assert!(was[FIRST].len() > 10 && was[SECOND].len() > 10 && was.len() == 2);
        for (node, left, gone) in [(second, SECOND, FIRST), (first, FIRST, SECOND)] {
            let message = twins.message(&[node]);
            let bundle = after(&converter, twins.message(&[first, second]).as_bytes(), &message).unwrap();
            let is = children(&bundle);
            assert_eq!(is.keys().collect::<Vec<_>>(), [left]);
            assert_eq!(is[left], was[left], "{left}");
            let deleted = urls(&bundle, "DELETE");
            let own: BTreeSet<String> = was[gone].difference(&was[left]).cloned().collect();
            assert!(own.is_subset(&deleted), "{:?}", own.difference(&deleted));
            assert!(deleted.is_disjoint(&urls(&bundle, "PUT")) && deleted.is_disjoint(&was[left]));
            // The server has what it had, but for what is gone.
            let had: BTreeSet<String> = urls(&before, "PUT").difference(&deleted).cloned().collect();
            assert_eq!(had, urls(&bundle, "PUT"));
        }
    }
}

#[test]
fn children_who_change_places_keep_their_ids() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    for converter in converters() {
        let was = written(&converter, &twins.message(&[first, second]));
        let changed = [
            twins.message(&[second, first]),
            twins.message(&[&with_rank(second, "1"), &with_rank(first, "2")]),
            twins.message(&[&with_rank(first, "2"), &with_rank(second, "1")]),
            twins.message(&[&with_rank(first, "2"), second]),
        ];
        for message in changed {
            let bundle = after(&converter, twins.message(&[first, second]).as_bytes(), &message).unwrap();
            assert_eq!(children(&bundle), children(&was));
            assert_eq!(urls(&bundle, "DELETE"), BTreeSet::new());
            assert_eq!(urls(&bundle, "PUT"), urls(&was, "PUT"));
        }
    }
}

#[test]
fn a_new_child_has_ids_that_no_other_had() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    let third = with_number(second, THIRD).replace("value=\"1495\"", "value=\"1890\"");
    for converter in converters() {
        let was = children(&written(&converter, &twins.message(&[first, second])));
        let used: BTreeSet<String> = was.values().flatten().cloned().collect();
        let both = twins.message(&[first, second]);
        let bundle = after(&converter, both.as_bytes(), &twins.message(&[&third, second])).unwrap();
        let is = children(&bundle);
        assert_eq!(is[SECOND], was[SECOND]);
        let common: Vec<_> = is[THIRD].intersection(&used).filter(|url| !is[SECOND].contains(*url)).collect();
        assert_eq!(common, Vec::<&String>::new());
        // Nor later, when the bundle that was made is the earlier delivery: the first, who comes back, is a child of its own.
        let mut known = is.clone();
        known.extend(was.clone());
        let mut earlier = bundle;
        for (nodes, left) in [(vec![second], vec![SECOND]), (vec![second, first], vec![FIRST, SECOND])] {
            earlier = after(&converter, earlier.to_string().as_bytes(), &twins.message(&nodes)).unwrap();
            let is = children(&earlier);
            assert_eq!(is.keys().map(String::as_str).collect::<Vec<_>>(), left);
            for (number, own) in &is {
                let others = known.iter().filter(|(other, _)| *other != number).flat_map(|(_, urls)| urls);
                let others: BTreeSet<&String> = others.filter(|url| !known[SECOND].contains(*url)).collect();
                let common: Vec<_> = own.iter().filter(|url| number != SECOND && others.contains(url)).collect();
                assert_eq!(common, Vec::<&String>::new(), "{number}");
            }
            assert_eq!(is[SECOND], was[SECOND]);
        }
    }
}

/// Each delivery after the first has the bundle that was made before it: what was left out stays away.
#[test]
fn the_bundle_of_a_later_delivery_is_the_earlier_one_of_the_next() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    for converter in converters() {
        for format in [Format::FhirJson, Format::FhirXml] {
            let was = children(&written(&converter, &twins.message(&[first, second])));
            let mut earlier = converter.convert(twins.message(&[first, second]).as_bytes(), format).unwrap().output;
            for nodes in [vec![second, first], vec![first, second], vec![second], vec![&with_rank(second, "1")]] {
                let delivery = converter.read_delivery(&[&earlier]).unwrap();
                let reading = || converter.read(twins.message(&nodes).as_bytes()).unwrap();
                let json = converter.write_after(reading(), &delivery, Format::FhirJson).unwrap();
                let json: Value = serde_json::from_slice(&json.output).unwrap();
                for (number, own) in children(&json) {
                    assert_eq!(own, was[&number]);
                }
                earlier = converter.write_after(reading(), &delivery, format).unwrap().output;
            }
        }
    }
}

#[test]
fn an_earlier_delivery_in_any_format_tells_whose_the_ids_are() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    for converter in converters() {
        let was = children(&written(&converter, &twins.message(&[first, second])));
        for format in [Format::Ada, Format::Hl7v3, Format::FhirXml, Format::FhirNdjson] {
            let earlier = converter.convert(twins.message(&[first, second]).as_bytes(), format).unwrap().output;
            let bundle = after(&converter, &earlier, &twins.message(&[second])).unwrap();
            assert_eq!(children(&bundle)[SECOND], was[SECOND], "{format}");
        }
    }
}

/// What a server or a bulk export gives back of an earlier delivery has the ids that were put there, in any order.
#[test]
fn an_earlier_delivery_in_another_form_has_the_ids_that_stand_in_it() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    let later = twins.message(&[second, first]);
    for converter in converters() {
        let one = written(&converter, &twins.message(&[first, second]));
        let two = after(&converter, one.to_string().as_bytes(), &later).unwrap();
        assert_eq!(children(&two), children(&one));
        let bare = two["entry"].as_array().unwrap().iter().filter(|entry| entry["resource"].is_object());
        let mut bare: Vec<Value> = bare
            .map(|entry| serde_json::json!({ "fullUrl": entry["fullUrl"], "resource": entry["resource"] }))
            .collect();
        let bundle = |kind: &str, entries: &[Value]| {
            serde_json::json!({ "resourceType": "Bundle", "type": kind, "entry": entries }).to_string()
        };
        let lines: Vec<String> = bare.iter().map(|entry| entry["resource"].to_string()).collect();
        let mut forms = vec![bundle("collection", &bare), bundle("searchset", &bare), lines.join("\n")];
        bare.reverse();
        forms.push(bundle("collection", &bare));
        for form in forms {
            let three = after(&converter, form.as_bytes(), &later).unwrap();
            assert_eq!(children(&three), children(&one), "{}", &form[..60]);
        }
    }
}

#[test]
fn a_number_that_comes_later_changes_no_id() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    let (unnamed, other) = (without_number(first), without_number(second));
    for converter in converters() {
        let was = children(&written(&converter, &twins.message(&[first, second])));
        for earlier in [twins.message(&[&unnamed, &other]), twins.message(&[first, &other])] {
            let bundle = after(&converter, earlier.as_bytes(), &twins.message(&[first, second])).unwrap();
            assert_eq!(children(&bundle), was);
            assert_eq!(urls(&bundle, "DELETE"), BTreeSet::new());
        }
        let bundle = after(&converter, twins.message(&[first, &other]).as_bytes(), &twins.message(&[second, first]));
        assert_eq!(children(&bundle.unwrap()), was);
    }
}

/// Two values tell them apart, where neither has a number; one alone may have been mended.
#[test]
fn without_a_number_what_tells_children_apart_decides_or_it_is_refused() {
    let twins = twins();
    let nodes = twins.nodes.each_ref().map(|node| without_number(node));
    let [first, second] = &nodes;
    let both = twins.message(&[first, second]);
    for converter in converters() {
        let was = births(&written(&converter, &both));
        assert_eq!(was.len(), 2);
        for nodes in [vec![second], vec![second, first], vec![first]] {
            let bundle = after(&converter, both.as_bytes(), &twins.message(&nodes)).unwrap();
            for (birth, own) in births(&bundle) {
                assert_eq!(own, was[&birth]);
            }
        }
        // A value that is mended, of as many children in the same order, changes nothing.
        let mended = twins.message(&[&with_rank(first, "3"), &second.replace("1495", "1945")]);
        assert_eq!(urls(&after(&converter, both.as_bytes(), &mended).unwrap(), "DELETE"), BTreeSet::new());
        for nodes in [
            [with_rank(second, "1")].as_slice(),
            &[with_rank(first, "2"), with_rank(second, "1")],
            &[with_rank(second, "1"), with_rank(first, "2")],
        ] {
            let nodes: Vec<&String> = nodes.iter().collect();
            let refused = after(&converter, both.as_bytes(), &twins.message(&nodes)).unwrap_err();
            let Error::WhichOccurrence { group, numbers } = &refused else { panic!("{refused:?}") };
            assert!(group.contains("Uitkomst (per kind)") && numbers.contains(&"BSN kind".to_owned()));
            assert_eq!(refused.code(), "which-occurrence");
        }
    }
}

/// A sole child is the same one, whatever was mended; with another number it is another.
#[test]
fn a_sole_child_is_the_same_unless_its_number_says_otherwise() {
    let twins = twins();
    let [first, second] = &twins.nodes;
    for converter in converters() {
        let earlier = twins.message(&[first]);
        let was = written(&converter, &earlier);
        let patients = |bundle: &Value| {
            let all = births(bundle).into_values().flatten();
            all.filter(|url| url.starts_with("Patient/")).collect::<Vec<String>>()
        };
        for mended in [with_rank(first, "2"), without_number(first), without_number(second)] {
            let bundle = after(&converter, earlier.as_bytes(), &twins.message(&[&mended])).unwrap();
            assert_eq!(patients(&bundle), patients(&was));
        }
        let bundle = after(&converter, earlier.as_bytes(), &twins.message(&[second])).unwrap();
        let (was, is) = (&children(&was)[FIRST], &children(&bundle)[SECOND]);
        assert!(was.is_subset(&urls(&bundle, "DELETE")) && was.is_disjoint(is));
    }
}

#[test]
fn the_command_says_that_ids_follow_the_earlier_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let twins = twins();
    let nodes = twins.nodes.each_ref().map(|node| without_number(node));
    let files = [
        ("both.xml", twins.message(&[&twins.nodes[0], &twins.nodes[1]])),
        ("one.xml", twins.message(&[&twins.nodes[1]])),
        ("unclear.xml", twins.message(&[&with_rank(&nodes[1], "1"), &with_rank(&nodes[0], "2")])),
        ("unnamed.xml", twins.message(&[&nodes[0], &nodes[1]])),
    ];
    for (name, message) in &files {
        fs::write(folder.path().join(name), message).unwrap();
    }
    let convert = |message: &str, earlier: &str| {
        let mut command = Command::cargo_bin("ooievaar").unwrap();
        let command = command.current_dir(folder.path()).args(["convert", message, "--previous", earlier]);
        let ended = command.output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    };
    let (code, said) = convert("one.xml", "both.xml");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("keep this bundle"), "{said}");
    assert!(!convert("both.xml", "both.xml").1.contains("keep this bundle"));
    let (code, said) = convert("unclear.xml", "unnamed.xml");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("error[which-occurrence]") && said.contains("BSN kind"), "{said}");
}
