use super::refused_form::refused;
use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context};

rule! {
    /// A table is not in its canonical form.
    ///
    /// ## Why
    /// Spreadsheets write a byte-order mark, CRLF and quotes as they like. Such a file is read, but its next change shows as a change of every line, and
    /// nobody can review it. (Semicolons, UTF-16 and Windows-1252 are OOI-009: conversions do not read them.)
    ///
    /// ## How to mend it
    /// `ooievaar mappings fmt` writes commas, LF, quotes only where they are needed, no byte-order mark, no blank lines and no white space
    /// around cells. No cell changes its meaning.
    ///
    /// ## Example
    /// `value-sets/Colour.csv`
    /// ```diff
    /// -B,1.2.4,"blue",2,invented
    /// +B,1.2.4,blue,2,invented
    /// ```
    "OOI-002" "not-canonical" Warning run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for file in context.files.iter() {
        let Body::Csv(sheet) = &file.body else { continue };
        let refused = refused(file);
        for flaw in sheet.flaws.iter().filter(|flaw| !refused.contains(flaw)) {
            findings.at(&file.path, flaw.line, flaw.start, flaw.end, flaw.form.about(), flaw.form.help());
            findings.fixable();
        }
    }
}
