//! How a kind of message is bound to its concepts.

use crate::check::rule::Group;

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

/// The group, with its checks in the order of their codes.
pub(in crate::check) const GROUP: Group = Group {
    title: "Messages",
    about: "How a kind of message is bound to its concepts.",
    codes: '2',
    rules: &[
        &concept_without_row::RULE,
        &row_never_used::RULE,
        &unknown_place::RULE,
        &message_datatype::RULE,
        &cardinality::RULE,
        &same_node::RULE,
        &unknown_template::RULE,
        &idle_cell::RULE,
        &sample_form::RULE,
        &unpublished_domain::RULE,
        &fixed_modifier::RULE,
        &skeleton_oid::RULE,
        &outside_group::RULE,
        &unlike_element::RULE,
        &unused_hole::RULE,
        &many_in_one_node::RULE,
        &unserved_demand::RULE,
        &other_version::RULE,
    ],
};
