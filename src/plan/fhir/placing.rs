//! Which references say where what they refer to belongs: the birth to whose place it was, the referral to its reason.

use super::{FhirPlan, RefSpec, Role, RoleIx, Target};
use crate::dataset::Dataset;

/// A reference of a role that says where what it refers to belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placing {
    /// Which of the references of the role.
    pub reference: usize,
    /// The roles that belong where it says, in order.
    pub roles: Vec<RoleIx>,
}

/// For each role: its references that say where what they refer to belongs. A person and a record belong nowhere else for being
/// referred to.
pub(super) fn placing(plan: &FhirPlan, dataset: &Dataset) -> Vec<Vec<Placing>> {
    let FhirPlan { roles, cases, .. } = plan;
    let type_of = |ix: RoleIx| &plan.role(ix).resource_type;
    let of_case: Vec<_> = [cases.record, cases.person].into_iter().flatten().map(type_of).collect();
    let all = || (0u16..).map(RoleIx).zip(roles);
    let of_role = |(ix, role): (RoleIx, &Role)| {
        let of_reference = |(reference, spec): (usize, &RefSpec)| {
            let placed = all().filter(|(other, target)| {
                *other != ix
                    && spec.target.is(plan, dataset, *other)
                    && !of_case.contains(&&target.resource_type)
                    && (cases.may_share(&target.resource_type)
                        || (belongs_to(dataset, (*other, target), (ix, role))
                            && !is_placed_by_itself(plan, dataset, role, target)))
            });
            let roles: Vec<RoleIx> = placed.map(|(other, _)| other).collect();
            (!roles.is_empty()).then_some(Placing { reference, roles })
        };
        role.references.iter().enumerate().filter_map(of_reference).collect()
    };
    let mut found: Vec<Vec<Placing>> = all().map(of_role).collect();
    // What only says more of what another role refers to (the role in which an author works) says nothing of places.
    let refers = |role: &Role, target: Target| role.references.iter().any(|spec| spec.target == target);
    for at in 0..roles.len() {
        if found[at].is_empty() {
            continue;
        }
        let own = &roles[at].references;
        let (before, rest) = found.split_at_mut(at);
        let Some((placing, after)) = rest.split_first_mut() else { continue };
        let others = (0..at).zip(&*before).chain((at + 1..).zip(&*after));
        let greater: Vec<&[Placing]> = others
            .filter(|(other, _)| own.iter().all(|spec| refers(&roles[*other], spec.target)))
            .map(|(_, placing)| placing.as_slice())
            .collect();
        for one in placing.iter_mut() {
            one.roles.retain(|role| !greater.iter().copied().flatten().any(|other| other.roles.contains(role)));
        }
        placing.retain(|one| !one.roles.is_empty());
    }
    found
}

/// True if resources with a role belong to those with another, which make an occurrence of a group.
fn belongs_to(dataset: &Dataset, (own, role): (RoleIx, &Role), (other, holder): (RoleIx, &Role)) -> bool {
    let opens = holder.per == holder.group;
    // Of one group, the first role opens the occurrence.
    opens
        && dataset.is_within(role.group, holder.group)
        && (role.group != holder.group || role.per != role.group || other < own)
}

/// True if what a target refers to itself says where it belongs, at least as well as who refers to it.
fn is_placed_by_itself(plan: &FhirPlan, dataset: &Dataset, referrer: &Role, target: &Role) -> bool {
    let depth = |role: &Role| dataset.get(role.group).depth;
    target.references.iter().filter(|spec| !spec.optional).any(|spec| match spec.target {
        Target::Role(to) => {
            let holder = plan.role(to);
            holder.per == holder.group
                && dataset.is_within(target.group, holder.group)
                && depth(holder) >= depth(referrer)
        }
        Target::Members(_) => false,
    })
}
