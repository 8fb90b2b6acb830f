//! The FHIR binding of a dataset, compiled: which resources there are, what is fixed in them, and where each
//! concept goes.

mod answers;
mod cases;
mod elements;
mod family;
mod identity;
mod invariants;
mod load;
mod modifiers;
mod path;
mod pattern;
mod placing;
mod sole;
mod template;
mod wholes;
mod withdrawals;

pub use answers::{AnswerForm, Clause, NULL_PLACE, Says, Test};
pub use cases::{CaseRoles, TestMark};
pub use elements::{ElementFact, Elements};
pub use identity::{Identity, Recurring};
pub use invariants::{Demand, Fit, Law};
pub use load::code_maps;
pub use modifiers::Modifiers;
pub use path::{ElementPath, Step, Token};
pub use pattern::{Codings, Condition, IF, RefSpec, Target};
pub use placing::Placing;
pub use template::Template;
pub use wholes::Wholes;
pub use withdrawals::{Withdrawals, Withdrawn};

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::dataset::{Aligned, ConceptIx, Text};
use crate::tree::Tree;

/// The core extension that says why a mandatory element is not there.
pub const DATA_ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

/// Index of a [`Role`] in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleIx(pub u16);

/// Index of a [`Field`] in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldIx(pub u16);

/// A resource that a row makes, once per occurrence of a concept.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name: what references name.
    pub name: Text,
    /// Line of the row.
    pub line: u64,
    /// The concept of the row.
    pub concept: ConceptIx,
    /// The concept of which each occurrence makes a resource.
    pub per: ConceptIx,
    /// `per` if it is a group, else the group that holds it.
    pub group: ConceptIx,
    /// The resource type.
    pub resource_type: Text,
    /// The profiles that the pattern names.
    pub profiles: Vec<Text>,
    /// Everything fixed, with `@role` in place of references, in the order of the specification.
    pub pattern: Tree,
    /// The pattern, ready for copying.
    pub template: Template,
    /// True if the pattern says why something is absent, until it is there.
    pub says_why_absent: bool,
    /// The references in the pattern.
    pub references: Vec<RefSpec>,
    /// The codings that the pattern fixes: what a resource must have to be recognised.
    pub codings: Vec<Codings>,
    /// The fields that fill it.
    pub fields: Vec<FieldIx>,
    /// The rules of FHIR that what a source says of it may break.
    pub laws: Vec<Law>,
}

/// Where a leaf concept goes.
#[derive(Clone, Debug)]
pub struct Field {
    /// Line of the row.
    pub line: u64,
    /// The concept.
    pub concept: ConceptIx,
    /// The resource.
    pub place: Place,
    /// Where others have the value, in the same resource: never written, and read if the place has nothing.
    pub elsewhere: Vec<ElementPath>,
    /// How the value is written there.
    pub codec: Codec,
    /// Name of the code map that translates it.
    pub code_map: Option<Text>,
    /// True if an earlier row has the same concept: written there too, but read here only if that row has nothing.
    pub copy: bool,
    /// The elements that say beside a code that it was found: index in [`FhirPlan::answers`].
    pub beside: Option<usize>,
}

/// The resource, or resources, and the element of a [`Field`].
#[derive(Clone, Debug)]
pub enum Place {
    /// An element of the resource with a role.
    Role(RoleIx, ElementPath),
    /// An element of every resource made from concepts within a group, by resource type.
    Each(ConceptIx, Vec<(Text, ElementPath)>),
    /// The key of an aligned group: carried by the leaf that it is aligned with.
    Aligned,
    /// None; the row says why.
    None,
}

impl Place {
    /// True if FHIR has no place.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// How a value is written as a FHIR datatype.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Codings and text.
    CodeableConcept,
    /// One coding.
    Coding,
    /// A primitive code, translated by a code map.
    Code,
    /// true or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A number with a unit.
    Quantity,
    /// A date; a time of birth goes in the core extension for it.
    Date,
    /// A date and time.
    DateTime,
    /// A date with a time.
    Instant,
    /// A value in a namespace.
    Identifier,
    /// Text.
    String,
    /// Text that the element wants without spaces; the text as it was stands beside it where it had any.
    Compact,
    /// Several elements, as `answers.toml` says: index in [`FhirPlan::answers`].
    Answer(usize),
}

