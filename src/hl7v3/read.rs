//! From a document to an instance: walks the document beside the plan and accounts for every leaf.

use roxmltree::{Attribute, Node};

use super::datatypes::{Decoded, Parts, boolean};
use super::losses::Losses;
use super::matching;
use super::place::{Placed, Placer};
use super::repeats::Repeats;
use super::saying;
use super::whose::Whose;
use super::words::{TextForm, Words};
use super::xml::{attribute, attribute_name, is_content, leaves, without_prefix};
use crate::dataset::{ConceptIx, Content, Dataset, Instance, NullFlavor, Origin, Value};
use crate::ledger::{Ledger, Reason};
use crate::plan::hl7v3::{ANY_TEXT, About, Datatype, Element, ElementIx, Hole, MessagePlan, Scope, XSI, XSI_TYPE};

/// So many elements of the same kind are looked at for a better one. A sender cannot make that work longer.
const LOOKED_AHEAD: usize = 16;

/// Why a document is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its document element is none of the message.
    #[error("the document does not start with an element of this message")]
    WrongRoot,
    /// What holds the case says of itself that it is not so: denied, intended, withdrawn.
    #[error("the message takes itself back at byte {position}")]
    TakenBack {
        /// Byte offset of the element that says so.
        position: usize,
    },
    /// It says of one person that she is two.
    #[error("the message is about two persons where there is one, at byte {position}")]
    TwoPersons {
        /// Byte offset of the second.
        position: usize,
    },
}

/// Reads a message, from the element on with which it begins, into an instance, with an account of all its leaves.
///
/// # Errors
/// If that element is none of those that the message can start with, the message takes itself back, or it has a second person
/// where there is one.
pub fn read(plan: &MessagePlan, dataset: &Dataset, node: Node<'_, '_>) -> Result<(Instance, Ledger), Refusal> {
    let root = matching::plan_root(plan, node).ok_or(Refusal::WrongRoot)?;
    let mut reader = Reader::new(plan, dataset, Placer::new(dataset));
    if saying::is_modified(plan, node, plan.element(root)) {
        return Err(Refusal::TakenBack { position: node.range().start });
    }
    reader.element(node, root);
    if let Some(refusal) = reader.refusal {
        return Err(refusal);
    }
    reader.placer.instance.settle_references(dataset);
    reader.repeats.settle(dataset, &reader.placer.instance, &mut reader.losses);
    Ok((reader.placer.instance, reader.losses.ledger))
}

struct Reader<'p, 'd, 'i> {
    plan: &'p MessagePlan,
    dataset: &'p Dataset,
    placer: Placer<'p>,
    losses: Losses<'d>,
    /// Why the document as a whole is not read.
    refusal: Option<Refusal>,
    whose: Whose,
    /// The elements that stand for one thing in their parent and have been met, for each element that is being read.
    seen: Vec<ElementIx>,
    /// Where those of the innermost one begin.
    first_seen: usize,
    repeats: Repeats<'d, 'i>,
}

impl<'p, 'd, 'i> Reader<'p, 'd, 'i> {
    fn new(plan: &'p MessagePlan, dataset: &'p Dataset, placer: Placer<'p>) -> Self {
        let (losses, whose) = (Losses::default(), Whose::default());
        Self {
            plan,
            dataset,
            placer,
            losses,
            refusal: None,
            whose,
            seen: Vec::new(),
            first_seen: 0,
            repeats: Repeats::default(),
        }
    }

    /// Reads an element that the plan knows. As deep as the plan, whatever the document.
    fn element(&mut self, node: Node<'d, 'i>, ix: ElementIx) {
        let element = self.plan.element(ix);
        let mut parts = Parts::default();
        let mut matched = 0;
        for attribute in node.attributes() {
            self.attribute(node, element, &attribute, &mut parts, &mut matched);
        }
        match element.presence.as_ref().or_else(|| said_by_absence(node, element)) {
            Some(hole) => self.fact(node, hole, Content::Value(Value::Boolean(true)), matched),
            None => self.losses.ledger.structural(u32::from(matched)),
        }
        self.children(node, element, &mut parts);
        if let Some(hole) = &element.value
            && parts.leaves > 0
        {
            self.value(node, hole, parts);
        }
    }

