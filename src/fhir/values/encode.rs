//! Values as FHIR datatypes.

use std::borrow::Cow;

use super::codec::{Codecs, extension, object};
use super::place::Made;
use super::urls;
use crate::dataset::{
    Code, Content, DateTime, Identifier, NullFlavor, Precision, Quantity, Text, Value, is_uuid, plain_number,
};
use crate::ledger::Reason;
use crate::plan::fhir::{Codec, ElementPath, Field, Step, Token};
use crate::tables::layout::is_oid;
use crate::tree::Tree;

pub(in crate::fhir) const UCUM: &str = "http://unitsofmeasure.org";

/// What comes before a UUID to make a URI of it.
pub(in crate::fhir) const URN_UUID: &str = "urn:uuid:";

impl Codecs<'_> {
    /// Makes the element of a value, and says where it goes: a null flavour may have a place of its own.
    pub fn write<'p>(
        &self,
        field: &Field,
        path: &'p ElementPath,
        content: &Content,
        resource: &Tree,
    ) -> Result<(Cow<'p, ElementPath>, Made), Reason> {
        let here = |made| Ok((Cow::Borrowed(path), made));
        let value = match content {
            Content::Value(value) => value,
            Content::Null { flavor, original_text } => {
                let concept = self.null_concept(*flavor, original_text.as_deref());
                if field.codec == Codec::CodeableConcept {
                    return here(Made::plain(with_tokens(path, concept)));
                }
                if field.codec == Codec::Code {
                    return here(self.mapped_code(field, &null_code(*flavor, original_text.clone())));
                }
                if field.codec == Codec::Compact && original_text.is_none() {
                    return Ok((Cow::Owned(beside(path, "extension")), Made::plain(null_extension(*flavor))));
                }
                let own_place = matches!(field.codec, Codec::Quantity | Codec::Identifier);
                if let Some(absent) = self.absent_reason_path(path, resource).filter(|_| !own_place) {
                    return Ok((Cow::Owned(absent), Made::plain(with_absent_reason(concept, *flavor))));
                }
                return if original_text.is_some() {
                    Err(Reason::NullFlavor)
                } else {
                    here(self.null_element(field, path, *flavor))
                };
            }
        };
        if !is_legal(value) {
            return Err(Reason::Datatype);
        }
        match (&field.codec, value) {
            (Codec::CodeableConcept, Value::Code(code)) => {
                here(Made::plain(with_tokens(path, self.codeable_concept(field, code))))
            }
            (Codec::CodeableConcept, Value::Text(text)) => {
                here(Made::plain(object([("text", Tree::string(text.clone()))])))
            }
            (Codec::Coding, Value::Code(code)) if code.original_text.is_none() => {
                here(Made::plain(self.coding(code, false)))
            }
            (Codec::Code, Value::Code(code)) => here(self.mapped_code(field, code)),
            (Codec::Boolean, Value::Boolean(value)) => here(Made::plain(Tree::boolean(*value))),
            (Codec::Decimal, Value::Quantity(quantity)) if quantity.unit.is_empty() => here(number(&quantity.value)?),
            (Codec::Integer, Value::Count(digits)) => here(integer(digits)?),
            (Codec::Decimal, Value::Count(digits)) => here(number(digits)?),
            (Codec::Quantity, Value::Quantity(amount)) => here(Made::plain(self.quantity(amount)?)),
            (Codec::Quantity, Value::Count(digits)) => here(Made::plain(object(amount(digits)?))),
            (Codec::Date, Value::DateTime(moment)) => here(date(moment)),
            (Codec::DateTime, Value::DateTime(moment)) => here(date_time(moment)),
            (Codec::Instant, Value::DateTime(moment)) => here(instant(moment)),
            (Codec::Identifier, Value::Identifier(identifier)) => here(Made::plain(self.identifier(path, identifier)?)),
            (Codec::Compact, Value::Text(text)) => here(compact(text)),
            (Codec::String, Value::Text(text)) => here(Made::plain(Tree::string(text.clone()))),
            (Codec::String, Value::Count(digits)) => here(Made::plain(Tree::string(digits.clone()))),
            (Codec::String, Value::Identifier(identifier)) if identifier.root.is_empty() => {
                here(Made::plain(Tree::string(identifier.extension.clone())))
            }
            _ => Err(Reason::Datatype),
        }
    }

    fn codeable_concept(&self, field: &Field, code: &Code) -> Tree {
        let mut codings = Vec::new();
        let map = field.code_map.as_deref().and_then(|name| self.terminology.code_map(name));
        if let Some(target) = map.and_then(|map| map.forward(&code.system, &code.code)) {
            codings.push(object([
                ("system", Tree::string(self.terminology.systems().uri(&target.target_system).as_ref())),
                ("code", Tree::string(target.target_code.as_str())),
                ("display", text_or_empty(&target.target_display)),
            ]));
        }
        // An answer that is itself the translation of another must not be taken for that other.
        let is_target = map.is_some_and(|map| map.back(&code.system, &code.code).is_some());
        codings.push(self.coding(code, !codings.is_empty() || is_target));
        let text = code.original_text.as_ref().map_or_else(Tree::object, |text| Tree::string(text.clone()));
        object([("coding", Tree::Array(codings)), ("text", text)])
    }

    fn coding(&self, code: &Code, selected: bool) -> Tree {
        let system = if code.system.is_empty() {
            Tree::object()
        } else {
            Tree::string(self.terminology.systems().uri(&code.system).as_ref())
        };
        object([
            ("system", system),
            ("code", Tree::string(code.code.clone())),
            ("display", text_or_empty(code.display.as_deref().unwrap_or_default())),
            ("userSelected", if selected { Tree::boolean(true) } else { Tree::object() }),
        ])
    }

    /// A FHIR code from a code map, with the answer itself beside it.
    fn mapped_code(&self, field: &Field, code: &Code) -> Made {
        let map = field.code_map.as_deref().and_then(|name| self.terminology.code_map(name));
        let target = map.and_then(|map| map.forward(&code.system, &code.code));
        let original = object([
            ("coding", Tree::Array(vec![self.coding(code, false)])),
            ("text", code.original_text.as_ref().map_or_else(Tree::object, |text| Tree::string(text.clone()))),
        ]);
        let companion = Some(extension(urls::CODE_SPECIFICATION, "valueCodeableConcept", original));
        Made { value: target.map(|target| Tree::string(target.target_code.as_str())), companion }
    }

    fn identifier(&self, path: &ElementPath, identifier: &Identifier) -> Result<Tree, Reason> {
        let Identifier { root, extension: own } = identifier;
        let systems = self.terminology.systems();
        let (system, value) = if own.is_empty() {
            // A namespace names nobody: all who are in it would be the same.
            if systems.name(root).is_some() {
                return Err(Reason::Namespace);
            }
            (Tree::string("urn:ietf:rfc:3986"), urn_of(root).ok_or(Reason::Namespace)?)
        } else if root.is_empty() {
            (Tree::object(), own.clone())
        } else {
            (self.namespace(root)?, own.clone())
        };
        let tree = object([("system", system), ("value", Tree::string(value))]);
        if path.last().accepts(&tree) { Ok(tree) } else { Err(Reason::Namespace) }
    }

    /// The system of an identifier, which must be an absolute URI.
    fn namespace(&self, root: &str) -> Result<Tree, Reason> {
        let uri = self.terminology.systems().uri(root);
        if uri.contains(':') {
            let is_uri = !uri.contains(char::is_whitespace);
            return if is_uri { Ok(Tree::string(uri.as_ref())) } else { Err(Reason::Namespace) };
        }
        // A UUID is written with small letters.
        let urn = urn_of(root).filter(|urn| urn.starts_with(URN_UUID)).ok_or(Reason::Namespace)?;
        Ok(Tree::string(urn.to_ascii_lowercase()))
    }

    /// An amount. What is no unit of UCUM stands in `unit` alone, where people read it: it is no code.
    fn quantity(&self, quantity: &Quantity) -> Result<Tree, Reason> {
        let [value, written] = amount(&quantity.value)?;
        let unit = text_or_empty(&quantity.unit);
        if self.terminology.units().kind(&quantity.unit).is_none() {
            return Ok(object([value, written, ("unit", unit)]));
        }
        Ok(object([value, written, ("unit", unit.clone()), ("system", Tree::string(UCUM)), ("code", unit)]))
    }

    fn null_concept(&self, flavor: NullFlavor, original_text: Option<&str>) -> Tree {
        let coding = object([
            ("system", Tree::string(self.terminology.systems().uri(NullFlavor::SYSTEM).as_ref())),
            ("code", Tree::string(flavor.code())),
        ]);
        object([("coding", Tree::Array(vec![coding])), ("text", original_text.map_or_else(Tree::object, Tree::string))])
    }

    /// The `dataAbsentReason` beside a `value[x]`, if the type has one.
    fn absent_reason_path(&self, path: &ElementPath, resource: &Tree) -> Option<ElementPath> {
        if !path.last().name.starts_with("value") {
            return None;
        }
        let mut kind = resource.text_at("resourceType")?;
        for step in &path.steps[..path.steps.len() - 1] {
            kind = self.plan.elements.kind_of(kind, &step.name);
        }
        self.plan.elements.get(kind, "dataAbsentReason")?;
        Some(beside(path, "dataAbsentReason"))
    }

    /// A null flavour on an element that has no other place for it.
    fn null_element(&self, field: &Field, path: &ElementPath, flavor: NullFlavor) -> Made {
        let null = extension(urls::NULL_FLAVOR, "valueCode", Tree::string(flavor.code()));
        match field.codec {
            Codec::Quantity => {
                let unit = &self.dataset.get(field.concept).unit;
                let unit = Quantity { value: Text::const_new("0"), unit: unit.clone() };
                let mut quantity = self.quantity(&unit).unwrap_or_else(|_| Tree::object());
                if let Tree::Object(members) = &mut quantity {
                    members.remove(0);
                    members.insert(0, ("_value".into(), null));
                }
                Made::plain(quantity)
            }
            Codec::Coding => Made::plain(object([
                ("system", Tree::string(self.terminology.systems().uri(NullFlavor::SYSTEM).as_ref())),
                ("code", Tree::string(flavor.code())),
            ])),
            Codec::Identifier => {
                let mut identifier = path.last().fresh(&self.plan.elements, "Identifier");
                identifier.set("_value", null);
                Made::plain(identifier)
            }
            _ => Made { value: None, companion: Some(null) },
        }
    }
}

