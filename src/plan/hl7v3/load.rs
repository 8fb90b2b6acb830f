//! From the files of a message to its plan.

use std::collections::{HashMap, HashSet};

use super::build::Builder;
use super::demands::Demands;
use super::rows::Rows;
use super::scope::Scoper;
use super::skeleton::Skeleton;
use super::{About, Child, Element, ElementIx, MessagePlan, Modifier, ident, listed, questions};
use crate::dataset::{Dataset, Text};
use crate::plan::MessageMeta;
use crate::tables::{Source, TableError};

impl MessagePlan {
    /// Loads the message in `messages/<kind>/`.
    ///
    /// # Errors
    /// At the first fault in one of its tables.
    pub fn load(source: &Source, kind: &str, dataset: &Dataset) -> Result<Self, TableError> {
        let folder = format!("messages/{kind}");
        let meta = MessageMeta::load(source, &folder)?;
        let aligned = meta.aligned(&folder, dataset)?;
        let skeleton = Skeleton::load(source, &format!("{folder}/skeleton.xml"))?;
        let rows = Rows::load(source, &format!("{folder}/rows.csv"), dataset)?;
        let mut builder = Builder::new(dataset, &rows, &skeleton);
        let root = builder.build()?;
        let built = builder.finish()?;
        let mut plan = Self {
            modifiers: Modifier::load(source)?,
            demands: Demands::load(source, &folder, dataset)?,
            meta,
            elements: built.elements,
            aligned,
            roots: Vec::new(),
            payload: None,
            any_template: false,
            namespaces: skeleton.namespaces,
            carriers: HashMap::new(),
            listed: Vec::new(),
            answered: HashSet::new(),
            present: HashSet::new(),
            asked: HashMap::new(),
        };
        let mut scoper = Scoper::new(dataset, &rows, &built.rows, &built.repeated, &plan.aligned);
        scoper.run(&mut plan.elements, root)?;
        plan.carriers = scoper.carriers;
        plan.answered = questions::answered(&plan.elements, &rows, dataset)?;
        let present = plan.elements.iter().filter_map(|element| element.presence.as_ref());
        plan.present = present.map(|hole| hole.fill.concept).collect();
        plan.asked = questions::asked(&plan.elements);
        listed::load(source, dataset, &mut plan.elements)?;
        for at in 0..plan.elements.len() {
            plan.elements[at].about = about(&plan.elements, &plan.elements[at]);
        }
        ident::index(&mut plan.elements, &built.places, &rows, &skeleton.file, &plan.meta.labels)?;
        listed::rivals(&mut plan.elements);
        plan.listed = plan.element_numbers().filter(|ix| plan.element(*ix).listed.is_some()).collect();
        plan.roots = roots(&plan, root, &folder)?;
        plan.payload = payload(&plan);
        Ok(plan)
    }
}

/// One thing, if the element is a value that does not repeat, or holds values and is not the node of a row: two of them would
/// be mixed.
fn about(elements: &[Element], element: &Element) -> About {
    let is_one = match &element.value {
        Some(hole) => !hole.fill.repeats,
        None => element.presence.is_none() && element.slot.is_none() && holds_values(elements, element),
    };
    if is_one && element.scope.is_none() { About::One } else { About::Any }
}

/// True if there is a value in an element that belongs to no node inside it.
fn holds_values(elements: &[Element], element: &Element) -> bool {
    element.children.iter().any(|child| match child {
        Child::Element(ix) => {
            let inner = &elements[ix.0 as usize];
            let is_value = inner.value.is_some() || inner.presence.is_some() || inner.negation.is_some();
            inner.slot.is_none() && (is_value || holds_values(elements, inner))
        }
        Child::Row | Child::Rows(_) => false,
    })
}

/// The element that has the template by which the kind is known.
fn payload(plan: &MessagePlan) -> Option<ElementIx> {
    let has_template = |element: &Element| element.ident.templates.contains(&Text::from(plan.meta.template.as_str()));
    let all = (0u32..).map(ElementIx).zip(&plan.elements);
    all.filter(|(_, element)| element.scope.is_none() && has_template(element)).map(|(ix, _)| ix).next()
}

/// The elements of the plan that a document can start with.
fn roots(plan: &MessagePlan, top: ElementIx, folder: &str) -> Result<Vec<ElementIx>, TableError> {
    let mut roots = Vec::new();
    for name in &plan.meta.roots {
        let mut todo = vec![top];
        let mut found = None;
        while let Some(ix) = todo.pop() {
            let element = plan.element(ix);
            if element.local == name.as_str() {
                found = Some(ix);
                break;
            }
            let inner = element.buckets.iter().flat_map(|bucket| &bucket.all).copied();
            // What stands for a concept is never the start of a document.
            todo.extend(inner.filter(|ix| plan.element(*ix).scope.is_none()));
        }
        let missing = || {
            let message = format!("`roots` names `{name}`, which the skeleton does not have");
            TableError::file(&format!("{folder}/message.toml"), message)
        };
        roots.push(found.ok_or_else(missing)?);
    }
    if roots.first() != Some(&top) {
        let message = "the first of `roots` must be the outermost element of the skeleton: it is written";
        return Err(TableError::file(&format!("{folder}/message.toml"), message));
    }
    Ok(roots)
}
