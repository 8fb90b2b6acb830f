use std::collections::BTreeSet;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Sheet;
use crate::check::skeleton::Marks;

rule! {
    /// A hole of a skeleton is filled by no row.
    ///
    /// ## Why
    /// Nothing is written there, and what others send there is lost. Mostly its name has a slip, and the row that was meant for it names one that does not exist.
    ///
    /// ## How to mend it
    /// Mend the name, here or in the row; or take the hole away.
    ///
    /// ## Example
    /// `messages/mini/skeleton.xml`
    /// ```diff
    ///      <birthTime o:value="born"/>
    /// -    <deceasedTime o:value="died"/>
    /// ```
    "OOI-215" "unused-hole" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let (Some(skeleton), Some(rows)) = (&message.skeleton, message.rows) else { continue };
        // A row that has another fault may be the one that is meant for it.
        if findings.has_error(rows.path, 0) {
            continue;
        }
        let path = format!("messages/{}/skeleton.xml", message.name);
        let parts = std::iter::once((None, &skeleton.root));
        for (pattern, marks) in parts.chain(skeleton.patterns.iter().map(|(name, marks)| (Some(name.as_str()), marks)))
        {
            for hole in free(rows, pattern, marks) {
                tell(&path, hole, findings);
            }
        }
    }
}

/// The holes of a pattern, or of the skeleton itself, that no row fills. None if no row has the pattern.
pub(super) fn free<'c>(rows: Sheet<'c>, pattern: Option<&str>, marks: &'c Marks) -> Vec<&'c str> {
    let used = match pattern {
        Some(pattern) => used(rows, pattern),
        None => rows.rows().map(|row| row.get("in")).collect(),
    };
    let holes = marks.values.keys().chain(&marks.negations).map(String::as_str);
    holes.filter(|hole| !used.is_empty() && !used.contains(hole)).collect()
}

fn tell(path: &str, hole: &str, findings: &mut Findings<'_>) {
    let message = format!("no row fills the hole `{hole}`");
    findings.text(path, &format!("=\"{hole}\""), message, "mend its name, or take it away");
}

/// The holes that rows of a pattern fill. Empty if no row has the pattern.
fn used<'c>(rows: Sheet<'c>, pattern: &str) -> BTreeSet<&'c str> {
    let nodes: BTreeSet<&str> =
        rows.rows().filter(|row| row.get("pattern") == pattern).map(|row| row.get("concept")).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for row in rows.rows() {
        if row.get("pattern") == pattern {
            // Its own value goes into the hole of that name.
            let own = match row.get("datatype") {
                "negation" => Some("negation"),
                "" | "presence" => None,
                _ => Some("value"),
            };
            used.extend(own);
        }
        if let Some((node, hole)) = row.get("in").split_once('.')
            && nodes.contains(node)
        {
            used.insert(hole);
        }
    }
    used
}