    fn attribute(
        &mut self,
        node: Node<'d, 'i>,
        element: &'p Element,
        attribute: &Attribute<'d, 'i>,
        parts: &mut Parts<'d>,
        matched: &mut u16,
    ) {
        let value = attribute.value();
        let Some(name) = attribute_name(attribute) else {
            if attribute.namespace() == Some(XSI) && attribute.name() != "nil" {
                self.losses.ledger.structural(1);
            } else {
                self.lose(node, element, attribute, Reason::Unknown);
            }
            return;
        };
        if name == "negationInd"
            && let Some(hole) = &element.negation
        {
            match boolean(value) {
                // The null flavour is the answer.
                Some(false) if node.has_attribute("nullFlavor") => self.losses.ledger.structural(1),
                Some(negated) => self.fact(node, hole, Content::Value(Value::Boolean(!negated)), 1),
                None => self.lose(node, element, attribute, Reason::Datatype),
            }
            return;
        }
        if name == "nullFlavor"
            && element.value.is_none()
            && let Some(hole) = &element.negation
        {
            let content = NullFlavor::from_code(value).map(|flavor| Content::Null { flavor, original_text: None });
            match content {
                Some(content) => self.fact(node, hole, content, 1),
                None => self.lose(node, element, attribute, Reason::Datatype),
            }
            return;
        }
        if says_nothing(node, element, name, value) {
            return self.losses.ledger.structural(1);
        }
        let fixed = element.fixed.iter().find(|fixed| fixed.name == name).map(|fixed| fixed.value.as_str());
        let same = fixed.is_some_and(|fixed| {
            if name == XSI_TYPE { without_prefix(fixed) == without_prefix(value) } else { fixed == value }
        });
        if let Some(hole) = &element.value
            && (hole.fill.datatype.has_part(name) || name == XSI_TYPE)
            // Beside a null flavour, what is fixed says nothing of the value.
            && !(same && name != "nullFlavor" && node.has_attribute("nullFlavor"))
        {
            parts.take(name, value);
            return;
        }
        if same {
            *matched += 1;
        } else if self.may_differ(element, name, fixed) {
            self.losses.ledger.structural(1);
        } else {
            let reason = if fixed.is_some() { Reason::FixedDiffers } else { Reason::Unknown };
            self.lose(node, element, attribute, reason);
        }
    }

    /// True if an attribute of a known element may have any value without anything being lost.
    fn may_differ(&self, element: &Element, name: &str, fixed: Option<&str>) -> bool {
        let is_label = self.plan.is_label(name) || matches!(name, "codeSystemName" | "assigningAuthorityName");
        is_label
            || element.any.iter().any(|any| any == name)
            || (name == XSI_TYPE && fixed.is_none() && element.value.is_none())
    }

    fn lose(&mut self, node: Node<'d, 'i>, element: &Element, attribute: &Attribute<'d, 'i>, reason: Reason) {
        let reason = element.lost.unwrap_or(reason);
        self.losses.lost_attribute(reason, node, attribute.name(), attribute.range().start);
    }

    fn children(&mut self, node: Node<'d, 'i>, element: &'p Element, parts: &mut Parts<'d>) {
        let datatype = element.value.as_ref().map(|hole| hole.fill.datatype);
        if datatype == Some(Datatype::St) {
            return self.words(node, element, parts);
        }
        let first_seen = std::mem::replace(&mut self.first_seen, self.seen.len());
        for child in node.children() {
            if child.is_element() {
                self.child(child, element, datatype, parts);
            } else if child.is_text()
                && let Some(text) = child.text()
                && is_content(text)
            {
                self.text(node, child, element, text);
            }
        }
        self.seen.truncate(self.first_seen);
        self.first_seen = first_seen;
    }

    /// The text of an element that is one.
    fn words(&mut self, node: Node<'d, 'i>, element: &'p Element, parts: &mut Parts<'d>) {
        let is_known = |child: Node<'_, '_>| {
            let name = child.tag_name();
            let bucket = self.plan.bucket(element, name.namespace().unwrap_or_default(), name.name());
            name.name() == "templateId" || bucket.is_some()
        };
        let words = Words::of(node, is_known);
        self.layout(&words);
        for child in &words.others {
            self.child(*child, element, Some(Datatype::St), parts);
        }
        parts.take_text(words);
    }

    /// The words are taken without how they were laid out.
    fn layout(&mut self, words: &Words<'d, 'i>) {
        for (node, attribute) in &words.layout {
            self.losses.lost_attribute(Reason::Unknown, *node, attribute.name(), attribute.range().start);
        }
    }

    /// A text where the plan has no value.
    fn text(&mut self, node: Node<'d, 'i>, child: Node<'d, 'i>, element: &Element, text: &str) {
        if text.trim() == element.text && element.lost.is_none() || element.any.iter().any(|any| any == ANY_TEXT) {
            self.losses.ledger.structural(1);
        } else {
            let reason = if element.text.is_empty() { Reason::Unknown } else { Reason::FixedDiffers };
            self.losses.lost_text(element.lost.unwrap_or(reason), node, child.range().start);
        }
    }

