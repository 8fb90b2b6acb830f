//! How FHIR is bound to the concepts.

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
