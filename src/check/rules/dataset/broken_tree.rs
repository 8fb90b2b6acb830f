use std::collections::{HashMap, HashSet};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// The concepts of a dataset are no tree, or two of a group have the same short name.
    ///
    /// ## Why
    /// A concept stands below a group that has its row above it. An ADA document tells the concepts of a group apart by their short names.
    ///
    /// ## How to mend it
    /// Put the number of the group in `parent`, and the row below that of the group.
    ///
    /// ## Example
    /// `dataset/mini.csv`
    /// ```diff
    /// -12,44,Weight,weight,quantity,kg,,invented
    /// +12,4,Weight,weight,quantity,kg,,invented
    /// ```
    "OOI-103" "broken-tree" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for dataset in context.datasets.values() {
        let mut kinds: HashMap<&str, &str> = HashMap::new();
        let mut elements = HashSet::new();
        let mut stack: Vec<&str> = Vec::new();
        let mut above = None;
        let parents: HashSet<&str> = dataset.sheet.rows().map(|row| row.get("parent")).collect();
        for row in dataset.sheet.rows() {
            let kind = row.get("kind");
            if kind != "group" && parents.contains(row.get("concept")) {
                let message = format!("other concepts are in this one, but it is a {kind}");
                findings.cell(row, "kind", message, "a concept that holds others is a `group`");
            }
            let (number, parent) = (row.get("concept"), row.get("parent"));
            match kinds.get(parent) {
                _ if parent.is_empty() => stack.clear(),
                None => {
                    let message = format!("`{parent}` has no row above this one");
                    findings.cell(row, "parent", message, "name the group that holds the concept");
                    if let Some(group) = above.filter(|above: &Row<'_>| {
                        let (number, group) = (above.get("concept"), above.get("kind") == "group");
                        group && !dataset.sheet.rows().any(|row| row.get("parent") == number)
                    }) {
                        let message = format!("no concept is in this group, but the row below is in `{parent}`");
                        findings.cell(group, "concept", message, format!("mend this, or line {}", row.line()));
                    }
                }
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
            above = Some(row);
            stack.push(number);
            kinds.insert(number, row.get("kind"));
            if !elements.insert((parent, row.get("element"))) {
                let message = format!("another concept of the group is called `{}` too", row.get("element"));
                findings.cell(row, "element", message, "give it the name that the standard gives it");
            }
        }
    }
}
