//! A plan as a program, a person or a server takes it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Anchor, Plan, Search};
use crate::dataset::{ConceptIx, Dataset};

/// What is known beforehand. What is not stands in the result as `[patient]` or `[record]`.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The id of the woman on the server, or an identifier as `system|value`.
    pub person: Option<String>,
    /// The id of her record.
    pub record: Option<String>,
}

/// What is neither an id of FHIR nor, of the woman, an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no id: give it as the server has it (12, or with its type, Patient/12), or an identifier of the woman as SYSTEM|VALUE"
)]
pub struct NoId;

impl Known {
    /// What is known of the woman and of her record: ids, with or without their type; of the woman also an identifier.
    ///
    /// # Errors
    /// If one is neither.
    pub fn new(plan: &Plan, person: Option<&str>, record: Option<&str>) -> Result<Self, NoId> {
        let is_identifier = |text: &&str| text.split_once('|').is_some_and(|(_, value)| !value.is_empty());
        let person = match person.filter(is_identifier) {
            Some(identifier) => Some(identifier.to_owned()),
            None => person.map(|text| id(&plan.person, text)).transpose()?,
        };
        Ok(Self { person, record: record.map(|text| id(&plan.record, text)).transpose()? })
    }

    /// The id of the woman, if that is what is known of her.
    fn person_id(&self) -> Option<&str> {
        self.person.as_deref().filter(|person| !person.contains('|'))
    }

    fn has(&self, anchor: &Anchor) -> bool {
        match anchor {
            Anchor::Person => self.person_id().is_some(),
            Anchor::Record => self.record.is_some(),
            Anchor::Found(_) => false,
        }
    }
}

/// An id of FHIR, which may stand behind its type.
fn id(kind: &str, text: &str) -> Result<String, NoId> {
    let id = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text);
    let is_id =
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if is_id { Ok(id.to_owned()) } else { Err(NoId) }
}

/// The searches as addresses below that of the server, a line each, in order. What is read at the end is not among them.
pub fn urls(plan: &Plan, known: &Known) -> String {
    let searches = plan.searches.iter().map(|search| url(plan, known, search));
    std::iter::once(person_url(plan, known)).chain(searches).map(|url| url + "\n").collect()
}

/// The searches as a Bundle of type `batch`: those that can be done with what is known.
pub fn batch(plan: &Plan, known: &Known) -> Value {
    let person = known.person.as_ref().map(|_| person_url(plan, known));
    let searches =
        plan.searches.iter().filter(|search| known.has(&search.anchor)).map(|search| url(plan, known, search));
    let entries = person.into_iter().chain(searches).map(|url| json!({ "request": { "method": "GET", "url": url } }));
    json!({ "resourceType": "Bundle", "type": "batch", "entry": entries.collect::<Vec<Value>>() })
}

/// The plan as JSON: steps with what each needs and gives, and the concepts that each search finds.
pub fn json(plan: &Plan, known: &Known, dataset: &Dataset) -> Value {
    let searches = |is_meant: &dyn Fn(&Anchor) -> bool| -> Vec<Value> {
        plan.searches.iter().filter(|search| is_meant(&search.anchor)).map(|search| {
            let concepts: Vec<&str> =
                search.concepts.iter().map(|ix: &ConceptIx| dataset.get(*ix).number.as_str()).collect();
            let mut found = json!({ "url": url(plan, known, search), "type": search.resource_type.as_str(), "concepts": concepts });
            if let Anchor::Found(kind) = &search.anchor {
                found["needs"] = kind.as_str().into();
            }
            found
        })
        .collect()
    };
    let reads: Vec<Value> = plan
        .reads
        .iter()
        .map(|read| json!({ "from": read.from.as_str(), "element": read.element, "type": read.resource_type.as_str() }))
        .collect();
    json!({ "steps": [
        { "gives": "patient", "searches": [{ "url": person_url(plan, known), "type": plan.person.as_str() }] },
        { "needs": "patient", "gives": "record", "record": plan.record.as_str(), "searches": searches(&|anchor| *anchor == Anchor::Person) },
        { "needs": "record", "searches": searches(&|anchor| *anchor == Anchor::Record) },
        { "reads": reads, "searches": searches(&|anchor| matches!(anchor, Anchor::Found(_))), "until": "nothing new is found" },
    ] })
}

fn person_url(plan: &Plan, known: &Known) -> String {
    match known.person.as_deref() {
        Some(identifier) if identifier.contains('|') => format!("{}?identifier={}", plan.person, encoded(identifier)),
        id => format!("{}?_id={}", plan.person, id.map_or_else(|| "[patient]".to_owned(), encoded)),
    }
}

fn url(plan: &Plan, known: &Known, search: &Search) -> String {
    let (kind, id, hole) = match &search.anchor {
        Anchor::Person => (&plan.person, known.person_id(), "patient"),
        Anchor::Record => (&plan.record, known.record.as_deref(), "record"),
        Anchor::Found(kind) => (kind, None, kind.as_str()),
    };
    let id = id.map_or_else(|| format!("[{hole}]"), encoded);
    // The value of a chain is an id: what it refers to is said by the chain.
    let target = format!("{kind}/{id}");
    let mut url = format!("{}?{}={target}", search.resource_type, search.parameter);
    if !search.codes.is_empty() {
        let codes: Vec<String> =
            search.codes.iter().map(|(system, code)| format!("{}%7C{}", encoded(system), encoded(code))).collect();
        let _ = write!(url, "&code={}", codes.join(","));
    }
    url
}

/// As it may stand in the query of an address (RFC 3986): all but letters, digits and a few marks in percents.
fn encoded(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' => result.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => result.push(char::from(byte)),
            byte => {
                let _ = write!(result, "%{byte:02X}");
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_no_mark_that_ends_it() {
        assert_eq!(encoded("http://fhir.nl/a b|1&2"), "http://fhir.nl/a%20b%7C1%262");
    }
}
