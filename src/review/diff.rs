//! What a change of the tables changes, in concepts and codes.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Context, Files, Row, Sheet};
use crate::tables::{Source, TableError, layout};

/// The ends of the names of columns that say something of a row, and convert nothing.
const SAID: [&str; 5] = ["_display", "`source", "`relation", "`note", "`allow"];

/// A change of the tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it is about: a concept with its name, a code with its label, or a file.
    pub about: String,
    /// What became of it.
    pub what: String,
}

impl Change {
    /// The code map, if it is about what a code is translated into.
    pub fn code_map(&self) -> Option<&str> {
        let (_, map) = self.about.split_once(" in map ")?;
        self.converts().then_some(map)
    }

    /// False if it changes nothing that is converted: how a code is called, where a translation comes from, and how alike the two
    /// are.
    pub fn converts(&self) -> bool {
        let is_said = SAID.iter().any(|column| self.what.contains(&format!("{column}` was ")));
        // Whether there is a translation at all.
        !is_said || self.what.contains("`unmatched`")
    }
}

/// Compares two sets of tables. The changes are in order of what they are about.
///
/// # Errors
/// If one of them cannot be read.
pub fn diff(old: &Source, new: &Source) -> Result<Vec<Change>, TableError> {
    let (old_files, new_files) = (Files::load(&old.laid())?, Files::load(&new.laid())?);
    let (old, new) = (Context::new(&old_files), Context::new(&new_files));
    let paths: BTreeSet<&str> = old_files.iter().chain(new_files.iter()).map(|file| file.path.as_str()).collect();
    let mut changes = Vec::new();
    for path in paths {
        let (before, after) = (old_files.get(path), new_files.get(path));
        if before.map(|file| &file.text) == after.map(|file| &file.text) {
            continue;
        }
        match (layout::of(path), old.sheet(path), new.sheet(path)) {
            (Some(_), None, None) | (None, ..) => changes.push(Change {
                about: path.to_owned(),
                what: match (before, after) {
                    (None, _) => "is new".to_owned(),
                    (_, None) => "is gone".to_owned(),
                    _ => lines(before.and_then(|f| f.text.as_deref()), after.and_then(|f| f.text.as_deref())),
                },
            }),
            (Some(layout), before, after) => {
                let known = changes.len();
                rows(&Compared { layout, old: &old, new: &new }, before, after, &mut changes);
                if changes.len() == known {
                    let same = |sheet: Option<Sheet<'_>>| sheet.map(|sheet| sheet.raw.canonical());
                    let what = if same(before) == same(after) {
                        "is written in another form"
                    } else {
                        "has its rows or columns in another order"
                    };
                    changes.push(Change { about: path.to_owned(), what: what.to_owned() });
                }
            }
        }
    }
    changes.sort();
    Ok(changes)
}

struct Compared<'c, 'f> {
    layout: &'static layout::Layout,
    old: &'c Context<'f>,
    new: &'c Context<'f>,
}

/// The columns that say what a row is about.
fn key(layout: &layout::Layout) -> &'static [&'static str] {
    match layout.path {
        "code-systems.csv" => &["oid"],
        "units.csv" => &["unit"],
        "value-sets/*.csv" | "published-labels.csv" => &["code_system", "code"],
        "code-maps/*.csv" => &["source_system", "source_code"],
        "hl7v3/modifiers.csv" => &["element", "attribute", "of"],
        "fhir-stu3/elements.csv" | "fhir-stu3/modifiers.csv" | "fhir-stu3/wholes.csv" => &["type", "element"],
        "fhir-stu3/invariants.csv" => &["of", "key"],
        "fhir-stu3/withdrawals.csv" => &["type", "item", "element"],
        "fhir-stu3/profiles.csv" => &["profile", "element"],
        "fhir-stu3/*.csv" => &["concept", "resource", "element"],
        _ => &["concept"],
    }
}

fn rows(compared: &Compared<'_, '_>, before: Option<Sheet<'_>>, after: Option<Sheet<'_>>, changes: &mut Vec<Change>) {
    let key = key(compared.layout);
    // Rows that are about the same are told apart by their order.
    let keyed = |sheet: Option<Sheet<'_>>| -> BTreeMap<(Vec<String>, usize), usize> {
        let (mut seen, mut all) = (BTreeMap::<Vec<String>, usize>::new(), BTreeMap::new());
        for (at, row) in sheet.into_iter().flat_map(Sheet::rows).enumerate() {
            let what: Vec<String> = key.iter().map(|column| row.get(column).to_owned()).collect();
            let nth = seen.entry(what.clone()).or_default();
            all.insert((what, *nth), at);
            *nth += 1;
        }
        all
    };
    let (old, new) = (keyed(before), keyed(after));
    let path = before.or(after).map_or("", |sheet| sheet.path);
    let row = |sheet: Option<Sheet<'_>>, at: usize, f: &mut dyn FnMut(Row<'_>)| {
        if let Some(row) = sheet.and_then(|sheet| sheet.rows().nth(at)) {
            f(row);
        }
    };
    for (what, at) in &old {
        match new.get(what) {
            None => row(before, *at, &mut |row| {
                changes.push(Change {
                    about: about(compared, row),
                    what: format!("loses its row in {path}{}", says(compared.layout, row)),
                });
            }),
            Some(other) => row(before, *at, &mut |old_row| {
                row(after, *other, &mut |new_row| {
                    for column in compared.layout.columns {
                        let (was, is) = (old_row.get(column.name), new_row.get(column.name));
                        if was != is {
                            let what = format!("{path}: `{}` was `{was}`, is `{is}`", column.name);
                            changes.push(Change { about: about(compared, new_row), what });
                        }
                    }
                });
            }),
        }
    }
    for (_, at) in new.iter().filter(|(what, _)| !old.contains_key(*what)) {
        row(after, *at, &mut |row| {
            changes.push(Change {
                about: about(compared, row),
                what: format!("gets a row in {path}{}", says(compared.layout, row)),
            });
        });
    }
}

