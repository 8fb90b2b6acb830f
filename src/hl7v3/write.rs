//! From an instance to a document: walks the plan beside the instance.

use std::collections::HashSet;

use super::datatypes::Encoded;
use super::demands::Lack;
use super::xml::{push_attribute, push_text};
use crate::dataset::{Aligned, Content, Dataset, Instance, NodeIx, NullFlavor, Value};
use crate::ledger::{Reason, Unmet, Unwritten};
use crate::plan::hl7v3::{
    Base, Child, Datatype, Element, ElementIx, Fill, Hole, Hollow, MessagePlan, Partner, Place, Scope, XSI, XSI_TYPE,
};
use crate::terminology::Terminology;

/// A document, and what came of the case in it.
#[derive(Debug)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The leaves for which it has no place.
    pub unwritten: Vec<Unwritten>,
    /// What it demands and the case does not give, in the order of its lines.
    pub unmet: Vec<Unmet>,
}

/// Writes an instance as a document.
pub fn write(plan: &MessagePlan, dataset: &Dataset, terminology: &Terminology, instance: &Instance) -> Written {
    let mut writer = Writer {
        plan,
        dataset,
        terminology,
        instance,
        out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        frames: vec![Frame { node: Some(NodeIx::ROOT), partner: None }],
        fate: vec![Fate::Open; instance.len()],
        rows_written: HashSet::new(),
        open: 0,
        lacking: Vec::new(),
    };
    if let Some(root) = plan.roots().first() {
        writer.element(*root, 0, None, None);
    }
    writer.out.push('\n');
    let (unwritten, unmet) = (writer.unwritten(), writer.unmet());
    Written { text: writer.out, unwritten, unmet }
}

pub(super) struct Writer<'a> {
    pub plan: &'a MessagePlan,
    pub dataset: &'a Dataset,
    pub terminology: &'a Terminology,
    pub instance: &'a Instance,
    pub out: String,
    frames: Vec<Frame>,
    /// By node of the instance.
    fate: Vec<Fate>,
    rows_written: HashSet<(ElementIx, NodeIx)>,
    /// Where the element begins that is being written.
    pub open: usize,
    /// What the message demands and the case does not give.
    pub lacking: Vec<Lack>,
}

/// An occurrence that is being written, and the one that is aligned with it.
#[derive(Clone, Copy)]
struct Frame {
    node: Option<NodeIx>,
    partner: Option<NodeIx>,
}

/// What became of a leaf.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Written,
    Refused(Reason),
}

/// What `negationInd` or the presence of a node says.
#[derive(Clone, Copy)]
enum Answer {
    Known(bool),
    Null(NullFlavor),
}

impl<'a> Writer<'a> {
    /// Writes an element; true if a value is in it. `row` is the node that the slot around it is written for, `leaf`
    /// the value, if it is one of several.
    fn element(&mut self, ix: ElementIx, depth: usize, row: Option<ElementIx>, leaf: Option<NodeIx>) -> bool {
        let element = self.plan.element(ix);
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
        let around = std::mem::replace(&mut self.open, self.out.len());
        self.out.push('<');
        self.name(element);
        if depth == 0 {
            self.declarations();
        }
        let mut has_value = false;
        let encoded = element.value.as_ref().and_then(|hole| self.encoded(element, hole, leaf));
        has_value |= encoded.is_some();
        self.attributes(element, encoded.as_ref());
        if encoded.is_none()
            && let Some(hole) = &element.value
        {
            self.stand_in(element, hole);
        }
        has_value |= self.flags(element);
        self.out.push('>');
        let empty = self.out.len();
        if let Some(original) = encoded.as_ref().and_then(|encoded| encoded.original_text) {
            self.original_text(element, original, depth + 1);
        }
        match encoded.as_ref().and_then(|encoded| encoded.text) {
            Some(text) => push_text(&mut self.out, text),
            None => push_text(&mut self.out, &element.text),
        }
        let text_end = self.out.len();
        for child in &element.children {
            has_value |= match child {
                Child::Element(child) => self.child(*child, depth + 1, row),
                Child::Row => row.is_some_and(|row| self.element(row, depth + 1, None, None)),
                Child::Rows(rows) => rows.iter().fold(false, |any, row| self.row(*row, depth + 1, None) | any),
            };
        }
        if self.out.len() == empty {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            let only_text = self.out.len() == text_end && !self.out.ends_with('>');
            if !only_text {
                self.out.push('\n');
                self.out.extend(std::iter::repeat_n("  ", depth));
            }
            self.out.push_str("</");
            self.name(element);
            self.out.push('>');
        }
        self.open = around;
        has_value
    }

