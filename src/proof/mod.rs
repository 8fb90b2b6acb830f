//! The proof that rows work in both directions: each value that a concept may have is written by its row and read
//! again.

mod fidelity;

pub use fidelity::fidelity;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::convert::{Converter, Error, Format, MessageKind};
use crate::dataset::{ConceptIx, Content, Instance, Kind, Value};
use crate::generate::{Generator, Holding};
use crate::ledger::Reason;
use crate::plan::fhir::Place;

/// What a row does to the values of its concept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every value comes back as it was.
    Exact,
    /// Every value comes back as it was; a code map translated some, and the original stands beside the translation.
    Kept,
    /// Some values do not arrive, and that is said; how many, for each reason.
    Lossy(BTreeMap<Reason, usize>),
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
    /// True if the row claims to be exact, and is not. Every row that names a place claims it.
    pub fn is_false(&self) -> bool {
        !self.placeless && !self.verdict.is_exact()
    }
}

/// Runs every row of a kind of message, and of its FHIR binding, both ways over all values of its concept, in the
/// order of the dataset.
///
/// # Errors
/// If the tables do not bind the message to the formats that they have rows for, which would be a bug.
pub fn prove(converter: &Converter, kind: &MessageKind) -> Result<Vec<RowProof>, Error> {
    let Some(message) = &kind.hl7v3 else { return Ok(Vec::new()) };
    let own = Generator::new(&kind.dataset, &kind.terminology, message, None);
    let both = Generator::new(&kind.dataset, &kind.terminology, message, kind.fhir.as_deref());
    let leaves: Vec<ConceptIx> = kind
        .dataset
        .concepts()
        .filter(|(_, concept)| concept.in_use && concept.kind != Kind::Group)
        .map(|(ix, _)| ix)
        .collect();
    let proofs: Result<Vec<Vec<RowProof>>, Error> = leaves
        .into_par_iter()
        .map(|concept| {
            let mut rows = vec![row(converter, kind, &own, Format::Hl7v3, concept, !message.carries(concept))?];
            if let Some(plan) = &kind.fhir {
                let fields = plan.fields_of(concept).iter().map(|ix| &plan.field(*ix).place);
                let placeless = fields.filter(|place| !matches!(place, Place::None)).count() == 0;
                rows.push(row(converter, kind, &both, Format::FhirJson, concept, placeless)?);
            }
            Ok(rows)
        })
        .collect();
    Ok(proofs?.into_iter().flatten().collect())
}

fn row(
    converter: &Converter,
    kind: &MessageKind,
    generator: &Generator<'_>,
    format: Format,
    concept: ConceptIx,
    placeless: bool,
) -> Result<RowProof, Error> {
    let holding = generator.holding(concept).cloned().or_else(|| Holding::of_kind(kind.dataset.get(concept).kind));
    let values = holding.map_or_else(Vec::new, |holding| generator.values(concept, &holding));
    let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
    let (mut changed, mut kept, mut first) = (0, false, None);
    if placeless {
        reasons.insert(Reason::NoPlace, values.len());
    } else {
        for content in &values {
            let tried = try_value(converter, kind, generator, format, concept, content)?;
            if first.is_none() && !matches!(tried, Tried::Back) {
                first = Some(content.clone());
            }
            match tried {
                Tried::Back => kept |= format == Format::FhirJson && is_translated(kind, concept, content),
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
    Ok(RowProof { format, concept, values: values.len(), verdict, first, placeless })
}

enum Tried {
    Back,
    Lost(Reason),
    Changed,
}

fn try_value(
    converter: &Converter,
    kind: &MessageKind,
    generator: &Generator<'_>,
    format: Format,
    concept: ConceptIx,
    content: &Content,
) -> Result<Tried, Error> {
    let Some(instance) = generator.alone(concept, content) else { return Ok(Tried::Lost(Reason::NoCarrier)) };
    let (output, unwritten) = converter.write_instance(kind, &instance, format)?;
    if let Some(leaf) = unwritten.first() {
        return Ok(Tried::Lost(leaf.reason));
    }
    // What was just written must be readable: where it is not, no ledger says why.
    let Ok(reading) = converter.read(&output) else { return Ok(Tried::Changed) };
    if let Some(loss) = reading.ledger.losses.first() {
        return Ok(Tried::Lost(loss.reason));
    }
    let same = same_displays(&instance, &reading.instance) && reading.instance == instance;
    Ok(if same { Tried::Back } else { Tried::Changed })
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
