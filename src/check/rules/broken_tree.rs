use std::collections::{HashMap, HashSet};

use crate::check::Context;
use crate::check::registry::rule;
use crate::check::run::Findings;

rule! {
    /// The concepts of a dataset are no tree, or two of a group have the same short name.
    ///
    /// ## Why
    /// A concept stands below a group that has its row above it. An ADA document tells the concepts of a group apart by their short names.
    ///
    /// ## How to mend it
    /// Put the number of the group in `parent`, and the row below that of the group.
    "OOI-103" "broken-tree" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for dataset in context.datasets.values() {
        let mut kinds: HashMap<&str, &str> = HashMap::new();
        let mut elements = HashSet::new();
        let mut stack: Vec<&str> = Vec::new();
        for row in dataset.sheet.rows() {
            let (number, parent) = (row.get("concept"), row.get("parent"));
            match kinds.get(parent) {
                _ if parent.is_empty() => stack.clear(),
                None => findings.cell(
                    row,
                    "parent",
                    format!("`{parent}` has no row above this one"),
                    "name the group that holds the concept",
                ),
                Some(kind) if *kind != "group" => {
                    findings.cell(
                        row,
                        "parent",
                        format!("`{parent}` is no group"),
                        "name the group that holds the concept",
                    );
                }
                Some(_) => {
                    let open = stack.iter().rposition(|open| *open == parent);
                    stack.truncate(open.map_or(0, |at| at + 1));
                    if open.is_none() {
                        let message = format!(
                            "the rows of group `{parent}` ended above: the row stands among those of another group"
                        );
                        findings.cell(row, "parent", message, "name the group that holds the concept, or move the row");
                    }
                }
            }
            stack.push(number);
            kinds.insert(number, row.get("kind"));
            if !elements.insert((parent, row.get("element"))) {
                let message = format!("another concept of the group is called `{}` too", row.get("element"));
                findings.cell(row, "element", message, "give it the name that the standard gives it");
            }
        }
    }
}
