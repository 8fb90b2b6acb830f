//! Whether an element says that what is in it is so: what takes a statement back, and what an act answers by itself.

use roxmltree::{Attribute, Node};

use super::datatypes::boolean;
use super::matching;
use super::xml::is_content;
use crate::dataset::{Content, NullFlavor, Text, Value};
use crate::ledger::Reason;
use crate::plan::hl7v3::{Child, Datatype, Element, ElementIx, Hole, MessagePlan, Modifier};

/// True if something in an element says that what it states is not so, not now, or not certain, and the plan has no
/// place for that: then none of it may be read as if it were stated.
pub(super) fn is_modified(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> bool {
    modifier(plan, node, element).is_some()
}

/// What says so: the first that does.
fn modifier<'p>(plan: &'p MessagePlan, node: Node<'_, '_>, element: &Element) -> Option<&'p Modifier> {
    // What is only written for its form states nothing.
    if element.filler {
        return None;
    }
    node.attributes()
        .find_map(|attribute| changed_by(plan, node, None, &attribute, Some(element)))
        .or_else(|| node.children().filter(Node::is_element).find_map(|child| changed_by_child(plan, child, element)))
}

/// How diagnostics call what takes an element back: what says so, or else the denial of something in particular.
pub(super) fn modifier_name(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> Text {
    let is_unknown = node.has_attribute("nullFlavor") && !node.has_attribute("negationInd");
    let own = || if is_unknown { "@nullFlavor" } else { "@negationInd" };
    modifier(plan, node, element).map_or_else(|| own().into(), Modifier::name)
}

/// What makes an attribute, of an element itself or of a child with this name, change what the element says.
fn changed_by<'p>(
    plan: &'p MessagePlan,
    node: Node<'_, '_>,
    child: Option<&str>,
    attribute: &Attribute<'_, '_>,
    owner: Option<&Element>,
) -> Option<&'p Modifier> {
    plan.modifiers().iter().find(|modifier| {
        modifier.is_about(attribute.namespace(), attribute.name())
            && child.map_or(modifier.child.is_empty(), |child| modifier.is_child(child))
            && is_of(modifier, node)
            && modifier.changes(owner, attribute.value())
    })
}

/// True if a row is about an element, by its name and the names around it.
fn is_of(modifier: &Modifier, node: Node<'_, '_>) -> bool {
    modifier.is_of(node.ancestors().map(|at| at.tag_name().name()))
}

/// True if an element counts only where there is no other of its kind: a name of birth, an address for the post.
pub(super) fn is_second(plan: &MessagePlan, node: Node<'_, '_>) -> bool {
    node.attributes().any(|attribute| {
        plan.modifiers().iter().any(|modifier| {
            modifier.is_about(attribute.namespace(), attribute.name())
                && modifier.yields(attribute.value())
                && is_of(modifier, node)
        })
    })
}

/// What says, deep in a child for which the plan has no place, that the element around it is not so (that its period is over).
fn changed_by_inner<'p>(plan: &'p MessagePlan, child: Node<'_, '_>) -> Option<&'p Modifier> {
    let (name, parent) = (child.tag_name().name(), child.parent()?);
    let is_step = |node: &Node<'_, '_>, step: &str| node.is_element() && node.tag_name().name() == step;
    plan.modifiers().iter().find(|modifier| match modifier.child.split_first() {
        Some((first, rest)) if first == name && !rest.is_empty() && is_of(modifier, parent) => {
            let mut level = vec![child];
            for step in rest {
                level = level.iter().flat_map(|node| node.children().filter(|inner| is_step(inner, step))).collect();
            }
            let changes = |attribute: Attribute<'_, '_>| {
                modifier.is_about(attribute.namespace(), attribute.name()) && modifier.changes(None, attribute.value())
            };
            level.iter().any(|inner| modifier.attribute.is_empty() || inner.attributes().any(changes))
        }
        _ => false,
    })
}

fn changed_by_child<'p>(plan: &'p MessagePlan, child: Node<'_, '_>, element: &Element) -> Option<&'p Modifier> {
    let (name, namespace) = (child.tag_name().name(), child.tag_name().namespace().unwrap_or_default());
    let is_named = |modifier: &Modifier| modifier.child.first().is_some_and(|own| own == name);
    if !plan.modifiers().iter().any(is_named) && !may_change_its_code(plan, child) {
        return None;
    }
    let bucket = plan.bucket(element, namespace, name);
    // One whose place knows somebody, and not this one, is as good as one without a place.
    let is_stranger = || {
        let own = bucket.and_then(|bucket| matching::pick(plan, bucket, child).ok());
        // What holds the case itself is refused where it is taken back.
        own.is_none_or(|own| !plan.holds_a_root(own) && is_of_another(plan, child, plan.element(own)))
    };
    let by_being_there = |modifier: &&Modifier| {
        modifier.is_child(name)
            && modifier.attribute.is_empty()
            && child.parent().is_some_and(|parent| is_of(modifier, parent))
            && is_stranger()
    };
    let by_what_is_in_it = || changed_by_inner(plan, child).filter(|_| bucket.is_none());
    plan.modifiers().iter().find(by_being_there).or_else(by_what_is_in_it).or_else(|| {
        let own = bucket.and_then(|bucket| matching::pick(plan, bucket, child).ok());
        let own = own.map(|ix| plan.element(ix));
        let parent = child.parent()?;
        let mut attributes = child.attributes();
        let by_attribute = attributes.find_map(|attribute| changed_by(plan, parent, Some(name), &attribute, own));
        by_attribute.or_else(|| changed_by_its_code(plan, child, own?))
    })
}

