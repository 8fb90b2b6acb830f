//! Whom a resource is about, and in which record it is: what its references say of that.

use std::collections::{HashMap, HashSet};

use super::Web;
use crate::dataset::Text;
use crate::fhir::read::reached::{Astray, Led, Reached};
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
                || self.is_of_another_whole(at, ix, wanted, reached)
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
        self.is_there(wanted) && reached.astray.iter().any(|astray| astray.kind == self.plan.role(wanted).resource_type)
    }

    /// True if some resource may have a role by its own content.
    fn is_there(&self, ix: RoleIx) -> bool {
        self.may_be[usize::from(ix.0)] > 0
    }

    /// True for the role of the record that is a case.
    pub(super) fn is_record(&self, ix: RoleIx) -> bool {
        self.plan.cases.record == Some(ix)
    }

    /// True if a resource does not say that it is about the person whom the role wants and who is in the source: it names
    /// somebody without saying who that is, or nobody, and nothing else that it refers to is hers.
    pub(super) fn is_nobodys(&self, at: usize, ix: RoleIx, wanted: RoleIx, reached: &Reached) -> bool {
        if !self.is_person(wanted) || !self.is_there(wanted) {
            return false;
        }
        let is_hers = |(other, led): (RoleIx, &Reached)| other != wanted && self.may_mean(led, other);
        reached.named_only || !self.references(at, ix).any(is_hers)
    }

    /// True if a resource does not say of which it is, where the source has several of what there is one of (the current
    /// pregnancy beside an earlier one, their deliveries), or names one that is not there. What it refers to may say it: what
    /// is part of a delivery is of the pregnancy of that delivery.
    pub(super) fn is_of_one_of_several(&self, at: usize, ix: RoleIx, wanted: RoleIx, reached: &Reached) -> bool {
        if self.names_another_whole(wanted, reached) {
            return true;
        }
        self.is_whole(wanted) && self.is_one_of_several(wanted) && !self.is_said_by_others(at, ix, wanted)
    }

    /// The same of a resource that need not say of which it is: it does not where the one that it may be of is there, or it
    /// names another.
    fn is_of_another_whole(&self, at: usize, ix: RoleIx, wanted: RoleIx, reached: &Reached) -> bool {
        if !self.is_whole(wanted) {
            return false;
        }
        let type_of = |role: RoleIx| &self.plan.role(role).resource_type;
        let is_alike = |led: &Led| self.known[led.0].is_some_and(|own| type_of(own) == type_of(wanted));
        let place = usize::from(wanted.0);
        let is_silent = reached.all.is_empty() && (self.sure[place] > 0 || self.named_apart[place]);
        let is_one_of_several = || self.is_one_of_several(wanted) && !self.is_said_by_others(at, ix, wanted);
        self.names_another_whole(wanted, reached)
            || (is_silent && is_one_of_several())
            || (reached.all.iter().any(is_alike) && !self.may_mean(reached, wanted))
    }

    /// True if something that a resource refers to says for it that it is of the one that is wanted. The record does so only
    /// where no other stands in it: an earlier pregnancy may.
    pub(in super::super) fn is_said_by_others(&self, at: usize, ix: RoleIx, wanted: RoleIx) -> bool {
        let stands_apart = |holder: usize, led: &Reached| {
            let mut held = self.incoming[holder].iter().filter(|incoming| incoming.role == wanted);
            held.all(|incoming| led.all.iter().any(|(target, _)| *target == incoming.from))
        };
        self.references(at, ix).any(|(other, led)| {
            let mut targets = led.all.iter().filter(|(target, _)| self.candidates[*target].contains(&other));
            targets.any(|(target, _)| {
                self.references(*target, other).any(|(whole, led)| {
                    whole == wanted
                        && self.may_mean(led, wanted)
                        && (!self.is_record(other) || stands_apart(*target, led))
                })
            })
        })
    }

    /// Whether something that is not there may have a role, by its type.
    fn may_be_meant(&self, astray: &Astray, wanted: RoleIx) -> bool {
        astray.kind.is_empty() || astray.kind == self.plan.role(wanted).resource_type
    }

    /// Per role of what others are part of and there is one of: true if none is there, and the source names several. Two births
    /// that name two deliveries are of two women as far as anybody knows.
    pub(super) fn named_apart(&self) -> Vec<bool> {
        let mut names: HashMap<RoleIx, HashSet<&Text>> = HashMap::new();
        for (ix, links) in self.outgoing.iter().flatten() {
            for (reference, reached) in self.plan.role(*ix).references.iter().zip(links) {
                let Target::Role(wanted) = reference.target else { continue };
                if reached.astray.is_empty() || self.is_there(wanted) || !self.is_whole(wanted) {
                    continue;
                }
                let meant = reached.astray.iter().filter(|astray| self.may_be_meant(astray, wanted));
                names.entry(wanted).or_default().extend(meant.filter_map(|astray| astray.name.as_ref()));
            }
        }
        let mut named_apart = vec![false; self.plan.roles.len()];
        for role in names.iter().filter(|(_, names)| names.len() > 1).map(|(role, _)| role) {
            named_apart[usize::from(role.0)] = true;
        }
        named_apart
    }

    /// True if the source has, or names, several that may have a role.
    fn is_one_of_several(&self, wanted: RoleIx) -> bool {
        let at = usize::from(wanted.0);
        self.may_be[at] > 1 || self.named_apart[at]
    }

    /// True if a reference to what there is one of names one that is not there, though another is, or several such are named; or
    /// does not say where it is.
    fn names_another_whole(&self, wanted: RoleIx, reached: &Reached) -> bool {
        let may_be_meant = |astray: &Astray| self.may_be_meant(astray, wanted);
        self.is_whole(wanted)
            && ((self.is_there(wanted) && reached.named_only)
                || ((self.is_there(wanted) || self.named_apart[usize::from(wanted.0)])
                    && reached.astray.iter().any(may_be_meant)))
    }

    /// True for the role of what others are part of and there is one of: the current pregnancy, its delivery. It is about a
    /// person, and neither one nor the record.
    pub(in super::super) fn is_whole(&self, ix: RoleIx) -> bool {
        self.is_sole(ix)
            && !self.is_person(ix)
            && !self.is_record(ix)
            && !self.says_nothing_of_anybody(self.plan.role(ix))
    }

    /// True unless a person has the role of somebody of whom another resource tells, one for each of them, and none tells of
    /// this one: a child is one because of its birth, not because somebody says something of a child about it.
    pub(super) fn is_told_of(&self, at: usize, ix: RoleIx) -> bool {
        if !self.is_person(ix) {
            return true;
        }
        let tells = |from: RoleIx| self.is_teller(from, ix);
        let is_asked = (0..self.plan.roles.len()).any(|from| u16::try_from(from).is_ok_and(|from| tells(RoleIx(from))));
        !is_asked || self.referrers(at).any(|incoming| incoming.target == Target::Role(ix) && tells(incoming.role))
    }

    /// True for a role that tells of a person with another, once for each: the birth of a child.
    pub(in super::super) fn is_teller(&self, from: RoleIx, of: RoleIx) -> bool {
        let (teller, person) = (self.plan.role(from), self.plan.role(of));
        self.is_person(of)
            && self.plan.cases.person != Some(of)
            && teller.per == person.per
            && teller.references.iter().any(|reference| reference.target == Target::Role(of))
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
        let is_another =
            |Astray { kind, .. }: &Astray| kind.is_empty() || *kind == role.resource_type || self.is_person(wanted);
        self.is_there(wanted)
            && (self.is_person(wanted) || self.is_record(wanted) || self.plan.identity.roles.contains_key(&role.name))
            && reached.astray.iter().any(is_another)
    }
}
