//! Ids: the same thing in the source has the same id in every delivery, and no id gives a BSN away.

use std::fmt::Write as _;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::context::ancestors;
use super::key::IdKey;
use super::positions::Positions;
use crate::dataset::{ConceptIx, Content, Dataset, Identifier, Instance, NodeIx, Text, Value, bare};
use crate::plan::fhir::{FhirPlan, Identity, Role};
use crate::terminology::Terminology;

/// The id of a resource.
pub(super) struct Id {
    pub text: Text,
    /// True if other cases have it too: it was made of what identifies the thing itself, and not of the case.
    pub shared: bool,
}

pub(super) struct Ids<'a> {
    dataset: &'a Dataset,
    terminology: &'a Terminology,
    instance: &'a Instance,
    identity: &'a Identity,
    key: Option<&'a IdKey>,
    namespace: Uuid,
    case: Uuid,
    /// The secret numbers in the case, wherever else they may stand.
    secrets: Vec<String>,
    /// The path of each node, once it was asked for.
    paths: Vec<Option<String>>,
    /// Where occurrences stand in ids.
    positions: Positions,
}

impl<'a> Ids<'a> {
    pub fn new(
        plan: &'a FhirPlan,
        dataset: &'a Dataset,
        terminology: &'a Terminology,
        instance: &'a Instance,
        key: Option<&'a IdKey>,
        positions: &Positions,
    ) -> Self {
        let identity = &plan.identity;
        let namespace = Uuid::try_parse(&identity.namespace).unwrap_or(Uuid::NAMESPACE_OID);
        let paths = vec![None; instance.len()];
        let mut ids = Self {
            dataset,
            terminology,
            instance,
            identity,
            key,
            namespace,
            case: namespace,
            secrets: Vec::new(),
            paths,
            positions: Positions::default(),
        };
        ids.secrets = ids.secret_numbers();
        let name = ids.first_key(NodeIx::ROOT, &identity.case).unwrap_or_else(|| ids.digest());
        ids.case = match ids.first_key(NodeIx::ROOT, &identity.whose) {
            // One number of two women, as of two systems that count in one namespace, is two records.
            Some(whose) => uuid_v5(&namespace, &["case|", &name, "|", &whose]),
            None => uuid_v5(&namespace, &["case|", &name]),
        };
        // What the case is called does not depend on what was delivered before.
        if !positions.is_empty() {
            ids.positions = positions.clone();
            ids.paths.fill(None);
        }
        ids
    }

    /// Says where an occurrence stands in ids.
    pub fn place(&mut self, node: NodeIx, position: usize) {
        self.positions.set(node, position);
        self.paths.fill(None);
    }

    /// The id of a resource for an occurrence if another one, in which that is, stood at a position.
    pub fn at(&mut self, role: &Role, node: NodeIx, within: NodeIx, position: usize) -> String {
        let own = self.path(within).len();
        let rest = self.path(node)[own..].to_owned();
        let group = self.instance.node(within);
        let (parent, concept) = (group.parent, group.concept);
        let mut path = self.path(parent).to_owned();
        self.push_step(concept, position, &mut path);
        let absent = self.absent_steps(role, node);
        uuid_v5(&self.case, &[&role.name, "|", &path, &rest, &absent]).to_string()
    }

    /// The id of the resource with a role for an occurrence that is not there, at a position in its group.
    pub fn of_absent(&mut self, role: &Role, parent: NodeIx, position: usize) -> String {
        let mut path = self.path(parent).to_owned();
        self.push_step(role.per, position, &mut path);
        uuid_v5(&self.case, &[&role.name, "|", &path]).to_string()
    }

    /// The id of the resource with a role for an occurrence.
    pub fn of(&mut self, role: &Role, node: NodeIx) -> Id {
        let shared = self.identity.roles.get(&role.name).and_then(|keys| self.first_key(node, keys));
        let id = if let Some(key) = &shared {
            uuid_v5(&self.namespace, &[&role.name, "|", key])
        } else {
            let case = self.case;
            let absent = self.absent_steps(role, node);
            uuid_v5(&case, &[&role.name, "|", self.path(node), &absent])
        };
        let mut buffer = Uuid::encode_buffer();
        Id { text: Text::from(&*id.hyphenated().encode_lower(&mut buffer)), shared: shared.is_some() }
    }

