//! The converter.

use std::path::Path;
use std::sync::Arc;

use super::kinds::Kinds;
use super::reading::Outcome;
use super::transmission::{Given, Transmission, TransmissionFault};
use super::{Error, Target};
use crate::ada::ReferenceDay;
use crate::fhir::{BundleType, IdKey};
use crate::plan::Head;
use crate::plan::MessageKind;
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
    pub(super) kinds: Arc<Kinds>,
    pub(super) limits: Limits,
    pub(super) bundle: BundleType,
    pub(super) indented: bool,
    pub(super) id_key: Option<IdKey>,
    pub(super) reference_day: Option<ReferenceDay>,
    pub(super) current: Option<Arc<str>>,
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

impl Converter {
    /// A converter with the built-in tables.
    ///
    /// # Errors
    /// [`Error::Tables`], which would be a bug: the built-in tables are tested.
    pub fn new() -> Result<Self, Error> {
        Self::from_source(&Source::Embedded)
    }

    /// A converter with the tables in a folder that is laid out as `mappings/`. Those of a kind of message are compiled when it
    /// is first needed: see [`Converter::ready`].
    ///
    /// # Errors
    /// [`Error::Tables`] with the first fault in what tells the kinds.
    pub fn from_dir(folder: &Path) -> Result<Self, Error> {
        Self::from_source(&Source::Folder(folder.to_owned()))
    }

    /// A converter with the tables of a source, compiled as those of [`Converter::from_dir`].
    ///
    /// # Errors
    /// [`Error::Tables`] with the first fault in what tells the kinds.
    pub fn from_source(source: &Source) -> Result<Self, Error> {
        Ok(Self {
            kinds: Arc::new(Kinds::load(source)?),
            limits: Limits::default(),
            bundle: BundleType::default(),
            indented: false,
            id_key: None,
            reference_day: None,
            current: None,
            case: None,
            as_kind: None,
            fhir_as: None,
            message: None,
            given: None,
        })
    }

    /// The same converter, with the tables of all kinds of message compiled. A service asks for this when it starts: then a fault
    /// in its tables is met there, and no message waits for them.
    ///
    /// ```
    /// use ooievaar::{Converter, Error};
    ///
    /// let converter = Converter::new()?.ready()?;
    /// assert!(converter.kind_names().any(|name| name == "kernset-2.3"));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Tables`] with the first fault in the tables of any of them.
    pub fn ready(self) -> Result<Self, Error> {
        self.kinds()?;
        Ok(self)
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

    /// The same converter, to which it is said which resource of the FHIR that it reads is what there is one of (the current
    /// pregnancy, among earlier ones that look the same): its id, a reference to it (`Condition/<id>`, or its `fullUrl`), or an
    /// identifier (`<system>|<value>`, or the value alone); or one of these of the record (`EpisodeOfCare`) that refers to it.
    ///
    /// Without it, it is the only one, or the one that the record refers to. A source that leaves several is not read:
    /// [`Error::WhichCurrent`].
    ///
    /// ```
    /// use ooievaar::{Converter, Error};
    ///
    /// let two = br#"{"resourceType": "Bundle", "type": "collection", "entry": [
    ///   {"resource": {"resourceType": "Condition", "id": "first",
    ///     "code": {"coding": [{"system": "http://snomed.info/sct", "code": "118185001"}]}}},
    ///   {"resource": {"resourceType": "Condition", "id": "second",
    ///     "code": {"coding": [{"system": "http://snomed.info/sct", "code": "118185001"}]}}},
    ///   {"resource": {"resourceType": "Observation", "valueQuantity": {"value": 1},
    ///     "extension": [{"url": "http://nictiz.nl/fhir/StructureDefinition/observation-focusSTU3",
    ///       "valueReference": {"reference": "Condition/first"}}],
    ///     "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}},
    ///   {"resource": {"resourceType": "Observation", "valueQuantity": {"value": 2},
    ///     "extension": [{"url": "http://nictiz.nl/fhir/StructureDefinition/observation-focusSTU3",
    ///       "valueReference": {"reference": "Condition/second"}}],
    ///     "code": {"coding": [{"system": "http://loinc.org", "code": "11996-6"}]}}}]}"#;
    /// let converter = Converter::new()?;
    /// assert!(matches!(converter.read(two), Err(Error::WhichCurrent { candidates }) if candidates.len() == 2));
    /// let reading = converter.with_current("Condition/second").read(two)?;
    /// assert!(reading.instance.leaves().count() > 0);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_current(self, reference: &str) -> Self {
        Self { current: Some(reference.into()), ..self }
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
        let messages = || self.kinds.heads().iter().enumerate().filter(|(_, head)| !head.roots.is_empty());
        let unknown = || Error::NoSuchKind { known: messages().map(|(_, head)| head.name.clone()).collect() };
        let (at, _) = messages().find(|(_, head)| head.name == name).ok_or_else(unknown)?;
        let plan = self.kinds.get(at)?.hl7v3.as_ref().ok_or_else(unknown)?;
        let plan = plan.of_any_template();
        Ok(Self { as_kind: Some(Arc::new(AsKind { at, plan })), ..self })
    }

    /// The same converter, which adds this to the messages that it writes (HL7v3, ADA), where the case does not say it itself. The
    /// id and the time of a message are then made of the case, the same each time, unless they are given or the case says them.
    ///
    /// # Errors
    /// If it has a key that the transmission of a kind of message does not have, or a value of another form; if the tables of a kind
    /// that has a transmission are faulty.
    pub fn with_transmission(self, transmission: &Transmission) -> Result<Self, TransmissionFault> {
        let given = |(at, head): (usize, &Head)| {
            if !head.is_sent {
                return Ok(None);
            }
            let kind = self.kinds.get(at).map_err(|fault| TransmissionFault::Tables(Box::new(fault)))?;
            Given::new(transmission, kind)
        };
        let given = self.kinds.heads().iter().enumerate().map(given).collect::<Result<_, _>>()?;
        Ok(Self { given: Some(Arc::new(given)), ..self })
    }

    /// The names of the kinds of message that the tables know, in their order.
    pub fn kind_names(&self) -> impl Iterator<Item = &str> {
        self.kinds.heads().iter().map(|head| head.name.as_str())
    }

    /// The kind of message of a name.
    ///
    /// # Errors
    /// [`Error::NoSuchKind`] if the tables have none of the name; [`Error::Tables`] with the first fault in its tables.
    pub fn kind(&self, name: &str) -> Result<&MessageKind, Error> {
        let at = self.kind_called(name)?;
        self.kinds.get(at).map(AsRef::as_ref)
    }

    /// All kinds of message that the tables know, in their order.
    ///
    /// # Errors
    /// [`Error::Tables`] with the first fault in the tables of any of them.
    pub fn kinds(&self) -> Result<Vec<&MessageKind>, Error> {
        (0..self.kinds.heads().len()).map(|at| self.kinds.get(at).map(AsRef::as_ref)).collect()
    }

    /// Reads an input and writes it in a format, as the kind of message that it is or as another.
    ///
    /// # Errors
    /// As [`Converter::read`] and [`Converter::write`].
    pub fn convert(&self, input: &[u8], target: impl Into<Target>) -> Result<Outcome, Error> {
        self.write(self.read(input)?, target)
    }

    /// The limits on one input.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}
