//! What writing and reading values have in common.

use super::urls;
use crate::dataset::{Content, Dataset, NullFlavor};
use crate::plan::fhir::FhirPlan;
use crate::terminology::Terminology;
use crate::tree::{Leaf, Tree};

/// What the codecs need to know.
#[derive(Clone, Copy)]
pub(super) struct Codecs<'a> {
    pub plan: &'a FhirPlan,
    pub dataset: &'a Dataset,
    pub terminology: &'a Terminology,
}

/// The leaves of a resource that a value was made from.
#[derive(Default)]
pub(super) struct Used {
    pub leaves: Vec<u32>,
    pub position: u32,
}

impl Used {
    /// Notes that a leaf was used; returns its characters.
    pub fn take<'t>(&mut self, leaf: &'t Leaf) -> &'t str {
        if self.leaves.is_empty() {
            self.position = leaf.position;
        }
        if !self.leaves.contains(&leaf.ix) {
            self.leaves.push(leaf.ix);
        }
        &leaf.text
    }

    /// Notes that all leaves of a tree were used.
    pub fn take_all(&mut self, tree: &Tree) {
        tree.each_leaf(&mut |leaf| {
            self.take(leaf);
        });
    }

    /// Notes that a member was used, if it is there; returns its characters.
    pub fn take_at<'t>(&mut self, tree: &'t Tree, name: &str) -> Option<&'t str> {
        tree.leaf_at(name).map(|leaf| self.take(leaf))
    }
}

/// An object of the members that hold something.
pub(super) fn object<const N: usize>(members: [(&str, Tree); N]) -> Tree {
    Tree::Object(
        members.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value)).collect(),
    )
}

/// An object with one extension.
pub(super) fn extension(url: &str, element: &str, value: Tree) -> Tree {
    let inner = object([("url", Tree::string(url)), (element, value)]);
    object([("extension", Tree::Array(vec![inner]))])
}

/// The value of an extension with this URL.
pub(super) fn extension_value<'t>(holder: &'t Tree, url: &str, element: &str) -> Option<&'t Tree> {
    let extensions = holder.get("extension")?.items();
    extensions.iter().find(|extension| extension.text_at("url") == Some(url))?.get(element)
}

/// The null flavour in the extension of an object.
pub(super) fn read_null(holder: &Tree, used: &mut Used) -> Option<Content> {
    let flavor = extension_value(holder, urls::NULL_FLAVOR, "valueCode")?.text().and_then(NullFlavor::from_code)?;
    used.take_all(holder);
    Some(Content::Null { flavor, original_text: None })
}
