//! Whom a resource is about, and in which record it is: what its references say of that.

use super::Web;
use crate::dataset::Text;
use crate::fhir::reached::{Led, Reached};
use crate::plan::fhir::{RoleIx, Target};

impl Web<'_> {
    /// True if a resource need not say whom it is about, or in which record it is, and names somebody or something else than
    /// the role wants.
    pub(super) fn is_about_another(&self, at: usize, ix: RoleIx) -> bool {
        let optional = self.plan.role(ix).references.iter().zip(self.links(at, ix)).filter(|(own, _)| own.optional);
        let mut wanted = optional.filter_map(|(reference, reached)| match reference.target {
            Target::Role(wanted) => Some((wanted, reached)),
            Target::Members(_) => None,
        });
        wanted.any(|(wanted, reached)| {
            let leads = !reached.all.is_empty() || self.is_another(wanted, reached);
            (self.is_person(wanted) && leads && !self.may_mean(reached, wanted))
                || (self.is_record(wanted) && self.is_another_record(wanted, reached))
                || self.names_others_too(reached, wanted)
        })
    }

    /// True if an element that leads to the person or the record that is wanted names somebody or something else as well: then
    /// nothing tells of whom it is.
    pub(super) fn names_others_too(&self, reached: &Reached, wanted: RoleIx) -> bool {
        let is_other = |one: &Vec<Led>| !one.iter().any(|(target, _)| self.candidates[*target].contains(&wanted));
        let tells_whose = self.is_person(wanted) || self.is_record(wanted);
        tells_whose
            && !reached.all.is_empty()
            && (!reached.astray.is_empty() || reached.named_only || reached.each.iter().any(is_other))
    }

    /// True if a reference is to a record that is not there, while one is.
    pub(super) fn is_another_record(&self, wanted: RoleIx, reached: &Reached) -> bool {
        self.present[usize::from(wanted.0)] && reached.astray.contains(&self.plan.role(wanted).resource_type)
    }

    /// True for the role of the record that is a case.
    pub(super) fn is_record(&self, ix: RoleIx) -> bool {
        self.plan.cases.record == Some(ix)
    }

    /// True if a resource does not say that it is about the person whom the role wants and who is in the source: it names
    /// somebody without saying who that is, or nobody, and nothing else that it refers to is hers.
    pub(super) fn is_nobodys(&self, at: usize, ix: RoleIx, wanted: RoleIx, reached: &Reached) -> bool {
        if !self.is_person(wanted) || !self.present[usize::from(wanted.0)] {
            return false;
        }
        let is_hers = |(other, led): (RoleIx, &Reached)| other != wanted && self.may_mean(led, other);
        reached.named_only || !self.references(at, ix).any(is_hers)
    }

    /// True for the role of a person about whom resources are.
    pub(super) fn is_person(&self, ix: RoleIx) -> bool {
        let person = self.plan.cases.person.map(|person| &self.plan.role(person).resource_type);
        person == Some(&self.plan.role(ix).resource_type)
    }

    /// True if a reference is to a person, an organisation or a record that is not there, while one is that has the role. A case
    /// has one current pregnancy, however it is called.
    pub(super) fn is_another(&self, wanted: RoleIx, reached: &Reached) -> bool {
        let role = self.plan.role(wanted);
        // What is about a group or a thing is about no person.
        let is_another = |kind: &Text| kind.is_empty() || *kind == role.resource_type || self.is_person(wanted);
        self.present[usize::from(wanted.0)]
            && (self.is_person(wanted) || self.is_record(wanted) || self.plan.identity.roles.contains_key(&role.name))
            && reached.astray.iter().any(is_another)
    }
}
