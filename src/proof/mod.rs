//! The proof that rows work in both directions: each value that a concept may have is written by its row and read
//! again.

mod apart;
mod copy;
mod fidelity;
mod rows;

pub use apart::apart;
pub use fidelity::fidelity;
pub use rows::TableRow;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::convert::{Converter, Error, Format, MessageKind, Written};
use crate::dataset::{ConceptIx, Content, Instance, Kind, Value};
use crate::generate::{Generator, Holding};
use crate::ledger::Reason;
use crate::plan::fhir::{Codec, FhirPlan, FieldIx, Place};
use crate::tables::Source;
use copy::Copied;
use rows::Rows;

/// What a row does to the values of its concept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every value comes back as it was.
    Exact,
    /// Every value comes back as it was; a code map translated some, and the original stands beside the translation.
    Kept,
    /// Some values do not arrive, and that is said; how many, for each reason.
    Lossy(BTreeMap<Reason, usize>),
    /// The row answers in its own words (a status) what another row says: so many values do not come back from it alone,
    /// and none comes back changed.
    Coarser(usize),
    /// Some values come back changed and nothing says so, or what was written of them is refused: a fault. How many.
    Changed(usize),
}

impl Verdict {
    /// Its name in reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Kept => "exact, original kept",
            Self::Lossy(_) => "lossy",
            Self::Coarser(_) => "coarser copy",
            Self::Changed(_) => "changed",
        }
    }

    /// True if every value comes back.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exact | Self::Kept)
    }
}

/// What was proved of one row.
#[derive(Clone, Debug)]
pub struct RowProof {
    /// The format that the row is about.
    pub format: Format,
    /// The concept of the row.
    pub concept: ConceptIx,
    /// The row.
    pub row: TableRow,
    /// How many values were tried.
    pub values: usize,
    /// What became of them.
    pub verdict: Verdict,
    /// The first value that does not come back.
    pub first: Option<Content>,
    /// True if the row says that there is no place: it claims nothing.
    pub placeless: bool,
}

impl RowProof {
    /// True if the row claims to be exact, and is not. Every row that names a place claims it; one that answers in
    /// its own words what another says claims only that it says nothing else.
    pub fn is_false(&self) -> bool {
        !self.placeless && !self.verdict.is_exact() && !matches!(self.verdict, Verdict::Coarser(_))
    }
}

/// Runs every row of a kind of message, of its ADA form and of its FHIR binding both ways over all values of its
/// concept, in the order of the dataset. Of several rows in FHIR that have one concept, each but the first is read alone.
///
/// # Errors
/// If a table cannot be read, or the tables do not bind the message to the formats that they have rows for, which would be
/// a bug.
pub fn prove(converter: &Converter, source: &Source, kind: &MessageKind) -> Result<Vec<RowProof>, Error> {
    let source = source.laid();
    let converter = &converter.clone().reading_fhir_as(&kind.name);
    let rows = Rows::load(&source, kind).map_err(|fault| source.located(fault))?;
    let own = Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), None);
    let both = Generator::new(&kind.dataset, &kind.terminology, kind.hl7v3.as_ref(), kind.fhir.as_deref());
    let leaves: Vec<ConceptIx> = kind
        .dataset
        .concepts()
        .filter(|(_, concept)| concept.in_use && concept.kind != Kind::Group)
        .map(|(ix, _)| ix)
        .collect();
    let prover = |generator, format| Prover { converter, kind, generator, format };
    let proofs: Result<Vec<Vec<RowProof>>, Error> = leaves
        .into_par_iter()
        .map(|concept| {
            let mut proofs = Vec::new();
            if let Some(message) = &kind.hl7v3 {
                let row = rows.of_message(concept);
                proofs.push(prover(&own, Format::Hl7v3).row(concept, row, !message.carries(concept))?);
            }
            proofs.push(prover(&own, Format::Ada).row(concept, rows.of_dataset(concept), false)?);
            // The rows of FHIR are those of the dataset: they are run once, with the message that carries all of them.
            if let (Some(plan), Some(_)) = (&kind.fhir, &kind.hl7v3) {
                let prover = prover(&both, Format::FhirJson);
                let mut fields = plan.fields_of(concept).iter();
                let first = fields.next().map(|ix| plan.field(*ix));
                let placeless = first.is_none_or(|field| field.place.is_none());
                proofs.push(prover.row(concept, rows.of_fhir(concept, first), placeless)?);
                // A copy beside what the message does not have is never written of it.
                let in_use = |ix: &FieldIx| match plan.field(*ix).place {
                    Place::Each(other, _) => kind.dataset.get(other).in_use,
                    _ => true,
                };
                for copy in fields.filter(|copy| in_use(copy)) {
                    proofs.push(prover.copy(concept, rows.of_fhir(concept, Some(plan.field(*copy))), plan, *copy)?);
                }
            }
            Ok(proofs)
        })
        .collect();
    Ok(proofs?.into_iter().flatten().collect())
}

/// What runs rows of one format.
struct Prover<'a> {
    converter: &'a Converter,
    kind: &'a MessageKind,
    generator: &'a Generator<'a>,
    format: Format,
}

