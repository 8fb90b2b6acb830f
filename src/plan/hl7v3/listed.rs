//! Elements that look the same, and are told apart by the list of which their code is one.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Child, Element, ElementIx, Known, MessagePlan};
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NodeIx, NullFlavor, Text, Value};
use crate::tables::{Source, TableError};
use crate::terminology::ValueSet;

/// The codes by which an element is known.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// The name of the value set.
    pub name: Text,
    set: Arc<ValueSet>,
    /// The code beside which it is this one, of several whose lists have its code.
    pub beside: Text,
    /// What holds that code.
    around: Option<ConceptIx>,
    /// The others that look the same.
    rivals: Vec<ElementIx>,
}

/// How well a code fits a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// It is none of the list.
    Not,
    /// It is, but stands beside another code than the list is for.
    Elsewhere,
    /// It is.
    Member,
    /// It is, beside the code that the list is for.
    Meant,
}

impl Listed {
    /// How well a code, or a null flavour, fits, given the code beside it.
    pub fn fit(&self, code: &str, system: &str, beside: Option<&str>) -> Fit {
        if self.set.find(code, system).is_none() {
            return Fit::Not;
        }
        match beside {
            _ if self.beside.is_empty() => Fit::Member,
            // What is not known is not known to be of something in particular.
            _ if system == NullFlavor::SYSTEM => Fit::Not,
            Some(beside) if beside == self.beside => Fit::Meant,
            _ => Fit::Elsewhere,
        }
    }
}

/// Loads the lists by which elements are known, and marks what holds such an element.
///
/// # Errors
/// If a list cannot be read.
pub(super) fn load(source: &Source, dataset: &Dataset, elements: &mut [Element]) -> Result<(), TableError> {
    let mut sets: HashMap<Text, Arc<ValueSet>> = HashMap::new();
    let marked = (0u32..).zip(&*elements).filter(|(_, element)| element.listed.is_some());
    let marked: Vec<ElementIx> = marked.map(|(at, _)| ElementIx(at)).collect();
    for ix in &marked {
        let element = &elements[ix.0 as usize];
        let Some(concept) = element.value.as_ref().map(|hole| hole.fill.concept) else { continue };
        let name = dataset.get(concept).value_set.clone();
        let set = match sets.get(&name) {
            Some(set) => Arc::clone(set),
            None => Arc::new(ValueSet::load(source, &name)?),
        };
        sets.insert(name.clone(), Arc::clone(&set));
        let around = around(elements, *ix);
        if let Some(listed) = &mut elements[ix.0 as usize].listed {
            (listed.name, listed.set, listed.around) = (name, set, around);
        }
        let node = node_of(elements, *ix);
        let mut at = Some(*ix);
        while let Some(ix) = at {
            elements[ix.0 as usize].known = Known::ByList;
            at = elements[ix.0 as usize].parent.filter(|_| Some(ix) != node);
        }
    }
    Ok(())
}

/// Finds, for each element that is known by a list, those that look the same but for it.
pub(super) fn rivals(elements: &mut [Element]) {
    let marked = (0u32..).zip(&*elements).filter(|(_, element)| element.listed.is_some());
    let nodes: Vec<(ElementIx, Option<ElementIx>)> =
        marked.map(|(at, _)| (ElementIx(at), node_of(elements, ElementIx(at)))).collect();
    let looks = |node: ElementIx| {
        let element = &elements[node.0 as usize];
        (element.parent, element.local.clone(), element.ident.templates.clone(), element.ident.code.clone())
    };
    let mut found = Vec::new();
    for (ix, node) in &nodes {
        let Some(node) = node else { continue };
        let is_rival = |other: &ElementIx| other != node && looks(*other) == looks(*node);
        let others = nodes.iter().filter(|(_, other)| other.as_ref().is_some_and(is_rival)).map(|(ix, _)| *ix);
        found.push((*ix, others.collect::<Vec<_>>()));
    }
    for (ix, others) in found {
        if let Some(listed) = &mut elements[ix.0 as usize].listed {
            listed.rivals = others;
        }
    }
}

/// The node of a row around an element, or it itself.
fn node_of(elements: &[Element], ix: ElementIx) -> Option<ElementIx> {
    let outwards = std::iter::successors(Some(ix), |at| elements[at.0 as usize].parent);
    outwards.into_iter().find(|at| elements[at.0 as usize].scope.is_some())
}

