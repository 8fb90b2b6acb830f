//! What turns a statement into something else: a denial, an intention, a doubt, a withdrawal.

use super::{Element, MessagePlan};
use crate::dataset::Text;
use crate::plan::MessageMeta;

/// An attribute that changes what the element that has it, or the parent of that element, says.
#[derive(Clone, Debug)]
pub(crate) struct Modifier {
    /// The child that has the attribute; `None`: the element itself.
    pub child: Option<Text>,
    pub attribute: Text,
    /// The values that change nothing.
    pub harmless: Vec<Text>,
}

impl Modifier {
    /// The modifiers that `message.toml` names.
    pub fn all(meta: &MessageMeta) -> Vec<Self> {
        let modifiers = meta.modifiers.iter().map(|(name, harmless)| {
            let (child, attribute) = match name.split_once('.') {
                Some((child, attribute)) => (Some(child.into()), attribute),
                None => (None, name.as_str()),
            };
            Self { child, attribute: attribute.into(), harmless: harmless.iter().map(Text::from).collect() }
        });
        modifiers.collect()
    }

    /// True if the plan has no place for this value of the attribute in an element, and it changes what is said.
    pub fn changes(&self, element: Option<&Element>, value: &str) -> bool {
        let understood = element.is_some_and(|element| {
            let is_place = (self.attribute == "negationInd" && element.negation.is_some())
                || element.value.as_ref().is_some_and(|hole| hole.fill.datatype.has_part(&self.attribute));
            is_place
                || element.any.contains(&self.attribute)
                || element.fixed.iter().any(|fixed| fixed.name == self.attribute && fixed.value == value)
        });
        !understood && !self.harmless.iter().any(|harmless| harmless == value)
    }
}

impl MessagePlan {
    /// What changes what an element says.
    pub(crate) fn modifiers(&self) -> &[Modifier] {
        &self.modifiers
    }
}
