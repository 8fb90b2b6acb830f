//! What would be a guess: a role that a resource has only because another, which looks the same, finds nothing to be of.
//!
//! The length of a pregnancy at a check-up that is not in the source is none at a diagnosis; an infection in an earlier
//! pregnancy that is not there is none of before.

use super::web::Web;
use crate::plan::fhir::{ElementPath, FhirPlan, RoleIx, Target};

impl Web<'_> {
    /// Strikes the roles that would be guesses.
    pub(super) fn strike_guesses(&mut self) {
        for at in 0..self.candidates.len() {
            if self.candidates[at].len() < 2 {
                continue;
            }
            let kept: Vec<RoleIx> = self.candidates[at].iter().copied().filter(|ix| !self.is_guess(at, *ix)).collect();
            if kept.len() < self.candidates[at].len() {
                self.leave(at, kept);
            }
        }
    }

    /// True if a resource that may have a role may have another, by what the role does not mention or leaves open: it refers to
    /// what the other wants, or says nothing where only that could tell the two apart, nor does what it refers to say it for it:
    /// there may be several of the role, or several resources may be what the other wants (two pregnancies), so that it may
    /// well be of one of them.
    fn is_guess(&self, at: usize, ix: RoleIx) -> bool {
        let plan = self.plan;
        let type_of = |role: RoleIx| &plan.role(role).resource_type;
        let others = self.outgoing[at].iter().filter(|(other, _)| *other != ix);
        let wanted = others.flat_map(|(other, reached)| {
            let references = plan.role(*other).references.iter().zip(reached);
            references.filter(|(reference, _)| !reference.optional).filter_map(|(reference, reached)| {
                match reference.target {
                    Target::Role(wanted) => Some((&reference.path, wanted, reached)),
                    Target::Members(_) => None,
                }
            })
        });
        let mut wanted = wanted.filter(|(path, wanted, _)| !wants(plan, ix, path).any(|own| own == *wanted));
        wanted.any(|(path, wanted, reached)| {
            let is_silent = reached.all.is_empty() && reached.astray.is_empty() && !reached.named_only;
            if !mentions(plan, ix, path) {
                return !is_silent;
            }
            if is_silent {
                let is_open = self.dataset.may_repeat(plan.role(ix).group) || self.may_be[usize::from(wanted.0)] > 1;
                let is_said = |own: RoleIx| self.is_whole(own) && self.is_said_by_others(at, ix, own);
                return is_open && !wants(plan, ix, path).any(is_said);
            }
            reached.astray.iter().any(|astray| astray.kind == *type_of(wanted))
                && !wants(plan, ix, path).any(|own| type_of(own) == type_of(wanted))
        })
    }
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
