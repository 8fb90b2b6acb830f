//! The converter.

use std::path::Path;
use std::sync::Arc;

use super::kinds::{self, MessageKind};
use super::transmission::{Given, Transmission, TransmissionFault};
use super::{Error, Format, Place, Target, Withdrawal, excess, labels, units};
use crate::ada::ReferenceDay;
use crate::dataset::{Code, Content, Dataset, Instance, Node, Value};
use crate::fhir::{BundleType, IdKey};
use crate::ledger::{Ledger, Unmet};
use crate::plan::hl7v3::MessagePlan;
use crate::tables::Source;
use crate::tree::Limits;

/// Converts birth-care records between formats.
///
/// It is immutable once made, and can be shared between threads.
///
/// ```
/// use ooievaar::{Converter, Format};
///
/// let converter = Converter::new()?;
/// let message = include_bytes!("../../fixtures/kernset-2.3/minimal.xml");
/// let outcome = converter.convert(message, Format::FhirJson)?;
/// assert!(outcome.ledger.is_balanced());
/// assert!(outcome.output.starts_with(b"{"));
/// # Ok::<(), ooievaar::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Converter {
    pub(super) kinds: Arc<Vec<MessageKind>>,
    pub(super) limits: Limits,
    pub(super) bundle: BundleType,
    pub(super) indented: bool,
    pub(super) id_key: Option<IdKey>,
    pub(super) reference_day: Option<ReferenceDay>,
    pub(super) current_pregnancy: Option<Arc<str>>,
    pub(super) case: Option<Arc<str>>,
    pub(super) as_kind: Option<Arc<AsKind>>,
    /// The position of the kind as which FHIR is read, whatever it says.
    pub(super) fhir_as: Option<usize>,
    /// The position of the kind that is written, whatever was read.
    pub(super) message: Option<usize>,
    /// By kind.
    pub(super) given: Option<Arc<Vec<Option<Given>>>>,
}

/// As what every message is read.
#[derive(Debug)]
pub(super) struct AsKind {
    /// The position of the kind.
    pub at: usize,
    pub plan: MessagePlan,
}

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
    pub(super) kinds: Arc<Vec<MessageKind>>,
    pub(super) kind: usize,
}

impl Reading {
    /// The dataset that the instance is of.
    pub fn dataset(&self) -> &Dataset {
        &self.kinds[self.kind].dataset
    }

    /// The name of the kind of message: its folder in the tables.
    pub fn message(&self) -> &str {
        &self.kinds[self.kind].name
    }

    /// What people call this kind of message.
    pub fn title(&self) -> &str {
        &self.kinds[self.kind].title
    }

    /// The codes that are no member of the value set of their concept, with the leaf that holds each.
    pub fn unknown_codes(&self) -> impl Iterator<Item = (&Node, &Code)> {
        let kind = &self.kinds[self.kind];
        self.instance.leaves().filter_map(|(_, node, content)| {
            let Content::Value(Value::Code(code)) = content else { return None };
            let members = kind.terminology.value_set_of(kind.dataset.get(node.concept))?;
            members.find(&code.code, &code.system).is_none().then_some((node, code))
        })
    }

    /// The same, if a clinical value was understood: one of a concept that is about more than who and where, and how it
    /// was sent.
    pub(super) fn with_content(self) -> Result<Self, Error> {
        let kind = &self.kinds[self.kind];
        let is_clinical =
            |node: &Node| matches!(node.content, Some(Content::Value(_))) && kind.dataset.is_clinical(node.concept);
        if self.instance.nodes().any(|(_, node)| is_clinical(node)) {
            return Ok(self);
        }
        Err(Error::NothingClinical { read: self.ledger.total, lost: self.ledger.lost_leaves() })
    }

    /// What people call a code system (an OID), if the tables know it.
    pub fn system_name(&self, oid: &str) -> Option<&str> {
        self.kinds[self.kind].terminology.systems().name(oid)
    }
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
    /// The position of the kind that was written.
    pub(super) written: usize,
    /// What the message demands and the case lacks, in the order of its lines: empty unless an HL7v3 message was written.
    /// Nothing was made up in its place.
    pub missing: Vec<Unmet>,
    /// How many FHIR resources the result holds.
    pub resources: usize,
    /// What the result takes back of an earlier delivery: nothing, unless by [`Converter::write_after`].
    pub withdrawal: Withdrawal,
}

