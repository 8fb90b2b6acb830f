//! From an instance to a document: walks the plan beside the instance.

mod demands;
mod left;
mod markup;
mod values;

use std::collections::HashSet;

use super::xml::{push_attribute, push_text};
use crate::dataset::{ConceptIx, Dataset, Instance, NodeIx, NullFlavor};
use crate::ledger::{Demand, Reason, Unmet, Unwritten};
use crate::plan::hl7v3::{Base, Child, Element, ElementIx, Fill, Hole, Hollow, MessagePlan, Partner};
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

struct Writer<'a> {
    plan: &'a MessagePlan,
    dataset: &'a Dataset,
    terminology: &'a Terminology,
    instance: &'a Instance,
    out: String,
    frames: Vec<Frame>,
    /// By node of the instance.
    fate: Vec<Fate>,
    rows_written: HashSet<(ElementIx, NodeIx)>,
    /// Where the element begins that is being written.
    open: usize,
    /// What the message demands and the case does not give.
    lacking: Vec<Lack>,
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

/// An unmet demand, with the place in what is written so far.
#[derive(Clone, Copy, Debug)]
struct Lack {
    concept: ConceptIx,
    demand: Demand,
    /// Where the element begins that lacks it.
    position: usize,
    /// What stands there instead, in which occurrence.
    filler: Option<(NullFlavor, NodeIx)>,
}

/// What `negationInd` or the presence of a node says.
#[derive(Clone, Copy)]
enum Stated {
    Known(bool),
    Null(NullFlavor),
}

impl Writer<'_> {
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
        let said = element.value.as_ref().filter(|hole| !self.is_said_otherwise(&hole.fill));
        let encoded = said.and_then(|hole| self.encoded(element, hole, leaf));
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
        let mut before = false;
        for child in &element.children {
            before = match child {
                Child::Element(child) if before && self.plan.element(*child).instead => {
                    self.pass_over(*child);
                    true
                }
                Child::Element(child) => self.child(*child, depth + 1, row),
                Child::Row => row.is_some_and(|row| self.element(row, depth + 1, None, None)),
                Child::Rows(rows) => rows.iter().fold(false, |any, row| self.row(*row, depth + 1, None) | any),
            };
            has_value |= before;
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
        let may_repeat = fill.repeats && !self.is_said_otherwise(fill);
        let Some(base) = self.base(fill.place.base).filter(|_| may_repeat) else { return false };
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

    /// True for a place that says a value again, of which the source says something else there.
    fn is_said_otherwise(&self, fill: &Fill) -> bool {
        fill.again && self.instance.is_said_otherwise(fill.concept)
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
            if nodes.len() > 1 {
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
                let partner = node.and_then(|node| self.partner(scope.partner.as_ref()?, node));
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

    fn base(&self, base: Base) -> Option<NodeIx> {
        match base {
            Base::Frame(at) => self.frames.get(at)?.node,
            Base::Partner(at) => self.frames.get(at)?.partner,
        }
    }

    /// The occurrence of the aligned group that is about what a node is about.
    fn partner(&self, partner: &Partner, node: NodeIx) -> Option<NodeIx> {
        let base = self.base(partner.place.base)?;
        let mut pairs = self.instance.pairs(self.dataset, partner.aligned).into_iter();
        pairs.find(|(own, with)| *with == node && self.instance.is_below(*own, base)).map(|(own, _)| own)
    }
}