/// What a row is about, for people.
fn about(compared: &Compared<'_, '_>, row: Row<'_>) -> String {
    let path = row.sheet.path;
    let concept = row.get("concept");
    if !concept.is_empty() {
        let named = compared.new.concept(path, concept).or_else(|| compared.old.concept(path, concept));
        return format!("concept {concept} {}", named.map_or("", |row| row.get("name"))).trim_end().to_owned();
    }
    let system = |oid: &str| {
        let named = compared.new.systems.get(oid).or_else(|| compared.old.systems.get(oid));
        named.map_or_else(|| oid.to_owned(), |row| row.get("name").to_owned())
    };
    match compared.layout.path {
        "value-sets/*.csv" => {
            format!(
                "code {} {} ({}) of {}",
                row.get("code"),
                row.get("display"),
                system(row.get("code_system")),
                row.sheet.name()
            )
        }
        "code-maps/*.csv" => {
            format!(
                "code {} ({}) in map {}",
                row.get("source_code"),
                system(row.get("source_system")),
                row.sheet.name()
            )
        }
        "code-systems.csv" => format!("code system {} {}", row.get("oid"), row.get("name")),
        _ => key(compared.layout).iter().map(|column| row.get(column)).collect::<Vec<_>>().join(" "),
    }
}

/// The cells of a row that say where or what.
fn says(layout: &layout::Layout, row: Row<'_>) -> String {
    let wanted = ["in", "resource", "element", "datatype", "target_code", "target_display", "relation", "min", "max"];
    let cells = wanted
        .iter()
        .filter(|name| layout.columns.iter().any(|column| column.name == **name) && !row.get(name).is_empty());
    let cells: Vec<String> = cells.map(|name| format!("{name} `{}`", row.get(name))).collect();
    if cells.is_empty() { String::new() } else { format!(": {}", cells.join(", ")) }
}

/// How many lines of a text changed.
fn lines(before: Option<&str>, after: Option<&str>) -> String {
    let count = |text: Option<&str>| {
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        text.unwrap_or_default().lines().for_each(|line| *lines.entry(line.to_owned()).or_default() += 1);
        lines
    };
    let (old, new) = (count(before), count(after));
    let missing = |of: &BTreeMap<String, usize>, other: &BTreeMap<String, usize>| -> usize {
        of.iter().map(|(line, times)| times.saturating_sub(other.get(line).copied().unwrap_or(0))).sum()
    };
    format!("changed: {} lines gone, {} lines new", missing(&old, &new), missing(&new, &old))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_reviewer_sees_concepts_and_codes() {
        let old = Source::Embedded.files().unwrap();
        let mut new = old.clone();
        let mut change = |file: &str, from: &str, to: &str| {
            let text = String::from_utf8(new[file].clone()).unwrap();
            assert!(text.contains(from), "{file}");
            new.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
        };
        change("code-maps/voeding-kind.csv", "226789007,moedermelk", "226790003,moedermelk");
        change("messages/kernset-2.3/concepts.csv", "\n20150,0,1\n", "\n20150,1,1\n");
        new.remove("value-sets/Echelon.csv");
        let changes = diff(&Source::Memory(Arc::new(old)), &Source::Memory(Arc::new(new))).unwrap();
        let text: Vec<String> = changes.iter().map(|change| format!("{}: {}", change.about, change.what)).collect();
        insta::assert_snapshot!(text.join("\n"));
    }
    #[test]
    fn what_changes_no_cell_is_said_too() {
        let old = Source::Embedded.files().unwrap();
        let what = |change: fn(&str) -> String| {
            let mut new = old.clone();
            let text = String::from_utf8(new["value-sets/Rookgedrag.csv"].clone()).unwrap();
            new.insert("value-sets/Rookgedrag.csv".to_owned(), change(&text).into_bytes());
            let changes = diff(&Source::Memory(Arc::new(old.clone())), &Source::Memory(Arc::new(new))).unwrap();
            changes.into_iter().map(|change| format!("{}: {}", change.about, change.what)).collect::<Vec<_>>()
        };
        let reversed = what(|text| {
            let (header, rows) = text.split_once('\n').unwrap();
            let rows: Vec<&str> = rows.lines().rev().collect();
            format!("{header}\n{}\n", rows.join("\n"))
        });
        assert_eq!(reversed, ["value-sets/Rookgedrag.csv: has its rows or columns in another order"]);
        let written = what(|text| text.replace('\n', "\r\n"));
        assert_eq!(written, ["value-sets/Rookgedrag.csv: is written in another form"]);
    }
}
