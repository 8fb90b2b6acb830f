//! The kinds of message that the tables know, compiled.

use std::sync::Arc;

use crate::dataset::{ConceptIx, Dataset};
use crate::plan::fhir::{Alignment, FhirPlan, code_maps};
use crate::plan::hl7v3::MessagePlan;
use crate::plan::{AdaPlan, Manifest, load_dataset};
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
    pub dataset: Dataset,
    /// Their codes.
    pub terminology: Terminology,
    /// How the message is read and written; `None` for a transaction that has none.
    pub hl7v3: Option<MessagePlan>,
    /// How ADA writes it.
    pub ada: AdaPlan,
    /// `None` if the tables do not bind its dataset to FHIR. Messages of one dataset share it.
    pub fhir: Option<Arc<FhirPlan>>,
    /// What says how it is sent; `None` if nothing does.
    pub(super) sending: Option<Sending>,
}

/// The concepts that say how a message is sent.
#[derive(Clone, Debug)]
pub(super) struct Sending {
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

/// Compiles all kinds of message, in the order of `ooievaar.toml`.
pub(super) fn load(source: &Source) -> Result<Vec<MessageKind>, TableError> {
    let source = source.laid();
    load_all(&source).map_err(|fault| source.located(fault))
}

fn load_all(source: &Source) -> Result<Vec<MessageKind>, TableError> {
    let manifest = Manifest::load(source)?;
    let mut kinds = Vec::with_capacity(manifest.messages.len());
    for name in &manifest.messages {
        kinds.push(load_one(source, &manifest, name, &kinds)?);
    }
    Ok(kinds)
}

fn load_one(
    source: &Source,
    manifest: &Manifest,
    name: &str,
    others: &[MessageKind],
) -> Result<MessageKind, TableError> {
    let meta = crate::plan::MessageMeta::load(source, &format!("messages/{name}"))?;
    let dataset = load_dataset(source, &meta.dataset, name)?;
    let table = manifest.dataset(&meta.dataset)?.fhir.clone();
    let maps = match &table {
        Some(table) => code_maps(source, table)?,
        None => Vec::new(),
    };
    let terminology = Terminology::load(source, &dataset, maps.iter().map(AsRef::as_ref))?;
    let hl7v3 = if meta.roots.is_empty() { None } else { Some(MessagePlan::load(source, name, &dataset)?) };
    let alignments = alignments(name, &meta, &dataset)?;
    let sending = sending(name, &meta, &dataset)?;
    // What is not like anything goes without saying.
    let is_marked = meta.like.is_some() && !meta.template.is_empty();
    let mark = if is_marked { terminology.systems().uri(&meta.template).into_owned() } else { String::new() };
    let fhir = match &table {
        Some(table) => Some(match shared(others, &dataset, &alignments, &mark) {
            Some(plan) => plan,
            None => Arc::new(FhirPlan::load(source, table, &dataset, alignments, &terminology, &mark)?),
        }),
        None => None,
    };
    Ok(MessageKind {
        name: name.to_owned(),
        title: meta.title,
        like: meta.like,
        ada: AdaPlan::load(source, name)?,
        dataset,
        terminology,
        hl7v3,
        fhir,
        sending,
    })
}

/// The plan of a message of the same dataset with the same alignments: nothing else in it depends on the message.
fn shared(others: &[MessageKind], dataset: &Dataset, alignments: &[Alignment], mark: &str) -> Option<Arc<FhirPlan>> {
    let same = others.iter().filter(|kind| kind.dataset.name == dataset.name);
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

fn sending(name: &str, meta: &crate::plan::MessageMeta, dataset: &Dataset) -> Result<Option<Sending>, TableError> {
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

fn alignments(name: &str, meta: &crate::plan::MessageMeta, dataset: &Dataset) -> Result<Vec<Alignment>, TableError> {
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
