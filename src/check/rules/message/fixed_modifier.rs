use roxmltree::{Document, Node};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};

rule! {
    /// A skeleton fixes a denial, a doubt or an intention; or `hl7v3/modifiers.csv` lets one through.
    ///
    /// ## Why
    /// `negationInd="true"` where a pattern says that something is so turns every one of its statements into the opposite, and what comes in as a fact is read from a denial. Without
    /// its modifiers, or with a harmful value called harmless, a message reads what is denied, planned or withdrawn as stated.
    ///
    /// ## How to mend it
    /// Put back the value of the publication. If the template does prescribe it (a suspicion has `uncertaintyCode` U), allow it on the line above, with the reason.
    ///
    /// ## Example
    /// `messages/mini/skeleton.xml`
    /// ```diff
    /// -      <observation classCode="OBS" moodCode="INT" o:negation="negation">
    /// +      <observation classCode="OBS" o:negation="negation">
    /// ```
    "OOI-211" "fixed-modifier" Error run
}

const TABLE: &str = "hl7v3/modifiers.csv";

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let modifiers: Vec<Row<'_>> = context.sheet(TABLE).into_iter().flat_map(Sheet::rows).collect();
    for fact in context.sheet("hl7v3/published.csv").into_iter().flat_map(Sheet::rows) {
        judged(fact, &modifiers, findings);
    }
    for message in context.messages.iter().filter(|message| message.rows.is_some()) {
        let path = format!("messages/{}/skeleton.xml", message.name);
        let text = context.files.get(&path).and_then(|file| file.text.as_deref()).unwrap_or_default();
        let Ok(document) = Document::parse(text) else { continue };
        for node in document.descendants().filter(Node::is_element) {
            for modifier in &modifiers {
                fixed(&path, &document, node, *modifier, findings);
            }
        }
    }
}

/// What the standard calls a modifier has its row, and that calls nothing harmless that is not.
fn judged(fact: Row<'_>, modifiers: &[Row<'_>], findings: &mut Findings<'_>) {
    let name = |row: Row<'_>| (row.get("element").to_owned(), row.get("attribute").to_owned());
    let mut of_all = modifiers.iter().filter(|row| row.get("of").is_empty());
    let Some(row) = of_all.find(|row| name(**row) == name(fact)) else {
        let message = format!(
            "no row for `{} {}`: what it denies or takes back would be read as stated",
            fact.get("element"),
            fact.get("attribute")
        );
        findings.at(TABLE, 1, 1, 2, message, "add the row, with the values that change nothing");
        return;
    };
    let harmful: Vec<&str> = fact.get("harmful").split_whitespace().collect();
    let (wrong, right): (Vec<&str>, Vec<&str>) =
        row.get("harmless").split_whitespace().partition(|word| harmful.contains(word));
    if let Some(word) = wrong.first() {
        let message = format!("`{word}` is among the values that change what is said");
        findings.cell(*row, "harmless", message, "what it takes back would be read as stated: take it out");
        findings.mend(&right.join(" "));
    }
}

/// A modifier that an element fixes says nothing but what is harmless. What holds nothing states nothing.
fn fixed(path: &str, document: &Document<'_>, node: Node<'_, '_>, modifier: Row<'_>, findings: &mut Findings<'_>) {
    let (child, attribute) = (modifier.get("element"), modifier.get("attribute"));
    if attribute.is_empty() {
        // Where a skeleton has the child, it has a place for what it says.
        return;
    }
    let is_meant =
        modifier.get("of").rsplit('.').next().is_some_and(|of| of.is_empty() || of == node.tag_name().name());
    let is_own = child.is_empty() && is_meant && node.children().any(|child| child.is_element());
    if !is_own && node.tag_name().name() != child {
        return;
    }
    let Some(found) = node.attribute_node(attribute).filter(|found| !found.value().contains('{')) else { return };
    if modifier.get("harmless").split_whitespace().any(|value| value == found.value()) {
        return;
    }
    let place = document.text_pos_at(found.range().start);
    let width = u32::try_from(found.range().len()).unwrap_or(1);
    let message = format!("`{attribute}` says `{}`, which changes what the element states", found.value());
    findings.at(
        path,
        place.row,
        place.col,
        place.col + width,
        message,
        "put back what the publication has, or allow it",
    );
}
