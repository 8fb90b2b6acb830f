//! The plan of an HL7v3 message or a CDA document: the skeleton with every row in its slot.
//!
//! One tree serves both directions. The reader finds the plan element of each element of a document through
//! buckets; the writer walks the same elements in order. Where a value belongs in an instance is a
//! place, worked out here, so that neither has to search the dataset.

mod build;
mod datatype;
mod demands;
mod ident;
mod listed;
mod load;
mod modifier;
mod questions;
mod rows;
mod scope;
mod skeleton;

use std::collections::{HashMap, HashSet};

use super::MessageMeta;
use crate::dataset::{Aligned, Answer, ConceptIx, Dataset, Instance, Kind, NodeIx, Text};
use crate::ledger::Reason;

pub use datatype::Datatype;
pub(crate) use demands::{Condition, Demanded, Demands, Need};
pub(crate) use listed::{BESIDE, Fit, Listed};
pub(crate) use modifier::Modifier;

/// Name of the attribute that types a value, as it is written.
pub(crate) const XSI_TYPE: &str = "xsi:type";
/// Namespace of that attribute.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// What `o:any` calls the text of an element.
pub(crate) const ANY_TEXT: &str = "text()";

/// Index of an [`Element`] in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ElementIx(pub u32);

/// A message, ready to be read and written.
#[derive(Clone, Debug)]
pub struct MessagePlan {
    meta: MessageMeta,
    elements: Vec<Element>,
    aligned: Vec<Aligned>,
    roots: Vec<ElementIx>,
    /// The element that has the template by which the kind of message is known.
    payload: Option<ElementIx>,
    /// The payload may have any template.
    any_template: bool,
    namespaces: Vec<Namespace>,
    carriers: HashMap<ConceptIx, Route>,
    modifiers: Vec<Modifier>,
    /// What is demanded at the places of the concepts.
    demands: Demands,
    /// The elements that are known by a list.
    listed: Vec<ElementIx>,
    /// The concepts that an act answers by `negationInd`.
    answered: HashSet<ConceptIx>,
    /// Those that an element answers by being there.
    present: HashSet<ConceptIx>,
    /// The concepts in acts whose value is a yes or no, with that question.
    asked: HashMap<ConceptIx, ConceptIx>,
}

/// A namespace of the message, with the prefix under which it is written.
#[derive(Clone, Debug)]
pub(crate) struct Namespace {
    pub uri: Text,
    /// Empty for the default namespace.
    pub prefix: Text,
}

/// An element that the message can hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    /// Index into the namespaces of the plan.
    pub namespace: usize,
    pub local: Text,
    /// Attributes that the message fixes.
    pub fixed: Vec<Fixed>,
    /// Text that the message fixes; empty if none.
    pub text: Text,
    /// Attributes that may have any value.
    pub any: Vec<Text>,
    /// It holds a value.
    pub value: Option<Hole>,
    /// The list of which its code is one, where that tells it from elements that look the same.
    pub listed: Option<Listed>,
    /// By what it is known among elements that look the same.
    pub known: Known,
    /// Its value carries `xsi:type`.
    pub typed: bool,
    /// Its `negationInd` holds a boolean, inverted.
    pub negation: Option<Hole>,
    /// That it is there is itself the answer.
    pub presence: Option<Hole>,
    /// Written whenever its parent is.
    pub filler: bool,
    /// What becomes of it when nothing in it has content.
    pub hollow: Hollow,
    /// Written only if the element of its name before it is not: the same in another form.
    pub instead: bool,
    /// The attribute that it is written with when it has no value, since it must be there.
    pub otherwise: Option<Fixed>,
    /// What it holds beyond the plan is lost for this reason.
    pub lost: Option<Reason>,
    /// It stands for the occurrence of a concept.
    pub scope: Option<Scope>,
    /// It is repeated for every node of these rows, which stand at the [`Child::Rows`] somewhere inside.
    pub slot: Option<Vec<ElementIx>>,
    pub children: Vec<Child>,
    /// How many of it can be about the same thing in their parent.
    pub about: About,
    /// The templates and the code that tell it from its siblings.
    pub ident: Ident,
    /// Its children by name, for reading.
    pub buckets: Vec<Bucket>,
    pub parent: Option<ElementIx>,
}

/// By what an element is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Known {
    /// What is fixed in it.
    #[default]
    ByForm,
    /// The list of which its code is one, or the code of an element in it that belongs to no other node.
    ByList,
}

/// What becomes of an element when nothing in it has content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hollow {
    /// It is not written.
    #[default]
    Left,
    /// It is not written; what it lacks counts, since the message demands it.
    Demanded,
    /// It is written.
    Kept,
}

