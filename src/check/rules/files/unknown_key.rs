use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context};
use crate::tables::schema;

rule! {
    /// A TOML file has a key that is not known, lacks one, or has a value of another kind than the key asks for.
    ///
    /// ## Why
    /// A key with a typo is a key that nobody reads: what it should have decided is decided by its absence.
    ///
    /// ## How to mend it
    /// The JSON Schemas in `docs/mappings/` say which keys there are; editors that know them complete and check while you type.
    ///
    /// ## Example
    /// `messages/mini/message.toml`
    /// ```diff
    /// -lables = ["displayName"]
    /// +labels = ["displayName"]
    /// ```
    "OOI-005" "unknown-key" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for file in context.files.iter() {
        let (Body::Toml(table), Some(schema)) = (&file.body, schema::of(&file.path)) else { continue };
        let Ok(value) = serde_json::to_value(table) else { continue };
        for fault in schema::faults(schema, &value) {
            findings.text(&file.path, &fault.key, fault.message, "see the JSON Schema of this file in docs/mappings/");
        }
    }
}