/// True if what stands in an element is called by another code than the one by which its place knows it (a father for a child), or is
/// taken back: then what is around the element is about somebody else, or nobody.
fn is_of_another(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> bool {
    let has_code = |ix: &ElementIx| {
        let is_code = |child: &Child| match child {
            Child::Element(ix) => {
                let inner = plan.element(*ix);
                inner.filler && inner.fixed.iter().any(|fixed| fixed.name == "code")
            }
            Child::Row | Child::Rows(_) => false,
        };
        plan.element(*ix).children.iter().any(is_code)
    };
    node.children().filter(Node::is_element).any(|child| {
        let name = child.tag_name();
        let Some(bucket) = plan.bucket(element, name.namespace().unwrap_or_default(), name.name()) else {
            return false;
        };
        if !bucket.all.iter().any(has_code) {
            return false;
        }
        let Ok(own) = matching::pick(plan, bucket, child) else { return true };
        let own = plan.element(own);
        let holder = |inner: Node<'_, '_>| {
            let name = inner.tag_name();
            let bucket = plan.bucket(own, name.namespace().unwrap_or_default(), name.name());
            let found = bucket.and_then(|bucket| matching::pick(plan, bucket, inner).ok());
            found.is_some_and(|found| is_modified(plan, inner, plan.element(found)))
        };
        is_modified(plan, child, own) || child.children().filter(Node::is_element).any(holder)
    })
}

/// True if an element may be a code with something that changes it: then it has to be looked up.
fn may_change_its_code(plan: &MessagePlan, child: Node<'_, '_>) -> bool {
    let modifiers = || plan.modifiers().iter();
    let by_name = |name: &str| modifiers().any(|modifier| modifier.is_child(name));
    let by_attribute = |attribute: Attribute<'_, '_>| {
        let is_about = |modifier: &Modifier| modifier.is_about(attribute.namespace(), attribute.name());
        modifiers().any(|modifier| modifier.child.is_empty() && is_about(modifier))
    };
    child.attributes().any(by_attribute)
        || child.children().any(|inner| inner.is_element() && by_name(inner.tag_name().name()))
}

/// The code of an act is what the act says: what takes that back, or makes it somebody else's, takes the act along.
fn changed_by_its_code<'p>(plan: &'p MessagePlan, child: Node<'_, '_>, own: &Element) -> Option<&'p Modifier> {
    if !own.filler || !own.fixed.iter().any(|fixed| fixed.name == "code") {
        return None;
    }
    let by_attribute = child.attributes().find_map(|attribute| changed_by(plan, child, None, &attribute, Some(own)));
    let mut inner = child.children().filter(Node::is_element);
    by_attribute.or_else(|| inner.find_map(|inner| changed_by_child(plan, inner, own)))
}

/// What `negationInd` says when it says nothing.
const NOT_NEGATED: &str = "false";

/// The answer that an act gives by its own attributes. Without `negationInd` it is the default, which is no negation.
///
/// # Errors
/// If it gives two, or one that is no value: then nothing that it holds can be relied on.
pub(super) fn answer(node: Node<'_, '_>) -> Result<Content, Reason> {
    // What goes without saying may be said: beside a null flavour too.
    let negated = node
        .attribute("negationInd")
        .filter(|negated| *negated != NOT_NEGATED || node.attribute("nullFlavor").is_none());
    match (negated, node.attribute("nullFlavor")) {
        (None, None) => Ok(Content::Value(Value::Boolean(true))),
        (Some(negated), None) => {
            boolean(negated).map(|negated| Content::Value(Value::Boolean(!negated))).ok_or(Reason::Datatype)
        }
        (None, Some(flavor)) => NullFlavor::from_code(flavor)
            .map(|flavor| Content::Null { flavor, original_text: None })
            .ok_or(Reason::Datatype),
        (Some(_), Some(_)) => Err(Reason::Contradiction),
    }
}

/// True if something within an act is stated. A null flavour states nothing, and an act that is itself taken back neither.
pub(super) fn states(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> bool {
    node.children().filter(Node::is_element).any(|child| {
        let name = child.tag_name();
        let bucket = plan.bucket(element, name.namespace().unwrap_or_default(), name.name());
        let Some(ix) = bucket.and_then(|bucket| matching::pick(plan, bucket, child).ok()) else { return false };
        let inner = plan.element(ix);
        !is_modified(plan, child, inner)
            && (inner.presence.is_some()
                || (inner.negation.is_some() && !matches!(answer(child), Ok(Content::Null { .. })))
                || inner.value.as_ref().is_some_and(|hole| is_stated(child, inner, hole))
                || states(plan, child, inner))
    })
}

/// True if an element with a value states one: see [`Content::is_stated`].
fn is_stated(node: Node<'_, '_>, element: &Element, hole: &Hole) -> bool {
    let datatype = hole.fill.datatype;
    let original = |child: &Node<'_, '_>| child.is_element() && child.tag_name().name() == "originalText";
    if let Some(flavor) = node.attribute("nullFlavor") {
        return NullFlavor::from_code(flavor).is_none_or(|flavor| flavor == NullFlavor::Other)
            || (datatype.is_coded() && node.children().any(|child| original(&child)));
    }
    let is_fixed = |name: &str| element.fixed.iter().any(|fixed| fixed.name == name);
    node.attributes().any(|attribute| datatype.has_part(attribute.name()) && !is_fixed(attribute.name()))
        || (datatype.is_coded() && node.children().any(|child| original(&child)))
        || (datatype == Datatype::St && node.descendants().any(|text| text.text().is_some_and(is_content)))
}
