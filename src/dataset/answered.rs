//! What a yes-or-no answer says of the concepts that it is the question of.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::{ConceptIx, Content, Dataset, Instance, NodeIx, Value};

/// What an instance says of the question of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, or a null flavour: then nothing of what is asked for is stated.
    NotYes,
    /// Nobody answered.
    Silent,
}

impl Dataset {
    /// The yes-or-no concept that a concept, or the innermost group around it that has one, names as its question.
    pub fn question_of(&self, concept: ConceptIx) -> Option<ConceptIx> {
        let groups = std::iter::successors(Some(concept), |ix| (*ix != ConceptIx::ROOT).then(|| self.get(*ix).parent));
        groups.into_iter().find_map(|ix| self.get(ix).question)
    }
}

impl Instance {
    /// The answer to the question of a leaf, in the occurrence that holds both.
    ///
    /// Of several answers, one that is no yes decides: what one of them denies is not stated.
    pub fn answer_of(&self, dataset: &Dataset, leaf: NodeIx) -> Answer {
        let Some(question) = dataset.question_of(self.node(leaf).concept) else { return Answer::Silent };
        self.answers(dataset, leaf, question).fold(Answer::Silent, |known, content| match (known, content) {
            (Answer::NotYes, _) | (_, Content::Value(Value::Boolean(false)) | Content::Null { .. }) => Answer::NotYes,
            _ => Answer::Yes,
        })
    }

    /// The leaves of which the source itself says that they cannot be so: their own answer takes them back, or somebody else has
    /// the number.
    pub fn contradicted(&self, dataset: &Dataset) -> Vec<NodeIx> {
        self.taken_back(dataset).into_iter().chain(self.shared_numbers(dataset)).collect()
    }

    /// The leaves that are stated although their question says no, or that nobody knows: the source contradicts itself.
    fn taken_back(&self, dataset: &Dataset) -> Vec<NodeIx> {
        let mut answers = Answers::of(self, dataset);
        let stated = self.leaves().filter(|(_, _, content)| content.is_stated());
        stated
            .map(|(ix, ..)| ix)
            .filter(|ix| answers.to(*ix).is_some_and(|(_, answer)| answer == Answer::NotYes))
            .collect()
    }

    /// The leaves of null flavours that nothing belongs to: their question has no answer, and nothing else that it asks for
    /// is stated. A carrier that says yes by itself must not be made for them.
    pub fn unasked(&self, dataset: &Dataset) -> Vec<NodeIx> {
        let mut answers = Answers::of(self, dataset);
        let silent = self.leaves().filter(|(_, _, content)| !content.is_stated());
        let silent: Vec<(NodeIx, Asked)> = silent
            .filter_map(|(ix, ..)| {
                let (asked, answer) = answers.to(ix)?;
                (answer == Answer::Silent).then_some((ix, asked))
            })
            .collect();
        if silent.is_empty() {
            return Vec::new();
        }
        let stated = self.stated_for(dataset);
        silent.into_iter().filter(|(_, asked)| !stated.contains(asked)).map(|(ix, _)| ix).collect()
    }

    /// For what something is stated: each question, in each occurrence that could hold it.
    fn stated_for(&self, dataset: &Dataset) -> HashSet<Asked, RandomState> {
        let mut stated: HashSet<Asked, RandomState> = HashSet::default();
        for (ix, leaf, _) in self.leaves().filter(|(_, _, content)| content.is_stated()) {
            let Some(question) = dataset.question_of(leaf.concept) else { continue };
            let mut within = self.holder_of(dataset, ix, question);
            // What is stated in an occurrence is so in those around it, which were told with the first in it.
            while stated.insert((question, within)) && within != NodeIx::ROOT {
                within = self.node(within).parent;
            }
        }
        stated
    }

    /// What the leaves of a question say, in the innermost occurrence that holds a leaf and could hold the question.
    fn answers(&self, dataset: &Dataset, leaf: NodeIx, question: ConceptIx) -> impl Iterator<Item = &Content> {
        let within = self.holder_of(dataset, leaf, question);
        let found = self.descendants(dataset, within, question).into_iter();
        found.filter_map(|ix| self.node(ix).content.as_ref())
    }

    /// The innermost occurrence around a node that a concept is within.
    pub fn holder_of(&self, dataset: &Dataset, node: NodeIx, concept: ConceptIx) -> NodeIx {
        self.around(dataset, self.node(node).parent, concept)
    }

    /// The innermost occurrence that a concept is within: a node itself, or one around it.
    pub fn around(&self, dataset: &Dataset, node: NodeIx, concept: ConceptIx) -> NodeIx {
        let mut at = node;
        while at != NodeIx::ROOT && !dataset.is_within(concept, self.node(at).concept) {
            at = self.node(at).parent;
        }
        at
    }

    /// True if a node is within another, or is it.
    pub fn is_below(&self, node: NodeIx, within: NodeIx) -> bool {
        let mut at = node;
        while at != within && at != NodeIx::ROOT {
            at = self.node(at).parent;
        }
        at == within
    }
}

/// A question, and the innermost occurrence that could hold it.
type Asked = (ConceptIx, NodeIx);

/// What an instance says of questions, each worked out once: a source may have very many leaves under one.
struct Answers<'i> {
    instance: &'i Instance,
    dataset: &'i Dataset,
    known: HashMap<Asked, Answer, RandomState>,
}

impl<'i> Answers<'i> {
    fn of(instance: &'i Instance, dataset: &'i Dataset) -> Self {
        Self { instance, dataset, known: HashMap::default() }
    }

    /// The question of a leaf, and the answer to it; `None` if it has none.
    fn to(&mut self, leaf: NodeIx) -> Option<(Asked, Answer)> {
        let question = self.dataset.question_of(self.instance.node(leaf).concept)?;
        let asked = (question, self.instance.holder_of(self.dataset, leaf, question));
        let answer = self.known.entry(asked).or_insert_with(|| self.instance.answer_of(self.dataset, leaf));
        Some((asked, *answer))
    }
}