/// The path of another element of the object that holds the one at this path.
fn beside(path: &ElementPath, name: &str) -> ElementPath {
    let mut other = path.clone();
    let last = other.steps.len() - 1;
    other.steps[last] = Step { name: name.into(), conditions: Vec::new(), tokens: Vec::new(), append: false };
    other
}

fn null_extension(flavor: NullFlavor) -> Tree {
    object([("url", Tree::string(urls::NULL_FLAVOR)), ("valueCode", Tree::string(flavor.code()))])
}

/// A null flavour as a code, as code maps have it.
fn null_code(flavor: NullFlavor, original_text: Option<Text>) -> Code {
    let (code, system) = (Text::const_new(flavor.code()), Text::const_new(NullFlavor::SYSTEM));
    Code { code, system, display: None, original_text }
}

/// The URN of an OID or a UUID; `None` if it is neither.
fn urn_of(root: &str) -> Option<Text> {
    let prefix = match root {
        oid if is_oid(oid) => "urn:oid:",
        uuid if is_uuid(uuid) => URN_UUID,
        _ => return None,
    };
    let mut urn = Text::const_new(prefix);
    urn.push_str(root);
    Some(urn)
}

/// Adds the codings that the path wants beside the value.
fn with_tokens(path: &ElementPath, mut concept: Tree) -> Tree {
    if let Some(Tree::Array(codings)) = concept.get_mut("coding") {
        for Token { system, code, .. } in path.last().tokens.iter().filter(|token| token.concept.is_empty()).rev() {
            let coding = object([("system", Tree::string(system.clone())), ("code", Tree::string(code.clone()))]);
            codings.insert(0, coding);
        }
    }
    concept
}

