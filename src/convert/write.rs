//! Writing what was read, or made, in a format.

use std::collections::HashSet;
use std::sync::Arc;

use super::stated::stated;
use super::target::{self, Target};
use super::{Converter, Error, Format, Outcome, Reading, Withdrawal};
use crate::ada;
use crate::dataset::{ConceptIx, Instance, NodeIx, Text};
use crate::fhir::{self, Positions, Syntax};
use crate::hl7v3;
use crate::ledger::{BrokenRule, Demand, Unmet, Unwritten};
use crate::plan::MessageKind;
use crate::plan::fhir::FhirPlan;

/// Bytes that a resource mostly takes when written, with what a bundle has around it.
const USUAL_SIZE: usize = 1000;

/// A message or bundle made of an instance, see [`Converter::write_instance`].
#[derive(Clone, Debug)]
pub struct Written {
    /// The result.
    pub output: Vec<u8>,
    /// The leaves for which it has no place.
    pub unwritten: Vec<Unwritten>,
    /// What the message demands and the instance lacks, see [`Outcome::missing`].
    pub missing: Vec<Unmet>,
}

/// What a writer made.
struct Draft {
    output: String,
    unwritten: Vec<Unwritten>,
    unmet: Vec<Unmet>,
    broken: Vec<BrokenRule>,
    resources: usize,
    person: Option<Text>,
}

/// What an earlier delivery asks of a later one.
#[derive(Default)]
pub(super) struct Sequel {
    pub withdrawal: Withdrawal,
    /// Where the occurrences of what was read stand in ids.
    pub positions: Positions,
}

impl Converter {
    /// Writes an instance that was made, not read, as a message of a kind.
    ///
    /// # Errors
    /// [`Error::NoBinding`] if the tables do not bind this kind of message to the format.
    pub fn write_instance(&self, kind: &MessageKind, instance: &Instance, format: Format) -> Result<Written, Error> {
        let Draft { output, unwritten, unmet, .. } =
            self.write_kind(kind, instance, &Sequel::default(), None, format)?;
        Ok(Written { output: output.into_bytes(), unwritten, missing: unmet })
    }

    /// Writes what was read in a format, as the kind of message that it is or as another. What that other does not have is lost
    /// ([`Reason::NotInDataset`](crate::ledger::Reason::NotInDataset)).
    ///
    /// # Errors
    /// [`Error::NoBinding`] if the tables do not bind the kind of message to the format; [`Error::NoSuchKind`] if they have none of
    /// the name.
    pub fn write(&self, reading: Reading, target: impl Into<Target>) -> Result<Outcome, Error> {
        self.write_sequel(reading, Sequel::default(), &target.into())
    }

    pub(super) fn write_sequel(&self, mut reading: Reading, sequel: Sequel, target: &Target) -> Result<Outcome, Error> {
        let (format, written) = (target.format, self.target(target, reading.kind.position)?);
        let written = Arc::clone(self.kinds.get(written)?);
        if written.position != reading.kind.position {
            return self.write_as(reading, sequel, format, written);
        }
        let kind = &*written;
        let is_sending_given = self.given.is_some();
        let unused = self.complete(format, kind, &mut reading.instance);
        let mut ledger = reading.ledger.clone();
        let Draft { output, unwritten, unmet, broken, resources, person } =
            self.write_kind(kind, &reading.instance, &sequel, Some(reading.format), format)?;
        for Unwritten { node, reason } in &unwritten {
            ledger.unwritten(&reading.instance, *node, *reason);
        }
        ledger.name_rules(&reading.instance, &unwritten, &broken);
        let missing = missing(kind, &reading.instance, format, &unwritten, unmet);
        let (output, withdrawal) = (output.into_bytes(), sequel.withdrawal);
        Ok(Outcome {
            output,
            ledger,
            reading,
            written,
            missing,
            unused,
            resources,
            person,
            is_sending_given,
            withdrawal,
        })
    }

    /// The same as another kind of message than was read.
    fn write_as(
        &self,
        reading: Reading,
        mut sequel: Sequel,
        format: Format,
        written: Arc<MessageKind>,
    ) -> Result<Outcome, Error> {
        let kind = &*written;
        let (mut moved, mut left) = target::moved(&reading.kind, kind, &reading.instance);
        if !moved.instance.holds_clinical(&kind.dataset) && reading.instance.holds_clinical(reading.dataset()) {
            let lost = reading.ledger.translated + reading.ledger.lost_leaves();
            return Err(Error::NothingClinical { read: reading.ledger.total, lost });
        }
        let is_sending_given = self.given.is_some();
        let unused = self.complete(format, kind, &mut moved.instance);
        sequel.positions = sequel.positions.moved(&moved.instance, |node| moved.source(node));
        let Draft { output, unwritten, unmet, broken, resources, person } =
            self.write_kind(kind, &moved.instance, &sequel, Some(reading.format), format)?;
        let missing = missing(kind, &moved.instance, format, &unwritten, unmet);
        // What is told is of the source.
        let of_source = |node: NodeIx| moved.source(node);
        left.extend(unwritten.iter().filter_map(|own| of_source(own.node).map(|node| Unwritten { node, ..*own })));
        let broken: Vec<BrokenRule> =
            broken.into_iter().filter_map(|rule| Some(BrokenRule { node: of_source(rule.node)?, ..rule })).collect();
        let mut ledger = reading.ledger.clone();
        for Unwritten { node, reason } in &left {
            ledger.unwritten(&reading.instance, *node, *reason);
        }
        ledger.name_rules(&reading.instance, &left, &broken);
        let (output, withdrawal) = (output.into_bytes(), sequel.withdrawal);
        Ok(Outcome {
            output,
            ledger,
            reading,
            written,
            missing,
            unused,
            resources,
            person,
            is_sending_given,
            withdrawal,
        })
    }