/// What the value of the act around the node of an element is of.
fn around(elements: &[Element], ix: ElementIx) -> Option<ConceptIx> {
    let node = node_of(elements, ix)?;
    let outwards = std::iter::successors(elements[node.0 as usize].parent, |at| elements[at.0 as usize].parent);
    outwards.into_iter().find_map(|at| {
        elements[at.0 as usize].children.iter().find_map(|child| match child {
            Child::Element(ix) => {
                let inner = &elements[ix.0 as usize];
                let hole = inner.value.as_ref().filter(|_| inner.local == BESIDE)?;
                Some(hole.fill.concept)
            }
            Child::Row | Child::Rows(_) => None,
        })
    })
}

/// The element that holds the code beside which another stands.
pub(crate) const BESIDE: &str = "value";

impl MessagePlan {
    /// The leaves of nodes that nobody could tell from others that look the same: their code is of no list, or of another one
    /// as much.
    pub(super) fn unknowable(&self, dataset: &Dataset, instance: &Instance) -> Vec<NodeIx> {
        let mut unknowable = Vec::new();
        for ix in &self.listed {
            let (Some(hole), Some(node)) = (&self.element(*ix).value, node_of(&self.elements, *ix)) else { continue };
            let Some(scope) = &self.element(node).scope else { continue };
            for occurrence in instance.descendants(dataset, NodeIx::ROOT, scope.concept) {
                let leaf = if scope.is_group {
                    instance.descendants(dataset, occurrence, hole.fill.concept).first().copied()
                } else {
                    Some(occurrence)
                };
                if leaf.is_some_and(|leaf| self.is_known(*ix, dataset, instance, leaf)) {
                    continue;
                }
                let within = |at: &NodeIx| *at == occurrence || instance.is_below(*at, occurrence);
                unknowable.extend(instance.leaves().map(|(ix, ..)| ix).filter(within));
            }
        }
        unknowable
    }

    /// True if the code of a leaf is of the list of its element, more than of that of any other that looks the same.
    fn is_known(&self, ix: ElementIx, dataset: &Dataset, instance: &Instance, leaf: NodeIx) -> bool {
        let fit = |ix: ElementIx| {
            let Some(listed) = &self.element(ix).listed else { return Fit::Not };
            let beside = listed.around.and_then(|concept| {
                let within = instance.around(dataset, leaf, concept);
                instance.descendants(dataset, within, concept).into_iter().find_map(|ix| code(instance, ix))
            });
            match &instance.node(leaf).content {
                Some(Content::Value(Value::Code(code))) => listed.fit(&code.code, &code.system, beside),
                Some(Content::Null { flavor, .. }) => listed.fit(flavor.code(), NullFlavor::SYSTEM, beside),
                _ => Fit::Not,
            }
        };
        let own = fit(ix);
        let rivals = self.element(ix).listed.as_ref().map_or(&[][..], |listed| &listed.rivals);
        own > Fit::Not && rivals.iter().all(|rival| fit(*rival) < own)
    }
}

impl MessagePlan {
    /// What must be said for the node of a concept to be known: the concept that is of a list, and the code beside which it is
    /// of that one rather than of another.
    pub fn known_by(&self, dataset: &Dataset, concept: ConceptIx) -> Option<(ConceptIx, Option<(ConceptIx, &str)>)> {
        self.listed.iter().find_map(|ix| {
            let hole = self.element(*ix).value.as_ref()?;
            let scope = self.element(node_of(&self.elements, *ix)?).scope.as_ref()?;
            let listed = self.element(*ix).listed.as_ref()?;
            let beside = listed.around.filter(|_| !listed.beside.is_empty()).map(|of| (of, listed.beside.as_str()));
            dataset.is_within(concept, scope.concept).then_some((hole.fill.concept, beside))
        })
    }
}

fn code(instance: &Instance, ix: NodeIx) -> Option<&str> {
    match &instance.node(ix).content {
        Some(Content::Value(Value::Code(code))) => Some(&code.code),
        _ => None,
    }
}

impl Listed {
    /// A list that is not loaded yet.
    pub(super) fn beside(code: Text) -> Self {
        Self { name: Text::default(), set: Arc::default(), beside: code, around: None, rivals: Vec::new() }
    }
}
