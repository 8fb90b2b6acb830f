//! The resources of a source, with what is around them.

use crate::dataset::Text;
use crate::tree::Tree;

/// The element of a resource with the resources that exist only within it.
pub(super) const CONTAINED: &str = "contained";

/// A resource found in a source.
pub struct Entry<'t> {
    /// The resource.
    pub resource: &'t Tree,
    /// What references may call it.
    pub names: Vec<Text>,
    /// Which resource it is in: only references within that one, which call it `#id`, can mean it.
    pub container: Option<usize>,
    /// Its place among all resources of the source.
    pub number: usize,
    /// What is around it in the source takes it back (it is deleted, was not found), or changes what it says in a way that nobody
    /// knows: nothing of it is so.
    pub taken_back: bool,
}

/// Adds a resource, which is at a place among all of the source, and what it contains.
pub(super) fn add_resource<'t>(resource: &'t Tree, names: Vec<Text>, number: usize, entries: &mut Vec<Entry<'t>>) {
    let container = Some(entries.len());
    entries.push(Entry { resource, names, container: None, number, taken_back: false });
    let contained = resource.get(CONTAINED).map_or(&[][..], Tree::items);
    let within = (number + 1..).zip(contained);
    entries.extend(within.map(|(number, resource)| Entry {
        resource,
        names: Vec::new(),
        container,
        number,
        taken_back: false,
    }));
}
