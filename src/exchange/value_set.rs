//! A published value set as a table.

use std::fmt::Write as _;

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::terminology::CodeSystems;

/// A value set as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The name that it is published under.
    pub name: String,
    /// The table.
    pub csv: String,
    /// What it says that a table of codes cannot hold (whole code systems, other value sets): for a person to look at.
    pub left: Vec<String>,
}

struct Member {
    code: String,
    system: String,
    display: String,
}

/// Reads a value set as published by ART-DECOR (`voc-*.xml`) or as FHIR `ValueSet` (JSON or XML).
///
/// # Errors
/// If it is none of these, or has a code system whose URI has no OID in `code-systems.csv`; the text says which.
pub fn import(text: &str, systems: &CodeSystems) -> Result<Imported, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|e| format!("is no JSON: {e}"))?;
        return from_json(&value, systems);
    }
    let document = Document::parse(text).map_err(|e| format!("is no XML: {e}"))?;
    let root = document.root_element();
    if root.has_tag_name(("http://hl7.org/fhir", "ValueSet")) {
        return from_fhir_xml(root, systems);
    }
    let sets = root.descendants().filter(|node| node.has_tag_name("valueSet") && node.attribute("id").is_some());
    // A file may hold every version: the last one published.
    let latest = sets.max_by_key(|set| set.attribute("effectiveDate").unwrap_or_default().to_owned());
    from_decor(latest.ok_or("holds neither an ART-DECOR value set nor a FHIR ValueSet")?)
}

fn from_decor(set: Node<'_, '_>) -> Result<Imported, String> {
    let attribute = |name: &str| set.attribute(name).unwrap_or_default();
    let (mut members, mut left) = (Vec::new(), Vec::new());
    for node in set.descendants() {
        let of = |name: &str| node.attribute(name).unwrap_or_default().to_owned();
        match node.tag_name().name() {
            // An abstract or specialised type (A, S with children) is listed too: a message may send it.
            "concept" | "exception" if node.attribute("code").is_some() => {
                members.push(Member { code: of("code"), system: of("codeSystem"), display: of("displayName") });
            }
            "include" => left.push(format!("includes {}{}", of("ref"), of("codeSystem"))),
            "completeCodeSystem" => left.push(format!("includes all of {}", of("codeSystem"))),
            _ => {}
        }
    }
    let date = attribute("effectiveDate").split('T').next().unwrap_or_default();
    table(attribute("name"), &format!("{} {date}", attribute("id")), &members, left)
}

fn from_json(value: &Value, systems: &CodeSystems) -> Result<Imported, String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text(value, "resourceType") != "ValueSet" {
        return Err("is no FHIR ValueSet".to_owned());
    }
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let (mut members, mut left) = (Vec::new(), Vec::new());
    for include in value.get("compose").map(|compose| list(compose, "include")).unwrap_or_default() {
        let concepts = list(&include, "concept");
        if concepts.is_empty() {
            left.push(format!("includes {}", include_of(&text(&include, "system"), &list(&include, "valueSet"))));
            continue;
        }
        let system = oid(systems, &text(&include, "system"))?;
        members.extend(concepts.iter().map(|concept| Member {
            code: text(concept, "code"),
            system: system.clone(),
            display: text(concept, "display"),
        }));
    }
    let version = text(value, "version");
    table(&text(value, "name"), &format!("{} {}", text(value, "url"), date(&version)), &members, left)
}

fn include_of(system: &str, sets: &[Value]) -> String {
    let sets: Vec<&str> = sets.iter().filter_map(Value::as_str).collect();
    if sets.is_empty() { format!("all of {system}") } else { sets.join(", ") }
}

fn from_fhir_xml(root: Node<'_, '_>, systems: &CodeSystems) -> Result<Imported, String> {
    let (mut members, mut left) = (Vec::new(), Vec::new());
    let compose = root.children().filter(|node| node.tag_name().name() == "compose");
    for include in compose.flat_map(|compose| compose.children()).filter(|node| node.tag_name().name() == "include") {
        let concepts: Vec<_> = include.children().filter(|node| node.tag_name().name() == "concept").collect();
        let uri = attribute_of(include, "system");
        if concepts.is_empty() {
            let set = attribute_of(include, "valueSet");
            left.push(if set.is_empty() { format!("includes all of {uri}") } else { format!("includes {set}") });
            continue;
        }
        let system = oid(systems, &uri)?;
        members.extend(concepts.into_iter().map(|concept| Member {
            code: attribute_of(concept, "code"),
            system: system.clone(),
            display: attribute_of(concept, "display"),
        }));
    }
    let version = attribute_of(root, "version");
    table(&attribute_of(root, "name"), &format!("{} {}", attribute_of(root, "url"), date(&version)), &members, left)
}

