//! What writing and reading values have in common.

use super::urls;
use crate::dataset::{Content, Dataset, NullFlavor};
use crate::ledger::Reason;
use crate::plan::fhir::FhirPlan;
use crate::terminology::Terminology;
use crate::tree::{Leaf, Tree};

/// What the codecs need to know.
#[derive(Clone, Copy)]
pub(in crate::fhir) struct Codecs<'a> {
    pub plan: &'a FhirPlan,
    pub dataset: &'a Dataset,
    pub terminology: &'a Terminology,
}

/// The leaves of a resource that a value was made from, and those beside it that were not taken.
#[derive(Default)]
pub(in crate::fhir) struct Used {
    pub leaves: Vec<u32>,
    pub position: u32,
    /// What stands beside the value and says something else, or is only its label: it is lost, whoever fixes it.
    pub left: Vec<(u32, Reason)>,
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

    /// Notes what another value was made from, and what was left beside that.
    pub fn absorb(&mut self, other: Self) {
        for leaf in other.leaves {
            if !self.leaves.contains(&leaf) {
                self.leaves.push(leaf);
            }
        }
        self.left.extend(other.left);
    }

    /// Notes that what a tree says is not taken, unless a value was made from it.
    pub fn leave(&mut self, tree: &Tree, reason: Reason) {
        tree.each_leaf(&mut |leaf| {
            if !self.leaves.contains(&leaf.ix) {
                self.left.push((leaf.ix, reason));
            }
        });
    }

    /// Notes that what was taken is not taken after all.
    pub fn put_back(&mut self, tree: Option<&Tree>, reason: Reason) {
        let Some(tree) = tree else { return };
        tree.each_leaf(&mut |leaf| self.leaves.retain(|own| *own != leaf.ix));
        self.leave(tree, reason);
    }

    /// Notes that what stands beside the value says something else: the value stands.
    pub fn contradict(&mut self, tree: &Tree) {
        self.leave(tree, Reason::Contradiction);
    }

    /// Notes that a member was used, if it is there; returns its characters.
    pub fn take_at<'t>(&mut self, tree: &'t Tree, name: &str) -> Option<&'t str> {
        tree.leaf_at(name).map(|leaf| self.take(leaf))
    }
}

/// An object of the members that hold something.
pub(in crate::fhir) fn object<const N: usize>(members: [(&str, Tree); N]) -> Tree {
    Tree::Object(
        members.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value)).collect(),
    )
}

/// An object with one extension.
pub(in crate::fhir) fn extension(url: &str, element: &str, value: Tree) -> Tree {
    let inner = object([("url", Tree::string(url)), (element, value)]);
    object([("extension", Tree::Array(vec![inner]))])
}

/// The extension of an object with this URL.
pub(in crate::fhir) fn extension_of<'t>(holder: &'t Tree, url: &str) -> Option<&'t Tree> {
    holder.get("extension")?.items().iter().find(|extension| extension.text_at("url") == Some(url))
}

/// The value of an extension with this URL.
pub(in crate::fhir) fn extension_value<'t>(holder: &'t Tree, url: &str, element: &str) -> Option<&'t Tree> {
    extension_of(holder, url)?.get(element)
}

/// The null flavour in the extension of an object.
pub(in crate::fhir) fn read_null(holder: &Tree, used: &mut Used) -> Option<Content> {
    let flavor = flavor_beside(holder)?;
    used.take_all(extension_of(holder, urls::NULL_FLAVOR)?);
    Some(Content::Null { flavor, original_text: None })
}

fn flavor_beside(holder: &Tree) -> Option<NullFlavor> {
    extension_value(holder, urls::NULL_FLAVOR, "valueCode")?.text().and_then(NullFlavor::from_code)
}

/// What says beside a value that there is none: it counts only if the value says the same.
pub(in crate::fhir) fn weigh_absence(holder: &Tree, content: &Content, used: &mut Used) {
    for url in [urls::NULL_FLAVOR, urls::DATA_ABSENT] {
        let Some(absence) = extension_of(holder, url) else { continue };
        match content {
            Content::Null { flavor, .. } if flavor_beside(holder) == Some(*flavor) => used.take_all(absence),
            Content::Null { .. } if url == urls::DATA_ABSENT => {}
            _ => used.contradict(absence),
        }
    }
}
