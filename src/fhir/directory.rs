//! What a reference means: the resources of a source by what they are called, by their identifiers, and within another.

use std::collections::HashMap;

use super::bundle::Entry;
use crate::dataset::Text;
use crate::tree::Tree;

/// So many resources are followed that have one identifier, or that one resource is part of. A sender cannot make the search
/// longer than that.
pub(super) const FOLLOWED: usize = 16;

/// The resources of a source, by all that a reference may call them.
pub(super) struct Directory<'t> {
    names: HashMap<Text, usize>,
    /// The resources that have an identifier.
    identified: HashMap<(&'t str, &'t str), Vec<usize>>,
    /// What a resource calls those within it, by the id without its `#`.
    within: HashMap<(usize, &'t str), usize>,
}

impl<'t> Directory<'t> {
    pub fn of(entries: &[Entry<'t>]) -> Self {
        let (mut names, mut within) = (HashMap::new(), HashMap::new());
        let mut identified: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            if let (Some(container), Some(id)) = (entry.container, entry.resource.text_at("id")) {
                within.entry((container, id)).or_insert(at);
            }
            for name in &entry.names {
                names.entry(name.clone()).or_insert(at);
            }
            for identity in entry.resource.get("identifier").into_iter().flat_map(Tree::items).filter_map(identity) {
                let same = identified.entry(identity).or_default();
                if same.len() < FOLLOWED {
                    same.push(at);
                }
            }
        }
        Self { names, identified, within }
    }

    /// The resources that a reference in a resource means: none if they are not in the source. `None` if it does not say
    /// what it means.
    pub fn meant(&self, entries: &[Entry<'_>], from: usize, reference: &Tree) -> Option<Vec<usize>> {
        Some(match (reference.text_at("reference"), reference.get("identifier")) {
            (Some(literal), _) => self.resolve(entries, Some(from), literal).into_iter().collect(),
            (None, Some(identifier)) => self.identified.get(&identity(identifier)?).cloned().unwrap_or_default(),
            (None, None) => return None,
        })
    }

    /// The resource that a literal reference means; `from` is the one in which it stands.
    pub fn resolve(&self, entries: &[Entry<'_>], from: Option<usize>, reference: &str) -> Option<usize> {
        if let (Some(id), Some(from)) = (reference.strip_prefix('#'), from) {
            let container = entries[from].container.unwrap_or(from);
            return if id.is_empty() { Some(container) } else { self.within.get(&(container, id)).copied() };
        }
        if let Some(at) = self.names.get(reference) {
            return Some(*at);
        }
        let (resource_type, id) = type_and_id(reference)?;
        let found = self.names.get(format!("{resource_type}/{id}").as_str()).copied();
        found.filter(|at| !is_elsewhere(reference, &entries[*at]))
    }

    /// The resources that a caller may mean: by a reference to it, its id, or an identifier (`system|value`, or the
    /// value alone).
    pub fn called(&self, entries: &[Entry<'_>], name: &str) -> Vec<usize> {
        if let Some(at) = self.resolve(entries, None, name) {
            return vec![at];
        }
        let is_called = |resource: &Tree| {
            let identifiers = resource.get("identifier").map_or(&[][..], Tree::items);
            resource.text_at("id") == Some(name)
                || identifiers.iter().any(|identifier| {
                    let value = identifier.text_at("value").unwrap_or_default();
                    let in_system = |system| name.strip_prefix(system)?.strip_prefix('|').filter(|rest| *rest == value);
                    value == name || identifier.text_at("system").and_then(in_system).is_some()
                })
        };
        (0..entries.len()).filter(|at| is_called(entries[*at].resource)).collect()
    }
}

/// How to call a resource in a message: its type and id, as far as they hold nothing else.
pub(super) fn shown(entries: &[Entry<'_>], at: usize) -> String {
    let resource = entries[at].resource;
    let id = resource.text_at("id").filter(|id| is_id(id));
    let id = id.map_or_else(|| format!("(resource {}, without an id)", at + 1), |id| format!("/{id}"));
    format!("{}{id}", resource.text_at("resourceType").unwrap_or_default())
}

/// True if a reference is to another server than the one where a resource was found: the same id is another's there.
fn is_elsewhere(reference: &str, entry: &Entry<'_>) -> bool {
    let of_version = |url: &str| url.split("/_history/").next() == reference.split("/_history/").next();
    let is_url = |name: &str| name.contains("://");
    is_url(reference) && entry.names.iter().any(|name| is_url(name)) && !entry.names.iter().any(|name| of_version(name))
}

/// The two ends of a literal reference: `Patient/1`, also at the end of a URL and before a version.
pub(super) fn type_and_id(reference: &str) -> Option<(&str, &str)> {
    let mut parts = reference.split("/_history/").next()?.rsplit('/');
    let id = parts.next()?;
    Some((parts.next()?, id))
}

/// The type of resource that a reference names; empty if it does not.
pub(super) fn type_said(reference: &Tree) -> Text {
    let name = reference.text_at("reference").and_then(type_and_id).map(|(name, _)| name).unwrap_or_default();
    let is_type = name.starts_with(|first: char| first.is_ascii_uppercase());
    if is_type { name.into() } else { Text::default() }
}

/// The namespace and value of an identifier, if it has both.
pub(super) fn identity(identifier: &Tree) -> Option<(&str, &str)> {
    Some((identifier.text_at("system")?, identifier.text_at("value")?))
}

/// True for what FHIR allows as an id.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}
