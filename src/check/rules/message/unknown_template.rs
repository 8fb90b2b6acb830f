use std::collections::{HashMap, HashSet};

use crate::check::context::Message;
use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context};

rule! {
    /// The template or code of a message row is not one with which the concept is published, or the template of a message is not in its skeleton.
    ///
    /// ## Why
    /// Other systems look for the published template and code. `templates.csv` holds these facts, apart from the rows, so that a slip in the one shows.
    ///
    /// ## How to mend it
    /// Mend the row. If the publication changed, mend `templates.csv` with it, and say so in `source`.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -8,Remark,4.parts,observation,,1.2.3.80,48767-8,1.2.4,Remark,ST,invented,
    /// +8,Remark,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remark,ST,invented,
    /// ```
    "OOI-207" "unknown-template" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        own(context, message, findings);
        let (Some(rows), Some(templates)) = (message.rows, message.templates) else { continue };
        let mut facts: HashMap<&str, Vec<crate::check::sheet::Row<'_>>> = HashMap::new();
        let mut known = HashSet::new();
        for row in templates.rows() {
            facts.entry(row.get("concept")).or_default().push(row);
            known.insert(row.get("template"));
        }
        for row in rows.rows().filter(|row| !row.get("pattern").is_empty()) {
            let template = row.get("template");
            let Some(own) = facts.get(row.get("concept")) else {
                if !template.is_empty() {
                    let help = format!("mend the row, or add the fact to {}", templates.path);
                    findings.cell(row, "template", "the concept is published without a template", help);
                }
                continue;
            };
            let published: Vec<&str> = own.iter().map(|fact| fact.get("template")).collect();
            let Some(fact) = own.iter().find(|fact| fact.get("template") == template) else {
                let elsewhere = if known.contains(template) { " (it is published for another concept)" } else { "" };
                let message = format!("`{template}` is no template with which the concept is published{elsewhere}");
                findings.cell(row, "template", message, format!("published: {}", published.join(", ")));
                if let [only] = published.as_slice() {
                    findings.mend(only);
                }
                continue;
            };
            for column in ["code", "code_system"] {
                let published = fact.get(column);
                if !published.is_empty() && published != row.get(column) {
                    let message = format!("`{}` is not what the template asks for", row.get(column));
                    let help = format!("published: {published} ({}:{})", templates.path, fact.line());
                    findings.cell(row, column, message, help);
                    findings.mend(published);
                }
            }
        }
    }
}

/// The template by which a message is recognised stands in what is written.
fn own(context: &Context<'_>, message: &Message<'_>, findings: &mut Findings<'_>) {
    let folder = format!("messages/{}", message.name);
    let skeleton = context.files.get(&format!("{folder}/skeleton.xml")).and_then(|file| file.text.as_deref());
    let meta = format!("{folder}/message.toml");
    let Some(Body::Toml(table)) = context.files.get(&meta).map(|file| &file.body) else { return };
    let template = table.get("template").and_then(toml::Value::as_str).unwrap_or_default();
    if !template.is_empty() && skeleton.is_some_and(|skeleton| !skeleton.contains(&format!("\"{template}\""))) {
        let message = format!("`{template}` is no templateId of the skeleton");
        findings.text(&meta, &format!("\"{template}\""), message, "mend it here, or in skeleton.xml");
    }
}
