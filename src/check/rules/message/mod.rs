//! How messages are bound to the concepts.

pub(in crate::check) mod cardinality;
pub(in crate::check) mod concept_without_row;
pub(in crate::check) mod fixed_modifier;
pub(in crate::check) mod idle_cell;
pub(in crate::check) mod many_in_one_node;
pub(in crate::check) mod message_datatype;
pub(in crate::check) mod other_version;
pub(in crate::check) mod outside_group;
pub(in crate::check) mod row_never_used;
pub(in crate::check) mod same_node;
pub(in crate::check) mod sample_form;
pub(in crate::check) mod skeleton_oid;
pub(in crate::check) mod unknown_place;
pub(in crate::check) mod unknown_template;
pub(in crate::check) mod unlike_element;
pub(in crate::check) mod unpublished_domain;
pub(in crate::check) mod unserved_demand;
pub(in crate::check) mod unused_hole;
