//! JSON Schemas of the TOML files: for editors, and for the check of keys.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::layout;

/// The TOML files: path (`*` stands for a name), and the name of the schema.
pub const FILES: &[(&str, &str)] = &[
    ("ooievaar.toml", "ooievaar"),
    ("messages/*/message.toml", "message"),
    ("fhir-stu3/answers.toml", "answers"),
    ("fhir-stu3/cases.toml", "cases"),
    ("fhir-stu3/identity.toml", "identity"),
];

/// The schemas, each made when it is first asked for.
static OOIEVAAR: LazyLock<Value> = LazyLock::new(ooievaar);
static MESSAGE: LazyLock<Value> = LazyLock::new(message);
static ANSWERS: LazyLock<Value> = LazyLock::new(answers);
static CASES: LazyLock<Value> = LazyLock::new(cases);
static IDENTITY: LazyLock<Value> = LazyLock::new(identity);

/// The schema of a file; `None` if it is no TOML file that is known.
pub fn of(path: &str) -> Option<&'static Value> {
    let (_, name) = FILES.iter().find(|(pattern, _)| layout::fits(pattern, path))?;
    named(name)
}

/// The schema with a name.
pub fn named(name: &str) -> Option<&'static Value> {
    Some(match name {
        "ooievaar" => &OOIEVAAR,
        "message" => &MESSAGE,
        "answers" => &ANSWERS,
        "cases" => &CASES,
        "identity" => &IDENTITY,
        _ => return None,
    })
}

fn text(about: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": about })
}

fn matching(pattern: &str, about: &str) -> Value {
    json!({ "type": "string", "pattern": pattern, "description": about })
}

fn list(items: &Value, about: &str) -> Value {
    json!({ "type": "array", "items": items, "description": about })
}

fn oid(about: &str) -> Value {
    matching("^[0-2](\\.(0|[1-9][0-9]*))+$", about)
}

fn concept(about: &str) -> Value {
    matching("^W?[0-9]+$", about)
}

fn words(about: &str) -> Value {
    json!({ "type": "object", "additionalProperties": text("a value"), "description": about })
}

fn document(title: &str, required: &[&str], properties: &Value) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    })
}

fn ooievaar() -> Value {
    let entry = json!({
        "type": "object",
        "required": ["root_oid"],
        "additionalProperties": false,
        "properties": {
            "like": text("the dataset that it is like: its table is laid over that one, and what is not said here is as it is there"),
            "root_oid": oid("the OID above the concept numbers"),
            "also": list(&oid("an OID"), "other OIDs under which the same numbers occur"),
            "elsewhere": words("concepts that stand under another OID, with the OID above their numbers"),
            "fhir": text("name of the FHIR table"),
            "units": words("units that the dataset spells in words, with the UCUM unit"),
            "administrative": list(&concept("a concept"), "concepts that, with all within them, are not clinical"),
            "glance": list(&concept("a concept"), "concepts that a person wants to see first, in that order"),
            "persons": persons(),
            "standard": standard(),
        },
    });
    let properties = json!({
        "format": { "type": "integer", "description": "layout of the tables" },
        "messages": list(&text("a folder in messages/"), "the messages"),
        "ada": ada_statuses(),
        "dataset": { "type": "object", "additionalProperties": entry, "description": "the datasets, by name" },
    });
    document("What the mappings folder holds", &["format", "messages", "dataset"], &properties)
}

/// What ADA documents say of themselves.
fn ada_statuses() -> Value {
    let statuses = |about: &str| list(&text("a status"), about);
    json!({
        "type": "object",
        "description": "what ADA documents say of themselves in `status`",
        "required": ["in_force", "withdrawn"],
        "additionalProperties": false,
        "properties": {
            "in_force": statuses("those that change nothing"),
            "withdrawn": statuses("those with which nothing in the document is so"),
        },
    })
}

/// Who the persons in a record are.
fn persons() -> Value {
    let entry = json!({
        "type": "object",
        "required": ["group", "number"],
        "additionalProperties": false,
        "properties": {
            "group": concept("the group that is about the person"),
            "number": concept("the identifier in it of which nobody has two"),
            "namespace": oid("the namespace of those, where the concept holds other identifiers as well"),
        },
    });
    list(&entry, "the persons, each with the number by which it is known: two numbers are two persons")
}

/// How much the standard has.
fn standard() -> Value {
    let count = |about: &str| json!({ "type": "integer", "description": about });
    json!({
        "type": "object",
        "description": "how much the standard has, of which the tables may have a selection",
        "required": ["concepts", "values", "source"],
        "additionalProperties": false,
        "properties": {
            "concepts": count("concepts, groups included"),
            "values": count("concepts that hold a value"),
            "source": text("where that can be counted"),
        },
    })
}

