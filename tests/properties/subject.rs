//! What is drawn: instances of each kind of message that the tables know.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::LazyLock;

use ooievaar::convert::MessageKind;
use ooievaar::dataset::{Dataset, Instance, NodeIx};
use ooievaar::generate::{Choice, Generator};
use ooievaar::{Converter, Format};
use proptest::prelude::*;
use proptest::sample::subsequence;

pub static CONVERTER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

/// Every kind of message, with what draws its instances.
pub static SUBJECTS: LazyLock<Vec<Subject>> =
    LazyLock::new(|| CONVERTER.kinds().unwrap().into_iter().map(Subject::new).collect());

/// What an instance is drawn for: a generator draws no more than these can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// The message; a transaction that has none is ADA, which carries all of the dataset.
    Message,
    /// The message and FHIR.
    Both,
}

/// A kind of message.
pub struct Subject {
    pub kind: &'static MessageKind,
    message: Generator<'static>,
    both: Generator<'static>,
    /// Where FHIR could be of several kinds, it is of this one.
    pub converter: Converter,
}

impl Subject {
    fn new(kind: &'static MessageKind) -> Self {
        let generator = |fhir| Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), fhir);
        Self {
            kind,
            message: generator(None),
            both: generator(kind.fhir.as_deref()),
            converter: CONVERTER.clone().with_message(&kind.name).unwrap(),
        }
    }

    pub fn generator(&self, of: For) -> &Generator<'static> {
        match of {
            For::Message => &self.message,
            For::Both => &self.both,
        }
    }

    /// Draws leaves. Of FHIR the tables have the concepts of the messages: what a transaction without one has more is told as
    /// lost, and not drawn for both.
    pub fn choices(&self, of: For, seed: u64) -> Vec<Choice> {
        let mut choices = self.generator(of).choices(seed);
        if let (For::Both, Some(plan)) = (of, &self.kind.fhir) {
            let has_place = |concept| plan.fields_of(concept).iter().any(|field| !plan.field(*field).place.is_none());
            choices.retain(|choice| choice.path.last().is_some_and(|(concept, _)| has_place(*concept)));
        }
        choices
    }

    /// The instance that is drawn.
    pub fn instance(&self, of: For, seed: u64) -> Instance {
        self.generator(of).build(&self.choices(of, seed))
    }

    /// True if the tables have it in a format.
    pub fn has(&self, format: Format) -> bool {
        match format {
            Format::Hl7v3 => self.kind.hl7v3.is_some(),
            Format::Ada => true,
            Format::FhirJson | Format::FhirXml | Format::FhirNdjson => self.kind.fhir.is_some(),
        }
    }

    /// The format of its messages.
    pub fn source(&self) -> Format {
        if self.has(Format::Hl7v3) { Format::Hl7v3 } else { Format::Ada }
    }

    /// True if an instance has a value of more than who, where and how it was sent.
    pub fn is_clinical(&self, instance: &Instance) -> bool {
        instance.holds_clinical(&self.kind.dataset)
    }

    pub fn show(&self, instance: &Instance) -> String {
        let mut text = String::from("\n");
        show_node(&self.kind.dataset, &instance.normalized(), NodeIx::ROOT, 1, &mut text);
        text
    }

    /// What differs between two instances, by lines of their trees.
    pub fn difference(&self, expected: &Instance, found: &Instance) -> String {
        let (expected, found) = (self.show(expected), self.show(found));
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
        let (left, right) = (lines(&expected), lines(&found));
        let only = |these: &[String], those: &[String], sign: char| {
            let those: BTreeSet<&String> = those.iter().collect();
            these.iter().filter(|line| !those.contains(line)).map(|line| format!("{sign}{line}\n")).collect::<Vec<_>>()
        };
        let changed = only(&left, &right, '-').concat() + &only(&right, &left, '+').concat();
        if changed.is_empty() { format!("same lines, other structure: {expected}\nfound: {found}") } else { changed }
    }
}

/// An instance in normal form, shown as a tree.
#[derive(Clone)]
pub struct Case {
    pub subject: &'static Subject,
    pub instance: Instance,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject.kind.name, self.subject.show(&self.instance))
    }
}

/// Any selection of the leaves of a drawn instance. It shrinks by leaving out leaves.
pub fn cases(subject: &'static Subject, of: For) -> impl Strategy<Value = Case> {
    let generator = subject.generator(of);
    any::<u64>().no_shrink().prop_flat_map(move |seed| {
        let choices = subject.choices(of, seed);
        let count = choices.len();
        subsequence(choices, 0..=count).prop_map(move |choices| Case { subject, instance: generator.build(&choices) })
    })
}

fn show_node(dataset: &Dataset, instance: &Instance, at: NodeIx, depth: usize, text: &mut String) {
    for child in instance.children(at) {
        let node = instance.node(child);
        let concept = dataset.get(node.concept);
        let _ = write!(text, "{:1$}{2} {3}", "", depth * 2, concept.number, concept.name);
        if let Some(content) = &node.content {
            let _ = write!(text, " = {content:?}");
        }
        text.push('\n');
        show_node(dataset, instance, child, depth + 1, text);
    }
}
