//! What is said of the sending of a message beside the case: who sends it, to whom, on whose behalf.
//!
//! FHIR resources do not say it, and a message demands it. It comes from whoever sends: a TOML file with the element names of the
//! dataset.

use std::cmp::Ordering;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use toml::{Table, Value as Toml};
use uuid::Builder;

use crate::dataset::{
    Code, Concept, ConceptIx, Content, DateTime, Identifier, Instance, Kind, NodeIx, Origin, Precision, Text, Value,
    is_uuid,
};
use crate::plan::{MessageKind, Sending};
use crate::tables::layout::is_oid;

/// The data of a transmission, given beside the case: see [`Converter::with_transmission`](super::Converter::with_transmission).
///
/// Its keys are the element names of the dataset below the group of the transmission. An identifier is a table of `root` (an OID
/// or UUID) and `extension`, or a list of those; a code is a table of `code`, mostly `system` (an OID) and, if wanted, `display`.
///
/// ```
/// use ooievaar::{Converter, Transmission};
///
/// let transmission: Transmission = r#"
///     creatietijd = 2024-03-01T08:30:00+01:00
///     [afzender]
///     id = { root = "2.16.840.1.113883.2.4.6.6", extension = "90000001" }
///     naam = "Verloskundigenpraktijk De Verzonnen Wieg"
/// "#
/// .parse()?;
/// let converter = Converter::new()?.with_transmission(&transmission)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Transmission(Table);

/// Why the data of a transmission cannot be used. It never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransmissionFault {
    /// It is no TOML.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// It has a key that the transmission of no message has.
    #[error("`{key}` is not known; here may stand: {known}")]
    Unknown {
        /// The key, with those around it.
        key: String,
        /// The keys that are known there.
        known: String,
    },
    /// The tables of a kind of message are faulty.
    #[error(transparent)]
    Tables(Box<super::Error>),
    /// A value is not what its key holds.
    #[error("`{key}` is {expected}")]
    Form {
        /// The key, with those around it.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
}

impl std::str::FromStr for Transmission {
    type Err = TransmissionFault;

    fn from_str(text: &str) -> Result<Self, TransmissionFault> {
        text.parse().map(Self).map_err(|fault: toml::de::Error| TransmissionFault::Syntax {
            line: fault.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1),
            message: fault.message().to_owned(),
        })
    }
}

/// The data of a transmission as one kind of message has them.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// Leaves of the transmission itself, and whole groups, each with its leaves.
    parts: Vec<(ConceptIx, Vec<Leaf>)>,
}

/// The groups around a leaf below a part, the leaf, and what it says.
type Leaf = (Vec<ConceptIx>, ConceptIx, Content);

impl Given {
    /// What one kind of message makes of it; `None` if its tables know no transmission.
    ///
    /// # Errors
    /// If it has a key that this kind does not know, or a value of another form.
    pub fn new(transmission: &Transmission, kind: &MessageKind) -> Result<Option<Self>, TransmissionFault> {
        let Some(sending) = &kind.sending else { return Ok(None) };
        let mut parts = Vec::new();
        for (name, value) in &transmission.0 {
            let concept = child(kind, sending.group, name, name)?;
            let mut leaves = Vec::new();
            fill(kind, concept, value, name, &mut Vec::new(), &mut leaves)?;
            parts.push((concept, leaves));
        }
        Ok(Some(Self { parts }))
    }

    /// Adds to an instance what it does not say itself. A group that it says anything in stays as it is: of two senders none is
    /// made one. Then the id of the message and its time are made of the case, if nobody said them: the same each time. The id is one in the namespace of the sender.
    ///
    /// What it has of which the case says something, and which is not added, is given back.
    pub fn complete(&self, kind: &MessageKind, sending: &Sending, instance: &mut Instance) -> Vec<ConceptIx> {
        let mut unused = Vec::new();
        let group = instance.occurrences(NodeIx::ROOT, sending.group).next();
        let group = group.unwrap_or_else(|| instance.add_group(NodeIx::ROOT, sending.group));
        for (part, leaves) in &self.parts {
            if says(kind, instance, group, *part) {
                unused.push(*part);
                continue;
            }
            for (via, concept, content) in leaves {
                let mut at = group;
                for step in via {
                    let known = instance.occurrences(at, *step).next();
                    at = known.unwrap_or_else(|| instance.add_group(at, *step));
                }
                instance.add_leaf(at, *concept, content.clone(), Origin::default());
            }
        }
        if !says(kind, instance, group, sending.created)
            && let Some(latest) = latest(kind, sending, instance)
        {
            instance.add_leaf(group, sending.created, latest, Origin::default());
        }
        if !says(kind, instance, group, sending.id)
            && let Some(id) = made_id(kind, sending, instance)
        {
            instance.add_leaf(group, sending.id, id, Origin::default());
        }
        unused
    }
}

/// True if an instance says something of a concept, or of one within it.
fn says(kind: &MessageKind, instance: &Instance, group: NodeIx, concept: ConceptIx) -> bool {
    let found = instance.descendants(&kind.dataset, group, concept);
    found.into_iter().any(|node| {
        instance.node(node).content.is_some() || instance.leaves().any(|(leaf, ..)| instance.is_below(leaf, node))
    })
}