impl Outcome {
    /// The dataset of what was written, of which the concepts in `missing` are: that of what was read, unless another kind of
    /// message was written.
    pub fn dataset(&self) -> &Dataset {
        &self.reading.kinds[self.written].dataset
    }

    /// The name of the kind of message that was written.
    pub fn message(&self) -> &str {
        &self.reading.kinds[self.written].name
    }
}

impl Converter {
    /// A converter with the built-in tables.
    ///
    /// # Errors
    /// [`Error::Tables`], which would be a bug: the built-in tables are tested.
    pub fn new() -> Result<Self, Error> {
        Self::from_source(&Source::Embedded)
    }

    /// A converter with the tables in a folder that is laid out as `mappings/`.
    ///
    /// # Errors
    /// [`Error::Tables`] with the first fault.
    pub fn from_dir(folder: &Path) -> Result<Self, Error> {
        Self::from_source(&Source::Folder(folder.to_owned()))
    }

    /// A converter with the tables of a source.
    ///
    /// # Errors
    /// [`Error::Tables`] with the first fault.
    pub fn from_source(source: &Source) -> Result<Self, Error> {
        Ok(Self {
            kinds: Arc::new(kinds::load(source)?),
            limits: Limits::default(),
            bundle: BundleType::default(),
            indented: false,
            id_key: None,
            reference_day: None,
            current_pregnancy: None,
            case: None,
            as_kind: None,
            fhir_as: None,
            message: None,
            given: None,
        })
    }

    /// The same converter with other limits on its input.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same converter, making bundles of this type.
    #[must_use]
    pub fn with_bundle(self, bundle: BundleType) -> Self {
        Self { bundle, ..self }
    }

    /// The same converter, indenting the JSON that it writes, for people.
    #[must_use]
    pub fn with_indent(self, indented: bool) -> Self {
        Self { indented, ..self }
    }

    /// The same converter, in which a BSN may enter an id, under this secret.
    #[must_use]
    pub fn with_id_key(self, key: IdKey) -> Self {
        Self { id_key: Some(key), ..self }
    }

    /// The same converter, with the day that relative dates in ADA instances count from.
    #[must_use]
    pub fn with_reference_day(self, day: ReferenceDay) -> Self {
        Self { reference_day: Some(day), ..self }
    }