    /// Writes what stands for a value that the case does not have, in an element that is there all the same.
    fn stand_in(&mut self, element: &Element, hole: &Hole) {
        let filler = self.filler(hole);
        match (&element.otherwise, filler) {
            (Some(otherwise), _) => push_attribute(&mut self.out, &otherwise.name, &otherwise.value),
            (None, Some(flavor)) => push_attribute(&mut self.out, "nullFlavor", flavor.code()),
            (None, None) => {}
        }
    }

    /// Writes a child if it belongs in the document.
    fn child(&mut self, ix: ElementIx, depth: usize, row: Option<ElementIx>) -> bool {
        let element = self.plan.element(ix);
        if let Some(rows) = &element.slot {
            return rows.iter().fold(false, |any, row| self.row(*row, depth, Some(ix)) | any);
        }
        if let Some(hole) = &element.value
            && self.repeated(ix, &hole.fill, depth)
        {
            return true;
        }
        let lacking = self.lacking.len();
        let is_kept = element.filler || element.hollow == Hollow::Kept || self.is_filled(element);
        let has_value = self.attempt(is_kept, |writer| writer.element(ix, depth, row, None));
        if !has_value && !is_kept {
            self.absent(element, lacking);
        }
        has_value
    }

    /// An element that is not written: what it lacks counts only if the message demands the element itself.
    fn absent(&mut self, element: &Element, lacking: usize) {
        if element.hollow == Hollow::Demanded {
            for lack in &mut self.lacking[lacking..] {
                lack.position = self.open;
            }
        } else {
            self.lacking.truncate(lacking);
            self.tell_absent(element);
        }
    }

    /// Writes an element once for each of several values; false if there are not several, or none fits.
    fn repeated(&mut self, ix: ElementIx, fill: &Fill, depth: usize) -> bool {
        let Some(base) = self.base(fill.place.base).filter(|_| fill.repeats) else { return false };
        let leaves = self.instance.descendants(self.dataset, base, fill.concept);
        if leaves.len() < 2 {
            return false;
        }
        self.tell_several(fill.concept, leaves.len());
        leaves.into_iter().fold(false, |any, leaf| {
            let lacking = self.lacking.len();
            let wrote = self.attempt(false, |writer| writer.element(ix, depth, None, Some(leaf)));
            if !wrote {
                self.lacking.truncate(lacking);
            }
            wrote | any
        })
    }

    /// Takes back what was written if no value is in it.
    fn attempt(&mut self, keep: bool, write: impl FnOnce(&mut Self) -> bool) -> bool {
        let before = self.out.len();
        let has_value = write(self);
        if !has_value && !keep {
            self.out.truncate(before);
        }
        has_value
    }