/// The latest of the moments after which the message was made, as far as they say one.
fn latest(kind: &MessageKind, sending: &Sending, instance: &Instance) -> Option<Content> {
    let moments = sending.created_after.iter().flat_map(|concept| {
        instance.descendants(&kind.dataset, NodeIx::ROOT, *concept).into_iter().filter_map(|node| {
            match instance.node(node).content {
                Some(Content::Value(Value::DateTime(moment))) => Some(moment),
                _ => None,
            }
        })
    });
    let latest = moments.reduce(|latest, moment| match moment.compare(&latest) {
        Some(Ordering::Greater) => moment,
        _ => latest,
    });
    Some(Content::Value(Value::DateTime(to_the_second(latest?)?)))
}

/// The first second of a day or another while; `None` of what is no day.
fn to_the_second(moment: DateTime) -> Option<DateTime> {
    if moment.precision() == Precision::Second {
        return Some(moment);
    }
    let text = moment.to_hl7();
    let (digits, zone) = text.split_at(text.find(['+', '-']).unwrap_or(text.len()));
    (moment.precision() >= Precision::Day).then(|| DateTime::from_hl7(&format!("{digits:0<14}{zone}")).ok())?
}

/// The namespace in which the sender numbers the messages, and a UUID that is the same for the same case.
fn made_id(kind: &MessageKind, sending: &Sending, instance: &Instance) -> Option<Content> {
    let senders = instance.descendants(&kind.dataset, NodeIx::ROOT, sending.sender);
    let root = senders.into_iter().find_map(|node| match &instance.node(node).content {
        Some(Content::Value(Value::Identifier(id))) if !id.root.is_empty() => Some(id.root.clone()),
        _ => None,
    })?;
    Some(Content::Value(Value::Identifier(Identifier { root, extension: digest(kind, instance) })))
}

/// A UUID that is the same for the same case.
fn digest(kind: &MessageKind, instance: &Instance) -> Text {
    let mut text = String::new();
    for (_, node, content) in instance.normalized().leaves() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{} {content:?}", kind.dataset.get(node.concept).number);
    }
    let digest = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid().to_string().into()
}

fn child(kind: &MessageKind, group: ConceptIx, name: &str, key: &str) -> Result<ConceptIx, TransmissionFault> {
    let inside = || kind.dataset.concepts().filter(|(ix, concept)| concept.parent == group && *ix != ConceptIx::ROOT);
    let found = inside().find(|(_, concept)| concept.element == name);
    found.map(|(ix, _)| ix).ok_or_else(|| {
        let known: Vec<&str> = inside().map(|(_, concept)| concept.element.as_str()).collect();
        TransmissionFault::Unknown { key: key.to_owned(), known: known.join(", ") }
    })
}

/// Adds the leaves that a value stands for.
fn fill(
    kind: &MessageKind,
    concept: ConceptIx,
    value: &Toml,
    key: &str,
    via: &mut Vec<ConceptIx>,
    leaves: &mut Vec<Leaf>,
) -> Result<(), TransmissionFault> {
    let known = kind.dataset.get(concept);
    match (known.kind, value) {
        (Kind::Group, Toml::Table(table)) => {
            via.push(concept);
            for (name, value) in table {
                let key = format!("{key}.{name}");
                let inner = child(kind, concept, name, &key)?;
                fill(kind, inner, value, &key, via, leaves)?;
            }
            via.pop();
        }
        (_, Toml::Array(items)) if known.kind != Kind::Group => {
            for item in items {
                leaves.push((via.clone(), concept, leaf(known, item, key)?));
            }
        }
        _ => leaves.push((via.clone(), concept, leaf(known, value, key)?)),
    }
    Ok(())
}

fn leaf(concept: &Concept, value: &Toml, key: &str) -> Result<Content, TransmissionFault> {
    let form = |expected| TransmissionFault::Form { key: key.to_owned(), expected };
    let content = match concept.kind {
        Kind::Group => return Err(form("a group: a table of what is in it")),
        Kind::Identifier => {
            let [root, extension] = words(value, ["root", "extension"], &[])
                // What is no namespace would be written as one: a message with it is no message.
                .filter(|[root, _]| is_oid(root) || is_uuid(root))
                .ok_or_else(|| form("an identifier: `{ root = \"<OID or UUID>\", extension = \"…\" }`, both texts"))?;
            Value::Identifier(Identifier { root, extension })
        }
        Kind::Code => {
            let [code, system, display] = words(value, ["code", "system", "display"], &["system", "display"])
                .ok_or_else(|| form("a code: `{ code = \"…\", system = \"<OID>\" }`, both texts"))?;
            let display = Some(display).filter(|display| !display.is_empty());
            Value::Code(Code { code, system, display, original_text: None })
        }
        Kind::Date | Kind::DateTime => {
            let text = match value {
                Toml::String(text) => text.clone(),
                Toml::Datetime(moment) => moment.to_string(),
                _ => String::new(),
            };
            Value::DateTime(DateTime::from_fhir(&text).map_err(|_| form("a moment: `2024-03-01T08:30:00+01:00`"))?)
        }
        _ => Value::Text(value.as_str().ok_or_else(|| form("a text"))?.into()),
    };
    Ok(Content::Value(content))
}

/// The texts of a table that has these keys and no others; some of them may be absent.
fn words<const N: usize>(value: &Toml, keys: [&str; N], optional: &[&str]) -> Option<[Text; N]> {
    let table = value.as_table()?;
    if table.keys().any(|key| !keys.contains(&key.as_str())) {
        return None;
    }
    let mut words: [Text; N] = std::array::from_fn(|_| Text::default());
    for (word, key) in words.iter_mut().zip(keys) {
        match table.get(key).map(Toml::as_str) {
            Some(Some(text)) if !text.is_empty() => *word = text.into(),
            None if optional.contains(&key) => {}
            _ => return None,
        }
    }
    Some(words)
}
