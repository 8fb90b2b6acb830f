//! The checks and their codes.

use super::rule::{Findings, Rule};
use super::{Context, Diagnostic, rules};

/// The check with a code.
pub fn find(code: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code)
}

/// All checks, in the order of their codes.
pub const ALL: &[&Rule] = &[
    &rules::files::unreadable::RULE,
    &rules::files::not_canonical::RULE,
    &rules::files::columns::RULE,
    &rules::files::malformed_cell::RULE,
    &rules::files::unknown_key::RULE,
    &rules::files::stray_file::RULE,
    &rules::files::allow_without_reason::RULE,
    &rules::files::allow_without_finding::RULE,
    &rules::files::refused_form::RULE,
    &rules::files::does_not_compile::RULE,
    &rules::dataset::duplicate_concept::RULE,
    &rules::dataset::unknown_concept::RULE,
    &rules::dataset::broken_tree::RULE,
    &rules::dataset::value_domain::RULE,
    &rules::dataset::other_name::RULE,
    &rules::dataset::short_name::RULE,
    &rules::message::concept_without_row::RULE,
    &rules::message::row_never_used::RULE,
    &rules::message::unknown_place::RULE,
    &rules::message::message_datatype::RULE,
    &rules::message::cardinality::RULE,
    &rules::message::same_node::RULE,
    &rules::message::unknown_template::RULE,
    &rules::message::idle_cell::RULE,
    &rules::message::sample_form::RULE,
    &rules::message::unpublished_domain::RULE,
    &rules::message::fixed_modifier::RULE,
    &rules::message::skeleton_oid::RULE,
    &rules::message::outside_group::RULE,
    &rules::message::unlike_element::RULE,
    &rules::message::unused_hole::RULE,
    &rules::message::many_in_one_node::RULE,
    &rules::message::unserved_demand::RULE,
    &rules::message::other_version::RULE,
    &rules::fhir::unknown_element::RULE,
    &rules::fhir::fhir_datatype::RULE,
    &rules::fhir::unknown_profile::RULE,
    &rules::fhir::mandatory_element::RULE,
    &rules::fhir::unknown_role::RULE,
    &rules::fhir::repeats_in_one::RULE,
    &rules::fhir::same_resource::RULE,
    &rules::fhir::same_element::RULE,
    &rules::fhir::contradictory_facts::RULE,
    &rules::fhir::other_decision::RULE,
    &rules::fhir::element_name::RULE,
    &rules::fhir::undemanded_element::RULE,
    &rules::fhir::unknown_modifier::RULE,
    &rules::fhir::unknown_whole::RULE,
    &rules::fhir::unpublished_code::RULE,
    &rules::fhir::other_person::RULE,
    &rules::fhir::turned_answer::RULE,
    &rules::fhir::open_secret::RULE,
    &rules::terminology::unknown_code_system::RULE,
    &rules::terminology::duplicate_code::RULE,
    &rules::terminology::other_display::RULE,
    &rules::terminology::code_outside_value_set::RULE,
    &rules::terminology::unmapped_code::RULE,
    &rules::terminology::undecided_way_back::RULE,
    &rules::terminology::check_digit::RULE,
    &rules::terminology::duplicate_uri::RULE,
    &rules::terminology::other_code::RULE,
    &rules::terminology::unknown_null_flavor::RULE,
    &rules::terminology::code_form::RULE,
    &rules::terminology::swapped_codes::RULE,
    &rules::terminology::unpublished_translation::RULE,
    &rules::terminology::unlike_unit::RULE,
    &rules::evidence::refuted_exact::RULE,
    &rules::evidence::no_example::RULE,
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