    /// Writes the nodes of a row, each in the wrapper of its slot.
    fn row(&mut self, ix: ElementIx, depth: usize, wrapper: Option<ElementIx>) -> bool {
        let Some(scope) = &self.plan.element(ix).scope else { return false };
        let Some(base) = self.base(scope.anchor_place.base) else { return false };
        let anchors = if scope.anchor == scope.anchor_place.from {
            vec![base]
        } else {
            self.instance.descendants(self.dataset, base, scope.anchor)
        };
        let mut written = 0;
        for anchor in anchors {
            let mut nodes: Vec<Option<NodeIx>> =
                self.instance.descendants(self.dataset, anchor, scope.concept).into_iter().map(Some).collect();
            // What says nothing beside what another concept says makes no node of its own.
            let is_said = |node: &Option<NodeIx>| node.is_some_and(|node| !self.is_silent(scope.concept, node));
            if nodes.len() > 1 && !nodes.iter().all(is_said) {
                let first = nodes[0];
                nodes.retain(is_said);
                if nodes.is_empty() {
                    nodes.push(first);
                }
            }
            if nodes.is_empty() && scope.shares {
                nodes.push(None);
            }
            for node in nodes {
                // A node that several others hold is written in the first of them.
                if node.is_some_and(|node| self.rows_written.contains(&(ix, node))) {
                    continue;
                }
                let partner = node.and_then(|node| self.partner(scope, scope.partner.as_ref()?, node));
                self.frames.truncate(scope.frame - 1);
                self.frames.push(Frame { node: Some(anchor), partner: None });
                self.frames.push(Frame { node, partner });
                let lacking = self.lacking.len();
                let wrote = self.attempt(false, |writer| match wrapper {
                    Some(wrapper) => writer.element(wrapper, depth, Some(ix), None),
                    None => writer.element(ix, depth, None, None),
                });
                if !wrote {
                    self.lacking.truncate(lacking);
                }
                if wrote {
                    self.rows_written.extend(node.map(|node| (ix, node)));
                }
                written += usize::from(wrote);
            }
        }
        self.frames.truncate(scope.frame - 1);
        self.tell_several(scope.concept, written);
        if written == 0 {
            self.tell_no_node(scope.concept, base);
        }
        written > 0
    }

    pub fn base(&self, base: Base) -> Option<NodeIx> {
        match base {
            Base::Frame(at) => self.frames.get(at)?.node,
            Base::Partner(at) => self.frames.get(at)?.partner,
        }
    }

    /// The occurrence of the aligned group that is about what a node is about.
    fn partner(&self, scope: &Scope, partner: &Partner, node: NodeIx) -> Option<NodeIx> {
        let (_, key, other_key) = self.plan.aligns().get(partner.align)?.other(scope.concept)?;
        let aligned = Aligned { groups: (partner.concept, scope.concept), keys: (other_key, key) };
        let base = self.base(partner.place.base)?;
        let mut pairs = self.instance.pairs(self.dataset, aligned).into_iter();
        pairs.find(|(own, with)| *with == node && self.instance.is_below(*own, base)).map(|(own, _)| own)
    }

    /// The leaf that a fill holds now.
    fn leaf(&self, fill: &Fill) -> Option<NodeIx> {
        if let Some(frame) = fill.own {
            return self.frames.get(frame)?.node;
        }
        let base = self.base(fill.place.base)?;
        self.instance.descendants(self.dataset, base, fill.concept).first().copied()
    }

    /// The content for a hole. The copies say the same, or else they have no place.
    fn content(&self, hole: &Hole) -> Option<(NodeIx, &'a Content)> {
        let leaf = self.leaf(&hole.fill).or_else(|| hole.copies.iter().find_map(|copy| self.leaf(copy)))?;
        Some((leaf, self.instance.node(leaf).content.as_ref()?))
    }

    fn settle(&mut self, hole: &Hole, leaf: NodeIx, content: &Content, fate: Fate) {
        self.set_fate(leaf, fate);
        for copy in hole.copies.iter().filter_map(|copy| self.leaf(copy)).collect::<Vec<_>>() {
            let same = copy == leaf || self.instance.node(copy).content.as_ref() == Some(content);
            self.set_fate(copy, if same { fate } else { Fate::Refused(Reason::Contradiction) });
        }
    }

    fn set_fate(&mut self, leaf: NodeIx, fate: Fate) {
        let known = &mut self.fate[leaf.0 as usize];
        if *known != Fate::Written {
            *known = fate;
        }
    }