/// True if FHIR can hold a value: it has no empty text, and no code or URI with white space at its ends or in a row.
fn is_legal(value: &Value) -> bool {
    match value {
        Value::Code(code) => {
            let is_token =
                |text: &str| text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
            is_token(&code.code) && !code.system.contains(char::is_whitespace)
        }
        Value::Text(text) => !text.is_empty(),
        _ => true,
    }
}

fn text_or_empty(text: &str) -> Tree {
    if text.is_empty() { Tree::object() } else { Tree::string(text) }
}

/// A number in the form of FHIR, which knows fewer than HL7v3. As it was written stands beside it, if that differs.
fn number(digits: &Text) -> Result<Made, Reason> {
    let plain = plain_number(digits).ok_or(Reason::Datatype)?;
    let differs = plain != digits.as_str();
    let companion = differs.then(|| extension(urls::RENDERED, "valueString", Tree::string(digits.clone())));
    Ok(Made { value: Some(Tree::number(plain.as_ref())), companion })
}

/// An integer of FHIR, which has 32 bits.
fn integer(digits: &Text) -> Result<Made, Reason> {
    let is_in_range = plain_number(digits).is_some_and(|plain| plain.parse::<i32>().is_ok());
    if is_in_range { number(digits) } else { Err(Reason::Datatype) }
}

