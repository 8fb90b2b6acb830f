//! A code map as FHIR STU3 ConceptMap.

use serde_json::{Map, Value, json};

use crate::tables::{Row, Sheet, Source, TableError};
use crate::terminology::CodeSystems;

/// Makes the `ConceptMap` of a code map (its name in `code-maps/`). `base` is the start of its canonical URL; without one it has none.
///
/// # Errors
/// If the table or `code-systems.csv` cannot be read.
pub fn concept_map(source: &Source, name: &str, base: Option<&str>) -> Result<Value, TableError> {
    let columns =
        ["source_system", "source_code", "target_system", "target_code", "target_display", "relation", "source"];
    let sheet = Sheet::load(source, &format!("code-maps/{name}.csv"), &columns)?;
    let systems = CodeSystems::load(source)?;
    let mut groups: Vec<(String, String, Vec<Value>)> = Vec::new();
    for row in sheet.rows() {
        let uri = |column: &str| systems.uri(row.get(column)).into_owned();
        let key = (uri("source_system"), uri("target_system"));
        let at = groups.iter().position(|(from, to, _)| (from, to) == (&key.0, &key.1)).unwrap_or_else(|| {
            groups.push((key.0, key.1, Vec::new()));
            groups.len() - 1
        });
        groups[at].2.push(element(row));
    }
    let groups = groups.into_iter().map(|(from, to, elements)| {
        let mut group = Map::new();
        group.insert("source".to_owned(), from.into());
        if !to.is_empty() {
            group.insert("target".to_owned(), to.into());
        }
        group.insert("element".to_owned(), elements.into());
        Value::Object(group)
    });
    let mut map = json!({ "resourceType": "ConceptMap", "id": name });
    if let Some(base) = base {
        map["url"] = format!("{}/ConceptMap/{name}", base.trim_end_matches('/')).into();
    }
    map["name"] = name.into();
    map["status"] = "active".into();
    map["group"] = groups.collect();
    Ok(map)
}

fn element(row: Row<'_>) -> Value {
    let mut target = Map::new();
    for (member, column) in
        [("code", "target_code"), ("display", "target_display"), ("equivalence", "relation"), ("comment", "source")]
    {
        if !row.get(column).is_empty() {
            target.insert(member.to_owned(), row.get(column).into());
        }
    }
    json!({ "code": row.get("source_code"), "target": [target] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_map_is_a_concept_map() {
        for file in Source::Embedded.list("code-maps").unwrap() {
            let name = file.trim_start_matches("code-maps/").trim_end_matches(".csv");
            let map = concept_map(&Source::Embedded, name, Some("http://example.org/fhir/")).unwrap();
            assert_eq!(map["url"], format!("http://example.org/fhir/ConceptMap/{name}"));
            let groups = map["group"].as_array().unwrap();
            let elements: usize = groups.iter().map(|group| group["element"].as_array().unwrap().len()).sum();
            let rows = Sheet::load(&Source::Embedded, &file, &[]).unwrap().rows().count();
            assert_eq!(elements, rows, "{name}");
        }
    }
}
