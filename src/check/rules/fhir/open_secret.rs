use std::collections::BTreeSet;

use crate::check::Body;
use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// `identity.toml` calls an identifier secret and not its namespace, or the other way round.
    ///
    /// ## Why
    /// The number of a person can be found by trying them all: in an id that is made of it without the secret key, anybody can read it. A concept is secret wherever its number
    /// comes from, and a namespace whatever concept has it: where one of them is forgotten, some numbers stand open.
    ///
    /// ## How to mend it
    /// Name the namespace in `secret_namespaces` and the concept in `secret` of its dataset.
    ///
    /// ## Example
    /// `fhir-stu3/identity.toml`
    /// ```diff
    /// -secret_namespaces = []
    /// +secret_namespaces = ["1.2.6"]
    /// ```
    "OOI-318" "open-secret" Error run
}

const PATH: &str = "fhir-stu3/identity.toml";

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(Body::Toml(identity)) = context.files.get(PATH).map(|file| &file.body) else { return };
    let texts = |value: Option<&toml::Value>| -> BTreeSet<String> {
        let items = value.and_then(toml::Value::as_array).into_iter().flatten();
        items.filter_map(toml::Value::as_str).map(str::to_owned).collect()
    };
    let namespaces = texts(identity.get("secret_namespaces"));
    for table in &context.fhir {
        let entry = identity.get("dataset").and_then(|dataset| dataset.get(table.sheet.name()));
        let secret = texts(entry.and_then(|entry| entry.get("secret")));
        let mut open: BTreeSet<String> = BTreeSet::new();
        let mut forgotten: BTreeSet<String> = BTreeSet::new();
        for row in table.sheet.rows() {
            let Some((_, rest)) = row.get("element").split_once("[system=") else { continue };
            let uri = rest.split(']').next().unwrap_or_default();
            let Some(system) = context.systems.values().find(|system| system.get("uri") == uri) else { continue };
            let (oid, number) = (system.get("oid"), row.get("concept"));
            match (secret.contains(number), namespaces.contains(oid)) {
                (true, false) => {
                    open.insert(format!("concept {number} is secret, and `{oid}`, in which its number stands, is not"));
                }
                (false, true) if !secret.is_empty() => {
                    let message =
                        format!("namespace `{oid}` is secret, and concept {number}, which stands in it, is not");
                    forgotten.insert(message);
                }
                _ => {}
            }
        }
        // A namespace that is wrong makes concepts look forgotten.
        if let Some(message) = open.into_iter().next() {
            findings.text(PATH, "secret_namespaces", message, "name the namespace");
            continue;
        }
        for message in forgotten {
            findings.text(PATH, "secret =", message, "name the concept");
        }
    }
}
