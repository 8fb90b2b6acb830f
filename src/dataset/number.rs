//! The literal forms of numbers. A number is kept as it was written; the formats differ in what they can write.

use std::borrow::Cow;

/// Digits that a power of ten may add: more is no measurement.
const MOST_ZEROS: usize = 30;

/// True for a whole number as XML Schema has it (`xs:integer`, which is INT of HL7v3): digits, with a sign before at most.
pub fn is_integer(text: &str) -> bool {
    is_digits(unsigned(text))
}

/// True for a decimal as XML Schema has it (`xs:decimal`): `.5` and `5.` are decimals too.
pub fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = parts(unsigned(text));
    let is_part = |part: &str| part.is_empty() || is_digits(part);
    is_part(whole) && is_part(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// The digits of a number in the form that every format knows, which is the only one of FHIR: no sign but `-`, no power
/// of ten, no zero before another digit, a digit before the point and behind it. The zeros at its end stay: they say how
/// precise it is.
///
/// `None` if it is no number of HL7v3 (REAL: `xs:decimal` or `xs:double`), or one without digits (`NaN`, `INF`).
///
/// ```
/// use ooievaar::dataset::plain_number;
///
/// assert_eq!(plain_number("08").as_deref(), Some("8"));
/// assert_eq!(plain_number("+.50").as_deref(), Some("0.50"));
/// assert_eq!(plain_number("1.71E2").as_deref(), Some("171"));
/// assert_eq!(plain_number("eight"), None);
/// ```
pub fn plain_number(text: &str) -> Option<Cow<'_, str>> {
    let (mantissa, exponent) = match text.split_once(['E', 'e']) {
        Some((mantissa, exponent)) if is_integer(exponent) => (mantissa, i32::from(exponent.parse::<i16>().ok()?)),
        Some(_) => return None,
        None => (text, 0),
    };
    if !is_decimal(mantissa) {
        return None;
    }
    if exponent == 0 && is_plain(mantissa) {
        return Some(Cow::Borrowed(mantissa));
    }
    let (whole, fraction) = parts(unsigned(mantissa));
    let (whole, fraction) = shifted(whole, fraction, exponent)?;
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let is_zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let sign = if mantissa.starts_with('-') && !is_zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(Cow::Owned(format!("{sign}{whole}{point}{fraction}")))
}

/// True if two texts are the same number, as precise.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one == other || matches!((plain_number(one), plain_number(other)), (Some(one), Some(other)) if one == other)
}

/// True for a number that is in its plain form already. A zero has no sign.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_zero = || digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    is_digits(whole)
        && is_digits(fraction)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && !(text.starts_with('-') && is_zero())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn parts(digits: &str) -> (&str, &str) {
    digits.split_once('.').unwrap_or((digits, ""))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits before and behind the point when it is moved to the right.
fn shifted(whole: &str, fraction: &str, by: i32) -> Option<(String, String)> {
    let mut digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + by;
    let missing = usize::try_from((-point).max(point - i32::try_from(digits.len()).ok()?)).unwrap_or(0);
    if missing > MOST_ZEROS {
        return None;
    }
    let Ok(point) = usize::try_from(point) else {
        return Some((String::new(), format!("{}{digits}", "0".repeat(missing))));
    };
    if point > digits.len() {
        digits.push_str(&"0".repeat(missing));
    }
    let fraction = digits.split_off(point);
    Some((digits, fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_one_plain_form() {
        for (text, plain) in [
            ("8", "8"),
            ("08", "8"),
            ("+8", "8"),
            ("-08", "-8"),
            ("-0", "0"),
            ("00", "0"),
            ("0.0", "0.0"),
            ("-0.50", "-0.50"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("6.30", "6.30"),
            ("1.71E2", "171"),
            ("1.7e2", "170"),
            ("1.7e+2", "170"),
            ("1.710E2", "171.0"),
            ("1.7E-3", "0.0017"),
            ("171E-2", "1.71"),
            ("17E-2", "0.17"),
            ("0E5", "0"),
            ("99999999999999999999.9900", "99999999999999999999.9900"),
        ] {
            assert_eq!(plain_number(text).as_deref(), Some(plain), "{text}");
            assert!(is_same(text, plain));
        }
        assert!(!is_same("6.30", "6.3"));
    }

    #[test]
    fn what_is_no_number_has_none() {
        for text in [
            "", ".", "+", "-", "--8", "+-8", "8,5", "1.2.3", "INF", "NaN", "E2", "1E", "1E2.5", "1E99", "1E-99", "0x8",
            "٨", " 8",
        ] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }
}
