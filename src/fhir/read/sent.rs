//! What bundles of our own making did to a server.

use std::collections::HashSet;

use uuid::Uuid;

use super::bundle::DELETE;
use crate::dataset::Text;
use crate::tree::Tree;

/// What bundles of our own making did to a server, by what their entries ask.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// `<type>/<id>` of what was put there, with the position of the first leaf of each in the source: in the order of the source.
    put: Vec<(u32, Text)>,
    /// `<type>/<id>` of what was deleted.
    deleted: HashSet<Text>,
}

impl Sent {
    /// What the bundles in a source did: each entry that puts has a URN of its id, which is a UUID of version 5. So has what was put
    /// and comes back in another form: a collection, the answer of a search, resources by themselves.
    pub fn by_us(roots: &[Tree]) -> Self {
        let entries = || roots.iter().filter_map(|root| root.get("entry")).flat_map(Tree::items);
        let put = roots.iter().flat_map(|root| match root.get("entry") {
            Some(entries) => entries.items().iter().filter_map(put).collect(),
            None => Vec::from_iter(there(root)),
        });
        Self { put: put.collect(), deleted: entries().filter_map(deleted).collect() }
    }

    /// What was put there.
    pub fn put(&self) -> impl Iterator<Item = &Text> {
        self.put.iter().map(|(_, url)| url)
    }

    /// What was put there and holds the leaf at a position in the source.
    pub fn at(&self, position: u32) -> Option<&Text> {
        let after = self.put.partition_point(|(start, _)| *start <= position);
        self.put.get(after.checked_sub(1)?).map(|(_, url)| url)
    }

    /// True if it was deleted.
    pub fn has_deleted(&self, url: &str) -> bool {
        self.deleted.contains(url)
    }
}

fn put(entry: &Tree) -> Option<(u32, Text)> {
    if entry.get("request").is_none() {
        return there(entry.get("resource")?);
    }
    let url = url_of_ours(entry, "PUT")?;
    let (_, id) = url.split_once('/')?;
    let is_ours = entry.text_at("fullUrl")?.strip_prefix("urn:uuid:") == Some(id);
    is_ours.then_some((start(entry.get("resource")?), url))
}

/// A resource with an id of ours.
fn there(resource: &Tree) -> Option<(u32, Text)> {
    let id = resource.text_at("id").filter(|id| is_ours(id))?;
    Some((start(resource), format!("{}/{id}", resource.text_at("resourceType")?).into()))
}

fn start(resource: &Tree) -> u32 {
    let mut start = u32::MAX;
    resource.each_leaf(&mut |leaf| start = start.min(leaf.position));
    start
}

fn is_ours(id: &str) -> bool {
    Uuid::try_parse(id).is_ok_and(|id| id.get_version_num() == 5)
}

fn deleted(entry: &Tree) -> Option<Text> {
    url_of_ours(entry, DELETE)
}

/// The URL of what an entry does something to, if the id is one as we make them.
fn url_of_ours(entry: &Tree, method: &str) -> Option<Text> {
    let request = entry.get("request")?;
    let url = request.text_at("url")?;
    let (_, id) = url.split_once('/')?;
    (request.text_at("method") == Some(method) && is_ours(id)).then(|| url.into())
}
