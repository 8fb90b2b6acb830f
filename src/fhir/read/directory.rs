//! What a reference means: the resources of a source by what they are called, by their identifiers, and within another.

use std::collections::HashMap;

use super::entry::Entry;
use crate::dataset::{Text, bare};
use crate::tree::Tree;

/// So many resources are followed that have one identifier, or that one resource is part of. A sender cannot make the search
/// longer than that.
pub(super) const FOLLOWED: usize = 16;

/// The resources of a source, by all that a reference may call them.
pub(super) struct Directory<'t> {
    /// The first of each name.
    names: HashMap<Text, usize>,
    /// All of a name that several have, on different servers.
    alike: HashMap<Text, Vec<usize>>,
    /// The resources that have an identifier.
    identified: HashMap<(&'t str, &'t str), Vec<usize>>,
    /// The types of the resources that have identifiers in a namespace: of the first.
    types: HashMap<&'t str, &'t str>,
    /// What a resource calls those within it, by the id without its `#`.
    within: HashMap<(usize, &'t str), usize>,
}

impl<'t> Directory<'t> {
    pub fn of(entries: &[Entry<'t>]) -> Self {
        let (mut within, mut types) = (HashMap::new(), HashMap::new());
        let mut identified: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            if let (Some(container), Some(id)) = (entry.container, entry.resource.text_at("id")) {
                within.entry((container, id)).or_insert(at);
            }
            for identity in entry.resource.get("identifier").into_iter().flat_map(Tree::items).filter_map(identity) {
                types.entry(identity.0).or_insert_with(|| entry.resource.text_at("resourceType").unwrap_or_default());
                let same = identified.entry(identity).or_default();
                if same.len() < FOLLOWED {
                    same.push(at);
                }
            }
        }
        let (names, alike) = names(entries);
        Self { names, alike, identified, types, within }
    }

