//! A kind of message, compiled.

use std::sync::Arc;

use super::fhir::{FhirPlan, code_maps};
use super::head::Head;
use super::hl7v3::MessagePlan;
use super::{AdaPlan, MessageMeta};
use crate::dataset::{Aligned, ConceptIx, Dataset};
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

/// What the tables of a kind compile to: each part as far as they allow, and what they do not.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub terminology: Option<Terminology>,
    pub hl7v3: Option<MessagePlan>,
    pub ada: Option<AdaPlan>,
    pub fhir: Option<Arc<FhirPlan>>,
    sending: Option<Sending>,
    /// The first fault of each part, in the order in which they are made.
    pub faults: Vec<TableError>,
}

impl Parts {
    /// Compiles all parts of the kind of this name. `binding` is its FHIR table, and how FHIR names the kind; `known` gives a plan
    /// that another kind has already, if it is the same with these aligned groups.
    pub fn compile(
        source: &Source,
        name: &str,
        meta: &MessageMeta,
        dataset: &Dataset,
        binding: Option<(&str, &str)>,
        known: impl FnOnce(&[Aligned]) -> Option<Arc<FhirPlan>>,
    ) -> Self {
        let mut parts = Self::default();
        let maps = parts.keep(binding.map_or(Ok(Vec::new()), |(table, _)| code_maps(source, table)));
        parts.terminology = maps.and_then(|maps| {
            let terminology = Terminology::load(source, dataset, maps.iter().map(AsRef::as_ref));
            parts.keep(terminology)
        });
        if !meta.roots.is_empty() {
            parts.hl7v3 = parts.keep(MessagePlan::load(source, name, dataset));
        }
        let aligned = parts.keep(meta.aligned(&format!("messages/{name}"), dataset));
        parts.sending = parts.keep(sending(name, meta, dataset)).flatten();
        parts.ada = parts.keep(AdaPlan::load(source, name));
        if let (Some((table, mark)), Some(aligned), Some(terminology)) = (binding, aligned, &parts.terminology) {
            let load = || FhirPlan::load(source, table, dataset, aligned.clone(), terminology, mark).map(Arc::new);
            let plan = known(&aligned).map_or_else(load, Ok);
            parts.fhir = parts.keep(plan);
        }
        parts
    }

    fn keep<T>(&mut self, result: Result<T, TableError>) -> Option<T> {
        result.map_err(|fault| self.faults.push(fault)).ok()
    }
}

/// Compiles one kind of message. `others` are compiled already.
///
/// # Errors
/// The first fault in its tables.
pub(crate) fn compile<'k>(
    source: &Source,
    head: &Head,
    position: usize,
    dataset: Arc<Dataset>,
    others: impl Iterator<Item = &'k Arc<MessageKind>>,
) -> Result<MessageKind, TableError> {
    let meta = MessageMeta::load(source, &format!("messages/{}", head.name))?;
    let binding = head.fhir.as_deref().map(|table| (table, head.mark.as_str()));
    let known = |aligned: &[Aligned]| shared(others, &dataset, aligned, &head.mark);
    let parts = Parts::compile(source, &head.name, &meta, &dataset, binding, known);
    match (parts.faults.into_iter().next(), parts.terminology, parts.ada) {
        (None, Some(terminology), Some(ada)) => Ok(MessageKind {
            name: head.name.clone(),
            title: meta.title,
            like: meta.like,
            ada,
            position,
            dataset,
            terminology,
            hl7v3: parts.hl7v3,
            fhir: parts.fhir,
            sending: parts.sending,
        }),
        (fault, ..) => {
            Err(fault.unwrap_or_else(|| TableError::file(&format!("messages/{}", head.name), "does not compile")))
        }
    }
}

/// The plan of a message of the same dataset with the same aligned groups: nothing else in it depends on the message.
fn shared<'k>(
    others: impl Iterator<Item = &'k Arc<MessageKind>>,
    dataset: &Dataset,
    aligned: &[Aligned],
    mark: &str,
) -> Option<Arc<FhirPlan>> {
    let same = others.filter(|kind| kind.dataset.name == dataset.name);
    same.filter_map(|kind| kind.fhir.as_ref()).find(|plan| plan.aligned == aligned && plan.kind == mark).map(Arc::clone)
}

fn sending(name: &str, meta: &MessageMeta, dataset: &Dataset) -> Result<Option<Sending>, TableError> {
    let Some(own) = &meta.transmission else { return Ok(None) };
    let concept = |number: &String| {
        let unknown = || format!("`transmission` names the unknown concept `{number}`");
        dataset.find(number).ok_or_else(|| TableError::file(&format!("messages/{name}/message.toml"), unknown()))
    };
    Ok(Some(Sending {
        group: concept(&own.group)?,
        id: concept(&own.id)?,
        sender: concept(&own.sender)?,
        created: concept(&own.created)?,
        created_after: own.created_after.iter().map(concept).collect::<Result<_, _>>()?,
    }))
}
