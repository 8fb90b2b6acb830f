//! More resources than there is room for: a second account of how the one message was sent.
//!
//! What nothing refers to by a name, and there is one of in a record, may be there again under another id. What says the same is a
//! copy, and no second thing. What says something else is one too many: it is lost as a whole, so that nothing of it stands beside
//! what the first says. What names the record is first: another may be about something else.

use std::collections::HashMap;

use super::copies::says_the_same;
use super::entry::Entry;
use crate::dataset::Dataset;
use crate::plan::fhir::{FhirPlan, Role, RoleIx, Target};
use crate::tree::Tree;

/// Resources of which there is one already.
#[derive(Default)]
pub(super) struct Further {
    /// Those that say what the first says.
    pub copies: Vec<usize>,
    /// Those that say something else.
    pub excess: Vec<usize>,
}

impl Further {
    /// Finds them among resources with these roles; `names_record` tells of one whether it refers to the record of the case.
    pub fn of(
        plan: &FhirPlan,
        dataset: &Dataset,
        entries: &[Entry<'_>],
        roles: &[Option<RoleIx>],
        names_record: impl Fn(usize, RoleIx) -> bool,
    ) -> Self {
        let mut all: HashMap<RoleIx, Vec<usize>> = HashMap::new();
        for (at, role) in roles.iter().take(entries.len()).enumerate() {
            if let Some(role) = role.filter(|ix| is_once(plan, dataset, *ix)) {
                all.entry(role).or_default().push(at);
            }
        }
        let mut further = Self::default();
        for (role, own) in all.into_iter().filter(|(_, own)| own.len() > 1) {
            let first = own.iter().copied().find(|at| names_record(*at, role)).unwrap_or(own[0]);
            further.add(entries, first, own.into_iter().filter(|at| *at != first));
        }
        further
    }

    /// Adds the resources beside the first.
    fn add(&mut self, entries: &[Entry<'_>], first: usize, others: impl Iterator<Item = usize>) {
        for at in others {
            let is_copy = says_the_same(&without_id(entries[first].resource), &without_id(entries[at].resource));
            let list = if is_copy { &mut self.copies } else { &mut self.excess };
            list.push(at);
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.copies.is_empty() && self.excess.is_empty()
    }
}

/// True for a role that makes a group of which a record has one, and that no other refers to: what is referred to is told apart by
/// that.
fn is_once(plan: &FhirPlan, dataset: &Dataset, ix: RoleIx) -> bool {
    let Role { per, group, .. } = *plan.role(ix);
    let is_wanted = || plan.roles.iter().flat_map(|role| &role.references).any(|own| own.target == Target::Role(ix));
    per == group && !dataset.may_repeat(group) && !is_wanted()
}

fn without_id(resource: &Tree) -> Tree {
    let mut plain = resource.clone();
    if let Tree::Object(members) = &mut plain {
        members.retain(|(name, _)| name != "id");
    }
    plain
}
