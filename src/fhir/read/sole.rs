//! Which of several resources is what there is one of: the current pregnancy.
//!
//! It is the one that the caller names. Else it is the one that a resource refers to as such; if several kinds do, the
//! kind that the table has first counts (the record, before what was observed). Of a source that then leaves several, none
//! is chosen: what belongs to which pregnancy is nothing to guess.

use super::web::{Web, only};
use crate::plan::fhir::{RoleIx, Target};

/// Why none was chosen, with the resources between which there was a choice.
#[derive(Debug)]
pub(super) enum Undecided {
    /// The source leaves several.
    Several(Vec<usize>),
    /// What the caller named is none of them.
    NotAmong(Vec<usize>),
}

impl Web<'_> {
    /// Leaves each role of which there is one to one resource. `named` is what the caller calls that resource, or one
    /// that refers to it, if the caller named any.
    ///
    /// # Errors
    /// If the source leaves several, or the caller named something else.
    pub fn single_out(&mut self, named: Option<&[usize]>) -> Result<(), Undecided> {
        if named.is_none() {
            while self.strike_impossible() {}
        }
        for role in self.plan.sole_roles() {
            let contenders = self.contenders(*role);
            let chosen = match named {
                Some(named) => self.meant(*role, named, &contenders).ok_or(Undecided::NotAmong(contenders))?,
                None if contenders.len() < 2 => continue,
                None => self.referred_to(*role, &contenders).ok_or(Undecided::Several(contenders))?,
            };
            for at in 0..self.candidates.len() {
                let mut roles = self.candidates[at].clone();
                roles.retain(|ix| (ix == role) == (at == chosen));
                if roles.len() < self.candidates[at].len() {
                    self.leave(at, roles);
                }
            }
        }
        Ok(())
    }

    fn contenders(&self, role: RoleIx) -> Vec<usize> {
        (0..self.candidates.len()).filter(|at| self.candidates[*at].contains(&role)).collect()
    }

    /// The one resource that is named, or that what is named refers to in the role.
    fn meant(&self, role: RoleIx, named: &[usize], contenders: &[usize]) -> Option<usize> {
        let leads = |at: usize| {
            self.incoming[at].iter().any(|one| named.contains(&one.from) && one.target == Target::Role(role))
        };
        let by_name = contenders.iter().copied().filter(|at| named.contains(at));
        only(by_name).or_else(|| only(contenders.iter().copied().filter(|at| leads(*at))))
    }

    /// The one resource that others, about whose own role there is no doubt, refer to in the role.
    fn referred_to(&self, role: RoleIx, contenders: &[usize]) -> Option<usize> {
        let by = |at: usize| {
            let sure = self.incoming[at]
                .iter()
                .filter(|one| one.target == Target::Role(role) && self.candidates[one.from] == [one.role]);
            sure.map(|one| one.role).min()
        };
        let first = contenders.iter().filter_map(|at| by(*at)).min()?;
        only(contenders.iter().copied().filter(|at| by(*at) == Some(first)))
    }
}
