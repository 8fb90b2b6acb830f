use std::collections::{BTreeMap, HashMap, HashSet};

use super::unpublished_code::known;
use crate::check::Context;
use crate::check::context::FhirTable;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};
use crate::tables::pattern_file;
use crate::tree::Tree;

rule! {
    /// What a row makes is about another person than its concept.
    ///
    /// ## Why
    /// A finding of the mother in the record of her child, or the other way round, harms whoever is treated for it. The dataset says whose a concept is: what stands in the
    /// group of a child is about that child or about the mother, what stands outside of it is about no child. A profile says whom its resources are about: `profiles.csv` has that in `subject`.
    ///
    /// ## How to mend it
    /// Give the row a pattern with the right subject, or mend `subject` in the pattern.
    ///
    /// ## Example
    /// `fhir-stu3/patterns/remark.json`
    /// ```diff
    /// -    "reference": "@child"
    /// +    "reference": "@person"
    /// ```
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
        let wrong = published(context, table, &makers, findings);
        for row in table.sheet.rows() {
            let Some(subject) = subject_of(context, row.get("pattern")) else { continue };
            let Some(maker) = makers.get(subject.role) else { continue };
            // What is wrong with a pattern is told of it.
            if context.holder_of(row.get("pattern"), subject.element).is_some_and(|holder| wrong.contains(holder)) {
                continue;
            }
            if let Some(group) = one_of_many(context, table, row, *maker) {
                let name = context.concept(table.sheet.path, group).map_or("", |row| row.get("name"));
                let message = format!(
                    "the pattern is about `{}`, and there is one for each `{name}`: the concept is in none",
                    subject.role
                );
                findings.cell(row, "pattern", message, "name a pattern that is about the person whose concept it is");
            }
        }
    }
}

/// The person whom a pattern is about is the one whom its profile is about, and those of its rows. Gives the patterns that are
/// about somebody else.
fn published<'c>(
    context: &'c Context<'_>,
    table: &'c FhirTable<'_>,
    makers: &HashMap<&str, Row<'_>>,
    findings: &mut Findings<'_>,
) -> HashSet<&'c str> {
    let persons = persons(context);
    let mut profiles: HashMap<&str, Vec<Row<'_>>> = HashMap::new();
    let facts = context.sheet(&format!("fhir-stu3/published/{}.csv", table.sheet.name()));
    for fact in facts.into_iter().flat_map(Sheet::rows) {
        profiles.entry(fact.get("concept")).or_default().push(fact);
    }
    let mut told: HashSet<&str> = HashSet::new();
    for row in table.sheet.rows() {
        let Some(subject) = subject_of(context, row.get("pattern")) else { continue };
        let person = makers.get(subject.role).and_then(|maker| context.profile_of(maker.get("pattern")));
        let Some(person) = person else { continue };
        if persons.get(subject.profile).is_some_and(|wanted| *wanted != person) {
            let holder = context.holder_of(row.get("pattern"), subject.element).unwrap_or_else(|| row.get("pattern"));
            if told.insert(holder) {
                let message = format!("`{}` is not the person whom the profile is about", subject.role);
                findings.text(
                    &pattern_file(holder),
                    &format!("\"@{}\"", subject.role),
                    message,
                    format!("mend `{}`", subject.element),
                );
            }
            continue;
        }
        // A row says which profile decided it, if no publication did.
        let decided = row.get("source").strip_prefix("profile ").and_then(|rest| rest.split([' ', ':']).next());
        let decided = persons.iter().filter(|(profile, _)| profile.rsplit('/').next() == decided);
        let own = known(row, &profiles, "profile");
        // A profile that may be about one or the other decides nothing.
        let own = own.iter().map(|profile| persons.get(profile)).collect::<Option<Vec<_>>>().unwrap_or_default();
        let wanted: Vec<&str> = decided.map(|(_, person)| *person).chain(own.into_iter().copied()).collect();
        if !wanted.is_empty() && !wanted.contains(&person) && !findings.cell_has_error(row, "pattern") {
            let message = format!("the pattern is about `{}`, and the concept is not", subject.role);
            findings.cell(row, "pattern", message, "name a pattern that is about the person whose concept it is");
        }
    }
    told
}

/// The person whom the resources of a profile are about, where it is one.
fn persons<'c>(context: &'c Context<'_>) -> BTreeMap<&'c str, &'c str> {
    let profiles = context.sheet("fhir-stu3/profiles.csv").into_iter().flat_map(Sheet::rows);
    let known = profiles.filter(|row| !row.get("subject").is_empty());
    known.map(|row| (row.get("profile"), row.get("subject"))).collect()
}

/// Whom the resources of a pattern are about.
fn subject_of<'c>(context: &'c Context<'_>, pattern: &str) -> Option<Subject<'c>> {
    let tree = context.patterns.get(pattern)?;
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
        own.contains(&group) || pairs().any(|pair| pair.other(group).is_some_and(|other| own.contains(&other)))
    };
    context.line_of(path, of(person)).find(|group| repeats(group) && !holds(group))
}
