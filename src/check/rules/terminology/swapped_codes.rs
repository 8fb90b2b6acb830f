use std::collections::{HashMap, HashSet};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};
use crate::check::words::likeness;
use crate::dataset::NullFlavor;

rule! {
    /// Two rows have each other's code: their labels, or the order of the codes, say so.
    ///
    /// ## Why
    /// One column was sorted and the others were not, or two cells changed places. Every code is one of its system, and each of the two means the other: yes and no, boy and girl.
    /// It is found where something else in the tables contradicts it. In a code map without a published one, two translations whose labels moved along are found if each label is more like what
    /// the other translates. Where no label has a word of what it translates (a decision during the dilatation, and the first phase of labour), they are not:
    /// `ooievaar mappings diff OLD NEW --examples DIR` shows every cell that changed, and what it does to the output of messages that use the codes.
    ///
    /// ## How to mend it
    /// Put them back, by the publication. If it has them so, allow the finding.
    ///
    /// ## Example
    /// `value-sets/Colour.csv`
    /// ```diff
    /// -B,1.2.4,red,1,invented
    /// -R,1.2.4,blue,2,invented
    /// +R,1.2.4,red,1,invented
    /// +B,1.2.4,blue,2,invented
    /// ```
    "OOI-412" "swapped-codes" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let labels = labels(context);
    for sheet in context.sheets_in("value-sets") {
        let rows: Vec<Row<'_>> = sheet.rows().collect();
        let mut told = HashSet::new();
        for (at, a) in rows.iter().enumerate() {
            for b in &rows[at + 1..] {
                if crossed(&labels, *a, *b) {
                    tell(*a, *b, "code", "display", &mut told, findings);
                }
            }
        }
        if let Some((a, b)) = out_of_order(&rows) {
            tell(a, b, "code", "display", &mut told, findings);
        }
    }
    // Where the translations are published apart from the map, that decides.
    let published = |sheet: &Sheet<'_>| context.sheet(&format!("code-maps/published/{}.csv", sheet.name())).is_some();
    for sheet in context.sheets_in("code-maps").filter(|sheet| !published(sheet)) {
        targets(sheet, &labels, findings);
    }
}

/// The labels of a code, with the tables that give them.
type Labels<'a> = HashMap<(&'a str, &'a str), Vec<(&'a str, &'a str)>>;

fn labels<'a>(context: &Context<'a>) -> Labels<'a> {
    let mut all = Labels::new();
    for sheet in context.sheets_in("value-sets") {
        for row in sheet.rows() {
            all.entry((row.get("code_system"), row.get("code"))).or_default().push((sheet.path, row.get("display")));
        }
    }
    for row in context.sheets_in("code-maps").flat_map(Sheet::rows) {
        let key = (row.get("target_system"), row.get("target_code"));
        all.entry(key).or_default().push((row.sheet.path, row.get("target_display")));
    }
    all
}

fn tell<'a>(a: Row<'a>, b: Row<'a>, code: &str, label: &str, told: &mut HashSet<u32>, findings: &mut Findings<'_>) {
    for (row, other) in [(a, b), (b, a)] {
        if told.insert(row.line()) {
            let message =
                format!("`{}` seems to belong to `{}` on line {}", row.get(code), other.get(label), other.line());
            findings.cell(row, code, message, "put both back by the publication");
            findings.mend(other.get(code));
        }
    }
}

/// True if other tables give each of two codes the label of the other.
fn crossed(labels: &Labels<'_>, a: Row<'_>, b: Row<'_>) -> bool {
    let elsewhere = |row: Row<'_>, label: &str| {
        let key = (row.get("code_system"), row.get("code"));
        let others = || labels.get(&key).into_iter().flatten().filter(|(path, _)| *path != row.sheet.path);
        others().any(|(_, other)| same(other, label)) && !others().any(|(_, other)| same(other, row.get("display")))
    };
    !same(a.get("display"), b.get("display")) && elsewhere(a, b.get("display")) && elsewhere(b, a.get("display"))
}

fn same(left: &str, right: &str) -> bool {
    let plain = |text: &str| text.split(" (").next().unwrap_or_default().to_lowercase();
    plain(left) == plain(right)
}

/// Two codes without which the codes of a value set would be in the order of the digits, or of the letters.
fn out_of_order<'a>(rows: &[Row<'a>]) -> Option<(Row<'a>, Row<'a>)> {
    const FEWEST: usize = 3;
    let system = rows.first()?.get("code_system");
    let own: Vec<Row<'a>> = rows
        .iter()
        .filter(|row| {
            row.get("code_system") == system && !row.get("ordinal").is_empty() && !row.get("source").ends_with(OLD)
        })
        .copied()
        .collect();
    let short = |row: &Row<'_>| row.get("code").len() <= 4 && row.get("code").bytes().all(|byte| byte.is_ascii_digit());
    if own.len() < FEWEST || !own.iter().all(short) {
        return None;
    }
    let number = |row: &Row<'_>| row.get("code").parse::<u32>().unwrap_or_default();
    let mut sorted = own.clone();
    sorted.sort_by_key(number);
    let mut words = own.clone();
    words.sort_by_key(|row| row.get("code"));
    let same = |left: &[Row<'_>]| left.iter().zip(&own).all(|(a, b)| a.line() == b.line());
    if same(&words) {
        return None;
    }
    let off: Vec<usize> = (0..own.len()).filter(|at| own[*at].line() != sorted[*at].line()).collect();
    match off.as_slice() {
        [a, b] => Some((own[*a], own[*b])),
        _ => None,
    }
}

/// How `source` ends on a member of an earlier version.
const OLD: &str = "not in the current version";

/// What people call the target of a row.
fn target(row: Row<'_>) -> &str {
    match row.get("target_display") {
        "" => row.get("target_code"),
        display => display,
    }
}

/// Targets that are more like the source of another row than like their own.
fn targets(sheet: Sheet<'_>, labels: &Labels<'_>, findings: &mut Findings<'_>) {
    const CLEAR: f32 = 0.2;
    let translated = |row: &Row<'_>| {
        !matches!(row.get("relation"), "equal" | "unmatched") && row.get("source_system") != NullFlavor::SYSTEM
    };
    let rows: Vec<Row<'_>> = sheet.rows().filter(translated).collect();
    let alike = |source: Row<'_>, label: &str| {
        let key = (source.get("source_system"), source.get("source_code"));
        let own = labels.get(&key).into_iter().flatten().filter(|(path, _)| path.starts_with("value-sets/"));
        own.map(|(_, name)| likeness(name, label)).fold(0.0, f32::max)
    };
    let mut told = HashSet::new();
    for (at, a) in rows.iter().enumerate() {
        for b in &rows[at + 1..] {
            if a.get("target_code") == b.get("target_code") && a.get("target_system") == b.get("target_system") {
                continue;
            }
            let own = alike(*a, target(*a)) + alike(*b, target(*b));
            let crossed = alike(*a, target(*b)) + alike(*b, target(*a));
            if crossed > own + CLEAR {
                for (row, other) in [(*a, *b), (*b, *a)] {
                    if told.insert(row.line()) {
                        let message = format!("the target of line {} fits the label of this code better", other.line());
                        findings.cell(row, "target_code", message, "put both back by the publication");
                    }
                }
            }
        }
    }
}
