//! The checks and their codes.

use super::rule::{Findings, Rule};
use super::{Context, Diagnostic, rules};

/// The check with a code.
pub fn find(code: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code)
}

/// All checks, in the order of their codes.
pub const ALL: &[&Rule] = &[
    &rules::unreadable::RULE,
    &rules::not_canonical::RULE,
    &rules::columns::RULE,
    &rules::malformed_cell::RULE,
    &rules::unknown_key::RULE,
    &rules::stray_file::RULE,
    &rules::allow_without_reason::RULE,
    &rules::allow_without_finding::RULE,
    &rules::refused_form::RULE,
    &rules::does_not_compile::RULE,
    &rules::duplicate_concept::RULE,
    &rules::unknown_concept::RULE,
    &rules::broken_tree::RULE,
    &rules::value_domain::RULE,
    &rules::other_name::RULE,
    &rules::short_name::RULE,
    &rules::concept_without_row::RULE,
    &rules::row_never_used::RULE,
    &rules::unknown_place::RULE,
    &rules::message_datatype::RULE,
    &rules::cardinality::RULE,
    &rules::same_node::RULE,
    &rules::unknown_template::RULE,
    &rules::idle_cell::RULE,
    &rules::sample_form::RULE,
    &rules::unpublished_domain::RULE,
    &rules::fixed_modifier::RULE,
    &rules::skeleton_oid::RULE,
    &rules::outside_group::RULE,
    &rules::unlike_element::RULE,
    &rules::unused_hole::RULE,
    &rules::many_in_one_node::RULE,
    &rules::unserved_demand::RULE,
    &rules::other_version::RULE,
    &rules::unknown_element::RULE,
    &rules::fhir_datatype::RULE,
    &rules::unknown_profile::RULE,
    &rules::mandatory_element::RULE,
    &rules::unknown_role::RULE,
    &rules::repeats_in_one::RULE,
    &rules::same_resource::RULE,
    &rules::same_element::RULE,
    &rules::contradictory_facts::RULE,
    &rules::other_decision::RULE,
    &rules::element_name::RULE,
    &rules::undemanded_element::RULE,
    &rules::unknown_modifier::RULE,
    &rules::unknown_whole::RULE,
    &rules::unpublished_code::RULE,
    &rules::other_person::RULE,
    &rules::turned_answer::RULE,
    &rules::open_secret::RULE,
    &rules::unknown_code_system::RULE,
    &rules::duplicate_code::RULE,
    &rules::other_display::RULE,
    &rules::code_outside_value_set::RULE,
    &rules::unmapped_code::RULE,
    &rules::undecided_way_back::RULE,
    &rules::check_digit::RULE,
    &rules::duplicate_uri::RULE,
    &rules::other_code::RULE,
    &rules::unknown_null_flavor::RULE,
    &rules::code_form::RULE,
    &rules::swapped_codes::RULE,
    &rules::unpublished_translation::RULE,
    &rules::unlike_unit::RULE,
    &rules::refuted_exact::RULE,
    &rules::no_example::RULE,
];

/// Everything that the checks find, consequences too.
pub(super) fn all(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in ALL {
        (rule.run)(context, &mut Findings::new(rule, context, &mut found));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code));
        let mut names: Vec<_> = ALL.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn every_page_says_what_why_and_how() {
        for rule in ALL {
            let page = rule.manual();
            for heading in ["## Why", "## How to mend it"] {
                assert!(page.contains(heading), "{} lacks `{heading}`", rule.code);
            }
            assert!(rule.summary().ends_with('.'), "{}", rule.code);
        }
    }
}
