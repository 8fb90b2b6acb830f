//! Published cases of other transactions, which exist as ADA with the FHIR that was made of it at the time: what we make
//! of the same ADA is compared with it. The differences are in snapshots; `docs/fhir-notes.md` has the reasons.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use ooievaar::ada::ReferenceDay;
use ooievaar::{Converter, Format};
use roxmltree::{Document, Node};

/// The day that the relative dates of a case count from, found from a date that both of its files have.
const DAY: &str = "2020-07-02";

/// One statement of a resource: what it is about, and what it says.
#[derive(Debug)]
struct Fact {
    /// Resource type.
    kind: String,
    /// The codings that say which question it answers, as `system|code`.
    code: BTreeSet<String>,
    /// The codings of the answer.
    codings: BTreeSet<String>,
    /// Any other answer.
    plain: Option<String>,
    /// References, as `element=what`.
    about: BTreeSet<String>,
}

/// The statements of a bundle: coded ones, and single elements (`Type(role).path`, with their values).
#[derive(Default)]
struct Facts {
    coded: Vec<Fact>,
    elements: BTreeMap<String, BTreeSet<String>>,
}

/// The child elements of a name.
fn all<'a>(node: Node<'a, 'a>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// The value at a path of elements, the first of each.
fn at<'a>(node: Node<'a, 'a>, path: &[&'a str]) -> Option<&'a str> {
    match path {
        [] => node.attribute("value"),
        [first, rest @ ..] => all(node, first).find_map(|child| at(child, rest)),
    }
}

fn codings(concept: Node<'_, '_>) -> BTreeSet<String> {
    let codings = concept.descendants().filter(|node| node.tag_name().name() == "coding");
    let read = |coding: Node<'_, '_>| {
        let value = |name: &str| {
            coding.children().find(|child| child.tag_name().name() == name)?.attribute("value").map(str::to_owned)
        };
        Some(format!("{}|{}", value("system").unwrap_or_default(), value("code")?))
    };
    codings.filter_map(read).collect()
}

struct Bundle<'a> {
    resources: Vec<Node<'a, 'a>>,
    /// What a reference calls a resource, and what that resource is.
    names: BTreeMap<String, String>,
}

impl<'a> Bundle<'a> {
    fn of(document: &'a Document<'a>) -> Self {
        let resources: Vec<Node<'_, '_>> = document
            .descendants()
            .filter(|node| node.tag_name().name() == "resource")
            .filter_map(|node| node.first_element_child())
            .collect();
        let mut bundle = Self { resources, names: BTreeMap::new() };
        let women: BTreeSet<&str> = bundle
            .resources
            .iter()
            .filter(|resource| is_pregnancy(**resource))
            .filter_map(|resource| at(*resource, &["subject", "reference"]))
            .collect();
        for resource in &bundle.resources {
            let id = at(*resource, &["id"]).unwrap_or_default();
            let names = [format!("{}/{id}", resource.tag_name().name()), format!("urn:uuid:{id}")];
            let is_woman = names.iter().any(|name| women.contains(name.as_str()));
            for name in names {
                bundle.names.insert(name, role(*resource, is_woman));
            }
        }
        bundle
    }

    fn role_of(&self, resource: Node<'_, '_>) -> &str {
        let id = resource.children().find(|child| child.tag_name().name() == "id");
        let id = id.and_then(|id| id.attribute("value")).unwrap_or_default();
        &self.names[&format!("{}/{id}", resource.tag_name().name())]
    }

    /// The references of a resource, with what they refer to.
    fn about(&self, resource: Node<'_, '_>) -> BTreeSet<String> {
        let references = resource.descendants().filter(|node| node.tag_name().name() == "reference");
        let read = |reference: Node<'_, '_>| {
            let target = self.names.get(reference.attribute("value")?).map_or("nothing", String::as_str);
            let path: Vec<Node<'_, '_>> = reference.ancestors().skip(1).take_while(|node| *node != resource).collect();
            let extension = path.iter().find(|node| node.tag_name().name() == "extension");
            let name = match extension.and_then(|node| node.attribute("url")) {
                Some(url) if url.to_lowercase().ends_with("focusstu3") => "focus",
                Some(url) => url.rsplit('/').next()?,
                None => path.last()?.tag_name().name(),
            };
            Some(format!("{name}={target}"))
        };
        references.filter_map(read).collect()
    }

    fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for resource in &self.resources {
            let kind = resource.tag_name().name();
            if kind == "Composition" {
                continue;
            }
            let about = self.about(*resource);
            if let Some(code) = all(*resource, "code").next().filter(|_| kind != "PractitionerRole") {
                facts.coded.push(fact(kind, code, *resource, &about));
            }
            for component in all(*resource, "component") {
                facts.coded.extend(all(component, "code").map(|code| fact(kind, code, component, &about)));
            }
            self.elements(*resource, &mut facts.elements);
        }
        facts
    }

    /// Single elements, apart from codes, answers, references, and what concerns the resource itself.
    fn elements(&self, resource: Node<'_, '_>, elements: &mut BTreeMap<String, BTreeSet<String>>) {
        const PASSED_OVER: [&str; 10] =
            ["id", "meta", "text", "extension", "code", "component", "reference", "display", "category", "intent"];
        let role = self.role_of(resource);
        for leaf in resource.descendants() {
            let Some(value) = leaf.attribute("value") else { continue };
            let mut path: Vec<&str> =
                leaf.ancestors().take_while(|node| *node != resource).map(|node| node.tag_name().name()).collect();
            path.reverse();
            let in_coding = path.contains(&"coding");
            let passed = path.iter().any(|name| PASSED_OVER.contains(name) && !(in_coding && *name == "code"));
            if passed
                || path[0].starts_with("value")
                || path[0] == "code"
                || (in_coding && path.last() == Some(&"system"))
            {
                continue;
            }
            elements.entry(format!("{role}.{}", path.join("."))).or_default().insert(value.to_owned());
        }
    }
}

fn is_pregnancy(resource: Node<'_, '_>) -> bool {
    let mut profiles = resource.descendants().filter(|node| node.tag_name().name() == "profile");
    profiles.any(|profile| profile.attribute("value").is_some_and(|url| url.ends_with("/zib-Pregnancy")))
}

/// What a resource is, in a word.
fn role(resource: Node<'_, '_>, is_woman: bool) -> String {
    let kind = resource.tag_name().name();
    let code = resource.children().find(|child| child.tag_name().name() == "code").map(codings).unwrap_or_default();
    let has = |code_: &str| code.contains(&format!("http://snomed.info/sct|{code_}"));
    match kind {
        "Patient" if is_woman => "woman".to_owned(),
        "Patient" => "child".to_owned(),
        "Condition" if is_pregnancy(resource) => "pregnancy".to_owned(),
        "Procedure" if has("236973005") => "delivery".to_owned(),
        "Procedure" if has("3950001") => "birth".to_owned(),
        other => other.to_owned(),
    }
}

fn fact(kind: &str, code: Node<'_, '_>, holder: Node<'_, '_>, about: &BTreeSet<String>) -> Fact {
    let value = holder.children().find(|child| child.tag_name().name().starts_with("value"));
    let answer = value.map(codings).unwrap_or_default();
    let plain = value.filter(|_| answer.is_empty()).map(|value| {
        let part = |name: &str| {
            let part = value.children().find(|child| child.tag_name().name() == name);
            part.and_then(|part| part.attribute("value")).map(str::to_owned)
        };
        value
            .attribute("value")
            .map(str::to_owned)
            .or_else(|| Some(format!("{} {}", part("value")?, part("code").unwrap_or_default()).trim().to_owned()))
            .unwrap_or_else(|| "no value".to_owned())
    });
    Fact { kind: kind.to_owned(), code: codings(code), codings: answer, plain, about: about.clone() }
}

/// A value without its digits: a snapshot is no place for data of a case.
fn masked(value: Option<&String>) -> String {
    value.map_or_else(
        || "nothing".to_owned(),
        |text| text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect(),
    )
}

