//! The value of one leaf: from attributes to content.

use roxmltree::{Attribute, Node};

use super::moment::{self, MomentError, ReferenceDay};
use crate::dataset::{
    Code, Concept, Content, Identifier, Kind, NullFlavor, Quantity, Text, Value, is_decimal, is_integer,
};
use crate::ledger::Reason;
use crate::terminology::{Member, Terminology};

/// Attributes that describe the element, and hold no value.
const DESCRIBING: &[&str] = &["conceptId", "datatype"];
/// Attributes that repeat what the code says already.
const REPEATING: &[&str] = &["value", "ordinal", "codeSystemName", "codeSystemVersion"];

/// What the attributes of one leaf came to. The counts together are the number of its attributes.
#[derive(Debug, Default)]
pub(super) struct Leaf<'a> {
    /// The value, if there is one.
    pub content: Option<Content>,
    /// Attributes from which the content was made.
    pub translated: u16,
    /// Attributes that hold nothing of their own.
    pub structural: u32,
    /// Attributes that were lost.
    pub lost: Vec<(&'a str, Reason)>,
}

/// The only way in which a leaf can stop the reading of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoReferenceDay;

/// The attributes that can hold a value.
#[derive(Clone, Copy, Default)]
struct Attributes<'a> {
    value: Option<&'a str>,
    unit: Option<&'a str>,
    root: Option<&'a str>,
    code: Option<&'a str>,
    system: Option<&'a str>,
    display: Option<&'a str>,
    original_text: Option<&'a str>,
    null_flavor: Option<&'a str>,
}

impl<'a> Attributes<'a> {
    /// The slot of an attribute, if ADA has one for its name.
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        Some(match name {
            "value" => &mut self.value,
            "unit" => &mut self.unit,
            "root" => &mut self.root,
            "code" => &mut self.code,
            "codeSystem" => &mut self.system,
            "displayName" => &mut self.display,
            "originalText" => &mut self.original_text,
            "nullFlavor" => &mut self.null_flavor,
            _ => return None,
        })
    }

    /// Takes what is left, with the names.
    fn rest(self) -> impl Iterator<Item = &'static str> {
        [
            (self.value, "value"),
            (self.unit, "unit"),
            (self.root, "root"),
            (self.code, "code"),
            (self.system, "codeSystem"),
            (self.display, "displayName"),
            (self.original_text, "originalText"),
            (self.null_flavor, "nullFlavor"),
        ]
        .into_iter()
        .filter_map(|(value, name)| value.map(|_| name))
    }
}

/// Reads the attributes of a leaf.
pub(super) fn read<'a>(
    node: Node<'a, '_>,
    concept: &Concept,
    terminology: &Terminology,
    day: Option<ReferenceDay>,
) -> Result<Leaf<'a>, NoReferenceDay> {
    let mut leaf = Leaf::default();
    let mut attributes = Attributes::default();
    let coded = node.attribute("code").is_some_and(|code| !code.is_empty());
    for attribute in node.attributes() {
        if is_describing(&attribute) {
            leaf.structural += 1;
        } else if coded && REPEATING.contains(&attribute.name()) {
            if attribute.name() == "value" && is_place_of_another(node, concept, terminology) {
                leaf.lost.push(("value", Reason::Contradiction));
            } else {
                leaf.structural += 1;
            }
        } else if let Some(slot) = attributes.slot(attribute.name()) {
            *slot = Some(attribute.value());
        } else {
            leaf.lost.push((attribute.name(), Reason::Unknown));
        }
    }
    // A number that is there and empty is none, and the namespace alone names nobody.
    if concept.kind == Kind::Identifier && node.attribute("value") == Some("") && attributes.root.take().is_some() {
        leaf.lost.push(("root", Reason::Datatype));
    }
    fill(&mut leaf, attributes, concept, terminology, day)?;
    Ok(leaf)
}

/// True if the place in the list of answers is that of another answer than the code, and so is the name, or there is none. The
/// code stands, and the place is told. A place alone says nothing: they move from one release of a list to the next.
fn is_place_of_another(node: Node<'_, '_>, concept: &Concept, terminology: &Terminology) -> bool {
    let attribute = |name: &str| node.attribute(name).unwrap_or_default();
    let Some(set) = terminology.value_set_of(concept) else { return false };
    let Some(own) = set.find(attribute("code"), attribute("codeSystem")) else { return false };
    let (place, name) = (attribute("value"), attribute("displayName").to_lowercase());
    let is_there =
        |member: &&Member| member.ordinal == place && !(member.code == own.code && member.system == own.system);
    let other = set.members().iter().find(is_there);
    !own.ordinal.is_empty()
        && own.ordinal != place
        && own.display.to_lowercase() != name
        && other.is_some_and(|other| name.is_empty() || other.display.to_lowercase() == name)
}

/// True for an attribute that holds no value: it describes, belongs to XML Schema, or is empty.
pub(super) fn is_describing(attribute: &Attribute<'_, '_>) -> bool {
    attribute.namespace().is_some() || DESCRIBING.contains(&attribute.name()) || attribute.value().is_empty()
}

