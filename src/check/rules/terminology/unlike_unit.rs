use std::collections::HashMap;

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// A unit is made of parts that are no units, or measures something else than the unit that it is a multiple of.
    ///
    /// ## Why
    /// A unit that UCUM does not have is written as if it were one, and nobody can compute with it. Two units of one kind can stand for each other: a wrong kind lets a value pass, or refuses it.
    ///
    /// ## How to mend it
    /// Write it as UCUM does: `mmol/L` needs a row for `mol` or `mmol`, and one for `L`. Brackets come in pairs.
    ///
    /// ## Example
    /// `units.csv`
    /// ```diff
    /// -kg,length,invented
    /// +kg,mass,invented
    /// ```
    "OOI-414" "unlike-unit" Error run
}

/// The prefixes of the metric system that stand before units in medicine.
const PREFIXES: [char; 8] = ['k', 'h', 'd', 'c', 'm', 'u', 'n', 'p'];

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let Some(sheet) = context.sheet("units.csv") else { return };
    let kinds: HashMap<&str, &str> = sheet.rows().map(|row| (row.get("unit"), row.get("kind"))).collect();
    for row in sheet.rows() {
        let unit = row.get("unit");
        if !brackets_fit(unit) {
            findings.cell(row, "unit", "the brackets come in no pairs", "write it as UCUM does");
            continue;
        }
        let parts = parts(unit);
        if let [simple] = parts.as_slice() {
            multiple(row, simple, &kinds, findings);
        } else if let Some(part) = parts.iter().find(|part| !is_known(part, &kinds)) {
            let message = format!("the part `{part}` is no unit that has a row, nor a multiple of one");
            findings.cell(row, "unit", message, "mend it, or add the row of that unit");
        }
    }
}

/// A multiple measures what its unit does.
fn multiple(row: Row<'_>, unit: &str, kinds: &HashMap<&str, &str>, findings: &mut Findings<'_>) {
    let whole = unit.strip_prefix(PREFIXES).filter(|whole| !whole.is_empty());
    let Some((whole, kind)) = whole.and_then(|whole| kinds.get_key_value(whole)) else { return };
    if *kind != row.get("kind") {
        let message = format!("`{whole}` measures {kind}, so this does too");
        findings.cell(row, "kind", message, "write the same kind, or mend the unit");
    }
}

/// True if a part is a unit, a multiple of one, a number or a remark.
fn is_known(part: &str, kinds: &HashMap<&str, &str>) -> bool {
    let is_number = |text: &str| text.parse::<i32>().is_ok();
    let bare = part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    part.is_empty()
        || is_number(part)
        || part.strip_prefix("10*").is_some_and(is_number)
        || part.starts_with('{')
        || [part, bare].iter().any(|unit| {
            let whole = unit.strip_prefix(PREFIXES).unwrap_or_default();
            kinds.contains_key(unit) || kinds.contains_key(whole)
        })
}

/// What stands between the signs of multiplication and division, outside brackets.
fn parts(unit: &str) -> Vec<&str> {
    let mut depth = 0_u8;
    unit.split(|c: char| {
        match c {
            '[' | '{' => depth = depth.saturating_add(1),
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, '/' | '.')
    })
    .collect()
}

/// True if each bracket is closed before the next one opens.
fn brackets_fit(unit: &str) -> bool {
    let mut open = None;
    for c in unit.chars() {
        match (c, open) {
            ('[', None) => open = Some(']'),
            ('{', None) => open = Some('}'),
            ('[' | '{', Some(_)) => return false,
            (']' | '}', _) if open != Some(c) => return false,
            (']' | '}', _) => open = None,
            _ => {}
        }
    }
    open.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_made_of_units() {
        let kinds = HashMap::from([("mol", "substance"), ("L", "volume"), ("m", "length")]);
        let known = |unit: &str| brackets_fit(unit) && parts(unit).iter().all(|part| is_known(part, &kinds));
        assert!(["mmol/L", "10*9/L", "/mm3", "{beats}/L", "10*-3/L"].iter().all(|unit| known(unit)));
        assert!(["mmlo/L", "[[iU]/L", "{a/L", "mol/xL"].iter().all(|unit| !known(unit)));
    }
}
