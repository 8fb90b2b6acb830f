//! An instance of one dataset as one of another of its family: releases of one dataset, in which a concept keeps its number.

use super::{ConceptIx, Dataset, Instance, NodeIx};

/// An instance in another dataset.
#[derive(Clone, Debug)]
pub struct Moved {
    /// What the other dataset has of it.
    pub instance: Instance,
    /// The leaves for which the other dataset has no concept that its transaction asks.
    pub left: Vec<NodeIx>,
    /// The leaves for which the other dataset has a concept, but no occurrence of its group that they can be in.
    pub unplaced: Vec<NodeIx>,
    /// The leaves that are there only details of an answer, which nobody has given.
    pub unanswered: Vec<NodeIx>,
    /// By node of the instance: the node of which it was made.
    sources: Vec<Option<NodeIx>>,
}

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is that node there.
    Is(NodeIx),
    /// Its concept is not there: what is in it may be.
    Gone,
    /// There is no room for it, nor for what is in it.
    Shut,
}

impl Moved {
    /// The node of which a node was made; `None` for a group that was made for what is in it.
    pub fn source(&self, node: NodeIx) -> Option<NodeIx> {
        self.sources.get(node.0 as usize).copied().flatten()
    }

    /// True if a leaf would need a group that is not there, and that is there only where a question is answered with yes (the details
    /// of a transfer of care): nobody has said that yes.
    fn would_answer(&self, to: &Dataset, concept: ConceptIx) -> bool {
        to.groups_between(ConceptIx::ROOT, concept).into_iter().any(|group| {
            let is_there = |concept: ConceptIx| !self.instance.descendants(to, NodeIx::ROOT, concept).is_empty();
            to.get(group).question.is_some_and(|question| !is_there(question) && !is_there(group))
        })
    }

    fn note(&mut self, made: NodeIx, source: Option<NodeIx>) -> NodeIx {
        self.sources.resize((made.0 as usize + 1).max(self.sources.len()), None);
        self.sources[made.0 as usize] = source;
        made
    }
}

impl Instance {
    /// The same case as an instance of another dataset, by the numbers of the concepts: of those that its transaction asks.
    ///
    /// What stands in an occurrence of a group stands in that of the same group there. A leaf that is in another group there stands
    /// in the only occurrence of that group, or in one of its own; where there are several, nothing says which, and it is left out.
    #[must_use]
    pub fn moved(&self, from: &Dataset, to: &Dataset) -> Moved {
        let asked = |number: &str| to.find(number).filter(|own| to.get(*own).in_use);
        let concepts: Vec<Option<ConceptIx>> = from.concepts().map(|(_, concept)| asked(&concept.number)).collect();
        let mut moved = Moved {
            instance: Self::new(),
            left: Vec::new(),
            unplaced: Vec::new(),
            unanswered: Vec::new(),
            sources: vec![Some(NodeIx::ROOT)],
        };
        let mut fates = vec![Fate::Gone; self.len()];
        fates[0] = Fate::Is(NodeIx::ROOT);
        let mut strays = Vec::new();
        for (ix, node) in self.nodes().skip(1) {
            let at = ix.0 as usize;
            let parent = fates[node.parent.0 as usize];
            let concept = concepts[usize::from(node.concept.0)].filter(|concept| *concept != ConceptIx::ROOT);
            fates[at] = match (concept, parent) {
                (_, Fate::Shut) => Fate::Shut,
                (Some(concept), Fate::Is(parent)) if to.get(concept).parent == moved.instance.node(parent).concept => {
                    match &node.content {
                        Some(content) => {
                            let made = moved.instance.add_leaf(parent, concept, content.clone(), node.origin);
                            Fate::Is(moved.note(made, Some(ix)))
                        }
                        None if moved.instance.has_room(to, parent, concept) => {
                            let made = moved.instance.add_group(parent, concept);
                            Fate::Is(moved.note(made, Some(ix)))
                        }
                        None => Fate::Shut,
                    }
                }
                (Some(concept), _) => {
                    // A group that is elsewhere there: what is in it finds its own way.
                    if node.content.is_some() {
                        strays.push((ix, concept));
                        continue;
                    }
                    Fate::Gone
                }
                (None, _) => Fate::Gone,
            };
            if node.content.is_some() {
                match fates[at] {
                    Fate::Is(_) => {}
                    Fate::Gone => moved.left.push(ix),
                    Fate::Shut => moved.unplaced.push(ix),
                }
            }
        }
        // When all groups are known.
        let mut made_for = Vec::new();
        for (ix, concept) in strays {
            if moved.would_answer(to, concept) {
                moved.unanswered.push(ix);
                continue;
            }
            match self.place(ix, to, concept, &fates, &mut moved, &mut made_for) {
                Some(parent) => {
                    let node = self.node(ix);
                    if let Some(content) = node.content.clone() {
                        let made = moved.instance.add_leaf(parent, concept, content, node.origin);
                        fates[ix.0 as usize] = Fate::Is(moved.note(made, Some(ix)));
                    }
                }
                None => moved.unplaced.push(ix),
            }
        }
        for (one, other) in &self.aligned {
            if let (Fate::Is(one), Fate::Is(other)) = (fates[one.0 as usize], fates[other.0 as usize]) {
                moved.instance.align(one, other);
            }
        }
        moved
    }

