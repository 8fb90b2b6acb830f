//! How FHIR is bound to the concepts.

use crate::check::rule::Group;

pub(in crate::check) mod contradictory_facts;
pub(in crate::check) mod element_name;
pub(in crate::check) mod fhir_datatype;
pub(in crate::check) mod mandatory_element;
pub(in crate::check) mod open_secret;
pub(in crate::check) mod other_decision;
pub(in crate::check) mod other_person;
pub(in crate::check) mod repeats_in_one;
pub(in crate::check) mod same_element;
pub(in crate::check) mod same_resource;
pub(in crate::check) mod turned_answer;
pub(in crate::check) mod undemanded_element;
pub(in crate::check) mod unknown_element;
pub(in crate::check) mod unknown_modifier;
pub(in crate::check) mod unknown_profile;
pub(in crate::check) mod unknown_role;
pub(in crate::check) mod unknown_whole;
pub(in crate::check) mod unpublished_code;

/// The group, with its checks in the order of their codes.
pub(in crate::check) const GROUP: Group = Group {
    title: "FHIR",
    about: "How FHIR is bound to the concepts.",
    codes: '3',
    rules: &[
        &unknown_element::RULE,
        &fhir_datatype::RULE,
        &unknown_profile::RULE,
        &mandatory_element::RULE,
        &unknown_role::RULE,
        &repeats_in_one::RULE,
        &same_resource::RULE,
        &same_element::RULE,
        &contradictory_facts::RULE,
        &other_decision::RULE,
        &element_name::RULE,
        &undemanded_element::RULE,
        &unknown_modifier::RULE,
        &unknown_whole::RULE,
        &unpublished_code::RULE,
        &other_person::RULE,
        &turned_answer::RULE,
        &open_secret::RULE,
    ],
};
