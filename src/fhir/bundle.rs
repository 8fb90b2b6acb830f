//! Bundles and loose resources.

use crate::dataset::Text;
use crate::plan::fhir::Elements;
use crate::tree::{Tree, write_json};

/// How a bundle is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BundleType {
    /// To be sent to a server: each entry is a PUT on its id, so that sending it twice leaves one copy.
    #[default]
    Transaction,
    /// A set of resources.
    Collection,
}

/// A resource found in a source.
pub struct Entry<'t> {
    /// The resource.
    pub resource: &'t Tree,
    /// What references may call it.
    pub names: Vec<Text>,
}

/// The resources in what was read: the entries of bundles (also nested), loose resources, and what they contain.
///
/// `structural` gets the leaves of the bundles themselves.
pub fn collect<'t>(roots: &'t [Tree], structural: &mut Vec<u32>) -> Vec<Entry<'t>> {
    let mut entries = Vec::new();
    for root in roots {
        collect_one(root, None, &mut entries, structural);
    }
    entries
}

fn collect_one<'t>(tree: &'t Tree, full_url: Option<&'t str>, entries: &mut Vec<Entry<'t>>, structural: &mut Vec<u32>) {
    let resource_type = tree.text_at("resourceType").unwrap_or_default();
    if resource_type != "Bundle" {
        let id = tree.text_at("id").unwrap_or_default();
        let mut names: Vec<Text> = full_url.into_iter().map(Text::from).collect();
        if !id.is_empty() {
            names.push(format!("{resource_type}/{id}").into());
            names.push(format!("urn:uuid:{id}").into());
        }
        entries.push(Entry { resource: tree, names });
        return;
    }
    let Tree::Object(members) = tree else { return };
    for (name, value) in members {
        if name != "entry" {
            value.each_leaf(&mut |leaf| structural.push(leaf.ix));
            continue;
        }
        for entry in value.items() {
            let Tree::Object(members) = entry else { continue };
            for (_, value) in members.iter().filter(|(name, _)| name != "resource") {
                value.each_leaf(&mut |leaf| structural.push(leaf.ix));
            }
            if let Some(resource) = entry.get("resource") {
                collect_one(resource, entry.text_at("fullUrl"), entries, structural);
            }
        }
    }
}

/// Puts resources in a bundle.
pub fn to_bundle(elements: &Elements, resources: Vec<Tree>, bundle_type: BundleType) -> Tree {
    let mut entries = Vec::with_capacity(resources.len());
    for resource in resources {
        let id = resource.text_at("id").map(Text::from).unwrap_or_default();
        let resource_type = resource.text_at("resourceType").unwrap_or_default();
        let request = Tree::Object(vec![
            ("method".into(), Tree::string("PUT")),
            ("url".into(), Tree::string(format!("{resource_type}/{id}"))),
        ]);
        let mut entry = vec![("fullUrl".into(), Tree::string(format!("urn:uuid:{id}"))), ("resource".into(), resource)];
        if bundle_type == BundleType::Transaction {
            entry.push(("request".into(), request));
        }
        entries.push(Tree::Object(entry));
    }
    let name = match bundle_type {
        BundleType::Transaction => "transaction",
        BundleType::Collection => "collection",
    };
    let mut members = vec![("resourceType".into(), Tree::string("Bundle"))];
    elements.insert("Bundle", &mut members, "type", Tree::string(name));
    if !entries.is_empty() {
        elements.insert("Bundle", &mut members, "entry", Tree::Array(entries));
    }
    Tree::Object(members)
}

/// Writes resources one a line. There is no bundle, so references are relative.
pub fn to_ndjson(mut resources: Vec<Tree>) -> String {
    let types: std::collections::HashMap<Text, Text> = resources
        .iter()
        .filter_map(|resource| {
            let (id, resource_type) = (resource.text_at("id")?, resource.text_at("resourceType")?);
            Some((format!("urn:uuid:{id}").into(), format!("{resource_type}/{id}").into()))
        })
        .collect();
    let mut out = String::new();
    for resource in &mut resources {
        relate(resource, &types);
        write_json(resource, false, &mut out);
        out.push('\n');
    }
    out
}

fn relate(tree: &mut Tree, types: &std::collections::HashMap<Text, Text>) {
    match tree {
        Tree::Object(members) => {
            for (name, value) in members {
                match value {
                    Tree::Leaf(leaf) if name == "reference" => {
                        if let Some(relative) = types.get(leaf.text.as_str()) {
                            leaf.text = relative.clone().into();
                        }
                    }
                    other => relate(other, types),
                }
            }
        }
        Tree::Array(items) => items.iter_mut().for_each(|item| relate(item, types)),
        Tree::Leaf(_) => {}
    }
}
