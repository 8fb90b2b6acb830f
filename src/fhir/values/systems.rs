//! Code systems and namespaces that a source calls by their OID, though they have a URI.

use crate::terminology::CodeSystems;
use crate::tree::Tree;

/// Names every `system` in a tree by the URI that the tables have for it, where the source has `urn:oid:` and that OID: the
/// two are one system, and from here on have one name.
pub fn name_systems(tree: &mut Tree, systems: &CodeSystems) {
    match tree {
        Tree::Object(members) => {
            for (name, value) in members {
                if name == "system"
                    && let Tree::Leaf(leaf) = value
                {
                    let oid = leaf.text.starts_with("urn:oid:").then(|| systems.oid(&leaf.text)).flatten();
                    let uri = oid.map(|oid| systems.uri(oid)).filter(|uri| *uri != leaf.text.as_str());
                    if let Some(uri) = uri.map(std::borrow::Cow::into_owned) {
                        leaf.text = uri.into();
                    }
                } else {
                    name_systems(value, systems);
                }
            }
        }
        Tree::Array(items) => items.iter_mut().for_each(|item| name_systems(item, systems)),
        Tree::Leaf(_) => {}
    }
}