    /// The value of an element in the form of its datatype.
    fn encoded(&mut self, element: &Element, hole: &'a Hole, leaf: Option<NodeIx>) -> Option<Encoded<'a>> {
        let (leaf, content) = match leaf {
            Some(leaf) => (leaf, self.instance.node(leaf).content.as_ref()?),
            None => self.content(hole)?,
        };
        let encoded = Encoded::new(content, &hole.fill).and_then(|mut encoded| match content {
            Content::Value(Value::Identifier(id)) if self.is_other_namespace(element, &id.root) => {
                Err(Reason::Namespace)
            }
            // The namespace of the concept is fixed, or but one is allowed, so it is known although the value does not say it.
            Content::Value(Value::Identifier(id)) if id.root.is_empty() => {
                let only = self.only_namespace(hole.fill.concept);
                if fixed_root(element).is_some() || only.is_some() {
                    encoded.attributes.retain(|(name, _)| *name != "nullFlavor");
                    if let Some(root) = only.filter(|_| fixed_root(element).is_none()) {
                        encoded.attributes.insert(0, ("root", root.into()));
                    }
                }
                Ok(encoded)
            }
            Content::Null { .. } if self.is_nameless(element, hole) => Err(Reason::NullFlavor),
            Content::Null { .. } if self.is_idle(hole.fill.concept, leaf) => Err(Reason::NullFlavor),
            Content::Null { flavor, .. } if !self.allows_null(hole.fill.concept, *flavor) => Err(Reason::NullFlavor),
            _ => Ok(encoded),
        });
        if encoded.is_ok() {
            self.tell_value(hole.fill.concept, leaf, content);
        }
        let fate = encoded.as_ref().map_or_else(|reason| Fate::Refused(*reason), |_| Fate::Written);
        self.settle(hole, leaf, content, fate);
        encoded.ok()
    }

    /// True if identifiers of this namespace belong elsewhere: the element has another one, or a sibling has this one.
    fn is_other_namespace(&self, element: &Element, root: &str) -> bool {
        if let Some(fixed) = fixed_root(element) {
            return !root.is_empty() && fixed != root;
        }
        self.siblings(element).filter_map(fixed_root).any(|fixed| fixed == root)
    }

    /// True if a null flavour, which has no namespace, would be read as that of an earlier sibling.
    fn is_nameless(&self, element: &Element, hole: &Hole) -> bool {
        hole.fill.datatype == Datatype::Ii
            && self.siblings(element).next().is_some_and(|first| !std::ptr::eq(first, element))
    }

    /// The elements with a value that share name and parent with this one, itself included.
    fn siblings(&self, element: &Element) -> impl Iterator<Item = &'a Element> {
        let parent = element.parent.map(|parent| self.plan.element(parent));
        let namespace = &self.plan.namespaces()[element.namespace].uri;
        let bucket = parent.and_then(|parent| self.plan.bucket(parent, namespace, &element.local));
        let all = bucket.into_iter().flat_map(|bucket| &bucket.all).map(|ix| self.plan.element(*ix));
        all.filter(|sibling| sibling.value.is_some())
    }

    fn attributes(&mut self, element: &Element, encoded: Option<&Encoded<'_>>) {
        let datatype = element.value.as_ref().map(|hole| hole.fill.datatype);
        let is_fixed = |name: &str| element.fixed.iter().any(|fixed| fixed.name == name);
        if let Some(datatype) = datatype
            && element.typed
            && !is_fixed(XSI_TYPE)
        {
            push_attribute(&mut self.out, XSI_TYPE, datatype.xsi_type());
        }
        let values = encoded.map_or(&[][..], |encoded| &encoded.attributes);
        let is_null = values.iter().any(|(name, _)| *name == "nullFlavor");
        for fixed in &element.fixed {
            // The value itself says what it is; beside a null flavour nothing else may stand.
            let is_part = encoded.is_some() && datatype.is_some_and(|datatype| datatype.has_part(&fixed.name));
            let said = is_part && (is_null || values.iter().any(|(name, _)| *name == fixed.name));
            if !said {
                push_attribute(&mut self.out, &fixed.name, &fixed.value);
            }
        }
        for (name, value) in values {
            push_attribute(&mut self.out, name, value);
        }
    }

