//! The converter.

use std::path::Path;
use std::sync::Arc;

use super::detect::{self, Sniffed};

use super::kinds::{self, MessageKind};
use super::resources::Resources;
use super::{Error, Format, Place, units};
use crate::ada::{self, ReferenceDay};
use crate::dataset::{Code, ConceptIx, Content, Dataset, Instance, NodeIx, Value};
use crate::fhir::{self, BundleType, IdKey, Syntax};
use crate::hl7v3;
use crate::ledger::{Ledger, Unwritten, shown_name};
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
    bundle: BundleType,
    indented: bool,
    id_key: Option<IdKey>,
    reference_day: Option<ReferenceDay>,
    pub(super) current_pregnancy: Option<Arc<str>>,
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

    /// The codes that are no member of the value set of their concept.
    pub fn unknown_codes(&self) -> impl Iterator<Item = (ConceptIx, &Code)> {
        let kind = &self.kinds[self.kind];
        self.instance.leaves().filter_map(|(_, node, content)| {
            let Content::Value(Value::Code(code)) = content else { return None };
            let members = kind.terminology.value_set_of(kind.dataset.get(node.concept))?;
            members.find(&code.code, &code.system).is_none().then_some((node.concept, code))
        })
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
    /// Concepts that the message demands and the case lacks: empty unless an HL7v3 message was written. Nothing was
    /// made up in their place.
    pub missing: Vec<ConceptIx>,
    /// How many FHIR resources the result holds.
    pub resources: usize,
}

