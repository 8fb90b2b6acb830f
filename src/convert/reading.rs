//! What was read from an input, and what became of it.

use std::sync::Arc;

use super::{Error, Format, LineColumn, Withdrawal, excess, labels, units};
use crate::dataset::{Code, ConceptIx, Content, Dataset, Instance, Node, Text, Value};
use crate::ledger::{Demand, Ledger, Unmet};
use crate::plan::MessageKind;

/// What was read from an input.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The format of the input.
    pub format: Format,
    /// The case.
    pub instance: Instance,
    /// What became of the leaves of the input so far.
    pub ledger: Ledger,
    /// How many FHIR resources the input holds.
    pub resources: usize,
    /// True if the kind of message was told by what it holds: FHIR that names none, where the tables know several.
    pub is_chosen: bool,
    pub(super) kind: Arc<MessageKind>,
}

impl Reading {
    /// What was read, with what is told of it whatever the format. `text` is what positions are in, if they are in one text.
    ///
    /// # Errors
    /// If it says of one person that she is two.
    pub(super) fn of(
        format: Format,
        kind: &Arc<MessageKind>,
        (mut instance, mut ledger): (Instance, Ledger),
        resources: usize,
        text: Option<&str>,
    ) -> Result<Self, Error> {
        if let Some(second) = instance.second_number(&kind.dataset) {
            let position = instance.node(second).origin.position as usize;
            return Err(Error::TwoPersons { place: text.map(|text| LineColumn::of(text, position)) });
        }
        excess::cut(kind, &mut instance, &mut ledger);
        units::tell(kind, &mut instance, &mut ledger);
        labels::tell(kind, &mut instance, &mut ledger);
        Ok(Self { format, instance, ledger, resources, is_chosen: false, kind: Arc::clone(kind) })
    }

    /// The dataset that the instance is of.
    pub fn dataset(&self) -> &Dataset {
        &self.kind.dataset
    }

    /// The name of the kind of message: its folder in the tables.
    pub fn message(&self) -> &str {
        &self.kind.name
    }

    /// What people call this kind of message.
    pub fn title(&self) -> &str {
        &self.kind.title
    }

    /// The codes that are no member of the value set of their concept, with the leaf that holds each.
    pub fn unknown_codes(&self) -> impl Iterator<Item = (&Node, &Code)> {
        let kind = &self.kind;
        self.instance.leaves().filter_map(|(_, node, content)| {
            let Content::Value(Value::Code(code)) = content else { return None };
            let members = kind.terminology.value_set_of(kind.dataset.get(node.concept))?;
            members.find(&code.code, &code.system).is_none().then_some((node, code))
        })
    }

    /// The same, if a clinical value was understood: one of a concept that is about more than who and where, and how it
    /// was sent.
    pub(super) fn with_content(self) -> Result<Self, Error> {
        if self.instance.holds_clinical(&self.kind.dataset) {
            return Ok(self);
        }
        Err(Error::NothingClinical { read: self.ledger.total, lost: self.ledger.lost_leaves() })
    }

    /// What the tables say of this kind of message.
    pub fn kind(&self) -> &MessageKind {
        &self.kind
    }

    /// What people call a code system (an OID), if the tables know it.
    pub fn system_name(&self, oid: &str) -> Option<&str> {
        self.kind.terminology.systems().name(oid)
    }
}

/// One of the cases in an input.
#[derive(Debug)]
pub struct Case {
    /// Which of the cases it is, from 1; `None` if the input is one case.
    pub number: Option<usize>,
    /// What was read of it.
    pub reading: Result<Reading, Error>,
}

/// A conversion that took place.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The result.
    pub output: Vec<u8>,
    /// What became of every leaf of the input.
    pub ledger: Ledger,
    /// What was read.
    pub reading: Reading,
    /// The kind that was written.
    pub(super) written: Arc<MessageKind>,
    /// What the message demands and the case lacks, in the order of its lines: empty unless an HL7v3 message was written.
    /// Nothing was made up in its place.
    pub missing: Vec<Unmet>,
    /// What is given of the sending of messages ([`Converter::with_transmission`](super::Converter::with_transmission)) and is not
    /// in this one, because the case says it itself: concepts of what was written, in the order in which they are given.
    pub unused: Vec<ConceptIx>,
    /// How many FHIR resources the result holds.
    pub resources: usize,
    /// The id, in that result, of the person whose case it is (a Patient); `None` if it has none, or is no FHIR.
    pub person: Option<Text>,
    /// True if it was given beside the case how the message is sent.
    pub is_sending_given: bool,
    /// What the result takes back of an earlier delivery: nothing, unless by [`Converter::write_after`](super::Converter::write_after).
    pub withdrawal: Withdrawal,
}

impl Outcome {
    /// The dataset of what was written, of which the concepts in `missing` are: that of what was read, unless another kind of
    /// message was written.
    pub fn dataset(&self) -> &Dataset {
        &self.written.dataset
    }

    /// What a person can do about what the message demands and the case lacks: what says how a message is sent can be given
    /// beside the case ([`Converter::with_transmission`](super::Converter::with_transmission)).
    pub fn remedy(&self, unmet: &Unmet) -> &'static str {
        let is_of_sending =
            self.written.sending.as_ref().is_some_and(|sending| self.dataset().is_within(unmet.concept, sending.group));
        match unmet.demand {
            Demand::Absent | Demand::Value if is_of_sending && self.is_sending_given => {
                "the message demands it, and it says how the message is sent: what was given beside the case does not say it; add \
                 it there (--transmission), or to the source"
            }
            Demand::Absent | Demand::Value if is_of_sending => {
                "the message demands it, and it says how the message is sent: give it beside the case (--transmission), or add \
                 it to the source"
            }
            demand => demand.remedy(),
        }
    }

    /// The names of what is in `unused`, as they stand in the data of the transmission.
    pub fn unused_names(&self) -> impl Iterator<Item = &str> {
        self.unused.iter().map(|concept| self.dataset().get(*concept).element.as_str())
    }

    /// What the source says plainly of the person whose case it is: what the tables name, such as the day of birth.
    pub fn plain_facts(&self) -> impl Iterator<Item = &Node> {
        let plain = self.reading.kind.fhir.iter().flat_map(|plan| &plan.identity.plain);
        plain
            .filter_map(|concept| self.reading.instance.leaves().find(|(_, node, _)| node.concept == *concept))
            .map(|(_, node, _)| node)
    }

    /// The name of the kind of message that was written.
    pub fn message(&self) -> &str {
        &self.written.name
    }
}