/// What elements of one kind in the same parent are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum About {
    /// Each may say something of the same thing, or is an occurrence of its own.
    #[default]
    Any,
    /// One thing: a second element is about something else.
    One,
}

/// What an element holds, in the order in which it is written.
#[derive(Clone, Debug)]
pub(crate) enum Child {
    Element(ElementIx),
    /// The place of the row that is being written, within the wrapper of its slot.
    Row,
    /// A slot without a wrapper.
    Rows(Vec<ElementIx>),
}

/// An attribute with its one value.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    /// `xsi:type`, or a name without a prefix.
    pub name: Text,
    pub value: Text,
}

/// The fixed content of an element that says which node it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ident {
    pub templates: Vec<Text>,
    /// Code and code system.
    pub code: Option<(Text, Text)>,
}

/// The children of an element that share a name, found by template and by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bucket {
    pub namespace: usize,
    pub local: Text,
    pub all: Vec<ElementIx>,
    pub by_template: HashMap<Text, Vec<ElementIx>>,
    pub by_code: HashMap<Text, Vec<ElementIx>>,
    /// Those that have neither a template nor a code.
    pub open: Vec<ElementIx>,
}

/// A place in the message that holds the value of a concept.
#[derive(Clone, Debug)]
pub(crate) struct Hole {
    /// The concept that it holds.
    pub fill: Fill,
    /// Aligned copies of the same fact.
    pub copies: Vec<Fill>,
}

/// A concept in a hole.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub concept: ConceptIx,
    pub kind: Kind,
    pub datatype: Datatype,
    /// The code system that the datatype itself cannot carry; empty otherwise.
    pub system: Text,
    pub place: Route,
    /// The frame that holds the value itself, when the node is an occurrence of this very leaf.
    pub own: Option<usize>,
    /// The dataset allows several values here, so that the element is repeated.
    pub repeats: bool,
    /// Several nodes may state it; they say it of one occurrence.
    pub stated: bool,
    /// Another place of the skeleton holds it before this one, which only says it again.
    pub again: bool,
    /// The reference of which the node says again what it means: the concept is in the group around what is meant.
    pub through: Option<ConceptIx>,
}

/// Where in the instance: below an occurrence that is open while a node is read or written, through groups that
/// have no node of their own.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub base: Base,
    /// The concept of the base.
    pub from: ConceptIx,
    pub via: Box<[ConceptIx]>,
}

/// An open occurrence. Frame 0 is the root; each row node has two: its anchor and its occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// The occurrence in that frame.
    Frame(usize),
    /// The occurrence that is aligned with the one in that frame.
    Partner(usize),
}

/// What a row node stands for.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The concept of which the node is an occurrence.
    pub concept: ConceptIx,
    pub is_group: bool,
    /// Its frame; the one before it is the frame of the anchor.
    pub frame: usize,
    /// The occurrence is made only when something within it has a value.
    pub lazy: bool,
    /// The group that the node shares with the leaves that it holds besides the occurrence.
    pub anchor: ConceptIx,
    /// Where the anchor is; without meaning if it is the base itself.
    pub anchor_place: Route,
    /// The node holds something that is not within the occurrence.
    pub shares: bool,
    /// From the anchor to the occurrence.
    pub via: Box<[ConceptIx]>,
    /// The other group that is about the same thing.
    pub partner: Option<Partner>,
}

/// The group that is aligned with the occurrence of a row node.
#[derive(Clone, Debug)]
pub(crate) struct Partner {
    /// It comes first, and then the group of the row node.
    pub aligned: Aligned,
    pub place: Route,
}

impl MessagePlan {
    /// What `message.toml` says.
    pub fn meta(&self) -> &MessageMeta {
        &self.meta
    }

    /// True if the message has a place for the concept.
    pub fn carries(&self, concept: ConceptIx) -> bool {
        self.carriers.contains_key(&concept)
    }

    /// True if each occurrence of the concept has a node of its own.
    pub fn has_node(&self, concept: ConceptIx) -> bool {
        self.elements.iter().any(|element| element.scope.as_ref().is_some_and(|scope| scope.concept == concept))
    }

    /// True if an act says yes to this concept by being there and saying nothing else.
    pub(crate) fn says_yes_by_silence(&self, concept: ConceptIx) -> bool {
        self.answered.contains(&concept)
    }

    /// The question of a concept that stands in an act whose value is the answer to it.
    pub(crate) fn asked(&self, concept: ConceptIx) -> Option<ConceptIx> {
        self.asked.get(&concept).copied()
    }

