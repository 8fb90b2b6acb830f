//! Which element of the plan an element of the document is.

use roxmltree::Node;

use super::xml::{attribute, without_prefix};
use crate::dataset::{NullFlavor, Text};
use crate::ledger::Reason;
use crate::plan::hl7v3::{
    BESIDE, Bucket, Child, Datatype, Element, ElementIx, Fit, Fixed, Known, MessagePlan, XSI_TYPE,
};

/// So many elements are looked at inside an element that has neither template nor code of its own. A sender cannot
/// make the search longer than that.
const PROBED_CHILDREN: usize = 16;

/// True if a message is of this kind: by the element with which it begins, and the template of its payload.
pub fn recognises(plan: &MessagePlan, root: Node<'_, '_>) -> bool {
    let template = plan.meta().template.as_str();
    has_root(plan, root) && (template.is_empty() || payload_templates(plan, root).contains(&template))
}

/// True if a message begins as one of this kind can, whatever its template.
pub fn has_root(plan: &MessagePlan, root: Node<'_, '_>) -> bool {
    plan_root(plan, root).is_some()
}

/// The templates that the payload of a message has, where this kind has its own.
pub fn payload_templates<'d>(plan: &MessagePlan, root: Node<'d, '_>) -> Vec<&'d str> {
    let (Some(start), Some(payload)) = (plan_root(plan, root), plan.payload()) else { return Vec::new() };
    let outwards = std::iter::successors(Some(payload), |at| plan.element(*at).parent);
    let mut path: Vec<ElementIx> = outwards.take_while(|at| *at != start).collect();
    path.reverse();
    let mut level = vec![root];
    for step in path {
        let element = plan.element(step);
        let uri = &plan.namespaces()[element.namespace].uri;
        let is_step = |node: &Node<'_, '_>| {
            let name = node.tag_name();
            name.name() == element.local && name.namespace().unwrap_or_default() == uri
        };
        level = level.iter().flat_map(|node| node.children().filter(is_step)).collect();
    }
    level.into_iter().flat_map(templates).collect()
}

/// The plan element with which a message begins.
pub(super) fn plan_root(plan: &MessagePlan, root: Node<'_, '_>) -> Option<ElementIx> {
    let name = root.tag_name();
    plan.roots().iter().copied().find(|ix| {
        let element = plan.element(*ix);
        element.local == name.name() && plan.namespaces()[element.namespace].uri == name.namespace().unwrap_or_default()
    })
}

/// The templateIds of an element and of all within it, in the order of the text.
pub fn templates_within<'d>(node: Node<'d, '_>) -> impl Iterator<Item = &'d str> {
    node.descendants().flat_map(templates)
}

