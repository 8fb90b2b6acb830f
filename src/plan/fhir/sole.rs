//! What there is one of, among what looks the same.

use super::{Role, RoleIx, Target};
use crate::dataset::Dataset;

/// The roles that one resource has, while others with the same fixed content have a role that repeats. A role that
/// belongs to another such role is none: where that one is known, so is this.
pub(super) fn sole_roles(roles: &[Role], dataset: &Dataset) -> Vec<RoleIx> {
    let alike = |one: &Role, other: &Role| {
        one.resource_type == other.resource_type && one.profiles == other.profiles && one.codings == other.codings
    };
    let is_sole = |role: &Role| {
        role.per == role.group
            && !role.codings.is_empty()
            && !dataset.may_repeat(role.group)
            && roles.iter().any(|other| alike(role, other) && dataset.may_repeat(other.group))
    };
    let found: Vec<RoleIx> = (0u16..).zip(roles).filter(|(_, role)| is_sole(role)).map(|(at, _)| RoleIx(at)).collect();
    let belongs = |ix: &RoleIx| {
        let references = &roles[usize::from(ix.0)].references;
        references.iter().any(|reference| matches!(reference.target, Target::Role(to) if found.contains(&to)))
    };
    found.iter().copied().filter(|ix| !belongs(ix)).collect()
}