    /// The leaves that no act may be made for: of null flavours alone, where the act would say yes by being there; and those in an
    /// act whose value is a yes or no that is not there, which the act would seem to give; and those in one that nobody could tell
    /// from another.
    pub fn without_act(&self, dataset: &Dataset, instance: &Instance) -> Vec<NodeIx> {
        let mut unsaid = instance.unasked(dataset);
        unsaid.retain(|node| {
            let question = dataset.question_of(instance.node(*node).concept);
            question.is_some_and(|question| self.says_yes_by_silence(question))
        });
        unsaid.extend(self.unknowable(dataset, instance));
        unsaid.extend(self.belied(dataset, instance));
        unsaid.sort_unstable();
        unsaid.dedup();
        let known: HashSet<NodeIx> = unsaid.iter().copied().collect();
        // Many leaves may lack one answer.
        let mut answered = HashMap::new();
        for (ix, leaf, _) in instance.leaves() {
            let Some(question) = self.asked(leaf.concept) else { continue };
            let within = instance.holder_of(dataset, ix, question);
            let is_answered = answered
                .entry((question, within))
                .or_insert_with(|| !instance.descendants(dataset, within, question).is_empty());
            if !*is_answered && !known.contains(&ix) {
                unsaid.push(ix);
            }
        }
        unsaid
    }

    /// The null flavours in elements that say yes by being there, where the answer is another.
    fn belied(&self, dataset: &Dataset, instance: &Instance) -> Vec<NodeIx> {
        if self.present.is_empty() {
            return Vec::new();
        }
        let is_asked =
            |concept: ConceptIx| dataset.question_of(concept).is_some_and(|asked| self.present.contains(&asked));
        let silent = instance.leaves().filter(|(_, leaf, content)| !content.is_stated() && is_asked(leaf.concept));
        silent.map(|(ix, ..)| ix).filter(|ix| instance.answer_of(dataset, *ix) == Answer::NotYes).collect()
    }

    pub(crate) fn element(&self, ix: ElementIx) -> &Element {
        &self.elements[ix.0 as usize]
    }

    /// The first of the forms in which the message can hold the same as in this element.
    pub(crate) fn first_form(&self, ix: ElementIx) -> ElementIx {
        let before = |at: &ElementIx| {
            let element = self.element(*at);
            let siblings = &self.element(element.parent.filter(|_| element.instead)?).children;
            let elements: Vec<ElementIx> = siblings
                .iter()
                .filter_map(|child| if let Child::Element(ix) = child { Some(*ix) } else { None })
                .collect();
            let own = elements.iter().position(|other| other == at)?;
            elements.get(own.checked_sub(1)?).copied()
        };
        std::iter::successors(Some(ix), before).last().unwrap_or(ix)
    }

    /// All elements that the message can hold.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.elements.iter()
    }

    /// Where they are.
    pub(crate) fn element_numbers(&self) -> impl Iterator<Item = ElementIx> {
        (0u32..).map(ElementIx).take(self.elements.len())
    }

    /// What the message demands of a concept at its place.
    pub(crate) fn demanded(&self, concept: ConceptIx) -> Option<&Demanded> {
        self.demands.of(concept)
    }

    pub(crate) fn place_of(&self, concept: ConceptIx) -> Option<&Route> {
        self.carriers.get(&concept)
    }

    pub(crate) fn aligned(&self) -> &[Aligned] {
        &self.aligned
    }

    pub(crate) fn namespaces(&self) -> &[Namespace] {
        &self.namespaces
    }

    /// The document elements; the first is the one that is written.
    pub(crate) fn roots(&self) -> &[ElementIx] {
        &self.roots
    }

    /// The element that has the template by which this kind of message is known.
    pub(crate) fn payload(&self) -> Option<ElementIx> {
        self.payload
    }

    /// The same plan for a message of which somebody knows that it is of this kind: the template of its payload tells nothing.
    #[must_use]
    pub fn of_any_template(&self) -> Self {
        Self { any_template: true, ..self.clone() }
    }

    /// The payload, if it is among these and known without its template.
    pub(crate) fn payload_among(&self, elements: &[ElementIx]) -> Option<ElementIx> {
        self.payload.filter(|payload| self.any_template && elements.contains(payload))
    }

    /// True if an element is one of the document elements, or holds one.
    pub(crate) fn holds_a_root(&self, ix: ElementIx) -> bool {
        let outwards = |from: ElementIx| std::iter::successors(Some(from), |at| self.element(*at).parent);
        self.roots.iter().any(|root| outwards(*root).any(|at| at == ix))
    }

    /// True if the element may have any value for this attribute, because it only repeats what is fixed.
    pub(crate) fn is_label(&self, name: &str) -> bool {
        self.meta.labels.iter().any(|label| label == name)
    }

    /// The children of an element that have this name.
    pub(crate) fn bucket<'p>(&self, element: &'p Element, namespace: &str, local: &str) -> Option<&'p Bucket> {
        element
            .buckets
            .iter()
            .find(|bucket| bucket.local == local && self.namespaces[bucket.namespace].uri == namespace)
    }
}
