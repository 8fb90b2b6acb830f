//! The checks and their codes.

use super::rule::{Findings, Group, Rule};
use super::{Context, Diagnostic, rules};

/// The check with a code.
pub fn find(code: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code)
}

/// All groups of checks, in the order of their codes.
pub const GROUPS: &[&Group] = &[
    &rules::files::GROUP,
    &rules::dataset::GROUP,
    &rules::message::GROUP,
    &rules::fhir::GROUP,
    &rules::terminology::GROUP,
    &rules::evidence::GROUP,
];

/// All checks, in the order of their codes.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|group| group.rules).copied()
}

/// Everything that the checks find, consequences too.
pub(super) fn found(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut all_found = Vec::new();
    for rule in all() {
        (rule.run)(context, &mut Findings::new(rule, context, &mut all_found));
    }
    all_found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        assert!(all().is_sorted_by(|first, second| first.code < second.code));
        let names: BTreeSet<_> = all().map(|rule| rule.name).collect();
        assert_eq!(names.len(), all().count());
    }

    #[test]
    fn the_code_of_a_check_says_its_group() {
        for (group, rule) in GROUPS.iter().flat_map(|group| group.rules.iter().map(move |rule| (group, rule))) {
            let own = rule.code.strip_prefix("OOI-").and_then(|digits| digits.chars().next());
            assert_eq!(own, Some(group.codes), "{} is under {}", rule.code, group.title);
        }
    }

    #[test]
    fn every_page_says_what_why_and_how() {
        for rule in all() {
            let page = rule.manual();
            for heading in ["## Why", "## How to mend it"] {
                assert!(page.contains(heading), "{} lacks `{heading}`", rule.code);
            }
            assert!(rule.summary().ends_with('.'), "{}", rule.code);
        }
    }
}