    /// The occurrence in which a leaf stands that is in another group there; `None` if nothing says which.
    ///
    /// `made_for` are the occurrences that were made for leaves of an occurrence of the source: they are of that one alone.
    fn place(
        &self,
        ix: NodeIx,
        to: &Dataset,
        concept: ConceptIx,
        fates: &[Fate],
        moved: &mut Moved,
        made_for: &mut Vec<(NodeIx, NodeIx)>,
    ) -> Option<NodeIx> {
        let own = self.node(ix).parent;
        let is_one_of_several =
            |at: &NodeIx| self.occurrences(self.node(*at).parent, self.node(*at).concept).nth(1).is_some();
        let around = std::iter::successors(Some(own), |at| (*at != NodeIx::ROOT).then(|| self.node(*at).parent));
        let mut at = NodeIx::ROOT;
        // What is said of one of several there is no place for, unless it gets one of its own.
        let mut has_lost_whose = false;
        for source in around {
            match fates[source.0 as usize] {
                Fate::Is(node) if to.is_within(concept, moved.instance.node(node).concept) => {
                    at = node;
                    break;
                }
                _ => has_lost_whose |= source != NodeIx::ROOT && is_one_of_several(&source),
            }
        }
        for group in to.groups_between(moved.instance.node(at).concept, concept) {
            let all: Vec<NodeIx> = moved.instance.occurrences(at, group).collect();
            let mine = all.iter().copied().find(|group| made_for.contains(&(*group, own)));
            let free = || all.iter().copied().filter(|group| !made_for.iter().any(|(made, _)| made == group));
            at = match (mine, free().count()) {
                (Some(mine), _) => {
                    has_lost_whose = false;
                    mine
                }
                (None, 1) => free().next()?,
                (None, 0) if moved.instance.has_room(to, at, group) => {
                    let made = moved.instance.add_group(at, group);
                    moved.note(made, None);
                    if to.get(group).max != Some(1) {
                        made_for.push((made, own));
                        has_lost_whose = false;
                    }
                    made
                }
                _ => return None,
            };
        }
        Some(at).filter(|_| !has_lost_whose)
    }

