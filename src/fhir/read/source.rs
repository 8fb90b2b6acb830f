//! What there is to read: the resources of one case, ready to be looked up.

use super::bundle::collect;
use super::copies::set_apart;
use super::directory::Directory;
use super::entry::Entry;
use super::marks::on_bundles;
use super::withdrawn::withdraw;
use crate::plan::fhir::FhirPlan;
use crate::tree::Tree;

/// The resources of a source, or of one case in it.
pub struct Source<'t> {
    pub(super) entries: Vec<Entry<'t>>,
    pub(super) directory: Directory<'t>,
    /// Those that belong to no case: nothing of them is read, and all of it is told.
    pub(super) strays: Vec<Entry<'t>>,
    /// Those that say something else than another that has their id: as the strays.
    pub(super) rivals: Vec<Entry<'t>>,
    /// The labels on the bundles: about everything in them.
    pub(super) labels: Vec<&'t Tree>,
    /// The leaves of the bundles themselves.
    pub(super) structural: Vec<u32>,
    /// How many leaves all of these have.
    pub(super) leaves: u32,
}

impl<'t> Source<'t> {
    /// All that is in bundles and resources, which have so many leaves together.
    pub fn of(plan: &FhirPlan, roots: &'t [Tree], leaves: u32) -> Self {
        let mut structural = Vec::new();
        let mut entries = collect(&plan.modifiers, roots, &mut structural);
        withdraw(plan, &mut entries);
        let (entries, rivals) = set_apart(plan, entries, &mut structural);
        let mut labels = Vec::new();
        on_bundles(roots, &mut labels);
        Self { directory: Directory::of(&entries), entries, strays: Vec::new(), rivals, labels, structural, leaves }
    }

    /// True if a resource is called so: by a reference to it, its id, or an identifier.
    pub fn has(&self, name: &str) -> bool {
        !self.directory.called(&self.entries, name).is_empty()
    }
}
