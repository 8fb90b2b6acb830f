//! What the codes, or numbers, of a system look like where they look alike.

/// True if a code fits one of the forms in the column `code_form` of `code-systems.csv`, which `|` separates: `9` stands for a
/// digit in it, `A` for a capital, and all else for itself. Everything fits an empty column.
///
/// ```
/// use ooievaar::terminology::fits_form;
///
/// assert!(fits_form("99.999", "01.015") && fits_form("A9|AAA", "V4") && fits_form("", "anything"));
/// assert!(!fits_form("9999", "110") && !fits_form("99.999", "01,015"));
/// ```
pub fn fits_form(forms: &str, code: &str) -> bool {
    forms.is_empty() || forms.split('|').any(|form| fits(form, code))
}

fn fits(form: &str, code: &str) -> bool {
    form.chars().count() == code.chars().count()
        && form.chars().zip(code.chars()).all(|(form, c)| match form {
            '9' => c.is_ascii_digit(),
            'A' => c.is_ascii_uppercase(),
            other => c == other,
        })
}

#[cfg(test)]
mod tests {
    use super::fits_form;

    #[test]
    fn what_a_spreadsheet_leaves_of_a_code_does_not_fit() {
        assert!(fits_form("9999", "0110") && fits_form("99.999", "01.015") && fits_form("A99AA99", "H01BB02"));
        assert!(!fits_form("9999", "110") && !fits_form("99.999", "1015") && !fits_form("99.999", "01,015"));
        assert!(!fits_form("A9", "a9") && !fits_form("99999999", "1234567"));
    }
}