fn message() -> Value {
    let align = json!({
        "type": "object",
        "required": ["group", "with", "key"],
        "additionalProperties": false,
        "properties": {
            "group": concept("a repeating group"),
            "with": concept("the group that is about the same thing"),
            "key": list(&concept("a leaf"), "the leaves, one in each group, that say which belongs to which"),
        },
    });
    let place = json!({
        "type": "object",
        "required": ["path"],
        "additionalProperties": false,
        "properties": {
            "path": text("elements from the outermost one down, with `/` between them"),
            "concept": concept("what the element stands for"),
            "fixed": words("attributes that are the same in every message"),
        },
    });
    let transmission = json!({
        "type": "object",
        "required": ["element", "concept", "places"],
        "additionalProperties": false,
        "description": "where `meta` holds the data of the transmission",
        "properties": {
            "element": text("the outermost element"),
            "concept": concept("the group that it stands for"),
            "places": list(&place, "the elements in it, in the order in which they are written"),
        },
    });
    let ada = json!({
        "type": "object",
        "required": ["root"],
        "additionalProperties": false,
        "properties": {
            "root": text("the element that holds the transaction"),
            "also": list(&text("an element"), "other names of that element"),
            "attributes": words("its fixed attributes"),
            "units": words("words for units"),
            "namespaces": {
                "type": "object",
                "additionalProperties": text("a namespace"),
                "description": "the namespace of identifiers that ADA may give without one",
            },
            "moments": list(&concept("a moment"), "the moments of which the form wants the time; others may be a day"),
            "unlisted": list(&concept("a leaf"), "what documents hold and the published form has no element for"),
            "concepts": {
                "type": "object",
                "description": "whole concept ids that are not below the OID of the dataset, by concept number",
                "additionalProperties": oid("the concept id"),
            },
            "datatypes": {
                "type": "boolean",
                "description": "false where a date does not say `datatype`: the forms of before 2.3",
            },
            "transmission": transmission,
        },
    });
    let sending = json!({
        "type": "object",
        "required": ["group", "id", "sender", "created", "created_after"],
        "additionalProperties": false,
        "description": "what says how a message is sent",
        "properties": {
            "group": concept("the group that holds all of it"),
            "id": concept("what identifies the message"),
            "sender": concept("what identifies the sender"),
            "created": concept("when the message was made"),
            "created_after": list(&concept("a date"), "when something had happened before the message was made"),
        },
    });
    let properties = json!({
        "standard": standard(),
        "title": text("what people call the message"),
        "like": text("the kind of message that it is like: its files are laid over those"),
        "without": list(&text("a column"), "columns that rows of that kind have empty here"),
        "dataset": text("name of its dataset"),
        "roots": list(&text("an element"), "document elements that it can start with; the first is written; none for a transaction that exists as ADA alone"),
        "template": oid("the templateId that only this message carries"),
        "labels": list(&text("an attribute"), "attributes that repeat what is fixed elsewhere"),
        "align": list(&align, "pairs of groups that are about the same thing"),
        "transmission": sending,
        "ada": ada,
    });
    document("A message or document", &["title", "dataset", "ada"], &properties)
}

fn answers() -> Value {
    let state = json!({ "type": "object", "description": "elements and their values" });
    let clauses = list(&state, "what to look for, in this order");
    let answer = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "yes": state, "no": state, "null": state, "absent": state,
            "null_on": text("the primitive that carries the null flavour"),
            "read": {
                "type": "object",
                "additionalProperties": false,
                "properties": { "yes": clauses, "no": clauses, "null": clauses },
            },
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "How an answer is said without a boolean",
        "type": "object",
        "additionalProperties": answer,
    })
}

fn cases() -> Value {
    let test = json!({
        "type": "object",
        "description": "what marks all of a case as a test",
        "required": ["concept", "codes", "system", "code"],
        "additionalProperties": false,
        "properties": {
            "concept": concept("the concept that says so"),
            "codes": list(&text("a code"), "with which codes; the first is what the label of FHIR comes to"),
            "system": text("the system (URI) of the label of FHIR"),
            "code": text("its code"),
        },
    });
    let dataset = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "record": text("the role that is a case"),
            "person": text("the role of the person whose case it is"),
            "test": test,
        },
    });
    let properties = json!({
        "shared": list(&text("a type"), "types of resource that are about no person: cases may share them"),
        "dataset": { "type": "object", "additionalProperties": dataset },
    });
    document("What tells the cases in one source apart", &["shared", "dataset"], &properties)
}

