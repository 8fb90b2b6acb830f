//! What would be a guess: a role that a resource has only because another, which looks the same, finds nothing to be of.
//!
//! The length of a pregnancy at a check-up that is not in the source is none at a diagnosis; an infection in an earlier
//! pregnancy that is not there is none of before.

use super::reached::Reached;
use crate::dataset::Dataset;
use crate::plan::fhir::{ElementPath, FhirPlan, RoleIx, Target};

/// The references of the roles that a resource may have by its own content, and where each leads.
type Links = [(RoleIx, Vec<Reached>)];

/// True if a resource that may have a role may have another, by what the role does not mention or leaves open: it refers
/// to what the other wants, or says nothing where only that could tell the two apart: there may be several of the role, or
/// `may_be` says that several resources may be what the other wants (two pregnancies), so that it may well be of one of them.
pub(super) fn is_one(plan: &FhirPlan, dataset: &Dataset, may_be: &[usize], links: &Links, ix: RoleIx) -> bool {
    let others = links.iter().filter(|(other, _)| *other != ix);
    let wanted = others.flat_map(|(other, reached)| {
        let references = plan.role(*other).references.iter().zip(reached).filter(|(reference, _)| !reference.optional);
        references.filter_map(|(reference, reached)| match reference.target {
            Target::Role(wanted) => Some((&reference.path, wanted, reached)),
            Target::Members(_) => None,
        })
    });
    let mut wanted = wanted.filter(|(path, wanted, _)| !wants(plan, ix, path).any(|own| own == *wanted));
    wanted.any(|(path, wanted, reached)| {
        let type_of = |role: RoleIx| &plan.role(role).resource_type;
        let is_silent = reached.all.is_empty() && reached.astray.is_empty() && !reached.named_only;
        if !mentions(plan, ix, path) {
            return !is_silent;
        }
        if is_silent {
            return dataset.may_repeat(plan.role(ix).group) || may_be[usize::from(wanted.0)] > 1;
        }
        reached.astray.contains(type_of(wanted)) && !wants(plan, ix, path).any(|own| type_of(own) == type_of(wanted))
    })
}

/// True if a role refers to something in an element.
fn mentions(plan: &FhirPlan, ix: RoleIx, path: &ElementPath) -> bool {
    plan.role(ix).references.iter().any(|reference| reference.path == *path)
}

/// The roles to which a role refers in an element.
fn wants<'p>(plan: &'p FhirPlan, ix: RoleIx, path: &'p ElementPath) -> impl Iterator<Item = RoleIx> + use<'p> {
    let references = plan.role(ix).references.iter().filter(move |reference| reference.path == *path);
    references.filter_map(|reference| match reference.target {
        Target::Role(wanted) => Some(wanted),
        Target::Members(_) => None,
    })
}
