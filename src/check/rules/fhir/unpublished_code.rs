use std::collections::{BTreeMap, HashMap};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};
use crate::tables::pattern_file;

rule! {
    /// A FHIR row has a code, an element or a profile with which its concept is not published.
    ///
    /// ## Why
    /// A code is right for its system, and wrong for its concept: two codes that changed places, a row that was copied. Then one finding is read as another. The table
    /// of the same name in `fhir-stu3/published/` holds the codes, elements and profiles of the publications, apart from the rows, so that a slip in the one shows.
    /// A row whose `follows` names a release is compared if that release says something; where it names none, the row says itself what was decided.
    ///
    /// ## How to mend it
    /// Mend the row. If the code was found in a publication that is not there yet, add it, with its source. If another place was decided on, say so in `follows`; a resource that belongs
    /// to the published one is allowed with that reason.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -7,Smokes?,,,smoking,77176002,2.16.840.1.113883.6.96,Smokes,,,,valueBoolean,boolean/done,,,ours,invented,
    /// +7,Smokes?,,,smoking,365981007,2.16.840.1.113883.6.96,Smokes,,,,valueBoolean,boolean/done,,,ours,invented,
    /// ```
    "OOI-315" "unpublished-code" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for table in &context.fhir {
        let Some(facts) = context.sheet(&format!("fhir-stu3/published/{}.csv", table.sheet.name())) else { continue };
        let mut published: HashMap<&str, Vec<Row<'_>>> = HashMap::new();
        for fact in facts.rows() {
            published.entry(fact.get("concept")).or_default().push(fact);
        }
        for row in table.sheet.rows().filter(|row| !row.get("pattern").is_empty()) {
            let Some(own) = published.get(row.get("concept")) else { continue };
            codes(row, own, findings);
        }
        elements(table.sheet, &published, findings);
        profiles(context, table.sheet, &published, findings);
    }
}

/// The codes of a row are among those of its concept.
fn codes(row: Row<'_>, own: &[Row<'_>], findings: &mut Findings<'_>) {
    if own.iter().all(|fact| fact.get("code").is_empty()) {
        return;
    }
    for (column, system) in [("code", "code_system"), ("also_code", "also_system")] {
        let code = row.get(column);
        // A concept that has no code of its own stands for itself.
        if code.is_empty() || code == row.get("concept") {
            continue;
        }
        let known = || own.iter().filter(|fact| fact.get("code") == code);
        if known().any(|fact| fact.get("code_system") == row.get(system)) {
            continue;
        }
        let all: Vec<&str> = own.iter().map(|fact| fact.get("code")).filter(|code| !code.is_empty()).collect();
        let help = format!("published: {}", all.join(", "));
        if let Some(fact) = known().next() {
            let message = format!("`{code}` is published as a code of `{}`", fact.get("code_system"));
            findings.cell(row, system, message, help);
            findings.mend(fact.get("code_system"));
        } else {
            findings.cell(row, column, format!("`{code}` is not published for the concept"), help);
            // Whichever it is, what other rows say of this one follows from it.
            findings.mend(if let [only] = all.as_slice() { only } else { "" });
        }
    }
}

/// What is published of the concept of a row in a column. Nothing, if the release that the row follows says nothing of that.
pub(super) fn known<'c>(row: Row<'_>, published: &HashMap<&str, Vec<Row<'c>>>, column: &str) -> Vec<&'c str> {
    let own = || published.get(row.get("concept")).into_iter().flatten().filter(|fact| !fact.get(column).is_empty());
    let release = |word: &str| word.trim_end_matches(':') == row.get("follows");
    // An element is the same in both releases, unless the row says that it decides otherwise.
    let follows_one = column == "element" && row.get("follows").parse::<f32>().is_ok();
    if follows_one || own().any(|fact| fact.get("source").split_whitespace().any(release)) {
        own().map(|fact| fact.get(column)).collect()
    } else {
        Vec::new()
    }
}

/// The element of a row is one in which its concept is published.
fn elements(rows: Sheet<'_>, published: &HashMap<&str, Vec<Row<'_>>>, findings: &mut Findings<'_>) {
    for row in rows.rows().filter(|row| !matches!(row.get("element"), "" | "-")) {
        let known = known(row, published, "element");
        // A row for every resource of a group names several.
        if !row.get("resource").starts_with("each:") && !known.contains(&plain(row.get("element")).as_str()) {
            element(row, &known, findings);
        }
    }
}

/// Tells of an element that is not published, unless it does not even exist: that is told already.
fn element(row: Row<'_>, known: &[&str], findings: &mut Findings<'_>) {
    if known.is_empty() || findings.cell_has_error(row, "element") {
        return;
    }
    let plain = plain(row.get("element"));
    let message = format!("the concept is not published in `{plain}`");
    findings.cell(row, "element", message, format!("published: {}", known.join(", ")));
    if let [only] = known
        && !row.get("element").contains(['[', '|'])
    {
        findings.mend(only);
    }
}

/// A path without its alternatives and what stands in brackets.
fn plain(path: &str) -> String {
    let (mut text, mut depth) = (String::new(), 0_usize);
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => break,
            _ if depth == 0 => text.push(c),
            _ => {}
        }
    }
    text
}

/// The profiles of what the rows make are among those of their concepts. If no row of a pattern agrees, the slip is in the pattern.
fn profiles(
    context: &Context<'_>,
    rows: Sheet<'_>,
    published: &HashMap<&str, Vec<Row<'_>>>,
    findings: &mut Findings<'_>,
) {
    let mut by_pattern: BTreeMap<&str, Vec<(Row<'_>, bool)>> = BTreeMap::new();
    for row in rows.rows().filter(|row| !row.get("pattern").is_empty()) {
        let Some(profile) = context.profile_of(row.get("pattern")) else { continue };
        let known = known(row, published, "profile");
        if !known.is_empty() {
            let agrees = known.contains(&profile);
            by_pattern.entry(row.get("pattern")).or_default().push((row, agrees));
        }
    }
    for (pattern, rows) in by_pattern {
        if rows.len() > 1 && rows.iter().all(|(_, agrees)| !agrees) {
            let profile = context.profile_of(pattern).unwrap_or_default();
            let message = format!("none of the concepts of this pattern is published with `{profile}`");
            let help = format!("compare with fhir-stu3/published/{}.csv", rows[0].0.sheet.name());
            findings.text(&pattern_file(pattern), profile, message, help);
            continue;
        }
        for (row, _) in rows.iter().filter(|(_, agrees)| !agrees) {
            let profile = context.profile_of(pattern).unwrap_or_default();
            let short = profile.rsplit('/').next().unwrap_or_default();
            let message = format!("the concept is not published as a {short}");
            findings.cell(*row, "pattern", message, "compare with the patterns of its neighbours");
        }
    }
}
