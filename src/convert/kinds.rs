//! The kinds of message that the tables know, compiled.

use std::sync::Arc;

use crate::dataset::Dataset;
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
}

/// Compiles all kinds of message, in the order of `ooievaar.toml`.
pub(super) fn load(source: &Source) -> Result<Vec<MessageKind>, TableError> {
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
    let fhir = match &table {
        Some(table) => Some(match shared(others, &dataset, &alignments) {
            Some(plan) => plan,
            None => Arc::new(FhirPlan::load(source, table, &dataset, alignments, &terminology)?),
        }),
        None => None,
    };
    Ok(MessageKind {
        name: name.to_owned(),
        title: meta.title,
        ada: AdaPlan::load(source, name)?,
        dataset,
        terminology,
        hl7v3,
        fhir,
    })
}

/// The plan of a message of the same dataset with the same alignments: nothing else in it depends on the message.
fn shared(others: &[MessageKind], dataset: &Dataset, alignments: &[Alignment]) -> Option<Arc<FhirPlan>> {
    let same = others.iter().filter(|kind| kind.dataset.name == dataset.name);
    same.filter_map(|kind| kind.fhir.as_ref()).find(|plan| plan.alignments == alignments).map(Arc::clone)
}

fn alignments(name: &str, meta: &crate::plan::MessageMeta, dataset: &Dataset) -> Result<Vec<Alignment>, TableError> {
    let concept = |number: &str| {
        let file = format!("messages/{name}/message.toml");
        dataset
            .find(number)
            .ok_or_else(|| TableError::file(&file, format!("`align` names the unknown concept `{number}`")))
    };
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
