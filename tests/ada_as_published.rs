//! Published ADA documents, where the machine has them, against what is written of them: element by element, attribute by attribute.

// Clippy does not see that helper functions of a test are tests.
#![allow(clippy::unwrap_used)]

mod support;

use ooievaar::{Converter, Format};
use roxmltree::{Document, Node};

/// The folders of the kinds that we know.
const KINDS: &[&str] = &[
    "kernset-2.3.5-test",
    "kernset-2.3.5",
    "kernset-2.3.6",
    "bevallingsgegevens-2.3",
    "huidige-zwangerschap-2.3",
    "voorgaande-zwangerschap-2.3",
    "kernset-2.2",
    "kernset-2.2-more",
];

/// Codes of which the published form has the position in an earlier version of the value set. We write that of the version of today,
/// which our tables name; positions are not read.
const MOVED: &[(&str, &str)] = &[
    ("20560", "80771000146107"),
    ("20570", "7"),
    // Two published documents of one release differ: 2 and 4.
    ("20626", "G02AD"),
    ("20626", "OTH"),
    ("80626", "274130007"),
    ("80789", "OTH"),
    ("82209", "266579006"),
    ("82209", "300927001"),
    ("82209", "45198002"),
    ("82209", "68566005"),
    ("82545", "78623009"),
    // Of kernset 2.2.
    ("20570", "5"),
    ("20626", "G02AB"),
    ("20331", "4291"),
    ("20331", "8240"),
    ("20331", "8499"),
    ("20371", "OTH"),
    ("20610", "NI"),
    ("40090", "76916001"),
    ("40090", "94702005"),
    ("80909", "34486009"),
    ("82123", "364737004"),
    ("82123", "8571000146103"),
    ("82123", "OTH"),
    ("82222", "87522002"),
    ("82269", "37849005"),
    ("82317", "37849005"),
];

/// Elements with another name in an earlier release.
const RENAMED: &[(&str, &str)] = &[
    ("ruggeprik_gewenst_niet_gekregenq", "ruggenprik_gewenst_niet_gekregenq"),
    ("diagnoseinterventie_postpartum", "diagnoseinterventie_postnataal"),
    ("kindspecifieke_kraamzorggegevens", "kindspecifieke_gegevens"),
];

/// Why an attribute differs, if that is right.
fn reason(attribute: &str, published: Node<'_, '_>, written: Node<'_, '_>) -> Option<&'static str> {
    let (theirs, ours) = (published.attribute(attribute), written.attribute(attribute));
    let number = number(written);
    let is_moved = |code| MOVED.contains(&(number, code));
    match attribute {
        "value" if theirs.is_some_and(|value| value.starts_with('T')) && ours.is_some() => Some("a date without day T"),
        "value" if published.attribute("code").is_some_and(is_moved) => Some("another version of the value set"),
        "conceptId" if theirs.is_none() => Some("the form leaves the concept to the name"),
        "conceptId" if number == "84211" => Some("an example has a number of its own"),
        "root" if theirs.is_none() => Some("the only namespace of the concept"),
        "datatype" if theirs.is_none() || ours.is_none() => Some("not all forms have it"),
        "codeSystemName" if ours.is_none() => Some("the code system has its name in the tables"),
        "displayName" if published.attribute("code") == Some("OTH") => {
            Some("a null flavour has the label of its value set")
        }
        "displayName" if number == "80789" => Some("the value set has another capital"),
        _ => None,
    }
}

fn name_of_today(name: &str) -> &str {
    RENAMED.iter().find(|(before, _)| *before == name).map_or(name, |(_, today)| today)
}

fn number<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("conceptId").and_then(|id| id.rsplit('.').next()).unwrap_or_default()
}

/// What may say something: an element with a value or with elements in it. A unit alone is none.
fn content<'a, 'i>(node: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    let says = |child: &Node<'_, '_>| {
        let value = |name: &str| !matches!(name, "conceptId" | "datatype" | "unit");
        child.is_element()
            && child.descendants().any(|inner| inner.attributes().any(|a| value(a.name()) && !a.value().is_empty()))
    };
    node.children().filter(says).collect()
}

fn compare(published: Node<'_, '_>, written: Node<'_, '_>, path: &str, differences: &mut Vec<String>) {
    let (theirs, ours) = (content(published), content(written));
    let names = |nodes: &[Node<'_, '_>]| {
        nodes.iter().map(|n| name_of_today(n.tag_name().name()).to_owned()).collect::<Vec<_>>()
    };
    if names(&theirs) != names(&ours) {
        differences.push(format!("{path}: elements {:?} and {:?}", names(&theirs), names(&ours)));
        return;
    }
    for (theirs, ours) in theirs.into_iter().zip(ours) {
        let path = format!("{path}/{}", ours.tag_name().name());
        let mut attributes: Vec<&str> = theirs
            .attributes()
            .chain(ours.attributes())
            .filter(|a| a.namespace().is_none())
            .map(|a| a.name())
            .collect();
        attributes.sort_unstable();
        attributes.dedup();
        for name in attributes {
            let one = theirs.attribute(name).filter(|value| !value.is_empty());
            if one != ours.attribute(name) && reason(name, theirs, ours).is_none() {
                differences.push(format!("{path}/@{name}: {one:?} and {:?}", ours.attribute(name)));
            }
        }
        compare(theirs, ours, &path, differences);
    }
}

fn part<'a, 'i>(document: &'a Document<'i>, name: &str) -> Option<Node<'a, 'i>> {
    document.root_element().children().find(|node| node.has_tag_name(name))
}

#[test]
fn what_is_written_is_what_was_published() {
    let mut told = Vec::new();
    let mut compared = 0;
    for kind in KINDS {
        let converter = Converter::new().unwrap().with_reference_day(support::reference_day(kind));
        for sample in support::published(kind, "ada") {
            let input = std::fs::read(&sample.path).unwrap();
            let outcome = converter.convert(&input, Format::Ada).unwrap();
            let (input, output) = (String::from_utf8(input).unwrap(), String::from_utf8(outcome.output).unwrap());
            let (theirs, ours) = (Document::parse(&input).unwrap(), Document::parse(&output).unwrap());
            compared += 1;
            let mut differences = Vec::new();
            for name in ["meta", "data"] {
                let (Some(theirs), Some(ours)) = (part(&theirs, name), part(&ours, name)) else { continue };
                match name {
                    "meta" => compare(theirs, ours, name, &mut differences),
                    // The names and attributes of the form are of its release.
                    _ => compare(
                        theirs.first_element_child().unwrap(),
                        ours.first_element_child().unwrap(),
                        name,
                        &mut differences,
                    ),
                }
            }
            told.extend(differences.into_iter().map(|difference| format!("{}: {difference}", sample.name)));
        }
    }
    assert_eq!(told, Vec::<String>::new(), "{}", told.join("\n"));
    println!("compared: {compared}");
}