    /// True if there may be one more occurrence of a group.
    fn has_room(&self, dataset: &Dataset, parent: NodeIx, group: ConceptIx) -> bool {
        // What the other transaction does not use has no largest number.
        let max = dataset.get(group).max.filter(|max| *max > 0);
        max.is_none_or(|max| self.occurrences(parent, group).count() < usize::from(max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Concept, Content, Kind, Origin, Text, Value};

    /// Each concept: number, parent (position), a group or not, and how many there may be.
    fn dataset(concepts: &[(&str, u16, bool, Option<u16>)]) -> Dataset {
        let root = Concept {
            number: Text::default(),
            name: Text::default(),
            element: Text::default(),
            kind: Kind::Group,
            unit: Text::default(),
            value_set: Text::default(),
            parent: ConceptIx::ROOT,
            depth: 0,
            min: 0,
            max: None,
            in_use: true,
            question: None,
            refers_to: None,
        };
        let mut all = vec![root.clone()];
        for (number, parent, is_group, max) in concepts {
            let depth = all[usize::from(*parent)].depth + 1;
            let kind = if *is_group { Kind::Group } else { Kind::String };
            all.push(Concept {
                number: (*number).into(),
                kind,
                parent: ConceptIx(*parent),
                depth,
                max: *max,
                ..root.clone()
            });
        }
        Dataset::new("d".into(), "1.2".into(), all)
    }

    fn text(text: &str) -> Content {
        Content::Value(Value::Text(text.into()))
    }

    /// Two occurrences of the first concept, each with the second and the third.
    fn two_groups() -> Instance {
        let mut case = Instance::new();
        for _ in 0..2 {
            let group = case.add_group(NodeIx::ROOT, ConceptIx(1));
            case.add_leaf(group, ConceptIx(2), text("a"), Origin::default());
            case.add_leaf(group, ConceptIx(3), text("b"), Origin::default());
        }
        case
    }

    fn shown(dataset: &Dataset, instance: &Instance) -> Vec<String> {
        let path = |node: NodeIx| {
            let around = std::iter::successors(Some(node), |at| {
                Some(instance.node(*at).parent).filter(|parent| *parent != NodeIx::ROOT)
            });
            let steps: Vec<String> = around
                .map(|at| {
                    let node = instance.node(at);
                    let nth = instance.occurrences(node.parent, node.concept).position(|own| own == at).unwrap();
                    format!("{}.{nth}", dataset.get(node.concept).number)
                })
                .collect();
            steps.into_iter().rev().collect::<Vec<_>>().join("/")
        };
        instance.leaves().map(|(ix, ..)| path(ix)).collect()
    }

    #[test]
    fn what_is_in_the_same_group_stays_together() {
        let from = dataset(&[("1", 0, true, None), ("2", 1, false, Some(1)), ("3", 1, false, Some(1))]);
        let to = dataset(&[("1", 0, true, None), ("3", 1, false, Some(1)), ("4", 1, false, Some(1))]);
        let case = two_groups();
        let moved = case.moved(&from, &to);
        assert_eq!(shown(&to, &moved.instance), ["1.0/3.0", "1.1/3.0"]);
        assert_eq!(moved.left, [NodeIx(2), NodeIx(5)]);
        assert_eq!(moved.unplaced, []);
    }

    #[test]
    fn what_is_elsewhere_there_joins_the_only_one_and_no_other() {
        // 2 is beside the children in one release, and in a child in the other.
        let from = dataset(&[("1", 0, true, None), ("9", 1, false, Some(1)), ("2", 0, false, None)]);
        let to = dataset(&[("1", 0, true, None), ("9", 1, false, Some(1)), ("2", 1, false, Some(1))]);
        for (children, expected) in [(1, vec!["1.0/9.0", "1.0/2.0"]), (2, vec!["1.0/9.0", "1.1/9.0"])] {
            let mut case = Instance::new();
            let stray = case.add_leaf(NodeIx::ROOT, ConceptIx(3), text("s"), Origin::default());
            for _ in 0..children {
                let child = case.add_group(NodeIx::ROOT, ConceptIx(1));
                case.add_leaf(child, ConceptIx(2), text("c"), Origin::default());
            }
            let moved = case.moved(&from, &to);
            assert_eq!(shown(&to, &moved.instance), expected);
            let unplaced: &[NodeIx] = if children == 2 { &[stray] } else { &[] };
            assert_eq!(moved.unplaced, unplaced);
        }
    }

    #[test]
    fn what_was_together_in_another_group_is_together_there() {
        let from = dataset(&[("1", 0, true, None), ("2", 1, false, Some(1)), ("3", 1, false, Some(1))]);
        let to = dataset(&[("5", 0, true, None), ("2", 1, false, Some(1)), ("3", 1, false, Some(1))]);
        let case = two_groups();
        let moved = case.moved(&from, &to);
        assert_eq!(shown(&to, &moved.instance), ["5.0/2.0", "5.0/3.0", "5.1/2.0", "5.1/3.0"]);
        assert_eq!(moved.source(NodeIx(1)), None);
        assert_eq!(moved.source(NodeIx(2)), Some(NodeIx(2)));
    }

    #[test]
    fn a_group_too_many_takes_what_is_in_it_along() {
        let from = dataset(&[("1", 0, true, None), ("2", 1, false, Some(1))]);
        let to = dataset(&[("1", 0, true, Some(1)), ("2", 1, false, Some(1))]);
        let mut case = Instance::new();
        for _ in 0..2 {
            let group = case.add_group(NodeIx::ROOT, ConceptIx(1));
            case.add_leaf(group, ConceptIx(2), text("a"), Origin::default());
        }
        let moved = case.moved(&from, &to);
        assert_eq!(shown(&to, &moved.instance), ["1.0/2.0"]);
        assert_eq!(moved.unplaced, [NodeIx(4)]);
    }
}
