use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::tables::layout::{Content, is_oid};

rule! {
    /// A cell does not hold what its column is for, or is empty where it may not be.
    ///
    /// ## Why
    /// Most slips show here: cells that changed places, an OID with a digit too few, a code with a space, a word that no program knows.
    ///
    /// ## How to mend it
    /// The message says what the cell must be. What each column holds is in the reference.
    ///
    /// ## Example
    /// `messages/mini/concepts.csv`
    /// ```diff
    /// -4,0,many
    /// +4,0,*
    /// ```
    "OOI-004" "malformed-cell" Error run
}

/// The columns that hold words.
const LABELS: &[&str] = &["name", "display", "also_display", "target_display"];

/// `3.2` can be a label, the OID of something published cannot.
fn is_long_oid(text: &str) -> bool {
    is_oid(text) && text.split('.').count() > 3
}

/// What a spreadsheet makes of a long code (`8,0771E+13`), and of one that looks like a day (`8-4` becomes `8-apr`).
fn is_number_or_date(text: &str) -> bool {
    const MONTHS: &[&str] =
        &["jan", "feb", "mrt", "mar", "apr", "mei", "may", "jun", "jul", "aug", "sep", "okt", "oct", "nov", "dec"];
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.split_once("E+").is_some_and(|(number, power)| {
        digits(power)
            && number.split_once(['.', ',']).map_or(digits(number), |(whole, part)| digits(whole) && digits(part))
    });
    let month = |text: &str| MONTHS.contains(&text.to_ascii_lowercase().as_str());
    let date = text
        .split_once('-')
        .is_some_and(|(left, right)| digits(left) && left.len() <= 2 && month(right) || month(left) && digits(right));
    number || date
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        let Some(layout) = sheet.layout else { continue };
        for column in layout.columns.iter().filter(|column| sheet.raw.column(column.name).is_some()) {
            for row in sheet.rows() {
                match row.get(column.name) {
                    "" if column.may_be_empty => {}
                    "" => findings.cell(row, column.name, format!("`{}` is empty", column.name), column.about),
                    text if !matches!(column.content, Content::Text) && is_number_or_date(text) => {
                        let message = format!("`{text}` is what a spreadsheet made of something else");
                        let help = "format the column as text and write the cell again: it cannot be turned back";
                        findings.cell(row, column.name, message, help);
                    }
                    text if !column.content.holds(text) => {
                        let message = format!("`{text}` must be {}", column.content.about());
                        findings.cell(row, column.name, message, format!("`{}` is {}", column.name, column.about));
                    }
                    text if LABELS.contains(&column.name) && text.split(' ').next().is_some_and(is_long_oid) => {
                        let message = format!("`{text}` is an OID, not what people call it");
                        findings.cell(row, column.name, message, format!("`{}` is {}", column.name, column.about));
                    }
                    text if text.contains("  ") => {
                        findings.cell(row, column.name, "has two spaces in a row", "keep one");
                    }
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_number_or_date;

    #[test]
    fn what_a_spreadsheet_made_is_known() {
        for text in ["8,0771E+13", "8.0771E+13", "1E+05", "8-apr", "jul-37", "3-mrt"] {
            assert!(is_number_or_date(text), "{text}");
        }
        for text in ["8339-4", "E+05", "apr", "80771000146107", "2.16.840.1", "PRN-4"] {
            assert!(!is_number_or_date(text), "{text}");
        }
    }
}
