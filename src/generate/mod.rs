//! Instances drawn by chance from the tables alone: every concept that a message carries, every member of its
//! value set, every null flavour, in the cardinalities of the transaction.
//!
//! A [`Generator`] draws [`Choice`]s, and builds an instance from any selection of them: what is left out leaves a
//! smaller instance that is as legal, so that a test which fails can be cut down to what makes it fail.
//!
//! The same seed and the same tables give the same instance. What is built is in normal form: as a reader
//! would have made it from a message (see `normal`).

mod choice;
mod holding;
mod normal;
mod values;

use fastrand::Rng;

pub use choice::Choice;
pub use holding::{Holding, holdings};

use crate::dataset::{ConceptIx, Dataset, Instance, Kind};
use crate::plan::fhir::FhirPlan;
use crate::plan::hl7v3::MessagePlan;
use crate::terminology::Terminology;
use normal::Normal;

/// Draws instances of one kind of message.
#[derive(Debug)]
pub struct Generator<'a> {
    dataset: &'a Dataset,
    terminology: &'a Terminology,
    holdings: Vec<Option<Holding>>,
    normal: Normal<'a>,
}

impl<'a> Generator<'a> {
    /// A generator of the instances that a message can carry, and FHIR too if its plan is given.
    pub fn new(
        dataset: &'a Dataset,
        terminology: &'a Terminology,
        message: &'a MessagePlan,
        fhir: Option<&'a FhirPlan>,
    ) -> Self {
        let mut holdings = holdings(dataset, message);
        if let Some(plan) = fhir {
            holding::narrow(&mut holdings, plan, terminology);
        }
        Self { dataset, terminology, holdings, normal: Normal::new(dataset, message, fhir) }
    }

    /// What the message can hold of a concept; `None` if nothing.
    pub fn holding(&self, concept: ConceptIx) -> Option<&Holding> {
        self.holdings.get(usize::from(concept.0))?.as_ref()
    }

    /// Draws the leaves of an instance.
    pub fn choices(&self, seed: u64) -> Vec<Choice> {
        let mut rng = Rng::with_seed(seed);
        // Sparse instances show what a value does alone, dense ones what values do to each other.
        let chance = [0.05, 0.2, 0.5, 0.9][rng.usize(..4)];
        let mut choices = Vec::new();
        self.fill(&mut rng, chance, &mut Vec::new(), ConceptIx::ROOT, &mut choices);
        choices
    }

    /// The instance that has these leaves, in normal form.
    pub fn build(&self, choices: &[Choice]) -> Instance {
        self.normal.of(&choice::tree(choices))
    }

    /// Draws an instance.
    pub fn instance(&self, seed: u64) -> Instance {
        self.build(&self.choices(seed))
    }

    fn fill(
        &self,
        rng: &mut Rng,
        chance: f64,
        path: &mut Vec<(ConceptIx, u16)>,
        group: ConceptIx,
        choices: &mut Vec<Choice>,
    ) {
        let inside = self
            .dataset
            .concepts()
            .filter(|(ix, concept)| concept.parent == group && *ix != ConceptIx::ROOT && concept.in_use);
        for (ix, concept) in inside {
            let is_group = concept.kind == Kind::Group;
            // A group costs no chance: what is deep would hardly ever be drawn.
            let there = if is_group { rng.f64() < chance.max(0.6) } else { rng.f64() < chance };
            if !there || (!is_group && self.holding(ix).is_none()) {
                continue;
            }
            let times = concept.max.unwrap_or(3).min([1, 1, 2, 3][rng.usize(..4)]);
            for nth in 0..times {
                path.push((ix, nth));
                if is_group {
                    self.fill(rng, chance, path, ix, choices);
                } else if let Some(holding) = self.holding(ix) {
                    let content = values::draw(rng, concept, holding, self.terminology);
                    choices.push(Choice { path: path.clone().into(), content });
                }
                path.pop();
            }
        }
    }
}