    fn child(&mut self, child: Node<'d, 'i>, element: &'p Element, datatype: Option<Datatype>, parts: &mut Parts<'d>) {
        let name = child.tag_name();
        let namespace = name.namespace().unwrap_or_default();
        if name.name() == "originalText" && datatype.is_some_and(Datatype::is_coded) {
            let concept = element.value.as_ref().map(|hole| hole.fill.concept);
            return self.original_text(child, concept, parts);
        }
        if name.name() == "templateId" && matching::explains_template(child.parent().unwrap_or(child), element) {
            return self.losses.ledger.structural(leaves(child));
        }
        let Some(bucket) = self.plan.bucket(element, namespace, name.name()) else {
            return self.losses.lost(element.lost.unwrap_or(Reason::Unknown), child, None, leaves(child));
        };
        match matching::pick(self.plan, bucket, child) {
            Ok(ix) => self.known(child, ix),
            Err(reason) => self.losses.lost(reason, child, None, leaves(child)),
        }
    }

    /// Reads a child that the plan knows, or loses it as a whole: what stands in one node stays together.
    fn known(&mut self, child: Node<'d, 'i>, ix: ElementIx) {
        let element = self.plan.element(ix);
        let read = self.can_be_said(child, ix).and_then(|()| match &element.scope {
            Some(scope) => self.occurrence(child, ix, scope),
            None => self.only_one(child, ix),
        });
        if let Err(reason) = read {
            let concept = element.scope.as_ref().map(|scope| scope.concept);
            self.losses.lost(reason, child, concept, leaves(child));
            if reason == Reason::Modifier {
                self.losses.name_modifier(child, saying::modifier_name(self.plan, child, element));
            }
        }
    }

    /// Looks whether what an element says may be read as it stands; else why not.
    fn can_be_said(&mut self, node: Node<'d, 'i>, ix: ElementIx) -> Result<(), Reason> {
        let element = self.plan.element(ix);
        if saying::is_modified(self.plan, node, element) {
            let holds_the_case = self.plan.holds_a_root(ix);
            self.refusal = self.refusal.or(holds_the_case.then(|| Refusal::TakenBack { position: node.range().start }));
            return Err(Reason::Modifier);
        }
        if element.negation.is_none() || element.value.is_some() {
            return Ok(());
        }
        // A denial of something in particular is no denial of everything of its kind, and no statement.
        let is_yes = saying::answer(node)? == Content::Value(Value::Boolean(true));
        if is_yes || !saying::states(self.plan, node, element) { Ok(()) } else { Err(Reason::Modifier) }
    }

    /// Reads the node of a row, if there is room for one more and it does not contradict one before it.
    fn occurrence(&mut self, node: Node<'d, 'i>, ix: ElementIx, scope: &'p Scope) -> Result<(), Reason> {
        if !self.placer.open(scope) {
            return Err(Reason::TooMany);
        }
        let hole = self.plan.element(ix).negation.as_ref();
        let contradicts = match (hole, saying::answer(node)) {
            (Some(hole), Ok(answer)) => self.placer.contradicts(&hole.fill, &answer),
            _ => false,
        };
        let around = self.repeats.open();
        if !contradicts {
            self.element(node, ix);
        }
        self.repeats.close(around);
        self.placer.close();
        if contradicts { Err(Reason::Contradiction) } else { Ok(()) }
    }

    /// Reads an element that is no node of a row, and so stands for one thing in its parent.
    fn only_one(&mut self, node: Node<'d, 'i>, ix: ElementIx) -> Result<(), Reason> {
        if self.plan.element(ix).about == About::One {
            // The same in another form is no second of it.
            let form = self.plan.first_form(ix);
            // A second number of a person is looked at with the first.
            if self.seen[self.first_seen..].contains(&form) && !self.is_number(ix) {
                if self.refusal.is_none() && self.is_of_another(node, ix) {
                    self.refusal = Some(Refusal::TwoPersons { position: node.range().start });
                }
                return Err(Reason::TooMany);
            }
            if saying::is_second(self.plan, node) && self.has_better(node, form) {
                return Err(Reason::TooMany);
            }
            self.seen.push(form);
        }
        self.element(node, ix);
        Ok(())
    }

    /// True if one of the next elements in the parent is of the same kind, and counts before this one.
    fn has_better(&self, node: Node<'d, 'i>, form: ElementIx) -> bool {
        let name = node.tag_name();
        let parent = self.plan.element(form).parent.map(|parent| self.plan.element(parent));
        let bucket = parent.and_then(|it| self.plan.bucket(it, name.namespace().unwrap_or_default(), name.name()));
        let others = node.next_siblings().skip(1).filter(|other| other.tag_name() == name).take(LOOKED_AHEAD);
        others.into_iter().any(|other| {
            let picked = bucket.and_then(|bucket| matching::pick(self.plan, bucket, other).ok());
            picked.is_some_and(|ix| {
                self.plan.first_form(ix) == form
                    && !saying::is_second(self.plan, other)
                    && !saying::is_modified(self.plan, other, self.plan.element(ix))
            })
        })
    }

