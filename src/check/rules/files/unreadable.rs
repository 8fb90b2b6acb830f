use crate::check::rule::{Findings, rule};
use crate::check::{Body, Context};

rule! {
    /// A file cannot be read as what its name says that it is.
    ///
    /// ## Why
    /// Nothing in it can be checked or used: a quote that is not closed, TOML or JSON with a slip of the keyboard, a file that was saved
    /// in another encoding than UTF-8.
    ///
    /// ## How to mend it
    /// Go to the place that the finding names. Save tables as "CSV UTF-8". A cell with a comma, a quote or a line break stands between
    /// double quotes, and a quote inside it is doubled.
    ///
    /// ## Example
    /// `units.csv`
    /// ```diff
    /// -kg,"mass,invented
    /// +kg,mass,invented
    /// ```
    "OOI-001" "unreadable" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for file in context.files.iter() {
        match &file.body {
            Body::BadCsv(fault) => {
                let help = "mend the quotes; the rest of the file cannot be checked before";
                findings.at(&file.path, fault.line, fault.start, fault.start + 1, fault.message, help);
            }
            Body::Bad(line, message) => {
                let end = u32::try_from(file.line(*line).chars().count() + 1).unwrap_or(2);
                findings.at(&file.path, *line, 1, end, message.clone(), "mend it; the file cannot be used before");
            }
            _ => {}
        }
    }
}