    /// Adds what is given of the transmission, where the case does not say it. What the case says is given back.
    fn complete(&self, format: Format, kind: &MessageKind, instance: &mut Instance) -> Vec<ConceptIx> {
        if !matches!(format, Format::Hl7v3 | Format::Ada) {
            return Vec::new();
        }
        let given = self.given.as_ref().and_then(|given| given.get(kind.position)?.as_ref());
        match given.zip(kind.sending.as_ref()) {
            Some((given, sending)) => given.complete(kind, sending, instance),
            None => Vec::new(),
        }
    }

    fn write_kind(
        &self,
        kind: &MessageKind,
        instance: &Instance,
        sequel: &Sequel,
        from: Option<Format>,
        format: Format,
    ) -> Result<Draft, Error> {
        let (instance, withheld) = stated(kind, instance, from, format);
        let mut written = self.write_stated(kind, &instance, sequel, format)?;
        written.unwritten.extend(withheld);
        Ok(written)
    }

    fn write_stated(
        &self,
        kind: &MessageKind,
        instance: &Instance,
        sequel: &Sequel,
        format: Format,
    ) -> Result<Draft, Error> {
        let unbound = || Error::NoBinding { message: kind.title.clone(), format: format.name() };
        match format {
            Format::Hl7v3 => {
                let plan = kind.hl7v3.as_ref().ok_or_else(unbound)?;
                let hl7v3::Written { text, unwritten, unmet } =
                    hl7v3::write(plan, &kind.dataset, &kind.terminology, instance);
                Ok(Draft { output: text, unwritten, unmet, broken: Vec::new(), resources: 0, person: None })
            }
            Format::Ada => {
                let ada::Written { text, unwritten, unmet, broken } =
                    ada::write(instance, &kind.dataset, &kind.ada, &kind.terminology);
                Ok(Draft { output: text, unwritten, unmet, broken, resources: 0, person: None })
            }
            Format::FhirJson | Format::FhirXml | Format::FhirNdjson => {
                let plan = kind.fhir.as_ref().ok_or_else(unbound)?;
                Ok(self.write_fhir(plan, kind, instance, sequel, format))
            }
        }
    }

    fn write_fhir(
        &self,
        plan: &FhirPlan,
        kind: &MessageKind,
        instance: &Instance,
        sequel: &Sequel,
        format: Format,
    ) -> Draft {
        let bundled = format != Format::FhirNdjson;
        let (key, positions) = (self.id_key.as_ref(), &sequel.positions);
        let mut composition =
            fhir::Composition::of(plan, &kind.dataset, &kind.terminology, instance, key, bundled, positions);
        let (resources, person) = (composition.resources(), composition.person());
        let mut output = String::with_capacity(resources * USUAL_SIZE);
        let syntax = match format {
            Format::FhirXml => Syntax::Xml,
            _ => Syntax::Json { indented: self.indented },
        };
        if bundled {
            fhir::write_bundle(&mut composition, &sequel.withdrawal.deleted, self.bundle, syntax, &mut output);
        } else {
            fhir::write_ndjson(&mut composition, &mut output);
        }
        let (unwritten, broken) = composition.unwritten();
        Draft { output, unwritten, unmet: Vec::new(), broken, resources, person }
    }
}

/// What a message demands and a case lacks: as the writer found it, and what the transaction wants besides.
fn missing(
    kind: &MessageKind,
    instance: &Instance,
    format: Format,
    unwritten: &[Unwritten],
    mut unmet: Vec<Unmet>,
) -> Vec<Unmet> {
    if format == Format::Hl7v3 {
        let unwritten: Vec<NodeIx> = unwritten.iter().map(|unwritten| unwritten.node).collect();
        let absent = instance.missing(&kind.dataset, &unwritten);
        let told: HashSet<ConceptIx> = unmet.iter().map(|unmet| unmet.concept).collect();
        let untold = absent.into_iter().filter(|concept| !told.contains(concept));
        unmet.extend(untold.map(|concept| Unmet { concept, demand: Demand::Absent, line: None, filler: None }));
    }
    unmet
}
