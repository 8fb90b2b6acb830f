use super::unused_hole::free;
use crate::check::Context;
use crate::check::context::Message;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;
use crate::check::skeleton::Marks;
use crate::check::slip::distance;

rule! {
    /// A row names a hole, slot or pattern that the skeleton does not have.
    ///
    /// ## Why
    /// The value would have no place in the message.
    ///
    /// ## How to mend it
    /// A row with `pattern` names a slot in `in`, one without names a hole: one of the skeleton itself, or `<concept>.<name>` of the node of
    /// another row. Compare with a row that stands beside it in the message.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -8,Remark,4.part,observation,,1.2.3.8,48767-8,1.2.4,Remark,ST,invented,
    /// +8,Remark,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remark,ST,invented,
    /// ```
    "OOI-203" "unknown-place" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let Some(rows) = message.rows else { continue };
        for row in rows.rows() {
            place(message, row, findings);
        }
    }
}

fn place(message: &Message<'_>, row: Row<'_>, findings: &mut Findings<'_>) {
    let Some(skeleton) = &message.skeleton else { return };
    let (place, pattern) = (row.get("in"), row.get("pattern"));
    if !pattern.is_empty() && !skeleton.patterns.contains_key(pattern) {
        let known: Vec<&str> = skeleton.patterns.keys().map(String::as_str).collect();
        let message = format!("the skeleton has no pattern `{pattern}`");
        findings.cell(row, "pattern", message, format!("the patterns are {}", known.join(", ")));
    }
    if place == "-" || place.is_empty() {
        if place == "-" && row.get("note").is_empty() {
            findings.cell(row, "note", "does not say why the message has no place for the concept", "say why");
        }
        return;
    }
    let owner = place.split_once('.').and_then(|(number, name)| {
        let rows = message.rows?;
        let owner = rows.rows().find(|row| row.get("concept") == number && !row.get("pattern").is_empty());
        Some((number, name, owner))
    });
    let marks = match owner {
        None => Some((&skeleton.root, place, None)),
        Some((number, _, None)) => {
            findings.cell(
                row,
                "in",
                format!("concept {number} has no node of its own"),
                "name a concept whose row has a pattern",
            );
            return;
        }
        Some((_, name, Some(owner))) => {
            let pattern = owner.get("pattern");
            skeleton.patterns.get(pattern).map(|marks| (marks, name, Some(pattern)))
        }
    };
    let Some((marks, name, part)) = marks else { return };
    let (known, kind): (bool, &str) =
        if pattern.is_empty() { (marks.has_hole(name), "hole") } else { (marks.slots.contains(name), "slot") };
    let elsewhere = pattern.is_empty() && renamed(message, part, marks, name);
    if !known && !elsewhere {
        let names: Vec<&str> = if pattern.is_empty() {
            marks.values.keys().chain(&marks.negations).map(String::as_str).collect()
        } else {
            marks.slots.iter().map(String::as_str).collect()
        };
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        findings.cell(row, "in", format!("there is no {kind} `{name}` there"), format!("what there is: {there}"));
    }
}

/// True if it is the hole that has another name than before, and not the row: one hole is left, no slip makes its name of that in the row, and no other place is called so.
/// That finding is then at the hole ([`super::unused_hole`]).
fn renamed(message: &Message<'_>, part: Option<&str>, marks: &Marks, name: &str) -> bool {
    let (Some(rows), Some(skeleton)) = (message.rows, &message.skeleton) else { return false };
    let [left] = free(rows, part, marks)[..] else { return false };
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    let is_elsewhere = std::iter::once(&skeleton.root)
        .chain(skeleton.patterns.values())
        .any(|marks| marks.has_hole(name) || marks.slots.contains(name));
    !is_elsewhere && distance(&letters(left), &letters(name)) > 1
}
