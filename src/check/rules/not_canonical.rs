use crate::check::registry::rule;
use crate::check::run::Findings;
use crate::check::{Body, Context};

rule! {
    /// A table is not in its canonical form.
    ///
    /// ## Why
    /// Spreadsheets write semicolons, a byte-order mark, CRLF and quotes as they like, and some write UTF-16 or Windows-1252. Such a file is read, but its next
    /// change shows as a change of every line, and nobody can review it.
    ///
    /// ## How to mend it
    /// `ooievaar mappings fmt` writes commas, LF, quotes only where they are needed, no byte-order mark, no blank lines and no white space
    /// around cells. No cell changes its meaning. That a file is in Windows-1252 is a guess from its bytes: look at the letters with accents afterwards.
    "OOI-002" "not-canonical" Warning run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for file in context.files.iter() {
        let Body::Csv(sheet) = &file.body else { continue };
        for flaw in &sheet.flaws {
            findings.at(&file.path, flaw.line, flaw.start, flaw.end, flaw.form.about(), flaw.form.help());
            findings.fixable();
        }
    }
}
