use std::collections::{BTreeMap, HashMap};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;
use crate::check::slip::{distance, is_slip_of};

rule! {
    /// A display is nearly, but not quite, what other rows call the code.
    ///
    /// ## Why
    /// The display is what a person reads beside the code. A value set may have words of its own for a code; a letter more or less than elsewhere is a slip.
    /// In a FHIR table and in the targets of code maps a code has one display.
    ///
    /// ## How to mend it
    /// Write it as the others do, if that is how the code system has it.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -8,Remark,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remrak,ST,invented,
    /// +8,Remark,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remark,ST,invented,
    /// ```
    "OOI-403" "other-display" Warning run
}

const LABELS: &[(&str, &str, &str, &str)] = &[
    ("value-sets/", "code", "code_system", "display"),
    ("code-maps/", "target_code", "target_system", "target_display"),
    ("messages/", "code", "code_system", "display"),
    ("fhir-stu3/", "code", "code_system", "display"),
    ("fhir-stu3/", "also_code", "also_system", "also_display"),
];

/// Folder, label, row and column.
type Label<'a> = (&'a str, &'a str, Row<'a>, &'a str);

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let mut labels: HashMap<(&str, &str), Vec<Label<'_>>> = HashMap::new();
    for sheet in context.sheets() {
        for (folder, code, system, display) in LABELS.iter().filter(|label| sheet.path.starts_with(label.0)) {
            for row in sheet.rows().filter(|row| !row.get(code).is_empty() && !row.get(display).is_empty()) {
                let key = (row.get(system), row.get(code));
                labels.entry(key).or_default().push((folder, row.get(display), row, display));
            }
        }
    }
    let mut keys: Vec<_> = labels.keys().copied().collect();
    keys.sort_unstable();
    for key in keys {
        let all = &labels[&key];
        for (folder, label, row, column) in all {
            let same = all.iter().filter(|(_, other, ..)| other == label).count();
            // FHIR tables speak another language than the rest.
            let strict = *folder == "fhir-stu3/" || *folder == "code-maps/";
            let rival = all.iter().find(|(other_folder, other, ..)| {
                let rivals = all.iter().filter(|(_, third, ..)| third == other).count();
                let wins = rivals > same || (rivals == same && row.sheet.path >= all[0].2.sheet.path);
                other != label
                    && wins
                    && if strict || other_folder.starts_with("fhir") {
                        other_folder == folder
                    } else {
                        near(label, other)
                    }
            });
            if let Some((_, other, ..)) = rival {
                findings.cell(
                    *row,
                    column,
                    format!("the code is called `{other}` elsewhere"),
                    "see which of the two is wrong: where the label says something else than the code means, mend the code; else write it the same",
                );
            }
        }
    }
    let confirmed = |row: Row<'_>| {
        let all = labels.get(&(row.get("code_system"), row.get("code"))).map(Vec::as_slice).unwrap_or_default();
        all.iter().any(|(_, label, other, _)| {
            other.sheet.path != row.sheet.path && letters(label) == letters(row.get("display"))
        })
    };
    names(context, &confirmed, findings);
    tags(context, findings);
}

/// What SNOMED CT puts between parentheses at the end of a name says of what kind the concept is: there are few kinds.
fn tags(context: &Context<'_>, findings: &mut Findings<'_>) {
    const MANY: usize = 3;
    let mut tags: BTreeMap<&str, Vec<(Row<'_>, &str)>> = BTreeMap::new();
    for sheet in context.sheets() {
        for (folder, _, _, display) in LABELS.iter().filter(|label| sheet.path.starts_with(label.0)) {
            let strict = *folder == "fhir-stu3/" || *folder == "code-maps/";
            for row in sheet.rows().filter(|_| strict) {
                if let Some((_, tag)) = row.get(display).rsplit_once(" (") {
                    tags.entry(tag).or_default().push((row, display));
                }
            }
        }
    }
    for (tag, rows) in tags.iter().filter(|(_, rows)| rows.len() < MANY) {
        let meant = tags.iter().find(|(other, rows)| rows.len() >= MANY && is_slip_of(tag, other));
        for (row, column) in rows.iter().filter(|_| meant.is_some()) {
            let meant = meant.map_or("", |(meant, _)| meant);
            findings.cell(*row, column, format!("`({tag}` is `({meant}` elsewhere"), "write it the same");
        }
    }
}

/// A label that is nearly the name of its concept, and that no other table has.
fn names(context: &Context<'_>, confirmed: &dyn Fn(Row<'_>) -> bool, findings: &mut Findings<'_>) {
    for rows in context.messages.iter().filter_map(|message| message.rows) {
        for row in rows.rows() {
            let (label, name) = (row.get("display"), row.get("name"));
            if label != name && near(label, name) && !confirmed(row) {
                findings.cell(
                    row,
                    "display",
                    format!("the concept is called `{name}`"),
                    "write it the same, or allow it",
                );
            }
        }
    }
}

/// True if one or two letters differ in a text of some length; case, accents and punctuation are no letters.
fn near(left: &str, right: &str) -> bool {
    let (left, right) = (letters(left), letters(right));
    let longer = left.len().max(right.len());
    let digits = |text: &[char]| text.iter().filter(|c| c.is_numeric()).copied().collect::<Vec<_>>();
    if longer < 6 || left.len().abs_diff(right.len()) > 2 || digits(&left) != digits(&right) {
        return false;
    }
    let most = if longer < 20 { 1 } else { 2 };
    (1..=most).contains(&distance(&left, &right))
}

/// The letters of the words without their endings: a plural or an inflected adjective is no slip. Of a short word there is no more to take away.
fn letters(text: &str) -> Vec<char> {
    let text = text.split_once('(').map_or(text, |(before, _)| before).to_lowercase();
    let words = text.split_whitespace().map(|word| word.replace(|c: char| !c.is_alphanumeric(), ""));
    words.flat_map(|word| stem(&word).chars().collect::<Vec<_>>()).collect()
}

fn stem(word: &str) -> &str {
    let bare = word.trim_end_matches(['e', 'n', 's']);
    if bare.chars().count() < 3 { word } else { bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        assert!(near("Episiotomie", "Episotomie"));
        assert!(near("Ruggenprik", "Ruggeprik"));
        assert!(!near("Episiotomie?", "episiotomie"));
        assert!(!near("Graad 1 ruptuur", "Graad 2 ruptuur"));
        assert!(!near("links", "recht"));
    }
}
