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
mod plausible;
mod values;

use fastrand::Rng;

pub use choice::Choice;
pub use holding::{Holding, holdings};
pub use plausible::Samples;

use crate::dataset::{ConceptIx, Content, Dataset, Instance, Kind, Value};
use crate::ledger::Unmet;
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
    /// A generator of the instances that a message can carry (without one: of all that the dataset has), and FHIR too if its
    /// plan is given.
    pub fn new(
        dataset: &'a Dataset,
        terminology: &'a Terminology,
        message: Option<&'a MessagePlan>,
        fhir: Option<&'a FhirPlan>,
    ) -> Self {
        let mut holdings = match message {
            Some(message) => holdings(dataset, message),
            None => dataset.concepts().map(|(_, concept)| Holding::of_kind(concept.kind)).collect(),
        };
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
        self.refer(&mut choices);
        choices
    }

    /// Lets what refers to something mean what was drawn: chance alone would hardly ever draw the same.
    fn refer(&self, choices: &mut [Choice]) {
        if self.dataset.references().is_empty() {
            return;
        }
        let concept = |choice: &Choice| choice.path.last().map(|(concept, _)| *concept);
        for at in 0..choices.len() {
            let target = concept(&choices[at]).and_then(|own| self.dataset.get(own).refers_to);
            let meant = target.and_then(|target| choices.iter().find(|choice| concept(choice) == Some(target)));
            if let Some(content) = meant.map(|choice| choice.content.clone()) {
                choices[at].content = content;
            }
        }
    }

    /// The instance that has these leaves, in normal form.
    pub fn build(&self, choices: &[Choice]) -> Instance {
        self.normal.of(&choice::tree(choices))
    }

    /// The instance that a message says, which has fillers where the instance lacks what the message demands.
    pub fn filled(&self, instance: &Instance, missing: &[Unmet]) -> Instance {
        let mut filled = instance.clone();
        for unmet in missing {
            if let Some((flavor, within)) = unmet.filler {
                self.normal.fill(&mut filled, within, unmet.concept, flavor);
            }
        }
        filled.normalized()
    }

    /// Draws an instance.
    pub fn instance(&self, seed: u64) -> Instance {
        self.build(&self.choices(seed))
    }

    /// The smallest instance in which a concept says this: what belongs to something else has that beside it.
    /// `None` if there is none.
    pub fn alone(&self, concept: ConceptIx, content: &Content) -> Option<Instance> {
        let says =
            |instance: &Instance| instance.leaves().any(|(_, node, said)| node.concept == concept && said == content);
        let own = self.first(concept, content);
        let mut choices = vec![own.clone()];
        let instance = self.build(&choices);
        if says(&instance) {
            return Some(instance);
        }
        // Why something is not known is said only of what there is.
        let asked =
            |concept: ConceptIx| self.normal.question_of(concept).filter(|question| self.holding(*question).is_some());
        let mut questions: Vec<ConceptIx> = Vec::new();
        // A question may be a detail of another one.
        while let Some(question) = asked(*questions.last().unwrap_or(&concept)).filter(|next| !questions.contains(next))
        {
            questions.push(question);
            choices.push(self.first(question, &Content::Value(Value::Boolean(true))));
            let instance = self.build(&choices);
            if says(&instance) {
                return Some(instance);
            }
        }
        // So is what the message allows only beside another answer.
        for condition in self.normal.conditions(concept) {
            let Some(holding) = self.holding(condition.of) else { continue };
            let answer = self.values(condition.of, holding).into_iter().find(|content| condition.accepts(content));
            choices.extend(answer.map(|answer| self.first(condition.of, &answer)));
            let instance = self.build(&choices);
            if says(&instance) {
                return Some(instance);
            }
        }
        // A node is known by its code, and that by the one beside it.
        if let Some((known, beside)) = self.normal.known_by(concept) {
            let holding = self.holding(known).filter(|_| known != concept);
            choices.extend(holding.map(|holding| self.first(known, &self.some(known, holding))));
            let is_meant =
                |content: &Content, code: &str| matches!(content, Content::Value(Value::Code(own)) if own.code == code);
            let around = beside.and_then(|(of, code)| {
                let all = self.values(of, self.holding(of)?);
                Some(self.first(of, all.iter().find(|content| is_meant(content, code))?))
            });
            choices.extend(around);
            let instance = self.build(&choices);
            if says(&instance) {
                return Some(instance);
            }
        }
        // What refers to something means what is there.
        let target = self.dataset.get(concept).refers_to;
        if let Some(target) = target {
            choices.push(self.first(target, content));
            let instance = self.build(&choices);
            if says(&instance) {
                return Some(instance);
            }
        }
        // A key says what its partner says.
        let key = self.normal.partner_key(concept);
        choices.extend(key.map(|key| self.first(key, content)));
        let carriers = self.normal.carriers(concept).into_iter().filter(|carrier| Some(*carrier) != key);
        for carrier in carriers.filter(|carrier| *carrier != concept) {
            let Some(holding) = self.holding(carrier) else { continue };
            choices.push(self.first(carrier, &self.some(carrier, holding)));
            let instance = self.build(&choices);
            if says(&instance) {
                return Some(instance);
            }
        }
        None
    }

    /// An instance in which a concept says this, and another says something.
    pub fn together(&self, concept: ConceptIx, content: &Content, other: ConceptIx) -> Instance {
        let beside = self.holding(other).map(|holding| self.first(other, &self.some(other, holding)));
        self.build(&[Some(self.first(concept, content)), beside].into_iter().flatten().collect::<Vec<_>>())
    }

    /// The first leaf of a concept in the first of each of its groups.
    fn first(&self, concept: ConceptIx, content: &Content) -> Choice {
        let groups = self.dataset.groups_between(ConceptIx::ROOT, concept);
        let path = groups.into_iter().chain([concept]).map(|step| (step, 0)).collect();
        Choice { path, content: content.clone() }
    }

    /// Something that a concept may say.
    fn some(&self, concept: ConceptIx, holding: &Holding) -> Content {
        values::draw(&mut Rng::with_seed(0), self.dataset.get(concept), holding, self.terminology)
    }

    /// Everything that a concept may say, as far as it can be listed: each code, both answers, each null flavour,
    /// dates of every precision, numbers at their limits.
    pub fn values(&self, concept: ConceptIx, holding: &Holding) -> Vec<Content> {
        values::all(self.dataset.get(concept), holding, self.terminology)
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