/// The templateIds of an element.
pub(super) fn templates<'d>(node: Node<'d, '_>) -> impl Iterator<Item = &'d str> {
    node.children()
        .filter(|child| child.is_element() && child.tag_name().name() == "templateId")
        .filter_map(|child| child.attribute("root"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Same,
    Differs,
    Silent,
}

fn template_verdict(node: Node<'_, '_>, element: &Element) -> Verdict {
    if element.ident.templates.is_empty() {
        return Verdict::Silent;
    }
    // All of them: a document adds general templates to the one that says which node it is.
    let has = |template: &Text| templates(node).any(|root| template == root);
    if element.ident.templates.iter().all(has) {
        Verdict::Same
    } else if templates(node).next().is_some() {
        Verdict::Differs
    } else {
        Verdict::Silent
    }
}

/// Code and code system of an element.
fn code_of<'d>(node: Node<'d, '_>) -> Option<(&'d str, Option<&'d str>)> {
    let code = node.children().find(|child| child.is_element() && child.tag_name().name() == "code")?;
    Some((code.attribute("code")?, code.attribute("codeSystem")))
}

fn code_verdict(node: Node<'_, '_>, element: &Element) -> Verdict {
    let Some((code, system)) = &element.ident.code else { return Verdict::Silent };
    match code_of(node) {
        None => Verdict::Silent,
        Some((found, in_system)) => {
            let same_system = system.is_empty() || in_system.is_none_or(|found| found == system);
            if code == found && same_system { Verdict::Same } else { Verdict::Differs }
        }
    }
}

/// Finds the plan element of a child; if there is none, why.
pub(super) fn pick(plan: &MessagePlan, bucket: &Bucket, node: Node<'_, '_>) -> Result<ElementIx, Reason> {
    if let Some(payload) = plan.payload_among(&bucket.all) {
        return Ok(payload);
    }
    let found = match bucket.all[..] {
        [only] => accepts(plan, node, only).then_some(only),
        _ => among(plan, bucket, node),
    };
    found.ok_or_else(|| {
        let only_identifiers = bucket.all.iter().all(|ix| is_identifier(plan.element(*ix)));
        if only_identifiers { Reason::Namespace } else { Reason::Unknown }
    })
}

fn is_identifier(element: &Element) -> bool {
    element.value.as_ref().is_some_and(|hole| hole.fill.datatype == Datatype::Ii)
}

/// True if an element that has no siblings of its name in the plan can be this one.
fn accepts(plan: &MessagePlan, node: Node<'_, '_>, ix: ElementIx) -> bool {
    let element = plan.element(ix);
    if element.filler {
        return true;
    }
    match (template_verdict(node, element), code_verdict(node, element)) {
        (Verdict::Same, _) | (_, Verdict::Same) | (Verdict::Silent, Verdict::Silent) => {
            !is_other_namespace(node, element)
        }
        _ => false,
    }
}

/// True if the plan wants an identifier of another namespace here, or the namespace of this one is unknown.
fn is_other_namespace(node: Node<'_, '_>, element: &Element) -> bool {
    let is_other = |wanted: &str| match attribute(node, "root") {
        Some(root) => root != wanted,
        None => attribute(node, "extension").is_some(),
    };
    is_identifier(element) && element.fixed.iter().any(|fixed| fixed.name == "root" && is_other(&fixed.value))
}

fn among(plan: &MessagePlan, bucket: &Bucket, node: Node<'_, '_>) -> Option<ElementIx> {
    if !bucket.by_template.is_empty() {
        let same = |ix: &&ElementIx| template_verdict(node, plan.element(**ix)) == Verdict::Same;
        let several = templates(node)
            .filter_map(|root| bucket.by_template.get(root))
            .map(|found| (found, found.iter().filter(same).count()))
            .filter(|(_, count)| *count > 0)
            .min_by_key(|(_, count)| *count);
        match several {
            Some((found, 1)) => return found.iter().find(same).copied(),
            Some((found, _)) => {
                let fits = |ix: &ElementIx| code_verdict(node, plan.element(*ix)) != Verdict::Differs;
                return only_or_best(plan, found.iter().filter(same).copied().filter(fits), node);
            }
            None => {}
        }
    }
    if let Some((code, _)) = code_of(node)
        && let Some(found) = bucket.by_code.get(code)
    {
        let same = |ix: &ElementIx| code_verdict(node, plan.element(*ix)) == Verdict::Same;
        let without_template = |ix: &ElementIx| plan.element(*ix).ident.templates.is_empty() && same(ix);
        if found.iter().any(without_template) {
            return only_or_best(plan, found.iter().copied().filter(without_template), node);
        }
        if found.iter().any(same) {
            return only_or_best(plan, found.iter().copied().filter(same), node);
        }
    }
    if !bucket.open.is_empty() {
        return best(plan, bucket.open.iter().copied(), node, 0);
    }
    // Nothing but the fixed attributes can tell; they must say something.
    let silent = |ix: &ElementIx| {
        let element = plan.element(*ix);
        template_verdict(node, element) == Verdict::Silent && code_verdict(node, element) == Verdict::Silent
    };
    best(plan, bucket.all.iter().copied().filter(silent), node, 1)
}

/// The only candidate; of several, as [`best`].
fn only_or_best(
    plan: &MessagePlan,
    candidates: impl Iterator<Item = ElementIx>,
    node: Node<'_, '_>,
) -> Option<ElementIx> {
    let mut possible = candidates.filter(|ix| !is_other_namespace(node, plan.element(*ix)));
    let first = possible.next()?;
    match possible.next() {
        None => Some(first),
        Some(second) => best(plan, [first, second].into_iter().chain(possible), node, i32::MIN),
    }
}

/// The candidate that has most in common with the element, if it is at least `least` and no other has as much.
/// Among fillers, which hold nothing, and among values that nothing tells apart, the first is as good as any.
fn best(
    plan: &MessagePlan,
    candidates: impl Iterator<Item = ElementIx>,
    node: Node<'_, '_>,
    least: i32,
) -> Option<ElementIx> {
    let mut best: Option<(ElementIx, i32)> = None;
    let mut tied = false;
    for ix in candidates {
        let Some(score) = score(plan, node, plan.element(ix)) else { continue };
        match best {
            Some((_, highest)) if score < highest => {}
            Some((at, highest)) if score == highest => {
                let simple = |ix| plan.element(ix).filler || plan.element(ix).value.is_some();
                tied |= !(simple(ix) && simple(at));
            }
            _ => {
                best = Some((ix, score));
                tied = false;
            }
        }
    }
    best.filter(|(_, score)| *score >= least && !tied).map(|(ix, _)| ix)
}

/// The code of the act around the one that an element is in.
fn code_beside<'d>(node: Node<'d, '_>) -> Option<&'d str> {
    let is_other = |child: &Node<'_, '_>| child.tag_name().name() == BESIDE && *child != node;
    let outwards = node.ancestors().filter(Node::is_element);
    outwards.skip(1).find_map(|at| at.children().find(is_other))?.attribute("code")
}

/// What the code in an element says for a candidate that is known by a list; nothing, if the candidate is not.
fn list_score(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> i32 {
    if element.known == Known::ByForm {
        return 0;
    }
    if let Some(listed) = &element.listed {
        let null = attribute(node, "nullFlavor").map(|flavor| (flavor, NullFlavor::SYSTEM));
        let code = attribute(node, "code").map(|code| (code, attribute(node, "codeSystem").unwrap_or_default()));
        let fit = code.or(null).map_or(Fit::Not, |(code, system)| listed.fit(code, system, code_beside(node)));
        return match fit {
            Fit::Not => CONFLICTS,
            Fit::Elsewhere => SAME_CODE - 1,
            Fit::Member => SAME_CODE,
            Fit::Meant => SAME_CODE + 1,
        };
    }
    let children = node.children().filter(Node::is_element).take(PROBED_CHILDREN);
    children
        .filter_map(|child| {
            let name = child.tag_name();
            let bucket = plan.bucket(element, name.namespace().unwrap_or_default(), name.name())?;
            let inner = bucket.all.iter().map(|ix| plan.element(*ix)).filter(|inner| inner.scope.is_none());
            inner.map(|inner| list_score(plan, child, inner)).find(|score| *score != 0)
        })
        .sum()
}

const AGREES: i32 = 2;
const CONFLICTS: i32 = -3;
const LACKS: i32 = -1;
const SAME_TEMPLATE: i32 = 100;
const OTHER_TEMPLATE: i32 = -10;
const SAME_CODE: i32 = 20;
const OTHER_CODE: i32 = -10;

/// How much an element has in common with a candidate; `None` if it cannot be that one.
fn score(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> Option<i32> {
    if is_other_namespace(node, element) {
        return None;
    }
    let mut score = own_score(plan, node, element);
    score += match template_verdict(node, element) {
        Verdict::Same => SAME_TEMPLATE,
        Verdict::Differs => OTHER_TEMPLATE,
        Verdict::Silent => 0,
    };
    score += match code_verdict(node, element) {
        Verdict::Same => SAME_CODE,
        Verdict::Differs => OTHER_CODE,
        // One that wants no code fits better.
        Verdict::Silent if element.ident.code.is_some() => LACKS,
        Verdict::Silent => 0,
    };
    if let Some(hole) = &element.value {
        // A text has no elements in it; the same in parts has.
        let is_text = hole.fill.datatype == Datatype::St;
        let has_parts = node.children().any(|child| child.is_element());
        return Some(
            score
                + if !is_text {
                    0
                } else if has_parts {
                    CONFLICTS
                } else {
                    AGREES
                },
        );
    }
    score += list_score(plan, node, element);
    let is_open = element.ident.templates.is_empty() && element.ident.code.is_none();
    if !is_open {
        score += lacking(plan, node, element);
    }
    let children = node.children().filter(Node::is_element).take(PROBED_CHILDREN);
    for child in children.filter(|child| is_open || !matches!(child.tag_name().name(), "templateId" | "code")) {
        let name = child.tag_name();
        let bucket = plan.bucket(element, name.namespace().unwrap_or_default(), name.name());
        if is_open {
            score += inner_score(plan, child, bucket);
        } else if let Some(bucket) = bucket {
            let fillers = bucket.all.iter().map(|ix| plan.element(*ix)).filter(|element| element.filler);
            score += fillers.map(|filler| own_score(plan, child, filler)).max().unwrap_or(0);
        }
    }
    Some(score)
}

/// What is said against a candidate by a code that it fixes, and that is not there.
fn lacking(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> i32 {
    let wanted = element.children.iter().filter_map(|child| match child {
        Child::Element(ix) => Some(plan.element(*ix)).filter(|inner| inner.filler && inner.local != "code"),
        Child::Row | Child::Rows(_) => None,
    });
    let wanted = wanted.filter(|inner| inner.fixed.iter().any(|fixed| fixed.name == "code"));
    let is_there = |inner: &Element| node.children().any(|child| child.tag_name().name() == inner.local);
    wanted.filter(|inner| !is_there(inner)).map(|_| LACKS).sum()
}

/// What an element inside a candidate that has no template and no code says for the candidate.
fn inner_score(plan: &MessagePlan, child: Node<'_, '_>, bucket: Option<&Bucket>) -> i32 {
    let found = bucket.and_then(|bucket| pick(plan, bucket, child).ok());
    found.and_then(|ix| score(plan, child, plan.element(ix))).map_or(CONFLICTS, |score| score + 1)
}

/// What the fixed attributes of one element say.
fn own_score(plan: &MessagePlan, node: Node<'_, '_>, element: &Element) -> i32 {
    let mut score = 0;
    // That another code is of the same system and type, or that there is none, says nothing for the one that is fixed.
    let is_other = |fixed: &Fixed| fixed.name == "code" && attribute(node, "code") != Some(fixed.value.as_str());
    if element.fixed.iter().any(is_other) {
        return CONFLICTS;
    }
    for fixed in &element.fixed {
        if plan.is_label(&fixed.name) || element.any.contains(&fixed.name) {
            continue;
        }
        if let Some(found) = attribute(node, &fixed.name) {
            let same = if fixed.name == XSI_TYPE { without_prefix(found) == fixed.value } else { found == fixed.value };
            score += if same { AGREES } else { CONFLICTS };
        }
    }
    score
}

/// True if a templateId of the node needs no account of its own: the node is known by another one, or by its code.
pub(super) fn explains_template(node: Node<'_, '_>, element: &Element) -> bool {
    element.ident.templates.is_empty() || template_verdict(node, element) == Verdict::Same
}
