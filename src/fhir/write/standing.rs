//! Where the occurrences of an earlier delivery stood in the ids on a server: a bundle tells, whose own delivery before it had others.

use std::collections::{HashMap, HashSet};

use super::bundle::url_of;
use super::compose::Composition;
use super::ids::Ids;
use super::key::IdKey;
use super::positions::Positions;
use crate::dataset::{ConceptIx, Dataset, Instance, NodeIx, Text};
use crate::fhir::read::Sent;
use crate::plan::fhir::{FhirPlan, RoleIx};
use crate::terminology::Terminology;

/// More of one kind (children) were never in one record, in all its deliveries.
const MOST: usize = 100;

/// Where the occurrences of an earlier delivery stood.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The positions that they had in ids.
    pub positions: Positions,
    /// By what they were in, and their concept: the positions of those that were deleted before. No other gets them.
    gone: HashMap<(NodeIx, ConceptIx), HashSet<usize>>,
    /// `<type>/<id>` of those, to be deleted again: so each bundle tells the next one which positions were used.
    pub deleted: Vec<Text>,
}

impl Standing {
    /// Finds where the occurrences stood in the bundle from which an instance was read.
    pub fn of(
        plan: &FhirPlan,
        dataset: &Dataset,
        terminology: &Terminology,
        instance: &Instance,
        key: Option<&IdKey>,
        sent: &Sent,
    ) -> Self {
        let mut standing = Self::default();
        let mut ids = Ids::new(plan, dataset, terminology, instance, key, &Positions::default());
        let made = known(plan, dataset, terminology, instance, sent);
        let is_of = |group: ConceptIx| move |node: &NodeIx| instance.node(*node).concept == group;
        for group in groups(plan) {
            for occurrence in instance.nodes().map(|(node, _)| node).filter(is_of(group)) {
                let own = made.iter().filter(|(_, node, _)| instance.is_below(*node, occurrence));
                let mut found = own.map(|(role, node, id)| {
                    (0..MOST).find(|at| ids.at(plan.role(*role), *node, occurrence, *at) == *id)
                });
                if let Some(position) = found.find_map(|position| position) {
                    standing.positions.set(occurrence, position);
                    drop(found);
                    ids.place(occurrence, position);
                }
            }
            standing.find_gone(plan, dataset, instance, &mut ids, group, sent);
        }
        standing
    }

    /// Finds which occurrences of a group the bundle deleted.
    fn find_gone(
        &mut self,
        plan: &FhirPlan,
        dataset: &Dataset,
        instance: &Instance,
        ids: &mut Ids<'_>,
        group: ConceptIx,
        sent: &Sent,
    ) {
        let parents = instance.nodes().filter(|(_, node)| node.concept == dataset.get(group).parent);
        for (parent, _) in parents {
            for role in plan.roles.iter().filter(|role| role.per == group) {
                for position in 0..MOST {
                    let url = url_of(&ids.of_absent(role, parent, position), &role.resource_type, false);
                    if sent.has_deleted(&url) {
                        self.gone.entry((parent, group)).or_default().insert(position);
                        self.deleted.push(url);
                    }
                }
            }
        }
    }

    /// The positions of what was deleted before.
    pub(super) fn gone(&self, parent: NodeIx, group: ConceptIx) -> impl Iterator<Item = usize> {
        self.gone.get(&(parent, group)).into_iter().flatten().copied()
    }
}

/// The groups whose occurrences keep their positions: those that are known again, and those that are about one of them.
fn groups(plan: &FhirPlan) -> impl Iterator<Item = ConceptIx> {
    let own = plan.identity.recurring.iter().map(|recurring| recurring.group);
    own.chain(plan.aligned.iter().map(|aligned| aligned.groups.0))
}

/// The resources that an instance makes, each with the id of the one in the bundle that it was read from.
fn known(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    instance: &Instance,
    sent: &Sent,
) -> Vec<(RoleIx, NodeIx, Text)> {
    let composition = Composition::of(plan, dataset, terminology, instance, None, true, &Positions::default());
    let sources = composition.sources().filter_map(|(role, node, position)| {
        let (resource_type, id) = sent.at(position)?.split_once('/')?;
        (resource_type == plan.role(role).resource_type).then(|| (role, node, id.into()))
    });
    sources.collect()
}
