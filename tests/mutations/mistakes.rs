//! Mistakes that somebody makes who edits the tables in a spreadsheet: `mistakes.csv` has one a row.
//!
//! `row` is how the row begins that it is about, or a text of a file that is no table. `do` is `set` (the cell says `value`), `swap` (the cells change
//! places with those of the row that begins with `value`), `delete`, `double` or `text` (the text becomes `value`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use ooievaar::check::{self, Diagnostic, Options, check};
use ooievaar::tables::{RawSheet, Source};
use rayon::prelude::*;

/// How many must be found at their place.
const LEAST: usize = 74;

type Tables = BTreeMap<String, Vec<u8>>;

struct Mistake {
    what: String,
    file: String,
    row: String,
    columns: Vec<String>,
    does: String,
    value: String,
}

/// What a mistake changes.
struct Changed {
    text: String,
    /// The lines on which a finding is about it.
    lines: BTreeSet<u32>,
    /// What a row that is gone was about.
    key: Option<String>,
}

fn mistakes() -> Vec<Mistake> {
    let text = include_str!("mistakes.csv");
    let sheet = RawSheet::parse(text).unwrap();
    let cell = |row: &ooievaar::tables::RawRow, name: &str| {
        sheet.cell(row, name).map_or(String::new(), |cell| cell.text.clone())
    };
    let mistake = |row| Mistake {
        what: cell(row, "what"),
        file: cell(row, "file"),
        row: cell(row, "row"),
        columns: cell(row, "column").split('+').map(str::to_owned).collect(),
        does: cell(row, "do"),
        value: cell(row, "value"),
    };
    sheet.rows.iter().map(mistake).collect()
}

fn make(mistake: &Mistake, text: &str) -> Changed {
    let number = |count: usize| u32::try_from(count).unwrap();
    if mistake.does == "text" {
        let at = text.find(&mistake.row).unwrap_or_else(|| panic!("{}: there is no {}", mistake.file, mistake.row));
        let first = number(text[..at].matches('\n').count() + 1);
        let last = first + number(mistake.row.matches('\n').count());
        let text = text.replacen(&mistake.row, &mistake.value, 1);
        return Changed { text, lines: (first..=last).collect(), key: None };
    }
    let mut sheet = RawSheet::parse(text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let find = |start: &str| {
        let found = sheet.rows.iter().position(|row| lines[row.line as usize - 1].starts_with(start));
        found.unwrap_or_else(|| panic!("{}: no row begins with {start}", mistake.file))
    };
    let at = find(&mistake.row);
    let line = sheet.rows[at].line;
    let mut changed = Changed { text: String::new(), lines: BTreeSet::from([line]), key: None };
    match mistake.does.as_str() {
        "delete" => {
            let row = sheet.rows.remove(at);
            // A row without a first cell is named by its second.
            changed.key = row.cells.iter().map(|cell| cell.text.clone()).find(|text| !text.is_empty());
            changed.lines.extend([line - 1, line + 1]);
        }
        "double" => {
            let row = sheet.rows[at].clone();
            sheet.rows.insert(at, row);
            changed.lines.insert(line + 1);
        }
        does => {
            let other = (does == "swap").then(|| find(&mistake.value));
            for column in &mistake.columns {
                let place = sheet.column(column).unwrap();
                let cell = sheet.rows[at].cells[place].text.clone();
                match other {
                    Some(other) => {
                        let theirs = std::mem::replace(&mut sheet.rows[other].cells[place].text, cell);
                        sheet.rows[at].cells[place].text = theirs;
                        changed.lines.insert(sheet.rows[other].line);
                    }
                    None => sheet.rows[at].cells[place].text.clone_from(&mistake.value),
                }
            }
        }
    }
    changed.text = sheet.canonical();
    changed
}

/// Finds what `mappings check --examples fixtures` finds.
fn findings(tables: Tables) -> Vec<Diagnostic> {
    let source = Source::Memory(Arc::new(tables));
    let examples = check::examples(&source, Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))).ok();
    check(&source, &Options { raise: Vec::new(), examples, prove: true }).unwrap().findings
}

fn is_about(finding: &Diagnostic, mistake: &Mistake, changed: &Changed) -> bool {
    let here = finding.file == mistake.file && changed.lines.contains(&finding.line);
    let named = changed.key.as_ref().is_some_and(|key| {
        format!("{} {}", finding.concept, finding.message)
            .split(|c: char| !c.is_alphanumeric() && c != '.')
            .any(|word| word == key)
            || finding.text.split(',').any(|cell| cell == key)
    });
    here || named
}

#[test]
fn a_mistake_of_an_editor_is_found_at_its_cell_and_nothing_else() {
    let tables = Source::Folder(concat!(env!("CARGO_MANIFEST_DIR"), "/mappings").into()).files().unwrap();
    let clean: Vec<String> = findings(tables.clone())
        .iter()
        .map(|f| format!("{} {}:{} {}: {}", f.code, f.file, f.line, f.column, f.message))
        .collect();
    assert_eq!(clean, [""; 0], "the tables as they stand have findings");
    let mistakes = mistakes();
    let shown: Vec<(bool, usize, String)> = mistakes
        .par_iter()
        .map(|mistake| {
            let mut tables = tables.clone();
            let changed = make(mistake, std::str::from_utf8(&tables[&mistake.file]).unwrap());
            tables.insert(mistake.file.clone(), changed.text.clone().into_bytes());
            let found = findings(tables);
            let (true_ones, false_ones): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
                found.iter().partition(|finding| is_about(finding, mistake, &changed));
            let mut text = format!("{} ({}): ", mistake.what, mistake.file);
            match true_ones.as_slice() {
                [] => text.push_str("NOT FOUND"),
                all => text.push_str(&all.iter().map(|finding| finding.code).collect::<Vec<_>>().join(" ")),
            }
            for other in &false_ones {
                let Diagnostic { code, file, line, column, message, .. } = other;
                write!(text, "\n    FALSE {code} {file}:{line} {column}: {message}").unwrap();
            }
            (!true_ones.is_empty(), false_ones.len(), text)
        })
        .collect();
    for (_, _, text) in &shown {
        println!("{text}");
    }
    let found = shown.iter().filter(|(found, ..)| *found).count();
    let wrong: usize = shown.iter().map(|(_, wrong, _)| wrong).sum();
    println!("mistakes of an editor: {found} of {} found at their cell, {wrong} findings elsewhere", shown.len());
    assert!(shown.len() >= 70);
    assert!(found >= LEAST, "{found} of {}: a check has become worse", shown.len());
    assert_eq!(wrong, 0, "findings that are about something else");
}