fn list(set: &BTreeSet<String>) -> String {
    if set.is_empty() { "nothing".to_owned() } else { set.iter().cloned().collect::<Vec<_>>().join(" + ") }
}

/// The same question or the same answer.
fn belongs(ours: &Fact, theirs: &Fact) -> bool {
    let same = |left: &BTreeSet<String>, right: &BTreeSet<String>| left.intersection(right).next().is_some();
    ours.kind == theirs.kind && (same(&ours.code, &theirs.code) || same(&ours.codings, &theirs.codings))
}

fn same_answer(ours: &Fact, theirs: &Fact) -> bool {
    match (ours.codings.is_empty(), theirs.codings.is_empty()) {
        (false, false) => ours.codings.intersection(&theirs.codings).next().is_some(),
        (true, true) => ours.plain == theirs.plain,
        _ => false,
    }
}

fn compare(ours: Facts, theirs: Facts) -> String {
    let mut agree = Vec::new();
    let mut differ = Vec::new();
    let mut only_theirs = Vec::new();
    let mut ours_left = ours.coded;
    for theirs in theirs.coded {
        let by_question =
            ours_left.iter().position(|own| own.kind == theirs.kind && !own.code.is_disjoint(&theirs.code));
        let by_answer = || ours_left.iter().position(|own| belongs(own, &theirs) || same_moment(own, &theirs));
        let Some(found) = by_question.or_else(by_answer) else {
            only_theirs.push(format!("{} {}", theirs.kind, list(&theirs.code)));
            continue;
        };
        let own = ours_left.remove(found);
        let mut parts = Vec::new();
        if own.code.is_disjoint(&theirs.code) {
            parts.push(format!("code: ours {}, theirs {}", list(&own.code), list(&theirs.code)));
        }
        if !same_answer(&own, &theirs) {
            let shown =
                |fact: &Fact| if fact.codings.is_empty() { masked(fact.plain.as_ref()) } else { list(&fact.codings) };
            parts.push(format!("value: ours {}, theirs {}", shown(&own), shown(&theirs)));
        }
        if own.about != theirs.about {
            let more = |one: &Fact, other: &Fact| list(&one.about.difference(&other.about).cloned().collect());
            parts.push(format!("about: ours also {}, theirs also {}", more(&own, &theirs), more(&theirs, &own)));
        }
        let name = format!("{} {}", theirs.kind, list(&theirs.code));
        if parts.is_empty() { agree.push(name) } else { differ.push(format!("{name}\n    {}", parts.join("\n    "))) }
    }
    let only_ours: Vec<String> = ours_left.iter().map(|fact| format!("{} {}", fact.kind, list(&fact.code))).collect();
    let mut only_our_elements = Vec::new();
    for (path, values) in &ours.elements {
        match theirs.elements.get(path) {
            Some(other) if other == values => agree.push(path.clone()),
            Some(other) => {
                let shown =
                    |set: &BTreeSet<String>| set.iter().map(|v| masked(Some(v))).collect::<Vec<_>>().join(" + ");
                differ.push(format!("{path}\n    ours {}, theirs {}", shown(values), shown(other)));
            }
            None => only_our_elements.push(path.clone()),
        }
    }
    let only_their_elements = theirs.elements.keys().filter(|path| !ours.elements.contains_key(*path)).cloned();
    only_theirs.extend(only_their_elements);
    let only_ours: Vec<String> = only_ours.into_iter().chain(only_our_elements).collect();
    let mut text = String::new();
    for (title, mut lines) in
        [("agree", agree), ("differ", differ), ("only in theirs", only_theirs), ("only in ours", only_ours)]
    {
        lines.sort();
        writeln!(text, "{title}: {}", lines.len()).unwrap();
        for line in lines {
            writeln!(text, "  {line}").unwrap();
        }
    }
    text
}

