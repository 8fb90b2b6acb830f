use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// The short name of a concept is not made of its name.
    ///
    /// ## Why
    /// The standard makes the short name from the name: lower case, `_` between words, `q` for a question mark, and the number behind it where it would
    /// occur twice. When they differ, one of them has a slip, and an ADA document with the other name is not read.
    ///
    /// ## How to mend it
    /// Compare with the dataset as published.
    ///
    /// ## Example
    /// `dataset/mini.csv`
    /// ```diff
    /// -8,4,Remark,remrak,string,,,invented
    /// +8,4,Remark,remark,string,,,invented
    /// ```
    "OOI-106" "short-name" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for dataset in context.datasets.values() {
        for row in dataset.sheet.rows() {
            let (number, name, element) = (row.get("concept"), row.get("name"), row.get("element"));
            let own = element.strip_suffix(&format!("_{number}")).unwrap_or(element);
            // The names in the envelope are our own, and short.
            if !number.starts_with('W') && letters(name) != letters(own) {
                findings.cell(
                    row,
                    "element",
                    format!("`{element}` is not the short form of `{name}`"),
                    "mend the one that has the slip",
                );
            }
        }
    }
}

/// The letters and digits of a name without accents.
fn letters(text: &str) -> String {
    let plain = |c: char| match c {
        '?' => 'q',
        'à' | 'á' | 'â' | 'ä' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        c => c,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).filter(char::is_ascii_alphanumeric).collect()
}