    /// The first key of which all identifiers identify and may be used.
    fn first_key(&self, node: NodeIx, keys: &[Vec<ConceptIx>]) -> Option<String> {
        keys.iter().find_map(|key| {
            let parts: Option<Vec<String>> = key.iter().map(|concept| self.part(node, *concept)).collect();
            parts.map(|parts| parts.join("|"))
        })
    }

    fn part(&self, node: NodeIx, concept: ConceptIx) -> Option<String> {
        let identifier = identifier(self.identity, self.dataset, self.terminology, self.instance, node, concept)?;
        let text = self.public(concept, identifier)?;
        Some(format!("{}={text}", self.dataset.get(concept).number))
    }

    /// An identifier as it may enter an id: what is secret only under the key.
    fn public(&self, concept: ConceptIx, identifier: &Identifier) -> Option<String> {
        if is_secret(self.identity, concept, identifier) {
            // The same number, however it is written.
            return self.key?.seal(&format!("{}#{}", identifier.root, bare(&identifier.extension)));
        }
        let text = format!("{}#{}", identifier.root, identifier.extension);
        if self.tells(&identifier.extension) { self.key?.seal(&text) } else { Some(text) }
    }

    /// True if a text holds a secret number of the case: a record that is numbered by the BSN tells it.
    fn tells(&self, text: &str) -> bool {
        !self.secrets.is_empty() && {
            let text = bare(text);
            self.secrets.iter().any(|secret| text.contains(secret))
        }
    }

    fn secret_numbers(&self) -> Vec<String> {
        let secrets = self.instance.leaves().filter_map(|(_, node, content)| match content {
            Content::Value(Value::Identifier(identifier)) if is_secret(self.identity, node.concept, identifier) => {
                Some(bare(&identifier.extension))
            }
            _ => None,
        });
        secrets.filter(|secret| !secret.is_empty()).collect()
    }

    /// A digest of everything in the case that is no secret, with its place.
    fn digest(&mut self) -> String {
        let instance = self.instance;
        let mut facts = Vec::new();
        for (ix, node, content) in instance.leaves() {
            let text = match content {
                Content::Value(Value::Identifier(identifier)) => self.public(node.concept, identifier),
                _ if self.identity.secret_concepts.contains(&node.concept) => None,
                content => {
                    let text = format!("{content:?}");
                    if self.tells(&text) { self.key.and_then(|key| key.seal(&text)) } else { Some(text) }
                }
            };
            if let Some(text) = text {
                facts.push(format!("{}={text};", self.path(ix)));
            }
        }
        // The order in which a format gives them says nothing.
        facts.sort_unstable();
        let mut hash = Sha256::new();
        for fact in &facts {
            hash.update(fact);
        }
        format!("{:x?}", hash.finalize())
    }

    /// Where an occurrence stands: the concepts from the root, each with its position among its siblings.
    fn path(&mut self, node: NodeIx) -> &str {
        let at = node.0 as usize;
        if self.paths[at].is_none() {
            let path = if node == NodeIx::ROOT {
                String::new()
            } else {
                let own = self.instance.node(node);
                let mut path = self.path(own.parent).to_owned();
                let position = self.positions.get(node).unwrap_or_else(|| {
                    let siblings =
                        self.instance.occurrences(own.parent, own.concept).take_while(|other| *other != node);
                    siblings.filter(|other| self.instance.holds_value(*other)).count()
                });
                self.push_step(own.concept, position, &mut path);
                path
            };
            self.paths[at] = Some(path);
        }
        self.paths[at].as_deref().unwrap_or_default()
    }

