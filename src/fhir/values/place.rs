//! Putting a value at a path of a resource.

use crate::dataset::Text;
use crate::ledger::Reason;
use crate::plan::fhir::{ElementPath, Elements};
use crate::tree::Tree;

/// What a codec made of a value: the element itself, what stands beside it under `_x`, or both.
pub(in crate::fhir) struct Made {
    /// The element.
    pub value: Option<Tree>,
    /// Extensions of a primitive.
    pub companion: Option<Tree>,
}

impl Made {
    /// A value without extensions.
    pub fn plain(value: Tree) -> Self {
        Self { value: Some(value), companion: None }
    }
}

/// Puts a value at a path.
///
/// # Errors
/// [`Reason::TooMany`] if the element is there already and may not repeat.
pub(in crate::fhir) fn put(
    elements: &Elements,
    resource: &mut Tree,
    path: &ElementPath,
    made: Made,
) -> Result<(), Reason> {
    let last = path.last();
    let (holder, kind) = path.holder(elements, resource);
    let repeats = elements.repeats(kind, &last.name);
    let mut companion_name = Text::const_new("_");
    companion_name.push_str(&last.name);
    let Tree::Object(members) = holder else { return Err(Reason::TooMany) };
    let present = |name: &str, members: &[(Text, Tree)]| members.iter().position(|(other, _)| other == name);
    if !repeats {
        // What only says why it is absent gives way.
        members
            .retain(|(name, value)| !((*name == last.name || *name == companion_name) && only_says_why_absent(value)));
        let made = merged(members, &last.name, made);
        let answered = present(&companion_name, members).is_some_and(|at| says_null(&members[at].1));
        if present(&last.name, members).is_some() || answered {
            return Err(Reason::TooMany);
        }
        if let Some(value) = made.value {
            elements.insert(kind, members, &last.name, value);
        }
        if let Some(companion) = made.companion {
            match present(&companion_name, members) {
                Some(at) => join(&mut members[at].1, companion),
                None => {
                    elements.insert(kind, members, &companion_name, companion);
                }
            }
        }
        return Ok(());
    }
    let at = present(&last.name, members)
        .unwrap_or_else(|| elements.insert(kind, members, &last.name, Tree::Array(Vec::new())));
    let Tree::Array(items) = &mut members[at].1 else { return Err(Reason::TooMany) };
    items.push(made.value.unwrap_or_else(Tree::object));
    let count = items.len();
    if let Some(companion) = made.companion {
        let at = present(&companion_name, members)
            .unwrap_or_else(|| elements.insert(kind, members, &companion_name, Tree::Array(Vec::new())));
        let Tree::Array(companions) = &mut members[at].1 else { return Err(Reason::TooMany) };
        companions.resize_with(count - 1, Tree::object);
        companions.push(companion);
    }
    Ok(())
}

/// Takes what the pattern has at an element besides its value, extensions, into the value.
fn merged(members: &mut Vec<(Text, Tree)>, name: &str, mut made: Made) -> Made {
    let bare = |tree: &Tree| matches!(tree, Tree::Object(inner) if inner.iter().all(|(key, _)| key == "extension"));
    let at = members.iter().position(|(other, value)| other == name && bare(value));
    if let (Some(at), Some(Tree::Object(value))) = (at, &mut made.value)
        && !value.iter().any(|(key, _)| key == "extension")
        && let (_, Tree::Object(extensions)) = members.remove(at)
    {
        value.splice(0..0, extensions);
    }
    made
}

/// True for the extensions of a primitive that has a null flavour in place of a value.
fn says_null(companion: &Tree) -> bool {
    companion.get("extension").is_some_and(|extensions| {
        extensions.items().iter().any(|item| item.text_at("url") == Some(super::urls::NULL_FLAVOR))
    })
}

/// Adds the extensions of one companion to another: a primitive may have several, each from a row of its own.
fn join(companion: &mut Tree, more: Tree) {
    if let (Some(Tree::Array(extensions)), Tree::Object(members)) = (companion.get_mut("extension"), more) {
        for (_, value) in members.into_iter().filter(|(name, _)| name == "extension") {
            if let Tree::Array(items) = value {
                extensions.extend(items);
            }
        }
    }
}

/// True for what holds nothing but the reason why it is absent.
pub(in crate::fhir) fn only_says_why_absent(tree: &Tree) -> bool {
    let Tree::Object(members) = tree else { return false };
    members.iter().all(|(name, value)| {
        name == "extension" && value.items().iter().all(|item| item.text_at("url") == Some(super::urls::DATA_ABSENT))
    })
}

/// Puts a value at a path, replacing what the pattern had there.
pub(in crate::fhir) fn replace(elements: &Elements, resource: &mut Tree, path: &ElementPath, mut value: Tree) {
    let (holder, kind) = path.holder(elements, resource);
    let Tree::Object(members) = holder else { return };
    let name = &path.last().name;
    // A table of answers has its keys in no order; XML has one.
    elements.sort(&mut value, elements.kind_of(kind, name));
    members.retain(|(other, _)| other != name);
    elements.insert(kind, members, name, value);
}

/// Takes away the reasons for absence of what is there after all.
pub(in crate::fhir) fn drop_absent_reasons(tree: &mut Tree) {
    match tree {
        Tree::Array(items) => items.iter_mut().for_each(drop_absent_reasons),
        Tree::Leaf(_) => {}
        Tree::Object(members) => {
            let is_content = |(name, value): &(Text, Tree)| {
                !matches!(name.as_str(), "extension" | "id" | "url") && !value.is_empty()
            };
            let has_content = members.iter().any(is_content);
            for at in 0..members.len() {
                let plain = members[at].0.strip_prefix('_');
                let stands_for_another =
                    plain.is_some_and(|plain| members.iter().any(|(other, value)| other == plain && !value.is_empty()));
                let (name, value) = &mut members[at];
                if stands_for_another {
                    if let Some(extensions) = value.get_mut("extension") {
                        drop_reason(extensions);
                    }
                } else if name == "extension" && has_content {
                    drop_reason(value);
                }
                drop_absent_reasons(value);
            }
            members.retain(|(_, value)| !value.is_empty());
        }
    }
}

fn drop_reason(extensions: &mut Tree) {
    if let Tree::Array(items) = extensions {
        items.retain(|item| item.text_at("url") != Some(super::urls::DATA_ABSENT));
    }
}