impl Prover<'_> {
    fn values(&self, concept: ConceptIx) -> Vec<Content> {
        let holding = self.generator.holding(concept).cloned();
        let holding = holding.or_else(|| Holding::of_kind(self.kind.dataset.get(concept).kind));
        holding.map_or_else(Vec::new, |holding| self.generator.values(concept, &holding))
    }

    fn row(&self, concept: ConceptIx, row: TableRow, placeless: bool) -> Result<RowProof, Error> {
        let values = self.values(concept);
        let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
        let (mut changed, mut kept, mut first) = (0, false, None);
        if placeless {
            reasons.insert(Reason::NoPlace, values.len());
        } else {
            for content in &values {
                let tried = self.try_value(concept, content)?;
                if first.is_none() && !matches!(tried, Tried::Back) {
                    first = Some(content.clone());
                }
                match tried {
                    Tried::Back => {
                        kept |= self.format == Format::FhirJson && is_translated(self.kind, concept, content);
                    }
                    Tried::Lost(reason) => *reasons.entry(reason).or_default() += 1,
                    Tried::Changed => changed += 1,
                }
            }
        }
        let verdict = match (changed, reasons.is_empty(), kept) {
            (0, true, false) => Verdict::Exact,
            (0, true, true) => Verdict::Kept,
            (0, false, _) => Verdict::Lossy(reasons),
            (changed, ..) => Verdict::Changed(changed),
        };
        Ok(RowProof { format: self.format, concept, row, values: values.len(), verdict, first, placeless })
    }

    /// Writes a value, and reads it by one row alone.
    fn copy(&self, concept: ConceptIx, row: TableRow, plan: &FhirPlan, field: FieldIx) -> Result<RowProof, Error> {
        let alone = plan.reading_only(field);
        let values = self.values(concept);
        let (mut silent, mut changed, mut first) = (0, 0, None);
        for content in &values {
            let beside = match &plan.field(field).place {
                // It is written only where that is.
                Place::Each(other, _) if self.kind.dataset.get(*other).kind != Kind::Group => Some(*other),
                _ => None,
            };
            let instance = match beside {
                Some(other) => Some(self.generator.together(concept, content, other)),
                None => self.generator.alone(concept, content),
            };
            let Some(instance) = instance else { continue };
            let Written { output, .. } = self.converter.write_instance(self.kind, &instance, self.format)?;
            match copy::read(self.kind, &alone, &output, &instance, concept) {
                Copied::Back => continue,
                Copied::Silent => silent += 1,
                Copied::Changed => changed += 1,
            }
            first = first.or_else(|| Some(content.clone()));
        }
        let verdict = match (changed, silent) {
            (0, 0) => Verdict::Exact,
            // The status of a record says no more than that its end is there.
            (0, silent) if matches!(plan.field(field).codec, Codec::Answer(_)) => Verdict::Coarser(silent),
            (0, silent) => Verdict::Lossy(BTreeMap::from([(Reason::NoPlace, silent)])),
            (changed, _) => Verdict::Changed(changed),
        };
        Ok(RowProof { format: self.format, concept, row, values: values.len(), verdict, first, placeless: false })
    }

    fn try_value(&self, concept: ConceptIx, content: &Content) -> Result<Tried, Error> {
        let Some(instance) = self.generator.alone(concept, content) else { return Ok(Tried::Lost(Reason::NoCarrier)) };
        let Written { output, unwritten, missing } =
            self.converter.write_instance(self.kind, &instance, self.format)?;
        if let Some(leaf) = unwritten.first() {
            return Ok(Tried::Lost(leaf.reason));
        }
        // What was just written must be readable: where it is not, no ledger says why.
        let Ok(reading) = self.converter.read_whatever(&output) else { return Ok(Tried::Changed) };
        if let Some(loss) = reading.ledger.losses.first() {
            return Ok(Tried::Lost(loss.reason));
        }
        let instance = self.generator.filled(&instance, &missing);
        let same = same_displays(&instance, &reading.instance) && reading.instance == instance;
        Ok(if same { Tried::Back } else { Tried::Changed })
    }
}

enum Tried {
    Back,
    Lost(Reason),
    Changed,
}

/// True if the codes have the same labels: they are no part of what makes codes equal.
fn same_displays(left: &Instance, right: &Instance) -> bool {
    let displays = |instance: &Instance| -> Vec<Option<String>> {
        let normal = instance.normalized();
        let codes = normal.leaves().filter_map(|(_, _, content)| match content {
            Content::Value(Value::Code(code)) => Some(code.display.as_deref().map(str::to_owned)),
            _ => None,
        });
        codes.collect()
    };
    displays(left) == displays(right)
}

/// True if a code map has another code for it.
fn is_translated(kind: &MessageKind, concept: ConceptIx, content: &Content) -> bool {
    let (Content::Value(Value::Code(code)), Some(plan)) = (content, &kind.fhir) else { return false };
    let maps = plan.fields_of(concept).iter().filter_map(|ix| plan.field(*ix).code_map.as_deref());
    maps.filter_map(|name| kind.terminology.code_map(name)).any(|map| map.forward(&code.system, &code.code).is_some())
}
