//! What the places of a message can hold.

use crate::dataset::{Dataset, Kind, NullFlavor, Text};
use crate::plan::fhir::{Codec, FhirPlan, Place};
use crate::plan::hl7v3::{Datatype, Element, Fill, MessagePlan};
use crate::terminology::Terminology;

/// What the place of one concept in a message can hold.
#[derive(Clone, Debug)]
pub struct Holding {
    /// How it is written.
    pub datatype: Datatype,
    /// The code system that the datatype itself cannot carry; empty otherwise.
    pub system: Text,
    /// The only namespace of identifiers; empty if any.
    pub root: Text,
    /// False if only an answer fits.
    pub nullable: bool,
    /// The null flavour, or the code, that is written for silence, and so means nothing.
    pub silence: Text,
    /// A text may go with a null flavour or a code.
    pub original_text: bool,
    /// The null flavours that the message allows there; `None`: all.
    pub allowed: Option<Vec<NullFlavor>>,
}

impl Holding {
    /// What a concept of this kind may say where no message limits it; `None` for a kind that has no values.
    pub fn of_kind(kind: Kind) -> Option<Self> {
        let datatype = match kind {
            Kind::Code => Datatype::Ce,
            Kind::Boolean => Datatype::Bl,
            Kind::Date | Kind::DateTime => Datatype::Ts,
            Kind::Quantity => Datatype::Pq,
            Kind::Count => Datatype::Int,
            Kind::Identifier => Datatype::Ii,
            Kind::String | Kind::Text | Kind::Complex => Datatype::St,
            Kind::Group | Kind::Blob => return None,
        };
        Some(Self {
            datatype,
            system: Text::default(),
            root: Text::default(),
            nullable: true,
            silence: Text::default(),
            original_text: kind == Kind::Code,
            allowed: None,
        })
    }

    /// The null flavours that it can hold.
    pub fn null_flavors(&self) -> impl Iterator<Item = NullFlavor> {
        NullFlavor::ALL.iter().copied().filter(|flavor| self.holds_null(*flavor))
    }

    /// True if it can hold this null flavour.
    pub fn holds_null(&self, flavor: NullFlavor) -> bool {
        let is_allowed = self.allowed.as_ref().is_none_or(|allowed| allowed.contains(&flavor));
        self.nullable && is_allowed && self.silence != flavor.code()
    }
}

/// What a message can hold of each concept, by its index.
pub fn holdings(dataset: &Dataset, plan: &MessagePlan) -> Vec<Option<Holding>> {
    let mut holdings = vec![None; dataset.len()];
    for element in plan.elements() {
        for hole in [&element.value, &element.negation, &element.presence].into_iter().flatten() {
            for fill in std::iter::once(&hole.fill).chain(&hole.copies) {
                let at = usize::from(fill.concept.0);
                if let Some(place @ None) = holdings.get_mut(at) {
                    *place = Some(holding(plan, element, fill));
                }
            }
        }
    }
    holdings
}

/// Leaves what FHIR can hold too: the namespace of an identifier may be fixed there.
pub(super) fn narrow(holdings: &mut [Option<Holding>], plan: &FhirPlan, terminology: &Terminology) {
    for field in plan.fields.iter().filter(|field| field.codec == Codec::Identifier && !field.copy) {
        let Some(Some(holding)) = holdings.get_mut(usize::from(field.concept.0)) else { continue };
        let Place::Role(_, path) = &field.place else { continue };
        let system = path.last().conditions.iter().find(|(names, _)| names.len() == 1 && names[0] == "system");
        if let Some(oid) = system.and_then(|(_, uri)| terminology.systems().oid(uri)) {
            holding.root = oid.into();
        }
    }
}

fn holding(plan: &MessagePlan, element: &Element, fill: &Fill) -> Holding {
    let siblings = siblings(plan, element);
    let root = fixed(element, "root");
    let is_first = siblings.first().is_none_or(|first| std::ptr::eq(*first, element));
    // An identifier without a namespace is read as the one of the first sibling.
    let nameless = fill.datatype == Datatype::Ii && root.is_empty() && !is_first;
    let silence = element.otherwise.as_ref().map(|fixed| fixed.value.clone()).unwrap_or_default();
    Holding {
        datatype: fill.datatype,
        system: fill.system.clone(),
        root,
        nullable: fill.datatype != Datatype::Presence && !nameless,
        silence,
        original_text: matches!(fill.datatype, Datatype::Ce | Datatype::Cd | Datatype::Co),
        allowed: plan.demanded(fill.concept).and_then(|demanded| demanded.nulls.clone()),
    }
}

fn fixed(element: &Element, name: &str) -> Text {
    element.fixed.iter().find(|fixed| fixed.name == name).map(|fixed| fixed.value.clone()).unwrap_or_default()
}

/// The elements with a value that share name and parent with this one, itself included.
fn siblings<'p>(plan: &'p MessagePlan, element: &'p Element) -> Vec<&'p Element> {
    let Some(parent) = element.parent.map(|parent| plan.element(parent)) else { return vec![element] };
    let namespace = &plan.namespaces()[element.namespace].uri;
    let bucket = plan.bucket(parent, namespace, &element.local);
    let all = bucket.into_iter().flat_map(|bucket| &bucket.all).map(|ix| plan.element(*ix));
    all.filter(|sibling| sibling.value.is_some()).collect()
}