/// A number as the members of a Quantity.
fn amount(digits: &Text) -> Result<[(&'static str, Tree); 2], Reason> {
    let Made { value, companion } = number(digits)?;
    Ok([("value", value.unwrap_or_else(Tree::object)), ("_value", companion.unwrap_or_else(Tree::object))])
}

/// True for a decimal of FHIR: digits, with a sign before and a fraction behind at most.
pub(in crate::fhir) fn is_number(digits: &str) -> bool {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && is_digits(fraction) && (whole.len() == 1 || !whole.starts_with('0'))
}

fn compact(text: &Text) -> Made {
    let bare: Text = text.chars().filter(|c| !c.is_whitespace()).collect();
    let companion = (bare != *text).then(|| extension(urls::RENDERED, "valueString", Tree::string(text.clone())));
    Made { value: Some(Tree::string(bare)), companion }
}

fn date(moment: &DateTime) -> Made {
    let whole = moment.to_fhir();
    let day = whole.split('T').next().unwrap_or_default();
    let companion = (moment.precision() > Precision::Day).then(|| {
        let Made { value, companion } = date_time(moment);
        let members = [
            ("url", Tree::string(urls::BIRTH_TIME)),
            ("valueDateTime", value.unwrap_or_else(Tree::object)),
            ("_valueDateTime", companion.unwrap_or_else(Tree::object)),
        ];
        object([("extension", Tree::Array(vec![object(members)]))])
    });
    Made { value: Some(Tree::string(day)), companion }
}

fn date_time(moment: &DateTime) -> Made {
    let coarse = matches!(moment.precision(), Precision::Hour | Precision::Minute);
    let differs = coarse || moment.has_written_zone();
    let companion = differs.then(|| extension(urls::RENDERED, "valueString", Tree::string(moment.to_written())));
    Made { value: Some(Tree::string(moment.to_fhir())), companion }
}

/// An instant has a time. A day alone is none, and stands beside the element as it was written.
fn instant(moment: &DateTime) -> Made {
    if moment.precision() >= Precision::Hour {
        return date_time(moment);
    }
    let written = extension(urls::RENDERED, "valueString", Tree::string(moment.to_written()));
    Made { value: None, companion: Some(written) }
}

fn with_absent_reason(mut concept: Tree, flavor: NullFlavor) -> Tree {
    if let (Some(code), Some(Tree::Array(codings))) = (absence_of_flavor(flavor), concept.get_mut("coding")) {
        codings.insert(0, object([("system", Tree::string(urls::ABSENT_REASON)), ("code", Tree::string(code))]));
    }
    concept
}

/// FHIR's reason for absence that says what a null flavour says.
fn absence_of_flavor(flavor: NullFlavor) -> Option<&'static str> {
    Some(match flavor {
        NullFlavor::NoInformation | NullFlavor::Unknown => "unknown",
        NullFlavor::AskedButUnknown => "asked",
        NullFlavor::NotAsked => "not-asked",
        NullFlavor::Masked => "masked",
        NullFlavor::TemporarilyUnavailable => "temp",
        _ => return None,
    })
}
