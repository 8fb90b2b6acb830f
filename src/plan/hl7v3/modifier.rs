//! What turns a statement into something else: a denial, an intention, a doubt, a withdrawal.

use super::{Element, MessagePlan, XSI};
use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};

/// How the table calls the namespace of attributes that XML Schema gives to every document.
const XSI_PREFIX: &str = "xsi:";
/// The table, which all messages share.
const FILE: &str = "hl7v3/modifiers.csv";

/// An attribute that changes what the element that has it, or the parent of that element, says; or a child that does so by
/// being there.
#[derive(Clone, Debug)]
pub(crate) struct Modifier {
    /// The element of which it says so, behind those around it; empty: any.
    of: Vec<Text>,
    /// The child that has the attribute, or the way down to what is in it; empty: the element itself.
    pub child: Vec<Text>,
    /// Empty: the child itself, where the plan has no place for it.
    pub attribute: Text,
    /// The values that change nothing.
    pub harmless: Vec<Text>,
    /// The values of these with which the element counts only if there is no other of its kind.
    second: Vec<Text>,
}

impl Modifier {
    /// Reads `hl7v3/modifiers.csv`.
    ///
    /// # Errors
    /// If the table cannot be read, has a row that names nothing, or no rows: then what is denied would be read as stated.
    pub fn load(source: &Source) -> Result<Vec<Self>, TableError> {
        let sheet = Sheet::load(source, FILE, &["element", "attribute", "harmless"])?;
        let words = |cell: &str| cell.split_whitespace().map(Text::from).collect();
        let path = |cell: &str| cell.split('.').filter(|name| !name.is_empty()).map(Text::from).collect();
        let modifiers: Vec<Self> = sheet
            .rows()
            .map(|row| Self {
                of: path(row.get("of")),
                child: path(row.get("element")),
                attribute: row.get("attribute").into(),
                harmless: words(row.get("harmless")),
                second: words(row.get("second")),
            })
            .collect();
        if let Some(row) = sheet.rows().find(|row| row.get("element").is_empty() && row.get("attribute").is_empty()) {
            return Err(row.fault("attribute", "names neither an attribute nor an element"));
        }
        if modifiers.is_empty() {
            return Err(TableError::file(FILE, "has no rows: what a message denies would be read as stated"));
        }
        Ok(modifiers)
    }

    /// How diagnostics call it: `@negationInd`, `statusCode/@code`, `subject`.
    pub fn name(&self) -> Text {
        let attribute = Some(format!("@{}", self.attribute)).filter(|_| !self.attribute.is_empty());
        let steps = self.child.iter().map(Text::as_str).chain(attribute.as_deref());
        steps.collect::<Vec<_>>().join("/").into()
    }

    /// True if it is about an element that is called so, within others that are: names from the inside out.
    pub fn is_of<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        self.of.iter().rev().all(|own| names.next() == Some(own.as_str()))
    }

    /// True if a child of this name says it by itself, and nothing in it does.
    pub fn is_child(&self, name: &str) -> bool {
        matches!(self.child.as_slice(), [only] if only == name)
    }

    /// True if an element counts for less than others of its kind by this value of the attribute.
    pub fn yields(&self, value: &str) -> bool {
        self.child.is_empty() && value.split_whitespace().any(|word| self.second.iter().any(|own| own == word))
    }

    /// True if the plan has no place for this value of the attribute in an element, and it changes what is said.
    pub fn changes(&self, element: Option<&Element>, value: &str) -> bool {
        let understood = element.is_some_and(|element| {
            let is_answer = matches!(self.attribute.as_str(), "negationInd" | "nullFlavor");
            let is_place = (is_answer && element.negation.is_some())
                || element.value.as_ref().is_some_and(|hole| hole.fill.datatype.has_part(&self.attribute));
            is_place
                || element.any.contains(&self.attribute)
                || element.fixed.iter().any(|fixed| fixed.name == self.attribute && fixed.value == value)
        });
        let is_harmless = |word: &str| self.harmless.iter().any(|harmless| harmless == word);
        // Of several words, each says something.
        !understood && (value.trim().is_empty() || !value.split_whitespace().all(is_harmless))
    }

    /// True if it is about an attribute of this namespace and name.
    pub fn is_about(&self, namespace: Option<&str>, name: &str) -> bool {
        match (self.attribute.strip_prefix(XSI_PREFIX), namespace) {
            (Some(own), Some(XSI)) => own == name,
            (None, None) => self.attribute == name,
            _ => false,
        }
    }
}

impl MessagePlan {
    /// What changes what an element says.
    pub(crate) fn modifiers(&self) -> &[Modifier] {
        &self.modifiers
    }
}
