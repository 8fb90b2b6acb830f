use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::coded;
use crate::terminology::fits_form;

rule! {
    /// A code does not look like the codes of its system.
    ///
    /// ## Why
    /// A spreadsheet takes `0110` for a number and keeps `110`; `01.015` becomes `1015`. The code that is left is no code, and nothing matches it.
    ///
    /// ## How to mend it
    /// Write the code as it is published. In the spreadsheet, format the column as text before the codes go in. What codes of a system look like is in the
    /// column `code_form` of `code-systems.csv`: if that is wrong, mend it there.
    ///
    /// ## Example
    /// `fhir-stu3/mini.csv`
    /// ```diff
    /// -5,Colour,,,observation,118184002,2.16.840.1.113883.6.96,Colour,c,1.2.4,Colour,valueCodeableConcept,CodeableConcept,colour,,ours,invented,
    /// +5,Colour,,,observation,118184002,2.16.840.1.113883.6.96,Colour,C,1.2.4,Colour,valueCodeableConcept,CodeableConcept,colour,,ours,invented,
    /// ```
    "OOI-411" "code-form" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for row in context.sheet("code-systems.csv").into_iter().flat_map(crate::check::Sheet::rows) {
        let stands_for_nothing = |c: char| (c.is_ascii_digit() && c != '9') || (c.is_ascii_alphabetic() && c != 'A');
        if row.get("code_form").contains(stands_for_nothing) {
            let message = format!("`{}` is no form: a digit is `9` in it, a capital `A`", row.get("code_form"));
            findings.cell(row, "code_form", message, "compare with the codes of the system");
        }
    }
    for sheet in context.sheets() {
        for (row, code, system) in coded(sheet) {
            let form = context.systems.get(row.get(system)).map_or("", |row| row.get("code_form"));
            let text = row.get(code);
            if !fits_form(form, text) {
                let forms = form.replace('|', "` or `");
                let message = format!("`{text}` does not look like a code of its system");
                findings.cell(row, code, message, format!("codes look like `{forms}` (9: a digit, A: a capital)"));
            }
        }
    }
}