fn fill(
    leaf: &mut Leaf<'_>,
    mut from: Attributes<'_>,
    concept: &Concept,
    terminology: &Terminology,
    day: Option<ReferenceDay>,
) -> Result<(), NoReferenceDay> {
    // The schema offers UNK beside `true` and `false`; forms of before the attribute `nullFlavor` had the others there too.
    if concept.kind == Kind::Boolean && from.null_flavor.is_none() {
        from.null_flavor = from.value.take_if(|value| NullFlavor::from_code(value).is_some());
    }
    let mut reason = Reason::Unknown;
    // Beside a null flavour there is no value, unless a code says the same.
    let is_null = from.null_flavor.is_some() && from.system != Some(NullFlavor::SYSTEM);
    if concept.kind == Kind::Code && from.code.is_some() && !is_null {
        match coded(&mut from, concept, terminology, leaf) {
            Some(content) => leaf.content = Some(content),
            None => reason = Reason::Datatype,
        }
        if leaf.content.is_some() && from.null_flavor.take().is_some() {
            leaf.lost.push(("nullFlavor", Reason::Contradiction));
        }
    } else if concept.kind != Kind::Code && has_value(&from, concept.kind) && !is_null {
        match plain(&mut from, concept.kind, day, &mut leaf.translated) {
            Ok(value) => leaf.content = Some(Content::Value(value)),
            Err(MomentError::Invalid) => reason = Reason::Datatype,
            Err(MomentError::NoReferenceDay) => return Err(NoReferenceDay),
        }
    } else if let Some(flavor) = from.null_flavor {
        match NullFlavor::from_code(flavor) {
            Some(flavor) => {
                from.null_flavor = None;
                leaf.translated += 1;
                if from.code.is_some() || from.value.is_some() {
                    reason = Reason::Contradiction;
                }
                // What a yes or no has for a text no format has a place for.
                let text = Some(&mut from.original_text).filter(|_| concept.kind != Kind::Boolean);
                let original_text = text.and_then(|text| take_text(text, &mut leaf.translated));
                leaf.content = Some(Content::Null { flavor, original_text });
                // The namespace or unit of a value that is not there has no place in the hub.
                if from.root.take().is_some() {
                    leaf.lost.push(("root", Reason::Namespace));
                }
            }
            None => reason = Reason::Datatype,
        }
    } else if concept.kind == Kind::Code && from.value.is_some() {
        // A position in a value set is no code: positions shift between versions of the set.
        reason = Reason::Datatype;
    }
    leaf.lost.extend(from.rest().map(|name| (name, reason)));
    Ok(())
}

/// Reads a code; `None` if it is a null flavour that HL7v3 does not have.
fn coded(
    from: &mut Attributes<'_>,
    concept: &Concept,
    terminology: &Terminology,
    leaf: &mut Leaf<'_>,
) -> Option<Content> {
    let code = from.code?;
    let system = from.system.unwrap_or_default();
    if system != NullFlavor::SYSTEM {
        let count = &mut leaf.translated;
        let content = Content::Value(Value::Code(Code {
            code: take_text(&mut from.code, count).unwrap_or_default(),
            system: take_text(&mut from.system, count).unwrap_or_default(),
            display: take_text(&mut from.display, count),
            original_text: take_text(&mut from.original_text, count),
        }));
        return Some(content);
    }
    let flavor = NullFlavor::from_code(code)?;
    (from.code, from.system) = (None, None);
    leaf.translated += 2;
    if let Some(display) = from.display.take() {
        // The writer takes the label from the value set, so only another label is lost.
        let member = terminology.value_set_of(concept).and_then(|set| set.find(code, system));
        if member.is_none_or(|member| member.display.to_lowercase() == display.to_lowercase()) {
            leaf.structural += 1;
        } else {
            leaf.lost.push(("displayName", Reason::Label));
        }
    }
    let original_text = take_text(&mut from.original_text, &mut leaf.translated);
    Some(Content::Null { flavor, original_text })
}

/// An identifier can be a root alone; everything else is in `value`.
fn has_value(from: &Attributes<'_>, kind: Kind) -> bool {
    from.value.is_some() || (kind == Kind::Identifier && from.root.is_some() && from.null_flavor.is_none())
}

/// Reads `value` according to the kind, with `unit` or `root` beside it.
fn plain(
    from: &mut Attributes<'_>,
    kind: Kind,
    day: Option<ReferenceDay>,
    count: &mut u16,
) -> Result<Value, MomentError> {
    let text = from.value.unwrap_or_default();
    let value = match kind {
        Kind::Boolean => Value::Boolean(text.parse().map_err(|_| MomentError::Invalid)?),
        Kind::Date | Kind::DateTime => Value::DateTime(moment::read(text, day)?),
        Kind::Quantity if is_decimal(text) => {
            let unit = take_text(&mut from.unit, count).unwrap_or_default();
            Value::Quantity(Quantity { value: text.into(), unit })
        }
        Kind::Count if is_integer(text) => Value::Count(text.into()),
        Kind::Quantity | Kind::Count | Kind::Group | Kind::Code => return Err(MomentError::Invalid),
        Kind::Identifier => {
            let root = take_text(&mut from.root, count).unwrap_or_default();
            Value::Identifier(Identifier::new(&root, text))
        }
        Kind::String | Kind::Text | Kind::Complex | Kind::Blob => Value::Text(text.into()),
    };
    *count += u16::from(from.value.take().is_some());
    Ok(value)
}

fn take_text(slot: &mut Option<&str>, count: &mut u16) -> Option<Text> {
    let text = slot.take()?;
    *count += 1;
    Some(text.into())
}