    /// The rest of the path to what a resource is made for, where the source has nothing of it yet: a value that comes
    /// later finds the same resource.
    fn absent_steps(&self, role: &Role, node: NodeIx) -> String {
        let own = self.instance.node(node).concept;
        let mut steps = String::new();
        if own != role.per && self.dataset.is_within(role.per, own) {
            for concept in self.dataset.groups_between(own, role.per).into_iter().chain([role.per]) {
                if node != NodeIx::ROOT && steps.is_empty() {
                    steps.push('/');
                }
                self.push_step(concept, 0, &mut steps);
            }
        }
        steps
    }

    fn push_step(&self, concept: ConceptIx, position: usize, path: &mut String) {
        if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(&self.dataset.get(concept).number);
        // Writing to a string cannot fail.
        let _ = write!(path, "[{position}]");
    }
}

/// Looks whether two deliveries (the first and the second) are known to be of one case: they agree in what both have of the
/// numbers that tell cases apart; or, where they have none of these both, in what the case is known by.
///
/// # Errors
/// The numbers that differ; none if they have no number both.
pub fn same_case(
    plan: &FhirPlan,
    dataset: &Dataset,
    terminology: &Terminology,
    instances: [&Instance; 2],
    key: Option<&IdKey>,
) -> Result<(), Vec<ConceptIx>> {
    let identity = &plan.identity;
    let mut agree = false;
    for concepts in &identity.same_case {
        let [first, second] = instances.map(|instance| {
            let one = |concept: &ConceptIx| {
                let found = identifier(identity, dataset, terminology, instance, NodeIx::ROOT, *concept)?;
                let is_secret = is_secret(identity, *concept, found);
                let number = if is_secret { bare(&found.extension) } else { found.extension.to_string() };
                Some((found.root.clone(), number))
            };
            concepts.iter().map(one).collect::<Option<Vec<_>>>()
        });
        if first.is_some() && second.is_some() {
            if first != second {
                return Err(concepts.clone());
            }
            agree = true;
        }
    }
    let [first, second] =
        instances.map(|instance| Ids::new(plan, dataset, terminology, instance, key, &Positions::default()).case);
    if agree || first == second { Ok(()) } else { Err(Vec::new()) }
}

/// What identifies an occurrence: an identifier of it, as two ways of writing it have in common.
pub(super) fn known_by(
    identity: &Identity,
    dataset: &Dataset,
    terminology: &Terminology,
    instance: &Instance,
    node: NodeIx,
    concept: ConceptIx,
) -> Option<String> {
    let found = identifier(identity, dataset, terminology, instance, node, concept)?;
    // A secret number is one whatever namespace a source gives it.
    let is_secret = is_secret(identity, concept, found);
    Some(if is_secret { bare(&found.extension) } else { format!("{}#{}", found.root, found.extension) })
}

/// The identifier of a concept that is meant from a node, if it identifies: its value stands for somebody, and satisfies the
/// arithmetic of its namespace.
fn identifier<'i>(
    identity: &Identity,
    dataset: &Dataset,
    terminology: &Terminology,
    instance: &'i Instance,
    node: NodeIx,
    concept: ConceptIx,
) -> Option<&'i Identifier> {
    let within = ancestors(instance, node).find(|ix| dataset.is_within(concept, instance.node(*ix).concept))?;
    let found = instance.descendants(dataset, within, concept).into_iter().next()?;
    let Some(Content::Value(Value::Identifier(identifier))) = &instance.node(found).content else { return None };
    let systems = terminology.systems();
    let is_sound = if is_secret(identity, concept, identifier) {
        systems.may_hold(&identifier.root, &bare(&identifier.extension))
    } else {
        systems.may_hold(&identifier.root, &identifier.extension)
    };
    (is_sound && identity.identifies(identifier)).then_some(identifier)
}

/// True for a number that may enter an id only under the key.
fn is_secret(identity: &Identity, concept: ConceptIx, identifier: &Identifier) -> bool {
    identity.secret_namespaces.contains(&identifier.root) || identity.secret_concepts.contains(&concept)
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
