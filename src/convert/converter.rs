//! The converter.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::kinds::{self, MessageKind};
use super::stated::stated;
use super::{Error, Format, Place, Withdrawal, excess, labels, units};
use crate::ada::{self, ReferenceDay};
use crate::dataset::{Code, ConceptIx, Content, Dataset, Instance, Node, NodeIx, Text, Value};
use crate::fhir::{self, BundleType, IdKey, Syntax};
use crate::hl7v3;
use crate::ledger::{BrokenRule, Demand, Ledger, Unmet, Unwritten};
use crate::plan::fhir::FhirPlan;
use crate::plan::hl7v3::MessagePlan;
use crate::tables::Source;
use crate::tree::Limits;

/// Bytes that a resource mostly takes when written, with what a bundle has around it.
const USUAL_SIZE: usize = 1000;

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
    indented: bool,
    pub(super) id_key: Option<IdKey>,
    pub(super) reference_day: Option<ReferenceDay>,
    pub(super) current_pregnancy: Option<Arc<str>>,
    pub(super) case: Option<Arc<str>>,
    pub(super) as_kind: Option<Arc<AsKind>>,
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
    pub(super) kinds: Arc<Vec<MessageKind>>,
    pub(super) kind: usize,
}

impl Reading {
    /// The dataset that the instance is of.
    pub fn dataset(&self) -> &Dataset {
        &self.kinds[self.kind].dataset
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
    /// What the message demands and the case lacks, in the order of its lines: empty unless an HL7v3 message was written.
    /// Nothing was made up in its place.
    pub missing: Vec<Unmet>,
    /// How many FHIR resources the result holds.
    pub resources: usize,
    /// What the result takes back of an earlier delivery: nothing, unless by [`Converter::write_after`].
    pub withdrawal: Withdrawal,
}

/// What a writer made.
struct Written {
    output: String,
    unwritten: Vec<Unwritten>,
    unmet: Vec<Unmet>,
    broken: Vec<BrokenRule>,
    resources: usize,
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

    /// The kinds of message that the tables know.
    pub fn kinds(&self) -> &[MessageKind] {
        &self.kinds
    }

    /// Writes an instance that was made, not read, as a message of a kind.
    ///
    /// # Errors
    /// [`Error::NoBinding`] if the tables do not bind this kind of message to the format.
    pub fn write_instance(
        &self,
        kind: &MessageKind,
        instance: &Instance,
        format: Format,
    ) -> Result<(Vec<u8>, Vec<Unwritten>), Error> {
        let written = self.write_kind(kind, instance, &[], format)?;
        Ok((written.output.into_bytes(), written.unwritten))
    }

    /// Writes what was read in a format.
    ///
    /// # Errors
    /// [`Error::NoBinding`] if the tables do not bind this kind of message to the format.
    pub fn write(&self, reading: Reading, format: Format) -> Result<Outcome, Error> {
        self.write_withdrawing(reading, Withdrawal::default(), format)
    }

    pub(super) fn write_withdrawing(
        &self,
        reading: Reading,
        withdrawal: Withdrawal,
        format: Format,
    ) -> Result<Outcome, Error> {
        let kind = &reading.kinds[reading.kind];
        let Written { output, unwritten, mut unmet, broken, resources } =
            self.write_kind(kind, &reading.instance, &withdrawal.deleted, format)?;
        let mut ledger = reading.ledger.clone();
        for Unwritten { node, reason } in &unwritten {
            ledger.unwritten(&reading.instance, *node, *reason);
        }
        ledger.name_rules(&reading.instance, &unwritten, &broken);
        if format == Format::Hl7v3 {
            let unwritten: Vec<NodeIx> = unwritten.iter().map(|unwritten| unwritten.node).collect();
            let absent = reading.instance.missing(&kind.dataset, &unwritten);
            let told: HashSet<ConceptIx> = unmet.iter().map(|unmet| unmet.concept).collect();
            let untold = absent.into_iter().filter(|concept| !told.contains(concept));
            unmet.extend(untold.map(|concept| Unmet { concept, demand: Demand::Absent, line: None, filler: None }));
        }
        Ok(Outcome { output: output.into_bytes(), ledger, missing: unmet, reading, resources, withdrawal })
    }

    /// Reads an input and writes it in a format.
    ///
    /// # Errors
    /// As [`Converter::read`] and [`Converter::write`].
    pub fn convert(&self, input: &[u8], format: Format) -> Result<Outcome, Error> {
        self.write(self.read(input)?, format)
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
        Ok(Reading { format, instance, ledger, resources, kinds: Arc::clone(&self.kinds), kind })
    }

    fn write_kind(
        &self,
        kind: &MessageKind,
        instance: &Instance,
        deleted: &[Text],
        format: Format,
    ) -> Result<Written, Error> {
        let (instance, withheld) = stated(kind, instance, format);
        let mut written = self.write_stated(kind, &instance, deleted, format)?;
        written.unwritten.extend(withheld);
        Ok(written)
    }

    fn write_stated(
        &self,
        kind: &MessageKind,
        instance: &Instance,
        deleted: &[Text],
        format: Format,
    ) -> Result<Written, Error> {
        let unbound = || Error::NoBinding { message: kind.title.clone(), format: format.name() };
        match format {
            Format::Hl7v3 => {
                let plan = kind.hl7v3.as_ref().ok_or_else(unbound)?;
                let hl7v3::Written { text, unwritten, unmet } = hl7v3::write(plan, &kind.dataset, instance);
                Ok(Written { output: text, unwritten, unmet, broken: Vec::new(), resources: 0 })
            }
            Format::Ada => {
                let (output, unwritten) = ada::write(instance, &kind.dataset, &kind.ada, &kind.terminology);
                Ok(Written { output, unwritten, unmet: Vec::new(), broken: Vec::new(), resources: 0 })
            }
            Format::FhirJson | Format::FhirXml | Format::FhirNdjson => {
                let plan = kind.fhir.as_ref().ok_or_else(unbound)?;
                Ok(self.write_fhir(plan, kind, instance, deleted, format))
            }
        }
    }

    fn write_fhir(
        &self,
        plan: &FhirPlan,
        kind: &MessageKind,
        instance: &Instance,
        deleted: &[Text],
        format: Format,
    ) -> Written {
        let bundled = format != Format::FhirNdjson;
        let mut composition =
            fhir::Composition::of(plan, &kind.dataset, &kind.terminology, instance, self.id_key.as_ref(), bundled);
        let resources = composition.resources();
        let mut output = String::with_capacity(resources * USUAL_SIZE);
        let syntax = match format {
            Format::FhirXml => Syntax::Xml,
            _ => Syntax::Json { indented: self.indented },
        };
        if bundled {
            fhir::write_bundle(&mut composition, deleted, self.bundle, syntax, &mut output);
        } else {
            fhir::write_ndjson(&mut composition, &mut output);
        }
        let (unwritten, broken) = composition.unwritten();
        Written { output, unwritten, unmet: Vec::new(), broken, resources }
    }

    /// The limits on one input.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}