/// The value of a FHIR primitive in XML; empty if there is none.
fn attribute_of(node: Node<'_, '_>, name: &str) -> String {
    let found = node.children().find(|child| child.tag_name().name() == name);
    found.and_then(|child| child.attribute("value")).unwrap_or_default().to_owned()
}

fn date(version: &str) -> &str {
    version.split('T').next().unwrap_or(version)
}

fn oid(systems: &CodeSystems, uri: &str) -> Result<String, String> {
    let missing = || format!("code system `{uri}` has no OID in code-systems.csv; add its row");
    systems.oid(uri).map(str::to_owned).ok_or_else(missing)
}

fn table(name: &str, source: &str, members: &[Member], left: Vec<String>) -> Result<Imported, String> {
    if members.is_empty() {
        return Err(format!("value set `{name}` lists no codes ({})", left.join("; ")));
    }
    let mut csv = String::from("code,code_system,display,ordinal,source\n");
    let quoted = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    for (at, member) in (1..).zip(members) {
        let cells = [&member.code, &member.system, &member.display].map(|cell| quoted(cell));
        let _ = writeln!(csv, "{},{at},{}", cells.join(","), quoted(source.trim()));
    }
    Ok(Imported { name: name.to_owned(), csv, left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{RawSheet, Source};

    fn systems() -> CodeSystems {
        CodeSystems::load(&Source::Embedded).unwrap()
    }

    const EXPECTED: &str = "code,code_system,display,ordinal,source\n\
        1,2.16.840.1.113883.2.4.3.11.999.7,\"rood, of roze\",1,";

    #[test]
    fn an_art_decor_value_set() {
        let text = r#"<valueSets>
            <valueSet id="1.2.3" name="Kleur" effectiveDate="2019-01-01T00:00:00"><conceptList>
              <concept code="0" codeSystem="1.9" displayName="oud" level="0" type="L"/></conceptList></valueSet>
            <valueSet id="1.2.3" name="Kleur" effectiveDate="2021-02-03T00:00:00">
              <completeCodeSystem codeSystem="1.8"/>
              <conceptList>
                <concept code="1" codeSystem="2.16.840.1.113883.2.4.3.11.999.7" displayName="rood, of roze" level="0" type="L"/>
                <exception code="OTH" codeSystem="2.16.840.1.113883.5.1008" displayName="anders" level="0" type="L"/>
              </conceptList></valueSet></valueSets>"#;
        let set = import(text, &systems()).unwrap();
        assert_eq!(set.name, "Kleur");
        assert!(set.csv.starts_with(&format!("{EXPECTED}1.2.3 2021-02-03\n")), "{}", set.csv);
        assert!(set.csv.contains("\nOTH,2.16.840.1.113883.5.1008,anders,2,"));
        assert_eq!(set.left, ["includes all of 1.8"]);
        assert_eq!(RawSheet::parse(&set.csv).unwrap().flaws, []);
    }

    #[test]
    fn a_fhir_value_set_in_both_syntaxes() {
        let json = r#"{"resourceType": "ValueSet", "url": "http://example.org/vs", "version": "2021-02-03T00:00:00", "name": "Kleur",
            "compose": {"include": [{"system": "urn:oid:2.16.840.1.113883.2.4.3.11.999.7",
              "concept": [{"code": "1", "display": "rood, of roze"}]}]}}"#;
        let xml = r#"<ValueSet xmlns="http://hl7.org/fhir"><url value="http://example.org/vs"/><version value="2021-02-03T00:00:00"/>
            <name value="Kleur"/><compose><include><system value="urn:oid:2.16.840.1.113883.2.4.3.11.999.7"/>
            <concept><code value="1"/><display value="rood, of roze"/></concept></include></compose></ValueSet>"#;
        let set = import(json, &systems()).unwrap();
        assert_eq!(set.csv, format!("{EXPECTED}http://example.org/vs 2021-02-03\n"));
        assert_eq!(import(xml, &systems()).unwrap(), set);
    }

    #[test]
    fn what_cannot_be_imported_is_refused() {
        for (text, why) in [
            ("<a/>", "neither"),
            ("{}", "no FHIR ValueSet"),
            ("{", "no JSON"),
            ("<a", "no XML"),
            (
                r#"{"resourceType":"ValueSet","compose":{"include":[{"system":"http://x.y","concept":[{"code":"1"}]}]}}"#,
                "no OID",
            ),
            (
                r#"{"resourceType":"ValueSet","name":"N","compose":{"include":[{"system":"http://x.y"}]}}"#,
                "lists no codes",
            ),
        ] {
            let fault = import(text, &systems()).unwrap_err();
            assert!(fault.contains(why), "{text}: {fault}");
        }
    }
}
