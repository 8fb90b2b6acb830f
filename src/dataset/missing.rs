//! What a case lacks.

use super::{ConceptIx, Dataset, Instance, Kind, NodeIx};

impl Instance {
    /// The concepts that the transaction demands (a least number of occurrences above zero) and that are absent
    /// where they belong: in the transaction itself, or in a group that is there. In the order of the dataset, each once.
    ///
    /// Of an absent group the concepts within it are named, if it demands any. A null flavour is an answer. The leaves
    /// `but` do not count: they are what the message has no place for as they are.
    pub fn missing(&self, dataset: &Dataset, but: &[NodeIx]) -> Vec<ConceptIx> {
        let demanded: Vec<ConceptIx> = dataset
            .concepts()
            .skip(1)
            .filter(|(_, concept)| concept.in_use && concept.min > 0)
            .map(|(ix, _)| ix)
            .collect();
        let mut missing = Vec::new();
        let groups =
            self.nodes().filter(|(ix, node)| *ix == NodeIx::ROOT || (node.content.is_none() && self.holds_value(*ix)));
        for (ix, node) in groups {
            self.missing_in(dataset, (&demanded, but), Some(ix), node.concept, &mut missing);
        }
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// The concepts demanded directly within a group: an occurrence of it, or none.
    fn missing_in(
        &self,
        dataset: &Dataset,
        (demanded, but): (&[ConceptIx], &[NodeIx]),
        at: Option<NodeIx>,
        group: ConceptIx,
        missing: &mut Vec<ConceptIx>,
    ) {
        for concept in demanded.iter().copied().filter(|ix| dataset.get(*ix).parent == group) {
            let is_there = at.is_some_and(|at| {
                self.occurrences(at, concept).any(|node| self.holds_value(node) && !but.contains(&node))
            });
            if is_there {
                continue;
            }
            let before = missing.len();
            if dataset.get(concept).kind == Kind::Group {
                self.missing_in(dataset, (demanded, but), None, concept, missing);
            }
            if missing.len() == before {
                missing.push(concept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dataset::{Concept, Content, Origin, Text, Value};

    use super::*;

    fn concept(number: &str, parent: u16, depth: u8, kind: Kind, min: u16) -> Concept {
        Concept {
            number: number.into(),
            name: number.into(),
            element: number.into(),
            kind,
            unit: Text::default(),
            value_set: Text::default(),
            parent: ConceptIx(parent),
            depth,
            min,
            max: None,
            in_use: true,
            question: None,
            refers_to: None,
        }
    }

    #[test]
    fn what_is_demanded_is_missed_where_it_belongs() {
        let dataset = Dataset::new(
            "test".into(),
            "1.2.3".into(),
            vec![
                concept("", 0, 0, Kind::Group, 1),
                concept("optional group", 0, 1, Kind::Group, 0),
                concept("demanded in it", 1, 2, Kind::Text, 1),
                concept("beside it", 1, 2, Kind::Text, 0),
                concept("demanded group", 0, 1, Kind::Group, 1),
                concept("leaf of that", 4, 2, Kind::Text, 1),
                concept("empty group", 0, 1, Kind::Group, 1),
            ],
        );
        let missing = |instance: &Instance| -> Vec<&str> {
            instance.missing(&dataset, &[]).into_iter().map(|ix| dataset.get(ix).number.as_str()).collect()
        };
        let text = || Content::Value(Value::Text("x".into()));
        let mut instance = Instance::new();
        assert_eq!(missing(&instance), ["leaf of that", "empty group"]);
        let optional = instance.add_group(NodeIx::ROOT, ConceptIx(1));
        assert_eq!(missing(&instance), ["leaf of that", "empty group"], "a group that holds nothing is not there");
        instance.add_leaf(optional, ConceptIx(3), text(), Origin::default());
        assert_eq!(missing(&instance), ["demanded in it", "leaf of that", "empty group"]);
        let group = instance.add_group(NodeIx::ROOT, ConceptIx(4));
        instance.add_leaf(group, ConceptIx(5), text(), Origin::default());
        instance.add_leaf(optional, ConceptIx(2), text(), Origin::default());
        assert_eq!(missing(&instance), ["empty group"]);
        let unwritten = instance.leaves().map(|(ix, ..)| ix).last().into_iter().collect::<Vec<_>>();
        let missing = instance.missing(&dataset, &unwritten);
        assert_eq!(missing, [ConceptIx(2), ConceptIx(6)], "what was not written is not there");
    }
}
