use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A node that occurs once holds a value of a group that repeats.
    ///
    /// ## Why
    /// Of several occurrences one node can say only one: the others have no place, or stand in it without what belongs to them.
    ///
    /// ## How to mend it
    /// Name the group in `repeat` of the row that makes the node: then there is a node for each of its occurrences.
    "OOI-216" "many-in-one-node" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let Some(rows) = message.rows else { continue };
        let repeats = |number: &str| message.use_of(number).is_some_and(|used| used.get("max") != "1");
        for row in rows.rows() {
            let Some((node, _)) = row.get("in").split_once('.') else { continue };
            let Some(maker) =
                rows.rows().find(|maker| maker.get("concept") == node && !maker.get("pattern").is_empty())
            else {
                continue;
            };
            // A row that makes nodes of its own repeats by itself.
            if !row.get("pattern").is_empty() {
                continue;
            }
            let of = if maker.get("repeat").is_empty() { node } else { maker.get("repeat") };
            let own: Vec<&str> = context.line_of(rows.path, of).collect();
            let groups = context.line_of(rows.path, row.get("concept")).skip(1);
            let many = groups.filter(|group| !own.contains(group) && repeats(group)).last();
            let aligned = |group: &str| message.align.iter().any(|pair| pair.other(group).is_some());
            if let Some(group) = many.filter(|group| !aligned(group)) {
                let name = context.concept(rows.path, group).map_or("", |row| row.get("name"));
                let message = format!(
                    "the node occurs once for each `{node}`, and holds `{}` of `{name}`, which repeats",
                    row.get("name")
                );
                findings.cell(maker, "repeat", message, format!("say `{group}`"));
            }
        }
    }
}