/// What a writer made.
struct Written {
    output: String,
    unwritten: Vec<Unwritten>,
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
        self.write_kind(kind, instance, format).map(|written| (written.output.into_bytes(), written.unwritten))
    }

    /// The format of an input.
    ///
    /// # Errors
    /// If it is nothing that can be read.
    pub fn detect(&self, input: &[u8]) -> Result<Format, Error> {
        let text = detect::text(input, &self.limits)?;
        match detect::sniff(&text, &self.limits)? {
            Sniffed::Json(_) => Ok(Format::FhirJson),
            Sniffed::Lines(_) => Ok(Format::FhirNdjson),
            Sniffed::Xml(document) => match self.xml_format(&document) {
                Some(format) => Ok(format),
                None => self.message_kind(&document).map(|_| Format::Hl7v3),
            },
        }
    }

    /// Reads an input of any format into a dataset instance.
    ///
    /// # Errors
    /// If it is nothing that can be read. What cannot be understood within it is a loss in the ledger.
    pub fn read(&self, input: &[u8]) -> Result<Reading, Error> {
        let text = detect::text(input, &self.limits)?;
        let sniffed = detect::sniff(&text, &self.limits)?;
        match &sniffed {
            Sniffed::Xml(document) if self.xml_format(document) != Some(Format::FhirXml) => {
                let (format, kind, (instance, ledger)) = self.read_xml(document, &text)?;
                Ok(self.reading(format, kind, instance, ledger, 0))
            }
            resources => {
                let mut read = Resources::default();
                let format = self.add_resources(resources, &text, &mut read)?;
                self.read_resources(&read, format)
            }
        }
    }

    /// Reads several inputs that together are one case: FHIR bundles and loose resources, in JSON, NDJSON or XML. Positions
    /// count on from one input to the next.
    ///
    /// ```
    /// let converter = ooievaar::Converter::new()?;
    /// let woman = br#"{"resourceType": "Patient", "id": "w", "birthDate": "1990-02-03",
    ///   "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/bc-Woman"]}}"#;
    /// let gravidity = br#"<Observation xmlns="http://hl7.org/fhir"><code><coding><system value="http://loinc.org"/>
    ///   <code value="11996-6"/></coding></code><subject><reference value="Patient/w"/></subject>
    ///   <valueQuantity><value value="2"/></valueQuantity></Observation>"#;
    /// let reading = converter.read_case(&[&woman[..], &gravidity[..]])?;
    /// assert_eq!(reading.instance.leaves().count(), 2);
    /// # Ok::<(), ooievaar::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Converter::read`]; [`Error::Input`] says which input it is about. One input may be anything, several only FHIR.
    pub fn read_case<T: AsRef<[u8]>>(&self, inputs: &[T]) -> Result<Reading, Error> {
        if let [only] = inputs {
            return self.read(only.as_ref());
        }
        self.read_together(inputs)
    }

    /// Writes what was read in a format.
    ///
    /// # Errors
    /// [`Error::NoBinding`] if the tables do not bind this kind of message to the format.
    pub fn write(&self, reading: Reading, format: Format) -> Result<Outcome, Error> {
        let kind = &reading.kinds[reading.kind];
        let Written { output, unwritten, resources } = self.write_kind(kind, &reading.instance, format)?;
        let mut ledger = reading.ledger.clone();
        for Unwritten { node, reason } in &unwritten {
            ledger.unwritten(&reading.instance, *node, *reason);
        }
        let missing = if format == Format::Hl7v3 {
            let unwritten: Vec<NodeIx> = unwritten.iter().map(|unwritten| unwritten.node).collect();
            reading.instance.missing(&kind.dataset, &unwritten)
        } else {
            Vec::new()
        };
        Ok(Outcome { output: output.into_bytes(), ledger, missing, reading, resources })
    }

    /// Reads an input and writes it in a format.
    ///
    /// # Errors
    /// As [`Converter::read`] and [`Converter::write`].
    pub fn convert(&self, input: &[u8], format: Format) -> Result<Outcome, Error> {
        self.write(self.read(input)?, format)
    }

    /// What was read, with what is told of it whatever the format.
    pub(super) fn reading(
        &self,
        format: Format,
        kind: usize,
        mut instance: Instance,
        mut ledger: Ledger,
        resources: usize,
    ) -> Reading {
        units::tell(&self.kinds[kind], &mut instance, &mut ledger);
        Reading { format, instance, ledger, resources, kinds: Arc::clone(&self.kinds), kind }
    }

    fn read_xml(
        &self,
        document: &roxmltree::Document<'_>,
        text: &str,
    ) -> Result<(Format, usize, (Instance, Ledger)), Error> {
        if let Some(format) = self.xml_format(document) {
            return self.read_ada(document, text).map(|(kind, read)| (format, kind, read));
        }
        let kind = self.message_kind(document)?;
        let own = &self.kinds[kind];
        let plan = own.hl7v3.as_ref().ok_or_else(|| self.wrong_kind(document))?;
        let read = hl7v3::read(plan, &own.dataset, document).map_err(|refusal| match refusal {
            hl7v3::Refusal::WrongRoot => self.wrong_kind(document),
            hl7v3::Refusal::TakenBack { position } => Error::TakenBack { place: Place::of(text, position) },
        })?;
        Ok((Format::Hl7v3, kind, read))
    }

    fn read_ada(&self, document: &roxmltree::Document<'_>, text: &str) -> Result<(usize, (Instance, Ledger)), Error> {
        let root = document.root_element();
        // The transaction is the document element or stands two levels below it, beside anything.
        let nodes = std::iter::once(root).chain(root.children().flat_map(|child| child.children()));
        let mut names = nodes.filter(roxmltree::Node::is_element).map(|node| node.tag_name().name());
        let kind = names.find_map(|name| self.kinds.iter().position(|kind| kind.ada.is_root(name)));
        let kind = kind.ok_or_else(|| self.wrong_kind(document))?;
        let own = &self.kinds[kind];
        let read = ada::read_document(document, &own.dataset, &own.ada, &own.terminology, self.reference_day);
        read.map(|read| (kind, read)).map_err(|fault| match fault {
            ada::Error::ReferenceDay { line, column } => {
                Error::ReferenceDay { place: Place { line: line as usize, column: column as usize } }
            }
            ada::Error::Xml { line, column } => Error::Syntax {
                place: Place { line: line as usize, column: column as usize },
                message: "is no well-formed XML".to_owned(),
            },
            ada::Error::Root { .. } => Error::WrongKind {
                found: format!("an ADA document of another transaction ({} bytes)", text.len()),
                expected: self.expected(),
            },
        })
    }

    fn write_kind(&self, kind: &MessageKind, instance: &Instance, format: Format) -> Result<Written, Error> {
        let unbound = || Error::NoBinding { message: kind.title.clone(), format: format.name() };
        let bare = |(output, unwritten)| Written { output, unwritten, resources: 0 };
        match format {
            Format::Hl7v3 => {
                let plan = kind.hl7v3.as_ref().ok_or_else(unbound)?;
                Ok(bare(hl7v3::write(plan, &kind.dataset, instance)))
            }
            Format::Ada => Ok(bare(ada::write(instance, &kind.dataset, &kind.ada, &kind.terminology))),
            Format::FhirJson | Format::FhirXml | Format::FhirNdjson => {
                let plan = kind.fhir.as_ref().ok_or_else(unbound)?;
                Ok(self.write_fhir(plan, kind, instance, format))
            }
        }
    }

    fn write_fhir(&self, plan: &FhirPlan, kind: &MessageKind, instance: &Instance, format: Format) -> Written {
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
            fhir::write_bundle(&mut composition, self.bundle, syntax, &mut output);
        } else {
            fhir::write_ndjson(&mut composition, &mut output);
        }
        Written { output, unwritten: composition.unwritten(), resources }
    }

    /// True if an element of this name (without prefix) is where a message of a known kind begins. The elements inside
    /// a message that can also stand by themselves count only if `alone`: else what is around them may belong to it.
    pub fn begins_message(&self, local_name: &str, alone: bool) -> bool {
        let plans = self.kinds.iter().filter_map(|kind| kind.hl7v3.as_ref());
        let mut places = plans.filter_map(|plan| plan.root_names().position(|name| name == local_name));
        places.any(|place| alone || place == 0)
    }

    /// The limits on one input.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The format of a document, if its root element tells. An ADA document may be the transaction by itself.
    pub(super) fn xml_format(&self, document: &roxmltree::Document<'_>) -> Option<Format> {
        let root = document.root_element().tag_name();
        let is_transaction =
            || root.namespace().is_none() && self.kinds.iter().any(|kind| kind.ada.is_root(root.name()));
        detect::xml_format(document).or_else(|| is_transaction().then_some(Format::Ada))
    }

    /// The kind of message that a document is.
    fn message_kind(&self, document: &roxmltree::Document<'_>) -> Result<usize, Error> {
        let position = |fits: &dyn Fn(&MessagePlan) -> bool| {
            self.kinds.iter().position(|kind| kind.hl7v3.as_ref().is_some_and(fits))
        };
        let found = position(&|plan| hl7v3::recognises(plan, document));
        // A message of another release has the same document element: what it has in common is read.
        let related = || position(&|plan| hl7v3::has_root(plan, document));
        found.or_else(related).ok_or_else(|| self.wrong_kind(document))
    }

    pub(super) fn wrong_kind(&self, document: &roxmltree::Document<'_>) -> Error {
        let root = document.root_element().tag_name();
        Error::WrongKind {
            found: format!("XML that begins with <{}>", shown_name(root.name())),
            expected: self.expected(),
        }
    }

    pub(super) fn expected(&self) -> String {
        let messages = self.kinds.iter().filter(|kind| kind.hl7v3.is_some());
        let titles: Vec<&str> = messages.map(|kind| kind.title.as_str()).collect();
        format!("{} (HL7v3 or ADA), and FHIR STU3", titles.join(", "))
    }
}
