//! Bundles and loose resources, as they are written.

use crate::dataset::Text;
use crate::tree::{Tree, write_json, write_json_list, write_xml_list};

/// The method of an entry that takes a resource away.
const DELETE: &str = "DELETE";

/// How a bundle is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BundleType {
    /// To be sent to a server: each entry is a PUT on its id, so that sending it twice leaves one copy.
    #[default]
    Transaction,
    /// A set of resources.
    Collection,
}

/// How a bundle is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// JSON, indented by two spaces or on one line.
    Json {
        /// True for a line per member.
        indented: bool,
    },
    /// XML.
    Xml,
}

/// Writes a bundle of resources, each of which is made when it is written.
///
/// In a transaction, what is `deleted` (`<type>/<id>`) comes after them. A server deletes first, in whatever order they stand,
/// and looks at what refers to what when all is done.
pub fn write_bundle(
    mut resources: impl Iterator<Item = Tree>,
    deleted: &[Text],
    bundle_type: BundleType,
    syntax: Syntax,
    out: &mut String,
) {
    let name = match bundle_type {
        BundleType::Transaction => "transaction",
        BundleType::Collection => "collection",
    };
    let head = [("resourceType".into(), Tree::string("Bundle")), ("type".into(), Tree::string(name))];
    let entry = empty_entry(bundle_type);
    let mut deleted = deleted.iter();
    let next = |entry: &mut Tree| match resources.next() {
        Some(resource) => {
            fill_entry(entry, resource);
            Some(())
        }
        None => deleted.next().map(|url| *entry = deletion(url)),
    };
    match syntax {
        Syntax::Json { indented } => {
            write_json_list(&head, "entry", entry, next, indented, out);
            out.push('\n');
        }
        Syntax::Xml => write_xml_list(&head, "entry", entry, next, out),
    }
}

fn empty_entry(bundle_type: BundleType) -> Tree {
    let mut entry = vec![("fullUrl".into(), Tree::string("")), ("resource".into(), Tree::object())];
    if bundle_type == BundleType::Transaction {
        let request = vec![("method".into(), Tree::string("PUT")), ("url".into(), Tree::string(""))];
        entry.push(("request".into(), Tree::Object(request)));
    }
    Tree::Object(entry)
}

fn deletion(url: &Text) -> Tree {
    let request = vec![("method".into(), Tree::string(DELETE)), ("url".into(), Tree::string(url.clone()))];
    Tree::Object(vec![("request".into(), Tree::Object(request))])
}

fn fill_entry(entry: &mut Tree, resource: Tree) {
    let Tree::Object(members) = entry else { return };
    let id = resource.text_at("id").unwrap_or_default();
    for (name, value) in members.iter_mut() {
        match (name.as_str(), value) {
            ("fullUrl", url) => url.rewrite(&["urn:uuid:", id]),
            ("request", request) => {
                let resource_type = resource.text_at("resourceType").unwrap_or_default();
                if let Some(url) = request.get_mut("url") {
                    url.rewrite(&[resource_type, "/", id]);
                }
            }
            _ => {}
        }
    }
    if let Some((_, place)) = members.iter_mut().find(|(name, _)| name == "resource") {
        *place = resource;
    }
}

/// Writes resources one a line, each made when it is written.
pub fn write_ndjson(resources: impl Iterator<Item = Tree>, out: &mut String) {
    for resource in resources {
        write_json(&resource, false, out);
        out.push('\n');
    }
}

/// What references call a resource: where there is a bundle, by its URN; else by its type and id.
pub(super) fn url_of(id: &str, resource_type: &str, bundled: bool) -> Text {
    if bundled { joined(&["urn:uuid:", id]) } else { joined(&[resource_type, "/", id]) }
}

fn joined(parts: &[&str]) -> Text {
    let mut text = Text::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        text.push_str(part);
    }
    text
}