    /// The resources that a reference in a resource means: none if they are not in the source, or what it says of them is not
    /// so. `None` if it does not say what it means, or several are called so.
    pub fn meant(&self, entries: &[Entry<'_>], from: usize, reference: &Tree) -> Option<Vec<usize>> {
        let identity = || reference.get("identifier").and_then(identity);
        let Some(literal) = reference.text_at("reference") else {
            reference.get("identifier")?;
            return Some(self.identified.get(&identity()?).cloned().unwrap_or_default());
        };
        let mut meant = self.all(entries, Some(from), literal);
        if meant.len() > 1 {
            return None;
        }
        if let Some(identity) = identity() {
            meant.retain(|at| !self.is_identified_otherwise(&entries[*at], *at, identity));
        }
        Some(meant)
    }

    /// All resources that a reference in a resource may mean.
    pub fn may_mean(&self, entries: &[Entry<'_>], from: usize, reference: &Tree) -> Vec<usize> {
        match reference.text_at("reference") {
            Some(literal) => self.all(entries, Some(from), literal),
            None => self.meant(entries, from, reference).unwrap_or_default(),
        }
    }

    /// True if an identifier is of something else than a resource: another has it, or it has another one of that namespace.
    fn is_identified_otherwise(&self, entry: &Entry<'_>, at: usize, (system, value): (&str, &str)) -> bool {
        if let Some(others) = self.identified.get(&(system, value)) {
            return !others.contains(&at);
        }
        let own = entry.resource.get("identifier").into_iter().flat_map(Tree::items).filter_map(identity);
        let mut own = own.filter(|(namespace, _)| *namespace == system).map(|(_, own)| bare(own)).peekable();
        let value = bare(value);
        own.peek().is_some() && own.all(|own| own != value)
    }

    /// The type of resource that a reference names, or that has identifiers of such a kind; empty if it does not tell.
    pub fn type_said(&self, reference: &Tree) -> Text {
        let Some(literal) = reference.text_at("reference") else {
            let identity = reference.get("identifier").and_then(identity);
            return identity
                .and_then(|(system, _)| self.types.get(system))
                .map_or_else(Text::default, |kind| (*kind).into());
        };
        let name = type_and_id(literal).map(|(name, _)| name).unwrap_or_default();
        let is_type = name.starts_with(|first: char| first.is_ascii_uppercase());
        if is_type { name.into() } else { Text::default() }
    }

    /// The resource that a literal reference means, if one alone is called so; `from` is the one in which it stands.
    pub fn resolve(&self, entries: &[Entry<'_>], from: Option<usize>, reference: &str) -> Option<usize> {
        match self.all(entries, from, reference)[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The resources that a literal reference may mean: several, where the same name is used on several servers and nothing
    /// tells of which it is.
    fn all(&self, entries: &[Entry<'_>], from: Option<usize>, reference: &str) -> Vec<usize> {
        if let (Some(id), Some(from)) = (reference.strip_prefix('#'), from) {
            let container = entries[from].container.unwrap_or(from);
            let within = if id.is_empty() { Some(container) } else { self.within.get(&(container, id)).copied() };
            return within.into_iter().collect();
        }
        let Some((resource_type, id)) = type_and_id(reference) else { return self.named(reference).to_vec() };
        let is_relative = !reference.contains(':');
        let found = if is_relative { &[][..] } else { self.named(reference) };
        if !found.is_empty() {
            return found.to_vec();
        }
        let mut found = self.named(&format!("{resource_type}/{id}")).to_vec();
        if is_relative {
            // Where something was found tells on which server what it refers to is.
            let own = from.and_then(|from| base(&entries[entries[from].container.unwrap_or(from)]));
            let is_there = |at: &usize| own.is_some() && base(&entries[*at]) == own;
            let is_one_there = found.iter().any(is_there);
            found.retain(|at| if is_one_there { is_there(at) } else { own.is_none() || base(&entries[*at]).is_none() });
        } else {
            found.retain(|at| !is_elsewhere(reference, &entries[*at]));
        }
        found
    }

    /// The resources with a name.
    fn named(&self, name: &str) -> &[usize] {
        let several = self.alike.get(name).filter(|_| !self.alike.is_empty());
        several.map(Vec::as_slice).or_else(|| self.names.get(name).map(std::slice::from_ref)).unwrap_or_default()
    }

    /// The resources that a caller may mean: by a reference to it, its id, or an identifier (`system|value`, or the
    /// value alone).
    pub fn called(&self, entries: &[Entry<'_>], name: &str) -> Vec<usize> {
        let found = self.all(entries, None, name);
        if !found.is_empty() {
            return found;
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

/// The first resource of each name, and all of those that several have. What an entry gives as the name of one is no other's.
fn names(entries: &[Entry<'_>]) -> (HashMap<Text, usize>, HashMap<Text, Vec<usize>>) {
    let (mut names, mut alike): (_, HashMap<Text, Vec<usize>>) = (HashMap::new(), HashMap::new());
    for (at, full) in entries.iter().enumerate().filter_map(|(at, entry)| Some((at, full_name(entry)?))) {
        names.entry(full.clone()).or_insert(at);
    }
    for (at, entry) in entries.iter().enumerate() {
        for name in &entry.names {
            let first = *names.entry(name.clone()).or_insert(at);
            if first != at && full_name(&entries[first]) != Some(name) {
                let all = alike.entry(name.clone()).or_insert_with(|| vec![first]);
                if !all.contains(&at) && all.len() < FOLLOWED {
                    all.push(at);
                }
            }
        }
    }
    (names, alike)
}

/// What the entry in which a resource was found calls it.
fn full_name<'e>(entry: &'e Entry<'_>) -> Option<&'e Text> {
    let first = entry.names.first().filter(|name| name.contains(':'));
    // A copy of it may have been found with more than the first.
    first.or_else(|| entry.names.iter().find(|name| name.contains("://")))
}

/// The server on which a resource was found.
fn base<'e>(entry: &'e Entry<'_>) -> Option<&'e str> {
    let url = full_name(entry).filter(|name| name.contains("://"))?;
    let (kind, id) = type_and_id(url)?;
    let end = url.split("/_history/").next()?;
    end.strip_suffix(id)?.strip_suffix('/')?.strip_suffix(kind)
}

/// How to call a resource in a message: its type and id, as far as they hold nothing else.
pub(super) fn shown(entries: &[Entry<'_>], at: usize) -> String {
    let resource = entries[at].resource;
    let id = resource.text_at("id").filter(|id| is_id(id));
    let id = id.map_or_else(|| format!("(resource {}, without an id)", at + 1), |id| format!("/{id}"));
    format!("{}{id}", resource.text_at("resourceType").unwrap_or_default())
}

/// The same for several, each by another name: those that have the same id on different servers by their URLs.
pub(super) fn shown_apart(entries: &[Entry<'_>], which: &[usize]) -> Vec<String> {
    let names: Vec<String> = which.iter().map(|at| shown(entries, *at)).collect();
    let mut met: HashMap<&str, usize> = HashMap::new();
    for name in &names {
        *met.entry(name).or_default() += 1;
    }
    let shown = which.iter().zip(&names).map(|(at, name)| match full_name(&entries[*at]) {
        Some(url) if met[name.as_str()] > 1 && is_plain_url(url) => url.to_string(),
        _ => name.clone(),
    });
    shown.collect()
}

/// True for a URL that holds nothing but the name of a server, and an id.
fn is_plain_url(url: &str) -> bool {
    url.contains("://")
        && type_and_id(url).is_some_and(|(_, id)| is_id(id))
        && url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-_".contains(&byte))
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

/// What a reference calls something that is not in the source.
pub(super) fn name_of(reference: &Tree) -> Option<Text> {
    if let Some(literal) = reference.text_at("reference") {
        let typed = type_and_id(literal).filter(|(kind, _)| kind.starts_with(|first: char| first.is_ascii_uppercase()));
        let is_internal = literal.starts_with('#');
        return (!is_internal)
            .then(|| typed.map_or_else(|| literal.into(), |(kind, id)| format!("{kind}/{id}").into()));
    }
    let (system, value) = identity(reference.get("identifier")?)?;
    Some(format!("{system}|{value}").into())
}

/// The namespace and value of an identifier, if it has both.
pub(super) fn identity(identifier: &Tree) -> Option<(&str, &str)> {
    Some((identifier.text_at("system")?, identifier.text_at("value")?))
}

/// True for what FHIR allows as an id.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}
