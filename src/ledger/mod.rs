//! The ledger: what became of every leaf of the input.
//!
//! A leaf is an attribute or a text of an XML document, or a primitive of a FHIR resource. Each ends in exactly
//! one state: translated, structural, or lost for a [`Reason`]; the counts add up to the number of leaves read.

mod gone;
mod unmet;

use std::sync::Arc;

use crate::dataset::{ConceptIx, Instance, NodeIx, Text};

pub use gone::{Gone, Leaves};
pub use unmet::{Demand, Unmet};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $remedy:literal;)*) => {
        /// Why a value did not arrive. The list is closed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[$doc])* $name),* }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, for reports.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// What a person can do about it.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy),* }
            }
        }
    };
}

reasons! {
    /// No row or skeleton knows the element, attribute, resource or code at this place.
    Unknown = "unknown-content", "add a row for it to the mapping tables, or correct the sender";
    /// A value that the message fixes has another value here.
    FixedDiffers = "fixed-value-differs", "correct the sender; the published message fixes this value";
    /// The text is no value of the datatype that the row wants.
    Datatype = "datatype", "correct the value in the source; of a name or an address in parts, give each part a row";
    /// More occurrences than the dataset allows.
    TooMany = "too-many-occurrences", "the dataset allows fewer, and the first ones were kept: see in the source which are meant";
    /// The source says two different things of one concept.
    Contradiction = "contradiction", "the source contradicts itself, and the first statement was kept: correct the source";
    /// The target has no place for the concept, and the tables say so.
    NoPlace = "no-place-in-target", "none: the row of the concept in the tables says why (ooievaar mappings show)";
    /// The kind of message that is written is of another release of the dataset, which does not have the concept, or does not ask it.
    NotInDataset = "not-in-dataset", "the kind of message that is written has no such concept; write another (--message)";
    /// The target has a place for the concept, but not for a null flavour there.
    NullFlavor = "no-place-for-null-flavour", "the target can only hold an answer here";
    /// The target has a place for it, but what it belongs to is absent.
    NoCarrier = "carrier-absent", "add what the value belongs to (the child, the referral, the check-up) to the source";
    /// An identifier in a namespace for which the target has no place.
    Namespace = "identifier-namespace", "give identifiers of this namespace a row (in FHIR, their system one in code-systems.csv), or correct it in the source";
    /// A label of the source that is not the one of the code system.
    Label = "label", "the code itself was kept; only its label differs";
    /// The unit is none of UCUM, or measures something else than the concept. The value was written with it as it is.
    Unit = "unit", "correct the unit in the source; the value was kept with the unit as it is";
    /// A rule of the target format forbids it: which, is said beside the reason.
    Invariant = "invariant", "the target format has a rule against it: correct the source";
    /// It concerns the transport of the message, not the case.
    Transport = "transport", "none: the target has its own transport";
    /// Something beside or around the value says that it is not so, not now, or not certain, and the concept cannot say that.
    Modifier = "modifier", "the source denies, intends, doubts or withdraws this; correct the sender, or add a row that can say it";
    /// Generated text that repeats the structured content.
    Narrative = "narrative", "none: the structured content was read";
}

/// The name of an element, attribute or type of a source as diagnostics show it. It is the sender's text: what is no name, or
/// has more digits than any name in the formats, may be somebody's number.
pub fn shown_name(name: &str) -> &str {
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if name.len() <= 64 && digits <= 6 && name.bytes().all(may_be) { name } else { "(name)" }
}

/// One loss: where, of what, why. It never holds the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub reason: Reason,
    /// Byte offset in the source.
    pub position: u32,
    /// Path in the source (XPath-like, or FHIRPath-like), if the reader knew it.
    pub path: Option<String>,
    /// The concept, if it got as far as that.
    pub concept: Option<ConceptIx>,
    /// The FHIR resource that it is in, if the source is FHIR.
    pub within: Option<Arc<Within>>,
    /// What decided it, if that has a name: the key of the invariant of FHIR that it would break, or the attribute or element
    /// of the source that takes it back ([`Reason::Modifier`]).
    pub rule: Option<Text>,
    /// How many leaves were lost; none if something only has to be told.
    pub leaves: u32,
}

