use std::collections::{BTreeMap, HashMap};

use crate::check::context::FhirTable;
use crate::check::registry::rule;
use crate::check::run::Findings;
use crate::check::sheet::Row;
use crate::check::{Body, Context};
use crate::tree::Tree;

rule! {
    /// What a row makes is about another person than its concept.
    ///
    /// ## Why
    /// A finding of the mother in the record of her child, or the other way round, harms whoever is treated for it. The dataset says whose a concept is: what stands in the
    /// group of a child is about that child or about the mother, what stands outside of it is about no child. `fhir-stu3/published/` says for each concept whom it is about.
    ///
    /// ## How to mend it
    /// Give the row a pattern with the right subject, or mend `subject` in the pattern.
    "OOI-316" "other-person" Error run
}

/// What a pattern says of whom it is about.
struct Subject<'c> {
    profile: &'c str,
    role: &'c str,
    element: &'static str,
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        let mut makers: HashMap<&str, Row<'_>> = HashMap::new();
        for row in table.sheet.rows().filter(|row| !row.get("pattern").is_empty()) {
            let role = if row.get("resource").is_empty() { row.get("concept") } else { row.get("resource") };
            makers.entry(role).or_insert(row);
        }
        for row in table.sheet.rows() {
            let Some(subject) = subject_of(context, row.get("pattern")) else { continue };
            let Some(maker) = makers.get(subject.role) else { continue };
            if let Some(group) = one_of_many(context, table, row, *maker) {
                let name = context.concept(table.sheet.path, group).map_or("", |row| row.get("name"));
                let message = format!(
                    "the pattern is about `{}`, and there is one for each `{name}`: the concept is in none",
                    subject.role
                );
                findings.cell(row, "pattern", message, "name a pattern that is about the person whose concept it is");
            }
        }
        decided(context, table, &makers, findings);
    }
}

/// The person whom a pattern is about is the one of the concepts of its rows. If that is so for none of them, the slip is in the pattern.
fn decided(context: &Context<'_>, table: &FhirTable<'_>, makers: &HashMap<&str, Row<'_>>, findings: &mut Findings<'_>) {
    let Some(facts) = context.sheet(&format!("fhir-stu3/published/{}.csv", table.sheet.name())) else { return };
    let mut by_pattern: BTreeMap<&str, Vec<(Row<'_>, Fits)>> = BTreeMap::new();
    for row in table.sheet.rows() {
        let Some(subject) = subject_of(context, row.get("pattern")) else { continue };
        let person = makers.get(subject.role).and_then(|maker| profile_of(context, maker.get("pattern")));
        let own = |column: &'static str| {
            let own = facts.rows().filter(|fact| fact.get("concept") == row.get("concept"));
            own.map(move |fact| fact.get(column)).filter(|text| !text.is_empty())
        };
        let Some(person) = person.filter(|_| own("subject").next().is_some()) else { continue };
        let fits = Fits {
            person: own("subject").any(|subject| subject == person),
            profile: own("profile").any(|profile| profile == subject.profile),
        };
        by_pattern.entry(row.get("pattern")).or_default().push((row, fits));
    }
    for (pattern, rows) in by_pattern {
        let Some(subject) = subject_of(context, pattern) else { continue };
        // A row with another pattern than its own mostly has another profile too.
        if rows.iter().all(|(_, fits)| !fits.person && fits.profile) {
            let message = format!("`{}` is not the person of the concepts that use the pattern", subject.role);
            let file = format!("fhir-stu3/patterns/{pattern}.json");
            findings.text(&file, &format!("\"@{}\"", subject.role), message, format!("mend `{}`", subject.element));
            continue;
        }
        for (row, _) in rows.iter().filter(|(_, fits)| !fits.person) {
            let message = format!("the pattern is about `{}`, and the concept is not", subject.role);
            findings.cell(*row, "pattern", message, "name a pattern that is about the person whose concept it is");
        }
    }
}

/// What of a pattern is right for the concept of a row.
struct Fits {
    person: bool,
    profile: bool,
}

/// The profile of what a pattern makes.
fn profile_of<'c>(context: &'c Context<'_>, pattern: &str) -> Option<&'c str> {
    let Body::Json(tree) = &context.files.get(&format!("fhir-stu3/patterns/{pattern}.json"))?.body else { return None };
    tree.get("meta")?.get("profile")?.items().first().and_then(Tree::text)
}

/// Whom the resources of a pattern are about.
fn subject_of<'c>(context: &'c Context<'_>, pattern: &str) -> Option<Subject<'c>> {
    let Body::Json(tree) = &context.files.get(&format!("fhir-stu3/patterns/{pattern}.json"))?.body else { return None };
    let (element, subject) = ["subject", "patient"].into_iter().find_map(|name| Some((name, tree.get(name)?)))?;
    let role = subject.text_at("reference")?.strip_prefix('@')?;
    let profile = tree.get("meta")?.get("profile")?.items().first().and_then(Tree::text)?;
    Some(Subject { profile, role: role.strip_prefix('?').unwrap_or(role), element })
}

/// The repeating group of a person, if the concept of a row stands in no occurrence of it: nothing says which one is meant.
fn one_of_many<'c>(
    context: &'c Context<'_>,
    table: &'c FhirTable<'_>,
    row: Row<'c>,
    person: Row<'c>,
) -> Option<&'c str> {
    let path = table.sheet.path;
    let of = |row: Row<'c>| if row.get("per").is_empty() { row.get("concept") } else { row.get("per") };
    let messages = || context.messages.iter().filter(|message| message.dataset == table.dataset);
    let repeats =
        |number: &str| messages().any(|message| message.use_of(number).is_some_and(|used| used.get("max") != "1"));
    let own: Vec<&str> = context.line_of(path, of(row)).collect();
    // Groups that are about the same thing share their occurrences.
    let holds = |group: &str| {
        let pairs = || messages().flat_map(|message| &message.align);
        own.contains(&group)
            || pairs().any(|pair| {
                (pair.group == group && own.contains(&pair.with.as_str()))
                    || (pair.with == group && own.contains(&pair.group.as_str()))
            })
    };
    context.line_of(path, of(person)).find(|group| repeats(group) && !holds(group))
}
