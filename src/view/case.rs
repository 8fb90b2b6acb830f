//! What a case holds, in the order of the standard, as it is shown: by text and by page alike.

use super::{Language, Said};
use crate::convert::Reading;
use crate::dataset::{ConceptIx, Content, Instance, NodeIx, Value};

/// An occurrence of a concept as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The name of the concept; of a group that occurs several times, with which one it is.
    pub name: String,
    /// What is said, if it is no group.
    pub said: Option<Said>,
    /// Where it comes from: a byte offset in the sources.
    pub position: u32,
    /// What the group holds.
    pub below: Vec<Self>,
}

/// A case as it is shown.
#[derive(Clone, Debug)]
pub struct Case {
    /// All that was read, in the order of the standard.
    pub all: Vec<Shown>,
    /// What the tables want to be seen first.
    pub glance: Vec<Shown>,
    /// What happened when: all dates and times of the care, in their order.
    pub moments: Vec<Shown>,
}

impl Case {
    /// What was read of a case.
    pub fn of(reading: &Reading, language: Language) -> Self {
        let instance = reading.instance.normalized();
        let walk = Walk { reading, instance: &instance, language };
        Self { all: walk.below(NodeIx::ROOT), glance: walk.glance(), moments: walk.moments() }
    }
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    reading: &'a Reading,
    instance: &'a Instance,
    language: Language,
}

impl Walk<'_> {
    fn below(self, parent: NodeIx) -> Vec<Shown> {
        self.instance.children(parent).map(|child| self.shown(child)).collect()
    }

    fn shown(self, ix: NodeIx) -> Shown {
        let node = self.instance.node(ix);
        Shown {
            name: self.name(ix),
            said: node.content.as_ref().map(|content| self.said(node.concept, content)),
            position: node.origin.position,
            below: self.below(ix),
        }
    }

    fn said(self, concept: ConceptIx, content: &Content) -> Said {
        Said::of(self.reading, self.language, concept, content)
    }

    fn name(self, ix: NodeIx) -> String {
        let node = self.instance.node(ix);
        let name = self.reading.dataset().get(node.concept).name.as_str();
        if node.content.is_some() || !self.is_one_of_several(ix) {
            return name.to_owned();
        }
        let mut same = self.instance.occurrences(node.parent, node.concept);
        let rank = same.by_ref().take_while(|other| *other != ix).count() + 1;
        let count = rank + same.count();
        format!("{name} {rank} {} {count}", self.language.of("van", "of"))
    }

    /// An occurrence that is shown outside of what holds it: with the names of those around it that tell it from others (the
    /// outermost, the nearest, and each of several).
    fn apart(self, ix: NodeIx) -> Shown {
        let mut around = Vec::new();
        let mut at = self.instance.node(ix).parent;
        while at != NodeIx::ROOT {
            let parent = self.instance.node(at).parent;
            if around.is_empty() || parent == NodeIx::ROOT || self.is_one_of_several(at) {
                around.push(self.name(at));
            }
            at = parent;
        }
        around.reverse();
        around.push(self.name(ix));
        Shown { name: around.join(" › "), ..self.shown(ix) }
    }

    fn is_one_of_several(self, ix: NodeIx) -> bool {
        let node = self.instance.node(ix);
        self.instance.occurrences(node.parent, node.concept).nth(1).is_some()
    }

    /// What the tables want to be seen first: in their order.
    fn glance(self) -> Vec<Shown> {
        let dataset = self.reading.dataset();
        let of = |concept: &ConceptIx| self.instance.descendants(dataset, NodeIx::ROOT, *concept);
        dataset.glance().iter().flat_map(of).map(|ix| self.apart(ix)).collect()
    }

    /// The dates and times of what is clinical, by when each begins: a day before the hours in it.
    fn moments(self) -> Vec<Shown> {
        let dataset = self.reading.dataset();
        let dated = self.instance.leaves().filter_map(|(ix, node, content)| match content {
            Content::Value(Value::DateTime(moment)) if dataset.is_clinical(node.concept) => Some((moment.begins(), ix)),
            _ => None,
        });
        let mut dated: Vec<_> = dated.collect();
        dated.sort_by_key(|(begins, _)| *begins);
        dated.into_iter().map(|(_, ix)| self.apart(ix)).collect()
    }
}
