//! A kind of message, compiled.

use std::sync::Arc;

use super::fhir::{Alignment, FhirPlan, code_maps};
use super::head::Head;
use super::hl7v3::MessagePlan;
use super::{AdaPlan, MessageMeta};
use crate::dataset::{ConceptIx, Dataset};
use crate::tables::{Source, TableError};
use crate::terminology::Terminology;

/// One kind of message with its bindings.
#[derive(Debug)]
pub struct MessageKind {
    /// The name of its folder in the tables.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The name of the kind that it is like.
    pub like: Option<String>,
    /// Its concepts.
    pub dataset: Arc<Dataset>,
    /// Their codes.
    pub terminology: Terminology,
    /// How the message is read and written; `None` for a transaction that has none.
    pub hl7v3: Option<MessagePlan>,
    /// How ADA writes it.
    pub ada: AdaPlan,
    /// `None` if the tables do not bind its dataset to FHIR. Messages of one dataset share it.
    pub fhir: Option<Arc<FhirPlan>>,
    /// Its position among the kinds.
    pub(crate) position: usize,
    /// What says how it is sent; `None` if nothing does.
    pub(crate) sending: Option<Sending>,
}

/// The concepts that say how a message is sent.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    /// The group that holds all of it.
    pub group: ConceptIx,
    /// What identifies the message.
    pub id: ConceptIx,
    /// What identifies the sender.
    pub sender: ConceptIx,
    /// When the message was made.
    pub created: ConceptIx,
    /// When something had happened before that.
    pub created_after: Vec<ConceptIx>,
}

/// Compiles one kind of message. `others` are compiled already.
pub(crate) fn compile<'k>(
    source: &Source,
    head: &Head,
    position: usize,
    dataset: Arc<Dataset>,
    others: impl Iterator<Item = &'k Arc<MessageKind>>,
) -> Result<MessageKind, TableError> {
    let name = head.name.as_str();
    let meta = MessageMeta::load(source, &format!("messages/{name}"))?;
    let maps = match &head.fhir {
        Some(table) => code_maps(source, table)?,
        None => Vec::new(),
    };
    let terminology = Terminology::load(source, &dataset, maps.iter().map(AsRef::as_ref))?;
    let hl7v3 = if meta.roots.is_empty() { None } else { Some(MessagePlan::load(source, name, &dataset)?) };
    let alignments = alignments(name, &meta, &dataset)?;
    let sending = sending(name, &meta, &dataset)?;
    let fhir = match &head.fhir {
        Some(table) => Some(match shared(others, &dataset, &alignments, &head.mark) {
            Some(plan) => plan,
            None => Arc::new(FhirPlan::load(source, table, &dataset, alignments, &terminology, &head.mark)?),
        }),
        None => None,
    };
    Ok(MessageKind {
        name: head.name.clone(),
        title: meta.title,
        like: meta.like,
        ada: AdaPlan::load(source, name)?,
        position,
        dataset,
        terminology,
        hl7v3,
        fhir,
        sending,
    })
}

/// The plan of a message of the same dataset with the same alignments: nothing else in it depends on the message.
fn shared<'k>(
    others: impl Iterator<Item = &'k Arc<MessageKind>>,
    dataset: &Dataset,
    alignments: &[Alignment],
    mark: &str,
) -> Option<Arc<FhirPlan>> {
    let same = others.filter(|kind| kind.dataset.name == dataset.name);
    same.filter_map(|kind| kind.fhir.as_ref())
        .find(|plan| plan.alignments == alignments && plan.kind == mark)
        .map(Arc::clone)
}

/// The concept of this number, which a key of `message.toml` names.
fn named(name: &str, key: &str, number: &str, dataset: &Dataset) -> Result<ConceptIx, TableError> {
    let file = format!("messages/{name}/message.toml");
    let unknown = || TableError::file(&file, format!("`{key}` names the unknown concept `{number}`"));
    dataset.find(number).ok_or_else(unknown)
}

fn sending(name: &str, meta: &MessageMeta, dataset: &Dataset) -> Result<Option<Sending>, TableError> {
    let concept = |number: &String| named(name, "transmission", number, dataset);
    let Some(own) = &meta.transmission else { return Ok(None) };
    Ok(Some(Sending {
        group: concept(&own.group)?,
        id: concept(&own.id)?,
        sender: concept(&own.sender)?,
        created: concept(&own.created)?,
        created_after: own.created_after.iter().map(concept).collect::<Result<_, _>>()?,
    }))
}

fn alignments(name: &str, meta: &MessageMeta, dataset: &Dataset) -> Result<Vec<Alignment>, TableError> {
    let concept = |number: &str| named(name, "align", number, dataset);
    meta.align
        .iter()
        .map(|align| {
            Ok(Alignment {
                group: concept(&align.group)?,
                with: concept(&align.with)?,
                key: (concept(&align.key[0])?, concept(&align.key[1])?),
            })
        })
        .collect()
}
