//! Ids: the same thing in the source has the same id in every delivery, and no id gives a BSN away.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::context::ancestors;
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, Text, Value};
use crate::plan::fhir::{FhirPlan, Identity, Role};

/// The user's secret, under which identifiers in secret namespaces may enter an id.
#[derive(Clone)]
pub struct IdKey(Vec<u8>);

impl IdKey {
    /// A key from bytes that only the user knows; 16 at least.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn new(secret: &[u8]) -> Result<Self, &'static str> {
        if secret.len() < 16 { Err("the key has fewer than 16 bytes") } else { Ok(Self(secret.to_vec())) }
    }
}

/// It never shows.
impl std::fmt::Debug for IdKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdKey(…)")
    }
}

pub(super) struct Ids<'a> {
    dataset: &'a Dataset,
    instance: &'a Instance,
    identity: &'a Identity,
    key: Option<&'a IdKey>,
    namespace: Uuid,
    case: Uuid,
    /// The path of each node, once it was asked for.
    paths: Vec<Option<String>>,
}

impl<'a> Ids<'a> {
    pub fn new(plan: &'a FhirPlan, dataset: &'a Dataset, instance: &'a Instance, key: Option<&'a IdKey>) -> Self {
        let identity = &plan.identity;
        let namespace = Uuid::try_parse(&identity.namespace).unwrap_or(Uuid::NAMESPACE_OID);
        let paths = vec![None; instance.len()];
        let mut ids = Self { dataset, instance, identity, key, namespace, case: namespace, paths };
        let name = ids.first_key(NodeIx::ROOT, &identity.case).unwrap_or_else(|| ids.digest());
        ids.case = uuid_v5(&namespace, &["case|", &name]);
        ids
    }

    /// The id of the resource with a role for an occurrence.
    pub fn of(&mut self, role: &Role, node: NodeIx) -> Text {
        let shared = self.identity.roles.get(&role.name).and_then(|keys| self.first_key(node, keys));
        let id = if let Some(key) = shared {
            uuid_v5(&self.namespace, &[&role.name, "|", &key])
        } else {
            let case = self.case;
            uuid_v5(&case, &[&role.name, "|", self.path(node)])
        };
        let mut buffer = Uuid::encode_buffer();
        Text::from(&*id.hyphenated().encode_lower(&mut buffer))
    }

    /// The first key whose concepts all have a value that may be used.
    fn first_key(&self, node: NodeIx, keys: &[Vec<ConceptIx>]) -> Option<String> {
        keys.iter().find_map(|key| {
            let parts: Option<Vec<String>> = key.iter().map(|concept| self.part(node, *concept)).collect();
            parts.map(|parts| parts.join("|"))
        })
    }

    fn part(&self, node: NodeIx, concept: ConceptIx) -> Option<String> {
        let within = ancestors(self.instance, node)
            .find(|ix| self.dataset.is_within(concept, self.instance.node(*ix).concept))?;
        let found = self.instance.descendants(self.dataset, within, concept).into_iter().next()?;
        let Some(Content::Value(value)) = &self.instance.node(found).content else { return None };
        self.public(concept, value).map(|text| format!("{}={text}", self.dataset.get(concept).number))
    }

    /// A value as it may enter an id: what is secret only under the key.
    fn public(&self, concept: ConceptIx, value: &Value) -> Option<String> {
        let (text, is_secret) = match value {
            Value::Identifier(identifier) => (
                format!("{}#{}", identifier.root, identifier.extension),
                self.identity.secret_namespaces.contains(&identifier.root),
            ),
            other => (format!("{other:?}"), false),
        };
        if !is_secret && !self.identity.secret_concepts.contains(&concept) {
            return Some(text);
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key?.0).ok()?;
        mac.update(text.as_bytes());
        Some(format!("{:x?}", mac.finalize().into_bytes()))
    }

    /// A digest of everything in the case that is no secret.
    fn digest(&self) -> String {
        let normal = self.instance.normalized();
        let mut hash = Sha256::new();
        for (_, node, content) in normal.leaves() {
            let text = match content {
                Content::Value(value) => self.public(node.concept, value),
                null @ Content::Null { .. } => Some(format!("{null:?}")),
            };
            if let Some(text) = text {
                hash.update(format!("{}={text};", self.dataset.get(node.concept).number));
            }
        }
        format!("{:x?}", hash.finalize())
    }

    /// Where an occurrence stands: the concepts from the root, each with what tells it from its siblings.
    fn path(&mut self, node: NodeIx) -> &str {
        let at = node.0 as usize;
        if self.paths[at].is_none() {
            let path = if node == NodeIx::ROOT {
                String::new()
            } else {
                let mut path = self.path(self.instance.node(node).parent).to_owned();
                self.push_step(node, &mut path);
                path
            };
            self.paths[at] = Some(path);
        }
        self.paths[at].as_deref().unwrap_or_default()
    }

    fn push_step(&self, node: NodeIx, path: &mut String) {
        let own = self.instance.node(node);
        let number = &self.dataset.get(own.concept).number;
        let keys = self.identity.occurrences.get(&own.concept);
        let siblings = self.instance.occurrences(own.parent, own.concept).take_while(|other| *other != node);
        let siblings = siblings.filter(|other| self.instance.holds_value(*other));
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(number);
        let _ = match keys.and_then(|keys| Some((keys, self.first_key(node, keys)?))) {
            Some((keys, key)) => {
                let same = siblings.filter(|other| self.first_key(*other, keys).as_ref() == Some(&key)).count();
                write!(path, "[{key}]{same}")
            }
            None => write!(path, "{}", siblings.count()),
        };
    }
}

/// The UUID (version 5) of a name, given in parts. There are many in a message, so SHA-1 is a hasher's that uses what the processor has.
fn uuid_v5(namespace: &Uuid, name: &[&str]) -> Uuid {
    let mut hash = Sha1::new_with_prefix(namespace.as_bytes());
    for part in name {
        hash.update(part);
    }
    let hash: [u8; 20] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}
