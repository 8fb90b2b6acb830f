use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A row names a place for its concept, and running it both ways over all values of the concept shows that some do not come back.
    ///
    /// ## Why
    /// A row that names a place claims to be exact: whoever reads the table counts on getting back what was sent. Rows are only run when the
    /// tables have no errors: what does not compile, or is known to be wrong, says nothing.
    ///
    /// ## How to mend it
    /// Mend the row, or, if there is no place for what it holds, write `-` for the place and say why in `note`. The message names the first value that does
    /// not come back; `ooievaar mappings proof` shows all rows.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -5,Colour,4.parts,observation,,1.2.3.5,118184002,2.16.840.1.113883.6.96,Colour,CS,invented,
    /// +5,Colour,4.parts,observation,,1.2.3.5,118184002,2.16.840.1.113883.6.96,Colour,CE,invented,
    /// ```
    "OOI-501" "refuted-exact" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for refuted in context.refuted.iter().flatten() {
        let mut rows = context.sheet(&refuted.file).into_iter().flat_map(crate::check::Sheet::rows);
        if let Some(row) = rows.find(|row| row.line() == refuted.line) {
            findings.cell(row, "concept", refuted.why.clone(), refuted.help);
        } else {
            findings.at(&refuted.file, refuted.line, 1, 1, refuted.why.clone(), refuted.help);
        }
    }
}
