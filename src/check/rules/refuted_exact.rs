use crate::check::Context;
use crate::check::registry::rule;
use crate::check::run::Findings;

rule! {
    /// A row is marked as exact, and running it both ways over its value set refutes that.
    ///
    /// ## Why
    /// Whoever reads the table counts on getting back what was sent.
    ///
    /// ## How to mend it
    /// Mend the row, or mark it as what it is. The message names the first value that does not come back.
    "OOI-501" "refuted-exact" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for (file, line, why) in &context.refuted {
        let row = context.sheet(file).and_then(|sheet| sheet.rows().find(|row| row.line() == *line));
        match row {
            Some(row) => findings.cell(row, "concept", why.clone(), "mend the row, or mark it as what it is"),
            None => findings.at(file, *line, 1, 1, why.clone(), "mend the row, or mark it as what it is"),
        }
    }
}
