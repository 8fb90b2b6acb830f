use std::collections::{HashMap, HashSet};

use crate::check::Context;
use crate::check::context::Message;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};

rule! {
    /// A concept has another group, kind, unit, value set, cardinality or datatype than the published transaction gives it.
    ///
    /// ## Why
    /// A weight in mg where the standard says kg is written as mg: nobody who reads it can tell. `published.csv` of a message holds the facts of its publication,
    /// apart from the tables that say the same, so that a slip in the one shows.
    ///
    /// ## How to mend it
    /// Mend the cell. If the publication changed, mend `published.csv` with it, and say so in `source`. If another value was decided on, empty the cell
    /// there, or allow the finding.
    ///
    /// ## Example
    /// `dataset/mini.csv`
    /// ```diff
    /// -6,4,Height,height,quantity,kg,,invented
    /// +6,4,Height,height,quantity,cm,,invented
    /// ```
    "OOI-210" "unpublished-domain" Error run
}

/// Where a cell was found to differ, so that several messages do not say it twice.
type Seen<'a> = HashSet<(&'a str, u32, &'static str)>;

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut seen = Seen::new();
    for message in &context.messages {
        let Some(facts) = context.sheet(&format!("messages/{}/published.csv", message.name)) else { continue };
        let concepts = by_concept(context.dataset_of(facts.path).map(|dataset| dataset.sheet));
        let (uses, rows) = (by_concept(message.concepts), by_concept(message.rows));
        for fact in facts.rows() {
            let number = fact.get("concept");
            // Which of two rows with one number is the concept, another check says.
            if let Some([row]) = concepts.get(number).map(Vec::as_slice) {
                compare(*row, fact, &["parent", "kind"], true, &mut seen, findings);
                compare(*row, fact, &["unit", "value_set"], false, &mut seen, findings);
            }
            if let Some(row) = uses.get(number).and_then(|rows| rows.first()) {
                compare(*row, fact, &["min", "max"], false, &mut seen, findings);
            } else {
                let message = format!("the published transaction has concept {number}, concepts.csv has no row for it");
                findings.cell(fact, "concept", message, "add the row to concepts.csv");
            }
            // An answer is said by an attribute of the node, and presence by the node.
            let valued = |row: &&Row<'_>| !matches!(row.get("datatype"), "" | "negation" | "presence");
            for row in rows.get(number).into_iter().flatten().filter(valued) {
                compare(*row, fact, &["datatype"], false, &mut seen, findings);
            }
        }
        unknown(context, message, facts, findings);
    }
}

/// The rows of a table, by concept.
fn by_concept(sheet: Option<Sheet<'_>>) -> HashMap<&str, Vec<Row<'_>>> {
    let mut rows: HashMap<&str, Vec<Row<'_>>> = HashMap::new();
    for row in sheet.into_iter().flat_map(Sheet::rows) {
        rows.entry(row.get("concept")).or_default().push(row);
    }
    rows
}

/// Reports cells that are not as published; an empty fact says something only if that is asked.
fn compare<'a>(
    row: Row<'a>,
    fact: Row<'_>,
    columns: &[&'static str],
    empty_too: bool,
    seen: &mut Seen<'a>,
    findings: &mut Findings<'_>,
) {
    for column in columns {
        let (own, published) = (row.get(column), fact.get(column));
        let says = empty_too || !published.is_empty();
        if says && own != published && seen.insert((row.sheet.path, row.line(), column)) {
            let message = match (own, published) {
                ("", _) => format!("the publication says `{published}`"),
                (_, "") => format!("`{own}` is not published: there it is empty"),
                _ => format!("`{own}` is not what is published: `{published}`"),
            };
            let help = format!(
                "compare with {}:{}; if another publication is meant than that of the kind below, `change` the row there",
                fact.sheet.path,
                fact.line()
            );
            findings.cell(row, column, message, help);
            findings.mend(published);
        }
    }
}

/// Concepts that the transaction does not have. The envelope of a message is no part of it.
fn unknown(context: &Context<'_>, message: &Message<'_>, facts: Sheet<'_>, findings: &mut Findings<'_>) {
    let known: HashSet<&str> = facts.rows().map(|fact| fact.get("concept")).collect();
    for row in message.concepts.into_iter().flat_map(Sheet::rows) {
        let number = row.get("concept");
        let exists = context.concept(row.sheet.path, number).is_some();
        if exists && !number.starts_with('W') && !known.contains(number) {
            findings.cell(
                row,
                "concept",
                "the published transaction has no such concept",
                format!("mend the number, take the row away, or add what is published to {}", facts.path),
            );
        }
    }
}