/// What a FHIR resource is, without what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// The canonical URL of its profile: the one that the tables know, or else the first that it names.
    pub profile: Option<Text>,
    /// The code of an Observation, which is a question, as `system|code`, if the tables know the system. Of other resources
    /// the code may be the answer (a diagnosis), and is not told.
    pub code: Option<Text>,
}

/// The account of one conversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Leaves that the reader met.
    pub total: u32,
    /// Leaves that were fixed by the skeleton, or repeat it.
    pub structural: u32,
    /// Leaves that are in the output, or (after reading only) in the instance.
    pub translated: u32,
    /// What was lost.
    pub losses: Vec<Loss>,
}

impl Ledger {
    /// Counts leaves that the skeleton fixes.
    pub fn structural(&mut self, leaves: u32) {
        self.total += leaves;
        self.structural += leaves;
    }

    /// Counts leaves from which an instance leaf was made.
    pub fn translated(&mut self, leaves: u32) {
        self.total += leaves;
        self.translated += leaves;
    }

    /// Counts leaves that were lost while reading.
    pub fn lost(&mut self, loss: Loss) {
        self.total += loss.leaves;
        self.losses.push(loss);
    }

    /// Moves an instance leaf that the writer could not place from translated to lost.
    pub fn unwritten(&mut self, instance: &Instance, node: NodeIx, reason: Reason) {
        let node = instance.node(node);
        let leaves = u32::from(node.origin.leaves);
        self.translated = self.translated.saturating_sub(leaves);
        self.losses.push(Loss {
            reason,
            position: node.origin.position,
            path: None,
            concept: Some(node.concept),
            within: None,
            rule: None,
            leaves,
        });
    }

    /// Notes that one of the leaves of which an instance leaf was made says something that has to be told, though the
    /// value itself is kept.
    pub fn told(&mut self, instance: &mut Instance, node: NodeIx, reason: Reason) {
        if !instance.take_leaf(node) {
            return;
        }
        self.translated = self.translated.saturating_sub(1);
        let (concept, origin) = (instance.node(node).concept, instance.node(node).origin);
        self.losses.push(Loss {
            reason,
            position: origin.position,
            path: None,
            concept: Some(concept),
            within: None,
            rule: None,
            leaves: 1,
        });
    }

    /// Names the rules that leaves would have broken, and notes those that nothing was lost for.
    pub fn name_rules(&mut self, instance: &Instance, unwritten: &[Unwritten], rules: &[BrokenRule]) {
        // What a writer left is the last that was lost.
        let first = self.losses.len().saturating_sub(unwritten.len());
        for BrokenRule { node, rule, is_noted } in rules {
            if *is_noted {
                self.losses.push(Loss {
                    reason: Reason::Invariant,
                    position: first_position(instance, *node),
                    path: None,
                    concept: Some(instance.node(*node).concept),
                    within: None,
                    rule: Some(rule.clone()),
                    leaves: 0,
                });
            } else if let Some(at) = unwritten.iter().position(|unwritten| unwritten.node == *node)
                && let Some(loss) = self.losses.get_mut(first + at)
            {
                loss.rule = Some(rule.clone());
            }
        }
    }

    /// Number of leaves lost.
    pub fn lost_leaves(&self) -> u32 {
        self.losses.iter().map(|loss| loss.leaves).sum()
    }

    /// Where something is gone. By it a loss of which the value is in the output all the same ("told, but written") is known
    /// from one whose value is not.
    pub fn gone(&self) -> Gone {
        Gone::of(self)
    }

    /// True if translated, structural and lost add up to the leaves read.
    pub fn is_balanced(&self) -> bool {
        self.total == self.translated + self.structural + self.lost_leaves()
    }
}

/// Where what a node holds begins in the source.
fn first_position(instance: &Instance, node: NodeIx) -> u32 {
    let own = instance.node(node).origin.position;
    let below = instance.children(node).map(|child| first_position(instance, child)).find(|position| *position > 0);
    if own > 0 { own } else { below.unwrap_or_default() }
}

/// A rule of the target format that what an instance says would have broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// What says it.
    pub node: NodeIx,
    /// The name of the rule, such as `per-1`.
    pub rule: Text,
    /// True if nothing was left out for it: the output says that it does not know what the rule wants.
    pub is_noted: bool,
}

/// An instance leaf that a writer could not place, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// The leaf.
    pub node: NodeIx,
    /// Why.
    pub reason: Reason,
}
