//! Who somebody is: the number by which a person is known, and what it says of two that should be one.

use super::{ConceptIx, Content, Dataset, Identifier, Instance, NodeIx, Text, Value};

/// A person in a dataset, and the number that is of that person alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The group that is about the person.
    pub group: ConceptIx,
    /// The number, within that group.
    pub number: ConceptIx,
    /// The namespace in which nobody has two numbers, where the concept holds others as well.
    pub namespace: Option<Text>,
}

impl Person {
    /// What a leaf says of the number, as two ways of writing it have in common; `None` if it says nothing.
    fn number_in(&self, instance: &Instance, leaf: NodeIx) -> Option<String> {
        let Some(Content::Value(Value::Identifier(Identifier { root, extension }))) = &instance.node(leaf).content
        else {
            return None;
        };
        let is_meant = self.namespace.as_ref().is_none_or(|namespace| namespace == root);
        Some(bare(extension)).filter(|number| is_meant && !number.is_empty())
    }

    /// The numbers below a node.
    fn numbers(&self, dataset: &Dataset, instance: &Instance, within: NodeIx) -> Vec<(NodeIx, String)> {
        let leaves = instance.descendants(dataset, within, self.number).into_iter();
        leaves.filter_map(|leaf| Some((leaf, self.number_in(instance, leaf)?))).collect()
    }
}

impl Instance {
    /// The number of a person who has another number already: the source says of one person that she is two.
    pub fn second_number(&self, dataset: &Dataset) -> Option<NodeIx> {
        dataset.persons().iter().find_map(|person| {
            let mut groups = self.descendants(dataset, NodeIx::ROOT, person.group).into_iter();
            groups.find_map(|group| {
                let numbers = person.numbers(dataset, self, group);
                let (_, first) = numbers.first()?;
                numbers.iter().find(|(_, other)| other != first).map(|(leaf, _)| *leaf)
            })
        })
    }

    /// The numbers that cannot be of whom they are said, for somebody else has them: nobody shares a number. Of the only one among
    /// them of whom there can be but one (the woman) it stays; of several (children, or a mother and her child in a document about
    /// one of each) nothing says whose it is.
    pub fn shared_numbers(&self, dataset: &Dataset) -> Vec<NodeIx> {
        let persons = dataset.persons();
        let numbers = persons.iter().enumerate().flat_map(|(at, person)| {
            let groups = self.descendants(dataset, NodeIx::ROOT, person.group).into_iter();
            groups.flat_map(move |group| {
                let numbers = person.numbers(dataset, self, group).into_iter();
                numbers.map(move |(leaf, number)| (number, at, group, leaf))
            })
        });
        let numbers: Vec<_> = numbers.collect();
        let stays = |(number, at, group, _): &(String, usize, NodeIx, NodeIx)| {
            let mut others = numbers.iter().filter(|(same, other, whose, _)| {
                whose != group && same == number && persons[*other].namespace == persons[*at].namespace
            });
            let is_one = |at: usize| !dataset.may_repeat(persons[at].group);
            others.all(|(_, other, ..)| is_one(*at) && !is_one(*other))
        };
        numbers.iter().filter(|own| !stays(own)).map(|(.., leaf)| *leaf).collect()
    }

    /// True if what another instance says, for which an occurrence in this one has no room, is of somebody else: the numbers
    /// differ or, where they tell nothing, it says something of the only person that this one does not.
    pub fn is_of_another(&self, dataset: &Dataset, within: NodeIx, other: &Self) -> bool {
        let place = self.node(within).concept;
        let is_about = |group| dataset.is_within(place, group) || !dataset.may_repeat(group);
        dataset.persons().iter().filter(|person| is_about(person.group)).any(|person| {
            let own = person.numbers(dataset, self, within);
            let theirs = person.numbers(dataset, other, NodeIx::ROOT);
            if let (Some((_, own)), Some((_, theirs))) = (own.first(), theirs.first()) {
                return own != theirs;
            }
            // Of several children one may say more than another.
            let mut said = other.leaves().filter(|(_, leaf, _)| {
                !dataset.may_repeat(person.group) && dataset.is_within(leaf.concept, person.group)
            });
            said.any(|(_, leaf, said)| {
                !self.leaves().any(|(_, own, content)| own.concept == leaf.concept && content == said)
            })
        })
    }
}

/// The letters and digits of a value, without case: what two ways of writing it have in common.
pub fn bare(value: &str) -> String {
    value.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
