//! Bundles and loose resources, as they are read.

use std::collections::HashSet;

use super::entry::{Entry, add_resource};
use crate::dataset::Text;
use crate::fhir::values::label::is_label;
use crate::plan::fhir::Modifiers;
use crate::tree::Tree;

/// The type of a set of resources.
const BUNDLE: &str = "Bundle";

/// The mode of an entry that is about a search.
const OUTCOME: &str = "outcome";

/// With what the status (of HTTP) of what went well begins.
const SUCCESS: char = '2';

/// The method of an entry that takes a resource away.
pub(super) const DELETE: &str = "DELETE";

/// The resources in what was read: the entries of bundles (also nested), loose resources, and what they contain.
///
/// `structural` gets the leaves of the bundles themselves.
pub fn collect<'t>(modifiers: &Modifiers, roots: &'t [Tree], structural: &mut Vec<u32>) -> Vec<Entry<'t>> {
    let mut collector = Collector { modifiers, entries: Vec::new(), structural };
    for root in roots {
        collector.add(root, None, false);
    }
    let mut entries = collector.entries;
    let deleted: HashSet<Text> = roots.iter().flat_map(deletions).collect();
    if !deleted.is_empty() {
        for at in 0..entries.len() {
            let container = entries[at].container;
            entries[at].taken_back |= container.map_or_else(
                || entries[at].names.iter().any(|name| deleted.contains(name)),
                |container| entries[container].taken_back,
            );
        }
    }
    entries
}

/// What the entries of a bundle, and of bundles in it, have deleted: what the URL of each calls it, and the entry itself.
fn deletions(bundle: &Tree) -> Vec<Text> {
    let mut names = Vec::new();
    for entry in bundle.get("entry").map_or(&[][..], Tree::items) {
        let request = entry.get("request");
        if request.and_then(|request| request.text_at("method")) == Some(DELETE) {
            let url = request.and_then(|request| request.text_at("url"));
            names.extend(url.map(deleted_by).into_iter().chain(entry.text_at("fullUrl").map(Text::from)));
        }
        if let Some(inner) = entry.get("resource") {
            names.extend(deletions(inner));
        }
    }
    names
}

/// What the URL of a deletion calls the resource: without the version that was deleted, and of a search by id (`Type?_id=x`)
/// what it finds.
fn deleted_by(url: &str) -> Text {
    let url = url.trim_start_matches('/');
    let url = url.split_once("/_history").map_or(url, |(resource, _)| resource);
    let by_id = url.split_once('?').and_then(|(kind, query)| {
        let id = query.split('&').find_map(|part| part.strip_prefix("_id="))?;
        Some(format!("{}/{id}", kind.trim_end_matches('/')))
    });
    by_id.map_or_else(|| url.into(), Text::from)
}

struct Collector<'t, 'a> {
    modifiers: &'a Modifiers,
    entries: Vec<Entry<'t>>,
    structural: &'a mut Vec<u32>,
}

impl<'t> Collector<'t, '_> {
    /// Adds a resource, or what is in a bundle; `taken_back` by what is around it.
    fn add(&mut self, tree: &'t Tree, full_url: Option<&'t str>, taken_back: bool) {
        let resource_type = tree.text_at("resourceType").unwrap_or_default();
        if resource_type != BUNDLE {
            let id = tree.text_at("id").unwrap_or_default();
            let mut names: Vec<Text> = full_url.into_iter().map(Text::from).collect();
            if !id.is_empty() {
                names.push(format!("{resource_type}/{id}").into());
                names.push(format!("urn:uuid:{id}").into());
            }
            let from = self.entries.len();
            add_resource(tree, names, from, &mut self.entries);
            self.entries[from..].iter_mut().for_each(|entry| entry.taken_back = taken_back);
            return;
        }
        let Tree::Object(members) = tree else { return };
        let taken_back = taken_back || self.modifiers.change(BUNDLE, tree);
        for (name, value) in members {
            if name != "entry" {
                structure(name, value, self.structural);
                continue;
            }
            for entry in value.items() {
                self.add_entry(entry, taken_back);
            }
        }
    }

    fn add_entry(&mut self, entry: &'t Tree, taken_back: bool) {
        // No entry, and so no resource that anybody knows: it is lost, and not passed over.
        let Tree::Object(members) = entry else { return self.add(entry, None, taken_back) };
        let is_part_changed = |(name, value): &(Text, Tree)| name != "resource" && self.modifiers.change("", value);
        let taken_back =
            taken_back || is_no_match(entry) || self.modifiers.change("", entry) || members.iter().any(is_part_changed);
        for (name, value) in members {
            if name == "resource" {
                for resource in value.items() {
                    self.add(resource, entry.text_at("fullUrl"), taken_back);
                }
            } else {
                value.each_leaf(&mut |leaf| self.structural.push(leaf.ix));
            }
        }
    }
}

/// True for an entry that is none of what was found: it is about the search, or says what went wrong.
fn is_no_match(entry: &Tree) -> bool {
    let mode = entry.get("search").and_then(|search| search.text_at("mode"));
    let status = entry.get("response").and_then(|response| response.text_at("status"));
    mode == Some(OUTCOME) || status.is_some_and(|status| !status.trim_start().starts_with(SUCCESS))
}

/// Counts the leaves of a bundle itself. Its labels are about all that is in it: they are no structure.
fn structure(name: &str, value: &Tree, structural: &mut Vec<u32>) {
    let Tree::Object(members) = value else { return value.each_leaf(&mut |leaf| structural.push(leaf.ix)) };
    for (_, inner) in members.iter().filter(|(inner, _)| !is_label(name, inner)) {
        inner.each_leaf(&mut |leaf| structural.push(leaf.ix));
    }
}