    /// True for the place of the number by which a person is known.
    fn is_number(&self, ix: ElementIx) -> bool {
        let hole = self.plan.element(ix).value.as_ref();
        hole.is_some_and(|hole| self.dataset.is_number_of_a_person(hole.fill.concept))
    }

    /// True if an element for which there is no room is about somebody else than those before it.
    fn is_of_another(&mut self, node: Node<'d, 'i>, ix: ElementIx) -> bool {
        let Some(within) = self.placer.innermost().filter(|_| self.whose.is_told_by(self.plan, self.dataset, ix))
        else {
            return false;
        };
        if !self.whose.may_look() {
            return true;
        }
        let mut apart = Reader::new(self.plan, self.dataset, self.placer.apart(self.dataset));
        apart.element(node, ix);
        apart.refusal.is_some() || self.placer.instance.is_of_another(self.dataset, within, &apart.placer.instance)
    }

    /// What the author wrote beside a code: as a whole, or not at all.
    fn original_text(&mut self, child: Node<'d, 'i>, concept: Option<ConceptIx>, parts: &mut Parts<'d>) {
        let mut form = TextForm::default();
        let (of_form, others): (Vec<_>, Vec<_>) =
            child.attributes().partition(|attribute| form.take(attribute.name(), attribute.value()));
        for attribute in others {
            self.losses.lost_attribute(Reason::Unknown, child, attribute.name(), attribute.range().start);
        }
        let words = Words::of(child, |_| false);
        for inner in &words.others {
            self.losses.lost(Reason::Unknown, *inner, None, leaves(*inner));
        }
        self.layout(&words);
        let own = words.leaves + u32::try_from(of_form.len()).unwrap_or(u32::MAX);
        if !parts.take_original_text(words, form, own) {
            self.losses.lost(Reason::Datatype, child, concept, own);
        }
    }

    /// Understands a value and puts it where it belongs.
    fn value(&mut self, node: Node<'d, 'i>, hole: &'p Hole, parts: Parts<'d>) {
        let leaves = parts.leaves;
        let both = parts.null_flavor.is_some() && (parts.code.or(parts.value).is_some() || parts.text.is_some());
        let Some(Decoded { content, structural, beside }) = parts.decode(&hole.fill) else {
            return self.losses.lost(Reason::Datatype, node, Some(hole.fill.concept), leaves);
        };
        self.losses.ledger.structural(structural);
        if beside > 0 {
            let reason = if both { Reason::Contradiction } else { Reason::Unknown };
            self.losses.lost(reason, node, Some(hole.fill.concept), beside);
        }
        // A text that comments cut in more pieces than can be counted: the rest repeats the fact that it is a text.
        let leaves = leaves - structural - beside;
        let counted = u16::try_from(leaves).unwrap_or(u16::MAX);
        self.losses.ledger.structural(leaves - u32::from(counted));
        self.fact(node, hole, content, counted);
    }

    /// Puts a content where its row says, and accounts for the leaves that it was made from.
    fn fact(&mut self, node: Node<'d, 'i>, hole: &'p Hole, content: Content, leaves: u16) {
        if hole.fill.through.is_some() {
            return self.repeats.say(node, hole.fill.concept, content, leaves);
        }
        let position = u32::try_from(node.range().start).unwrap_or(u32::MAX);
        for copy in &hole.copies {
            self.placer.copy(copy, content.clone(), position);
        }
        let placed = self.placer.set(&hole.fill, content, Origin { position, leaves });
        let reason = match placed {
            Placed::Yes => {
                if self.dataset.get(hole.fill.concept).refers_to.is_some() {
                    self.repeats.refer(self.placer.latest());
                }
                return self.losses.ledger.translated(u32::from(leaves));
            }
            Placed::NoRoom => Reason::TooMany,
            Placed::Contradicts => Reason::Contradiction,
        };
        self.losses.lost(reason, node, Some(hole.fill.concept), u32::from(leaves));
    }
}

/// The answer of an act that is there and says nothing to the contrary: then it says yes.
fn said_by_absence<'p>(node: Node<'_, '_>, element: &'p Element) -> Option<&'p Hole> {
    let is_said = node.has_attribute("negationInd") || node.has_attribute("nullFlavor");
    element.negation.as_ref().filter(|_| !is_said)
}

/// True if an element only has what it is written with when there is no value.
fn says_nothing(node: Node<'_, '_>, element: &Element, name: &str, value: &str) -> bool {
    element.otherwise.as_ref().is_some_and(|otherwise| {
        let fixed = element.fixed.iter().filter(|fixed| attribute(node, &fixed.name).is_some()).count();
        otherwise.name == name && otherwise.value == value && node.attributes().len() == 1 + fixed
    })
}