    /// The values that are no element: `negationInd`, and that the node is there at all.
    fn flags(&mut self, element: &'a Element) -> bool {
        let mut has_value = false;
        if let Some(hole) = &element.negation {
            let answer = self.answer(hole);
            has_value = answer.is_some();
            match answer.or_else(|| self.filler(hole).map(Answer::Null)) {
                Some(Answer::Known(yes)) => {
                    push_attribute(&mut self.out, "negationInd", if yes { "false" } else { "true" });
                }
                Some(Answer::Null(flavor)) => push_attribute(&mut self.out, "nullFlavor", flavor.code()),
                None => {}
            }
        }
        if let Some(hole) = &element.presence
            && self.answer(hole).is_some()
        {
            has_value = true;
        }
        has_value
    }

    /// What a flag says, if it can say it.
    fn answer(&mut self, hole: &'a Hole) -> Option<Answer> {
        let (leaf, content) = self.content(hole)?;
        let is_presence = hole.fill.datatype == Datatype::Presence;
        let answer = match content {
            // A node cannot say no by being there.
            Content::Value(Value::Boolean(false)) if is_presence => Err(Reason::NoPlace),
            Content::Value(Value::Boolean(answer)) => Ok(Answer::Known(*answer)),
            Content::Value(_) => Err(Reason::Datatype),
            Content::Null { flavor, original_text: None }
                if !is_presence && self.allows_null(hole.fill.concept, *flavor) =>
            {
                Ok(Answer::Null(*flavor))
            }
            Content::Null { .. } => Err(Reason::NullFlavor),
        };
        if answer.is_ok() {
            self.tell_value(hole.fill.concept, leaf, content);
        }
        let fate = answer.as_ref().map_or_else(|reason| Fate::Refused(*reason), |_| Fate::Written);
        self.settle(hole, leaf, content, fate);
        answer.ok()
    }

    fn original_text(&mut self, element: &Element, text: &str, depth: usize) {
        let prefix = &self.plan.namespaces()[element.namespace].prefix;
        let colon = if prefix.is_empty() { "" } else { ":" };
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
        for part in ["<", prefix, colon, "originalText>"] {
            self.out.push_str(part);
        }
        push_text(&mut self.out, text);
        for part in ["</", prefix, colon, "originalText>"] {
            self.out.push_str(part);
        }
    }

    fn name(&mut self, element: &Element) {
        let prefix = &self.plan.namespaces()[element.namespace].prefix;
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(&element.local);
    }

    fn declarations(&mut self) {
        for namespace in self.plan.namespaces() {
            let name = if namespace.prefix.is_empty() { String::new() } else { format!(":{}", namespace.prefix) };
            push_attribute(&mut self.out, &format!("xmlns{name}"), &namespace.uri);
        }
        push_attribute(&mut self.out, "xmlns:xsi", XSI);
    }

    fn unwritten(&self) -> Vec<Unwritten> {
        let leaves = self.instance.leaves();
        leaves
            .filter_map(|(node, leaf, _)| {
                let reason = match self.fate[node.0 as usize] {
                    Fate::Written => return None,
                    Fate::Refused(reason) => reason,
                    Fate::Open => match self.plan.place_of(leaf.concept) {
                        None => Reason::NoPlace,
                        Some(_) if self.is_silent(leaf.concept, node) => Reason::NullFlavor,
                        Some(place) => self.why_open(node, place),
                    },
                };
                Some(Unwritten { node, reason })
            })
            .collect()
    }

    /// A leaf with a place that nothing was written for: another leaf took it, or what it belongs to is absent.
    fn why_open(&self, node: NodeIx, place: &Place) -> Reason {
        let base = |from: NodeIx| {
            let mut at = from;
            while self.instance.node(at).concept != place.from && at != NodeIx::ROOT {
                at = self.instance.node(at).parent;
            }
            at
        };
        let concept = self.instance.node(node).concept;
        let same = self.instance.descendants(self.dataset, base(node), concept);
        let taken = same.iter().any(|other| self.fate[other.0 as usize] == Fate::Written);
        if taken { Reason::TooMany } else { Reason::NoCarrier }
    }
}

/// The namespace that the plan gives to the identifiers in an element.
fn fixed_root(element: &Element) -> Option<&str> {
    element.fixed.iter().find(|fixed| fixed.name == "root").map(|fixed| fixed.value.as_str())
}