fn identity() -> Value {
    let keys = list(
        &list(&concept("a concept"), "concepts that must all have a value"),
        "keys: the first that has its values decides",
    );
    let named = json!({ "type": "object", "additionalProperties": keys });
    let whose = list(
        &list(&concept("a concept"), "concepts that must all have a value"),
        "keys of the person whose record it is, which go with the key of the case as far as they may",
    );
    let same_case = list(
        &list(&concept("a concept"), "concepts that must all have a value"),
        "keys in which two deliveries of one case may not differ",
    );
    let recurring = json!({
        "type": "object",
        "required": ["group", "number"],
        "additionalProperties": false,
        "properties": {
            "group": concept("the group"),
            "number": list(&concept("a concept"), "identifiers, each of which is of one occurrence alone: the first that two have decides"),
            "told_by": list(&concept("a concept"), "what else tells the occurrences apart, and may be mended"),
        },
    });
    let recurring =
        list(&recurring, "groups whose occurrences keep their ids in a later delivery, wherever they stand in it");
    let dataset = json!({
        "type": "object",
        "required": ["case", "same_case"],
        "additionalProperties": false,
        "properties": { "case": keys, "same_case": same_case, "whose": whose, "plain": list(&concept("a concept"), "what is said plainly of that person: two records with one id that differ in it are told"), "secret": list(&concept("a concept"), "identifiers that are always secret"), "role": named, "recurring": recurring },
    });
    let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
    let properties = json!({
        "namespace": matching(uuid, "the UUID under which ids are made"),
        "secret_namespaces": list(&oid("an OID"), "namespaces whose identifiers enter an id only under the user's key"),
        "placeholders": list(&json!({ "type": "string", "minLength": 1, "description": "a value" }), "values that stand for \"none\""),
        "placeholder_namespaces": list(&oid("an OID"), "namespaces of nobody, with all below them"),
        "dataset": { "type": "object", "additionalProperties": dataset },
    });
    let required = &["namespace", "secret_namespaces", "placeholders", "placeholder_namespaces", "dataset"];
    document("What makes the ids of resources", required, &properties)
}

/// A place where a value is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key, or the value, as it can be found in the file.
    pub key: String,
    /// What is wrong.
    pub message: String,
}

/// Compares a value with a schema of this module.
pub fn faults(schema: &Value, value: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    compare(schema, value, "", &mut faults);
    faults
}

fn compare(schema: &Value, value: &Value, key: &str, faults: &mut Vec<Fault>) {
    let mut fault = |at: &str, message: String| faults.push(Fault { key: at.to_owned(), message });
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let fits = match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        _ => true,
    };
    if !fits {
        return fault(key, format!("`{key}` must be of type {kind}"));
    }
    if let Some(text) = value.as_str() {
        if text.is_empty() && schema.get("minLength").is_some() {
            fault(key, format!("`{key}` is empty"));
        }
        let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        match schema.get("pattern").and_then(Value::as_str) {
            Some(pattern) if !matches(pattern, text) => {
                fault(text, format!("`{text}` is no {about}: it must match {pattern}"));
            }
            _ => {}
        }
    }
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if value.get(required).is_none() {
            fault(key, format!("there is no `{required}`"));
        }
    }
    let items = value.as_array().into_iter().flatten();
    if let Some(inner) = schema.get("items") {
        items.for_each(|item| compare(inner, item, key, faults));
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let known = schema.get("properties").and_then(|properties| properties.get(name));
        match (known, schema.get("additionalProperties")) {
            (None, Some(Value::Bool(false))) => {
                faults.push(Fault { key: name.clone(), message: format!("`{name}` is no key of this file") });
            }
            (Some(inner), _) | (None, Some(inner)) => compare(inner, member, name, faults),
            (None, None) => {}
        }
    }
}

/// The few patterns that the schemas use.
fn matches(pattern: &str, text: &str) -> bool {
    if pattern.starts_with("^[0-2]") {
        layout::is_oid(text)
    } else if pattern.starts_with("^W?") {
        layout::Content::Concept.holds(text)
    } else {
        let groups: Vec<&str> = text.split('-').collect();
        let hex = |group: &str| group.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        groups.iter().all(|group| hex(group)) && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found() {
        let good = json!({ "format": 1, "messages": ["m"], "dataset": { "d": { "root_oid": "1.2" } } });
        let schema = named("ooievaar").unwrap();
        assert_eq!(faults(schema, &good), []);
        let bad = json!({ "format": "1", "mesages": [], "dataset": { "d": { "root_oid": "1.02", "fhri": "x" } } });
        let keys: Vec<String> = faults(schema, &bad).into_iter().map(|fault| fault.key).collect();
        for key in ["format", "", "mesages", "1.02", "fhri"] {
            assert!(keys.iter().any(|found| found == key), "{key} in {keys:?}");
        }
    }
}