    /// The same converter, to which it is said which pregnancy of the FHIR that it reads is the current one: the id of its
    /// Condition, a reference to it (`Condition/<id>`, or its `fullUrl`), or an identifier (`<system>|<value>`, or the value
    /// alone); or one of these of the record (`EpisodeOfCare`) that refers to it.
    ///
    /// Without it, it is the only pregnancy, or the one that the record refers to. A source that leaves several is not read:
    /// [`Error::WhichPregnancy`].
    ///
    /// ```
    /// use ooievaar::{Converter, Error};
    ///
    /// let two = br#"{"resourceType": "Bundle", "type": "collection", "entry": [
    ///   {"resource": {"resourceType": "Condition", "id": "first",
    ///     "code": {"coding": [{"system": "http://snomed.info/sct", "code": "118185001"}]}}},
    ///   {"resource": {"resourceType": "Condition", "id": "second",
    ///     "code": {"coding": [{"system": "http://snomed.info/sct", "code": "118185001"}]}}},
    ///   {"resource": {"resourceType": "Observation", "context": {"display": "none"}, "valueQuantity": {"value": 2},
    ///     "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}}]}"#;
    /// let converter = Converter::new()?;
    /// assert!(matches!(converter.read(two), Err(Error::WhichPregnancy { candidates }) if candidates.len() == 2));
    /// let reading = converter.with_current_pregnancy("Condition/second").read(two)?;
    /// assert!(reading.instance.leaves().count() > 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_current_pregnancy(self, reference: &str) -> Self {
        Self { current_pregnancy: Some(reference.into()), ..self }
    }

    /// The same converter, to which it is said which of several cases in FHIR is meant: the id of its record
    /// (`EpisodeOfCare`) or woman, a reference to it (`EpisodeOfCare/<id>`, or its `fullUrl`), or an identifier
    /// (`<system>|<value>`, or the value alone); or one of these of something that belongs to that case alone.
    ///
    /// Without it, an input with several cases is not read: [`Error::WhichCase`]. [`Converter::read_each`] reads all of them.
    ///
    /// ```
    /// use ooievaar::{Converter, Error};
    ///
    /// let two = br#"{"resourceType": "Observation", "subject": {"reference": "Patient/a"}, "valueQuantity": {"value": 2},
    ///     "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}
    /// {"resourceType": "Observation", "subject": {"reference": "Patient/b"}, "valueQuantity": {"value": 3},
    ///     "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}"#.as_slice();
    /// let lines: Vec<&[u8]> = two.split(|byte| *byte == b'\n').collect();
    /// let (a, b) = (lines[..2].concat(), lines[2..].concat());
    /// let converter = Converter::new()?;
    /// let refused = converter.read_case(&[&a, &b]).unwrap_err();
    /// assert_eq!(refused, Error::WhichCase { candidates: vec!["Patient/a".to_owned(), "Patient/b".to_owned()] });
    /// let reading = converter.with_case("Patient/b").read_case(&[&a, &b])?;
    /// assert_eq!(reading.instance.leaves().count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_case(self, reference: &str) -> Self {
        Self { case: Some(reference.into()), ..self }
    }

    /// The same converter, which reads every HL7v3 message and CDA document as one of this kind, whatever the template of
    /// its payload says. What the two do not have in common is a loss.
    ///
    /// # Errors
    /// [`Error::NoSuchKind`] if the tables have no message with this name (its folder, as `kernset-2.3`).
    pub fn with_kind(self, name: &str) -> Result<Self, Error> {
        let messages = || self.kinds.iter().enumerate().filter_map(|(at, kind)| Some((at, kind, kind.hl7v3.as_ref()?)));
        let Some((at, _, plan)) = messages().find(|(_, kind, _)| kind.name == name) else {
            return Err(Error::NoSuchKind { known: messages().map(|(_, kind, _)| kind.name.clone()).collect() });
        };
        let plan = plan.of_any_template();
        Ok(Self { as_kind: Some(Arc::new(AsKind { at, plan })), ..self })
    }

    /// The same converter, which adds this to the messages that it writes (HL7v3, ADA), where the case does not say it itself. The
    /// id and the time of a message are then made of the case, the same each time, unless they are given or the case says them.
    ///
    /// # Errors
    /// If it has a key that the transmission of no kind of message has, or a value of another form.
    pub fn with_transmission(self, transmission: &Transmission) -> Result<Self, TransmissionFault> {
        let given: Result<Vec<_>, _> = self.kinds.iter().map(|kind| Given::new(transmission, kind)).collect();
        Ok(Self { given: Some(Arc::new(given?)), ..self })
    }

    /// The kinds of message that the tables know.
    pub fn kinds(&self) -> &[MessageKind] {
        &self.kinds
    }

    /// Reads an input and writes it in a format, as the kind of message that it is or as another.
    ///
    /// # Errors
    /// As [`Converter::read`] and [`Converter::write`].
    pub fn convert(&self, input: &[u8], target: impl Into<Target>) -> Result<Outcome, Error> {
        self.write(self.read(input)?, target)
    }

    /// What was read, with what is told of it whatever the format. `text` is what positions are in, if they are in one text.
    ///
    /// # Errors
    /// If it says of one person that she is two.
    pub(super) fn reading(
        &self,
        format: Format,
        kind: usize,
        (mut instance, mut ledger): (Instance, Ledger),
        resources: usize,
        text: Option<&str>,
    ) -> Result<Reading, Error> {
        if let Some(second) = instance.second_number(&self.kinds[kind].dataset) {
            let position = instance.node(second).origin.position as usize;
            return Err(Error::TwoPersons { place: text.map(|text| Place::of(text, position)) });
        }
        excess::cut(&self.kinds[kind], &mut instance, &mut ledger);
        units::tell(&self.kinds[kind], &mut instance, &mut ledger);
        labels::tell(&self.kinds[kind], &mut instance, &mut ledger);
        Ok(Reading { format, instance, ledger, resources, is_chosen: false, kinds: Arc::clone(&self.kinds), kind })
    }

    /// The limits on one input.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}
