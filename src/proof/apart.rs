//! Groups whose members stand apart in FHIR, with nothing that says which belong together.
//!
//! A group that occurs several times, and of which each occurrence is a node of the message, says which of its members belong
//! together. Where its members are in different resources, each must lead to the resource of the occurrence, or be led to.

use crate::dataset::{ConceptIx, Dataset};
use crate::plan::fhir::{FhirPlan, Place, Role, RoleIx, Target};
use crate::plan::hl7v3::MessagePlan;

/// The groups of which a detail (a member with a question) would come back under another answer, each with those details.
pub fn apart(dataset: &Dataset, message: &MessagePlan, plan: &FhirPlan) -> Vec<(ConceptIx, Vec<ConceptIx>)> {
    let is_node = |group: ConceptIx| dataset.may_repeat(group) && message.has_node(group);
    let groups =
        dataset.concepts().map(|(ix, _)| ix).filter(|ix| is_node(*ix) && !is_told_otherwise(dataset, plan, *ix));
    let found = groups.filter_map(|group| {
        let members = dataset.concepts().map(|(ix, _)| ix).filter(|leaf| {
            let between = dataset.groups_between(group, *leaf);
            dataset.is_within(*leaf, group) && *leaf != group && !between.into_iter().any(is_node)
        });
        let placed: Vec<(ConceptIx, RoleIx)> =
            members.filter_map(|leaf| role_of(plan, leaf).map(|role| (leaf, role))).collect();
        let is_one = placed.iter().all(|(_, role)| *role == placed[0].1);
        // A detail belongs to the answer that it is a detail of; statements that say nothing of each other may stand alone.
        let is_detail = |leaf: &ConceptIx| dataset.get(*leaf).question.is_some();
        let loose = placed.iter().filter(|(leaf, role)| is_detail(leaf) && !is_held(dataset, plan, *role, group));
        let loose: Vec<ConceptIx> = loose.map(|(leaf, _)| *leaf).collect();
        (!is_one && !loose.is_empty()).then_some((group, loose))
    });
    found.collect()
}

/// True for a group that FHIR tells by what its resources have in common, or that goes with another.
fn is_told_otherwise(dataset: &Dataset, plan: &FhirPlan, group: ConceptIx) -> bool {
    let common =
        plan.each_fields().iter().any(|ix| matches!(plan.field(*ix).place, Place::Each(own, _) if own == group));
    common || plan.aligned.iter().any(|aligned| dataset.is_within(group, aligned.groups.0))
}

/// The resource of which a row reads a concept.
fn role_of(plan: &FhirPlan, concept: ConceptIx) -> Option<RoleIx> {
    let fields = plan.fields_of(concept).iter().map(|ix| plan.field(*ix)).filter(|field| !field.copy);
    fields.into_iter().find_map(|field| match field.place {
        Place::Role(role, _) => Some(role),
        _ => None,
    })
}

/// True if a resource is about an occurrence of a group, or of one within it, or leads to one that is, or is led to.
fn is_held(dataset: &Dataset, plan: &FhirPlan, ix: RoleIx, group: ConceptIx) -> bool {
    let is_about = |role: &Role| role.per == role.group && dataset.is_within(role.group, group);
    let leads = |from: &Role, to: RoleIx| {
        from.references.iter().any(|reference| match reference.target {
            Target::Role(wanted) => wanted == to,
            Target::Members(_) => reference.target.is(plan, dataset, to),
        })
    };
    let role = plan.role(ix);
    let others = (0u16..).map(RoleIx).zip(&plan.roles).filter(|(_, other)| is_about(other));
    is_about(role) || others.into_iter().any(|(other_ix, other)| leads(role, other_ix) || leads(other, ix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Converter;

    #[test]
    fn no_group_of_the_tables_comes_back_mixed_and_one_without_its_link_is_found() {
        let converter = Converter::new().unwrap();
        let kind = converter.kind("kernset-2.3").unwrap();
        let (message, plan) = (kind.hl7v3.as_ref().unwrap(), kind.fhir.as_deref().unwrap());
        let shown = |plan: &FhirPlan| -> Vec<String> {
            let found = apart(&kind.dataset, message, plan).into_iter();
            found.map(|(group, _)| kind.dataset.get(group).number.to_string()).collect()
        };
        assert_eq!(shown(plan), Vec::<String>::new());
        let mut broken = plan.clone();
        let kinds_of_antibody = role_of(plan, kind.dataset.find("10813").unwrap()).unwrap();
        broken.roles[usize::from(kinds_of_antibody.0)].references.clear();
        assert_eq!(shown(&broken), ["80949"]);
    }
}
