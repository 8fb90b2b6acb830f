use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Sheet;

rule! {
    /// A row of a message stands in the node of a group that its concept has nothing to do with.
    ///
    /// ## Why
    /// What is said in the node of a child is about that child, what is said in the node of an earlier pregnancy about that one. A value in the node of another group is read as if
    /// it were about it.
    ///
    /// ## How to mend it
    /// Name a slot or hole of the node of the own group. If the standard does put it elsewhere, allow it.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -3,Born,4.time,,,,,,,TS,invented,
    /// +3,Born,born,,,,,,,TS,invented,
    /// ```
    "OOI-213" "outside-group" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        for row in message.rows.into_iter().flat_map(Sheet::rows) {
            let Some((holder, _)) = row.get("in").split_once('.') else { continue };
            let Some(group) = context.concept(row.sheet.path, holder) else { continue };
            let own: Vec<&str> = context.line_of(row.sheet.path, row.get("concept")).collect();
            let holds = |number: &str| {
                let aligned = message.align.iter().any(|pair| {
                    pair.other(number).is_some_and(|other| own.contains(&other))
                        || (pair.key.iter().any(|key| key == number)
                            && own.first().is_some_and(|own| pair.key.iter().any(|key| key == own)))
                });
                own.contains(&number) || aligned
            };
            // The holder is a group, or a leaf beside the concept.
            let is_beside = group.get("kind") != "group" && holds(group.get("parent"));
            if own.len() > 1 && !holds(holder) && !is_beside {
                let message = format!("the node is that of `{}`, which does not hold the concept", group.get("name"));
                findings.cell(row, "in", message, "name a slot or hole of the group that holds it");
            }
        }
    }
}
