//! What an act answers: the dataset must know it as the question of everything else that the act holds.

use std::collections::{HashMap, HashSet};

use super::rows::Rows;
use super::{Child, Datatype, Element, ElementIx};
use crate::dataset::{ConceptIx, Dataset};
use crate::tables::TableError;

/// The concepts that an act answers by `negationInd`, or by being there: without more, it says yes.
///
/// # Errors
/// If the act holds a concept that does not name the answer as its question: then a denial would not reach it.
pub(super) fn answered(elements: &[Element], rows: &Rows, dataset: &Dataset) -> Result<HashSet<ConceptIx>, TableError> {
    let mut answered = HashSet::new();
    for element in elements {
        let answer = element.negation.as_ref().or(element.presence.as_ref());
        let Some(answer) = answer.map(|hole| hole.fill.concept) else { continue };
        answered.insert(answer);
        let mut held = Vec::new();
        concepts(elements, element, &mut held);
        let stray = held.into_iter().find(|held| *held != answer && dataset.question_of(*held) != Some(answer));
        if let Some(row) = stray.and_then(|stray| rows.list.iter().find(|row| row.concept == stray)) {
            let message = format!(
                "it stands in the act that answers `{}`, but `question` in dataset/{}.csv does not say so",
                dataset.get(answer).number,
                dataset.name
            );
            return Err(rows.fault(row, "in", message));
        }
    }
    Ok(answered)
}

/// What an act that is the node of a yes-or-no concept, with the answer as its value, holds besides, with that question: without
/// an answer the act says neither, and what it holds must not make it.
pub(super) fn asked(elements: &[Element]) -> HashMap<ConceptIx, ConceptIx> {
    let mut asked = HashMap::new();
    for element in elements {
        let Some(question) = element.scope.as_ref().map(|scope| scope.concept) else { continue };
        let is_answer = |child: &Child| {
            let Child::Element(ix) = child else { return false };
            let hole = elements[ix.0 as usize].value.as_ref();
            hole.is_some_and(|hole| hole.fill.concept == question && hole.fill.datatype == Datatype::Bl)
        };
        if element.children.iter().any(is_answer) {
            let mut held = Vec::new();
            concepts(elements, element, &mut held);
            asked.extend(held.into_iter().filter(|held| *held != question).map(|held| (held, question)));
        }
    }
    asked
}

/// The concepts of the holes in an element and in what it holds.
fn concepts(elements: &[Element], element: &Element, found: &mut Vec<ConceptIx>) {
    let holes = [&element.value, &element.negation, &element.presence];
    found.extend(holes.into_iter().flatten().map(|hole| hole.fill.concept));
    let slot = element.slot.iter().flatten().copied();
    let inside = element.children.iter().flat_map(|child| match child {
        Child::Element(child) => std::slice::from_ref(child),
        Child::Rows(rows) => rows,
        Child::Row => &[],
    });
    let inside: Vec<ElementIx> = inside.copied().chain(slot).collect();
    for ix in inside {
        concepts(elements, &elements[ix.0 as usize], found);
    }
}