/// The compiled FHIR binding of one dataset.
#[derive(Clone, Debug)]
pub struct FhirPlan {
    /// Facts of the specification.
    pub elements: Elements,
    /// The elements that change what is said.
    pub modifiers: Modifiers,
    /// What takes other resources back.
    pub withdrawals: Withdrawals,
    /// The elements that say what a resource is part of.
    pub wholes: Wholes,
    /// The roles, in the order of the table.
    pub roles: Vec<Role>,
    /// The fields, in the order of the table.
    pub fields: Vec<Field>,
    /// The ways of answering.
    pub answers: Vec<AnswerForm>,
    /// What identifies what.
    pub identity: Identity,
    /// What tells cases apart.
    pub cases: CaseRoles,
    /// Pairs of groups about the same thing: leaves of the first belong to the resources of the second.
    pub aligned: Vec<Aligned>,
    /// The URI by which resources name the kind of message that they were made of; empty if they name none.
    pub kind: Text,
    by_name: HashMap<Text, RoleIx, RandomState>,
    by_type: HashMap<Text, Vec<RoleIx>, RandomState>,
    by_concept: Vec<Vec<FieldIx>>,
    eaches: Vec<FieldIx>,
    sole: Vec<RoleIx>,
    placing: Vec<Vec<Placing>>,
}

impl FhirPlan {
    /// A role of this plan.
    pub fn role(&self, ix: RoleIx) -> &Role {
        &self.roles[usize::from(ix.0)]
    }

    /// A field of this plan.
    pub fn field(&self, ix: FieldIx) -> &Field {
        &self.fields[usize::from(ix.0)]
    }

    /// The role with a name.
    pub fn find_role(&self, name: &str) -> Option<RoleIx> {
        self.by_name.get(name).copied()
    }

    /// The roles of a resource type, in the order of the table.
    pub fn roles_of_type(&self, resource_type: &str) -> &[RoleIx] {
        self.by_type.get(resource_type).map_or(&[], Vec::as_slice)
    }

    /// The fields of a concept.
    pub fn fields_of(&self, concept: ConceptIx) -> &[FieldIx] {
        self.by_concept.get(usize::from(concept.0)).map_or(&[], Vec::as_slice)
    }

    /// The fields that belong to every resource of a group.
    pub fn each_fields(&self) -> &[FieldIx] {
        &self.eaches
    }

    /// The roles that one resource has, while others that look the same have roles that repeat: the current pregnancy,
    /// among the earlier ones. Of several within each other, the outermost.
    pub fn sole_roles(&self) -> &[RoleIx] {
        &self.sole
    }

    /// The references of a role that say where what they refer to belongs.
    pub fn placing(&self, ix: RoleIx) -> &[Placing] {
        self.placing.get(usize::from(ix.0)).map_or(&[], Vec::as_slice)
    }

    /// The same plan for reading a concept by one of its rows alone, as if the others were not there.
    #[must_use]
    pub fn reading_only(&self, field: FieldIx) -> Self {
        let mut plan = self.clone();
        let concept = usize::from(self.field(field).concept.0);
        let others: Vec<FieldIx> = self.by_concept[concept].iter().copied().filter(|ix| *ix != field).collect();
        for role in &mut plan.roles {
            role.fields.retain(|ix| !others.contains(ix));
        }
        plan.eaches.retain(|ix| !others.contains(ix));
        plan.by_concept[concept] = vec![field];
        plan
    }

    /// True if a group has no resources of its own, but goes with another that has.
    pub fn is_aligned(&self, group: ConceptIx) -> bool {
        self.aligned.iter().any(|aligned| aligned.groups.0 == group)
    }
}
