use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context, File};
use crate::tables::{Flaw, Form, RawSheet, Sheet, Source};

rule! {
    /// A table is in a form that conversions do not read.
    ///
    /// ## Why
    /// The checks read what spreadsheets write. Conversions do not: they want commas, UTF-8, rows as long as the header, and nothing around a cell.
    /// They refuse such a table, or would take the spaces for a part of the value.
    ///
    /// ## How to mend it
    /// `ooievaar mappings fmt` writes the table as conversions read it. No cell changes its meaning. That a file is in Windows-1252 is a guess from its
    /// bytes: look at the letters with accents afterwards.
    ///
    /// ## Example
    /// `value-sets/Colour.csv`
    /// ```diff
    /// -B, 1.2.4,blue,2,invented
    /// +B,1.2.4,blue,2,invented
    /// ```
    "OOI-009" "refused-form" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for file in context.files.iter() {
        for flaw in refused(file) {
            let message = format!("{}; conversions do not read that", flaw.form.about());
            findings.at(&file.path, flaw.line, flaw.start, flaw.end, message, flaw.form.help());
            findings.fixable();
        }
    }
}

/// The flaws of a table for which a conversion refuses it, or reads something else.
pub(super) fn refused(file: &File) -> Vec<Flaw> {
    let Body::Csv(sheet) = &file.body else { return Vec::new() };
    let of_bytes = |flaw: &Flaw| matches!(flaw.form, Form::Utf16 | Form::Windows1252);
    let may_be = |flaw: &&Flaw| {
        of_bytes(flaw) || matches!(flaw.form, Form::Separator | Form::Padding | Form::BlankLine | Form::Surplus)
    };
    let suspects: Vec<Flaw> = sheet.flaws.iter().filter(may_be).copied().collect();
    let text = || file.text.clone().unwrap_or_default();
    if suspects.is_empty() || (!suspects.iter().any(of_bytes) && is_read_alike(sheet, &file.path, text())) {
        return Vec::new();
    }
    suspects
}

/// True if a conversion reads the same in a table as it stands.
fn is_read_alike(sheet: &RawSheet, path: &str, text: String) -> bool {
    let columns: Vec<&str> = sheet.header.cells.iter().map(|cell| cell.text.as_str()).collect();
    let source = Source::Memory(Arc::new(BTreeMap::from([(path.to_owned(), text.into_bytes())])));
    let Ok(read) = Sheet::load(&source, path, &columns) else { return false };
    let mut rows = read.rows();
    sheet.rows.iter().all(|own| {
        rows.next().is_some_and(|row| own.cells.iter().zip(&columns).all(|(cell, column)| row.get(column) == cell.text))
    }) && rows.next().is_none()
}