/// The same answer to the minute, whatever its zone.
fn same_moment(ours: &Fact, theirs: &Fact) -> bool {
    let minute = |fact: &Fact| {
        fact.plain.as_ref().filter(|text| text.contains('T')).and_then(|text| text.get(..16).map(str::to_owned))
    };
    let day = |fact: &Fact| fact.plain.clone().filter(|text| text.len() == 10 && text.contains('-'));
    ours.kind == theirs.kind
        && (minute(ours).is_some() && minute(ours) == minute(theirs) || day(ours).is_some() && day(ours) == day(theirs))
}

fn check(kind: &str, ada: &str, fhir: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/messages").join(kind);
    let (Ok(ada), Ok(theirs)) =
        (std::fs::read(folder.join("ada").join(ada)), std::fs::read_to_string(folder.join("fhir").join(fhir)))
    else {
        println!("skipped: reference data not present");
        return;
    };
    let converter = Converter::new().unwrap().with_reference_day(ReferenceDay::parse(DAY).unwrap());
    let outcome = converter.convert(&ada, Format::FhirXml).unwrap();
    assert!(outcome.ledger.is_balanced());
    let ours = String::from_utf8(outcome.output).unwrap();
    let (ours, theirs) = (Document::parse(&ours).unwrap(), Document::parse(&theirs).unwrap());
    let mut text = compare(Bundle::of(&ours).facts(), Bundle::of(&theirs).facts());
    let mut lost: BTreeMap<String, u32> = BTreeMap::new();
    for loss in &outcome.ledger.losses {
        let concept = loss.concept.map(|ix| outcome.reading.dataset().get(ix));
        let name = concept.map_or_else(|| "-".to_owned(), |concept| format!("{} {}", concept.number, concept.name));
        *lost.entry(format!("{} {name}", loss.reason.code())).or_default() += loss.leaves;
    }
    writeln!(text, "lost by us, in leaves: {}", outcome.ledger.lost_leaves()).unwrap();
    for (name, leaves) in &lost {
        writeln!(text, "  {name}: {leaves}").unwrap();
    }
    let name = kind.to_owned();
    let name = if kind.starts_with("voorgaande") { format!("{kind}-{}", ada_number(fhir)) } else { name };
    insta::assert_snapshot!(name, text);
}

/// Which of the three earlier pregnancies a file is of.
fn ada_number(fhir: &str) -> u8 {
    if fhir.contains("8385d8c9") {
        1
    } else if fhir.contains("9f861ee8") {
        2
    } else {
        3
    }
}

const EARLIER: &str = "Gebz-prio1-vorige-zwangerschap-transaction-samenvatting-wouden-zwangerschap";

#[test]
fn a_delivery() {
    check(
        "bevallingsgegevens-2.3",
        "bevallingsgegevens.xml",
        "Gebz-partus-transaction-c4ea427d-b1fd-11ea-5562-020000000000.xml",
    );
}

#[test]
fn three_earlier_pregnancies() {
    let kind = "voorgaande-zwangerschap-2.3";
    check(kind, "wouden-1e_zwangerschap.xml", &format!("{EARLIER}8385d8c9-bc62-11ea-1312-020000000000.xml"));
    check(kind, "wouden-2e_zwangerschap.xml", &format!("{EARLIER}9f861ee8-bc62-11ea-2047-020000000000.xml"));
    check(kind, "wouden-3e_zwangerschap.xml", &format!("{EARLIER}aa45bcf8-bc62-11ea-1214-020000000000.xml"));
}

/// Nothing was published that this could be compared with; it must be read and written all the same.
#[test]
fn a_current_pregnancy() {
    let file = "../shared/reference/messages/huidige-zwangerschap-2.3/ada/wouden-huidige_zwangerschap.xml";
    let Ok(ada) = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)) else {
        println!("skipped: reference data not present");
        return;
    };
    let converter = Converter::new().unwrap().with_reference_day(ReferenceDay::parse(DAY).unwrap());
    let outcome = converter.convert(&ada, Format::FhirJson).unwrap();
    assert!(outcome.ledger.is_balanced());
    assert!(outcome.ledger.translated > 0);
}
