//! The values for the holes of an element, and what becomes of each leaf.

use super::{Fate, Stated, Writer};
use crate::dataset::{Content, NodeIx, Value};
use crate::hl7v3::datatypes::Encoded;
use crate::hl7v3::xml::push_attribute;
use crate::ledger::Reason;
use crate::plan::hl7v3::{Datatype, Element, Fill, Hole};

impl<'a> Writer<'a> {
    /// The leaf that a fill holds now.
    pub(super) fn leaf(&self, fill: &Fill) -> Option<NodeIx> {
        let concept = fill.through.unwrap_or(fill.concept);
        let leaf = if let Some(frame) = fill.own {
            self.frames.get(frame)?.node?
        } else {
            let base = self.base(fill.place.base)?;
            self.instance.descendants(self.dataset, base, concept).first().copied()?
        };
        if fill.through.is_none() {
            return Some(leaf);
        }
        let meant = self.instance.referred(self.dataset, leaf)?;
        self.instance.said_around(self.dataset, meant, fill.concept)
    }

    /// The content for a hole. The copies say the same, or else they have no place.
    pub(super) fn content(&self, hole: &Hole) -> Option<(NodeIx, &'a Content)> {
        let leaf = self.leaf(&hole.fill).or_else(|| hole.copies.iter().find_map(|copy| self.leaf(copy)))?;
        Some((leaf, self.instance.node(leaf).content.as_ref()?))
    }

    pub(super) fn settle(&mut self, hole: &Hole, leaf: NodeIx, content: &Content, fate: Fate) {
        self.set_fate(leaf, fate);
        for copy in hole.copies.iter().filter_map(|copy| self.leaf(copy)).collect::<Vec<_>>() {
            let same = copy == leaf || self.instance.node(copy).content.as_ref() == Some(content);
            self.set_fate(copy, if same { fate } else { Fate::Refused(Reason::Contradiction) });
        }
    }

    pub(super) fn set_fate(&mut self, leaf: NodeIx, fate: Fate) {
        let known = &mut self.fate[leaf.0 as usize];
        if *known != Fate::Written {
            *known = fate;
        }
    }

    /// The value of an element in the form of its datatype.
    pub(super) fn encoded(&mut self, element: &Element, hole: &'a Hole, leaf: Option<NodeIx>) -> Option<Encoded<'a>> {
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
            self.tell_form(hole.fill.concept, content, fixed_root(element));
        }
        let fate = encoded.as_ref().map_or_else(|reason| Fate::Refused(*reason), |_| Fate::Written);
        self.settle(hole, leaf, content, fate);
        encoded.ok()
    }

    /// True if identifiers of this namespace belong elsewhere: the element has another one, or a sibling has this one.
    pub(super) fn is_other_namespace(&self, element: &Element, root: &str) -> bool {
        if let Some(fixed) = fixed_root(element) {
            return !root.is_empty() && fixed != root;
        }
        self.siblings(element).filter_map(fixed_root).any(|fixed| fixed == root)
    }

    /// True if a null flavour, which has no namespace, would be read as that of an earlier sibling.
    pub(super) fn is_nameless(&self, element: &Element, hole: &Hole) -> bool {
        hole.fill.datatype == Datatype::Ii
            && self.siblings(element).next().is_some_and(|first| !std::ptr::eq(first, element))
    }

    /// The elements with a value that share name and parent with this one, itself included.
    pub(super) fn siblings(&self, element: &Element) -> impl Iterator<Item = &'a Element> {
        let parent = element.parent.map(|parent| self.plan.element(parent));
        let namespace = &self.plan.namespaces()[element.namespace].uri;
        let bucket = parent.and_then(|parent| self.plan.bucket(parent, namespace, &element.local));
        let all = bucket.into_iter().flat_map(|bucket| &bucket.all).map(|ix| self.plan.element(*ix));
        all.filter(|sibling| sibling.value.is_some())
    }

    /// The values that are no element: `negationInd`, and that the node is there at all.
    pub(super) fn flags(&mut self, element: &'a Element) -> bool {
        let mut has_value = false;
        if let Some(hole) = &element.negation {
            let answer = self.answer(hole);
            has_value = answer.is_some();
            match answer.or_else(|| self.filler(hole).map(Stated::Null)) {
                Some(Stated::Known(yes)) => {
                    push_attribute(&mut self.out, "negationInd", if yes { "false" } else { "true" });
                }
                Some(Stated::Null(flavor)) => push_attribute(&mut self.out, "nullFlavor", flavor.code()),
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
    pub(super) fn answer(&mut self, hole: &'a Hole) -> Option<Stated> {
        let (leaf, content) = self.content(hole)?;
        let is_presence = hole.fill.datatype == Datatype::Presence;
        let answer = match content {
            // A node cannot say no by being there.
            Content::Value(Value::Boolean(false)) if is_presence => Err(Reason::NoPlace),
            Content::Value(Value::Boolean(answer)) => Ok(Stated::Known(*answer)),
            Content::Value(_) => Err(Reason::Datatype),
            Content::Null { flavor, original_text: None }
                if !is_presence && self.allows_null(hole.fill.concept, *flavor) =>
            {
                Ok(Stated::Null(*flavor))
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
}

/// The namespace that the plan gives to the identifiers in an element.
fn fixed_root(element: &Element) -> Option<&str> {
    element.fixed.iter().find(|fixed| fixed.name == "root").map(|fixed| fixed.value.as_str())
}
