//! Values from FHIR datatypes.

use super::codec::{Codecs, Used, extension_of, read_null, weigh_absence};
use super::coded::{answer_of, source_of};
use super::encode::{UCUM, URN_UUID, is_number};
use super::urls;
use crate::dataset::{
    Content, DateTime, Identifier, Kind, NullFlavor, Quantity, Text, Value, is_integer, plain_number,
};
use crate::ledger::Reason;
use crate::plan::fhir::{Codec, ElementPath, Field};
use crate::terminology::CodeMap;
use crate::tree::Tree;

/// The members of a datatype in which a value stands.
const HOLD_VALUES: [&str; 4] = ["coding", "text", "code", "value"];

impl Codecs<'_> {
    /// Reads the value of a field from the object that holds its element.
    ///
    /// `item` is the element, or `None` if only its companion `_x`, a `dataAbsentReason`, or (for a compact string) an
    /// extension of the holder is there. What stands beside a value counts only if it says the same.
    pub fn read(
        &self,
        field: &Field,
        path: &ElementPath,
        holder: &Tree,
        item: Option<&Tree>,
        used: &mut Used,
    ) -> Result<Content, Reason> {
        let name = &path.last().name;
        let companion = holder.get(&format!("_{name}")).and_then(|tree| tree.items().first());
        let Some(item) = item else { return self.read_absence(field, holder, companion, used) };
        if item.leaf().is_none()
            && !HOLD_VALUES.iter().any(|name| item.get(name).is_some())
            && let Some(null) = read_null(item, used)
        {
            return Ok(null);
        }
        let content = self.read_value(field, path, item, companion, used)?;
        for beside in [Some(item), companion, item.get("_value")].into_iter().flatten() {
            weigh_absence(beside, &content, used);
        }
        if let Some(absent) = holder.get("dataAbsentReason").filter(|_| name.starts_with("value"))
            && matches!(content, Content::Value(_))
        {
            used.contradict(absent);
        }
        if field.codec == Codec::Compact {
            weigh_absence(holder, &content, used);
        }
        Ok(content)
    }

    /// What an element without a value has in its place.
    fn read_absence(
        &self,
        field: &Field,
        holder: &Tree,
        companion: Option<&Tree>,
        used: &mut Used,
    ) -> Result<Content, Reason> {
        if let Some(companion) = companion {
            if field.codec == Codec::Code
                && let Some(extension) = extension_of(companion, urls::CODE_SPECIFICATION)
                && let Some(original) = extension.get("valueCodeableConcept")
            {
                let content = self.read_concept(field, &[], original, used)?;
                used.take_all(extension);
                return Ok(content);
            }
            if field.codec == Codec::Instant
                && let Some(day) = read_day_beside(companion, used)
            {
                return Ok(day);
            }
            return read_null(companion, used).ok_or(Reason::Datatype);
        }
        if field.codec == Codec::Compact {
            return read_null(holder, used).ok_or(Reason::Datatype);
        }
        let absent = holder.get("dataAbsentReason").ok_or(Reason::Datatype)?;
        Ok(self.read_absent_reason(absent, used))
    }

    fn read_value(
        &self,
        field: &Field,
        path: &ElementPath,
        item: &Tree,
        companion: Option<&Tree>,
        used: &mut Used,
    ) -> Result<Content, Reason> {
        let kind = self.dataset.get(field.concept).kind;
        match field.codec {
            Codec::CodeableConcept => match (kind, item.get("coding")) {
                (Kind::Text | Kind::String | Kind::Complex, None) => {
                    text(item.get("text"), used).map(Value::Text).map(Content::Value)
                }
                _ => self.read_concept(field, &path.last().tokens, item, used),
            },
            Codec::Coding => self.read_coding(item, used).map(|value| match value {
                Value::Code(code) if code.system == NullFlavor::SYSTEM => NullFlavor::from_code(&code.code)
                    .map_or(Content::Value(Value::Code(code)), |flavor| Content::Null { flavor, original_text: None }),
                value => Content::Value(value),
            }),
            Codec::Code => self.read_mapped_code(field, item, companion, used),
            Codec::Boolean => match text(Some(item), used)?.as_str() {
                "true" => Ok(Content::Value(Value::Boolean(true))),
                "false" => Ok(Content::Value(Value::Boolean(false))),
                _ => Err(Reason::Datatype),
            },
            Codec::Integer | Codec::Decimal => {
                let digits = as_written(number(text(Some(item), used)?)?, companion, used, is_number_of);
                Ok(Content::Value(match kind {
                    Kind::Quantity => Value::Quantity(Quantity { value: digits, unit: Text::default() }),
                    _ => Value::Count(whole(digits)),
                }))
            }
            Codec::Quantity => self.read_quantity(item, kind, used),
            Codec::Date => read_day(&text(Some(item), used)?, companion, used),
            Codec::DateTime | Codec::Instant => read_moment(&text(Some(item), used)?, companion, used),
            Codec::Identifier => self.read_identifier(item, used),
            Codec::Compact => {
                let characters = text(Some(item), used)?;
                Ok(Content::Value(Value::Text(as_written(characters, companion, used, is_spaced))))
            }
            Codec::String => {
                let characters = text(Some(item), used)?;
                Ok(Content::Value(match kind {
                    Kind::Count if is_integer(&characters) => Value::Count(characters),
                    Kind::Count => return Err(Reason::Datatype),
                    Kind::Identifier => Value::Identifier(Identifier { root: Text::default(), extension: characters }),
                    _ => Value::Text(characters),
                }))
            }
            Codec::Answer(_) => Err(Reason::Datatype),
        }
    }

    fn read_mapped_code(
        &self,
        field: &Field,
        item: &Tree,
        companion: Option<&Tree>,
        used: &mut Used,
    ) -> Result<Content, Reason> {
        let code = text(Some(item), used)?;
        let map = field.code_map.as_deref().and_then(|name| self.terminology.code_map(name));
        if let Some(extension) = companion.and_then(|tree| extension_of(tree, urls::CODE_SPECIFICATION)) {
            let mut inner = Used::default();
            let original = extension.get("valueCodeableConcept");
            let original = original.and_then(|concept| self.read_concept(field, &[], concept, &mut inner).ok());
            match original.as_ref().and_then(|content| target_of(map, content)) {
                Some(target) if target == code => {
                    used.absorb(inner);
                    used.take_at(extension, "url");
                    return original.ok_or(Reason::Datatype);
                }
                Some(_) => used.contradict(extension),
                None => {}
            }
        }
        // A primitive code names no system: the element fixes it.
        let rows = || map.into_iter().flat_map(CodeMap::mappings).filter(|row| row.target_code == code);
        let row = rows().find(|row| row.canonical).or_else(|| rows().next()).ok_or(Reason::Unknown)?;
        Ok(answer_of(source_of(row)))
    }

    /// True if two answers have the same code of FHIR, which is coarser than they are.
    pub fn is_same_code(&self, field: &Field, one: &Content, other: &Content) -> bool {
        let map = field.code_map.as_deref().and_then(|name| self.terminology.code_map(name));
        one == other || target_of(map, one).is_some_and(|target| target_of(map, other) == Some(target))
    }

    fn read_identifier(&self, item: &Tree, used: &mut Used) -> Result<Content, Reason> {
        let system = used.take_at(item, "system").unwrap_or_default();
        let Some(value) = used.take_at(item, "value") else {
            return item.get("_value").and_then(|companion| read_null(companion, used)).ok_or(Reason::Datatype);
        };
        let root_of =
            |urn: &str| ["urn:oid:", URN_UUID].iter().find_map(|prefix| urn.strip_prefix(prefix)).map(Text::from);
        let identifier = match root_of(value) {
            Some(root) if system == "urn:ietf:rfc:3986" => Identifier { root, extension: Text::default() },
            _ => Identifier::new(self.root(system), value),
        };
        Ok(Content::Value(Value::Identifier(identifier)))
    }

    /// The namespace of an identifier: an OID or a UUID, or else the system itself.
    fn root<'s>(&'s self, system: &'s str) -> &'s str {
        system.strip_prefix(URN_UUID).or_else(|| self.terminology.systems().oid(system)).unwrap_or(system)
    }

    fn read_quantity(&self, item: &Tree, kind: Kind, used: &mut Used) -> Result<Content, Reason> {
        let Some(value) = used.take_at(item, "value") else {
            let null = item.get("_value").and_then(|companion| read_null(companion, used)).ok_or(Reason::Datatype)?;
            used.take_all(item);
            return Ok(null);
        };
        let value = as_written(number(value.into())?, item.get("_value"), used, is_number_of);
        if kind == Kind::Count {
            return Ok(Content::Value(Value::Count(whole(value))));
        }
        let is_ucum = item.text_at("system").is_none_or(|system| system == UCUM);
        let unit = match item.leaf_at("code").filter(|_| is_ucum) {
            Some(code) => {
                let code = Text::from(used.take(code));
                self.weigh_label(item, &code, used);
                used.take_at(item, "system");
                code
            }
            None => used.take_at(item, "unit").map(Text::from).unwrap_or_default(),
        };
        Ok(Content::Value(Value::Quantity(Quantity { value, unit })))
    }

    /// What people read as the unit, beside its code: the same, only a label, or another unit.
    fn weigh_label(&self, quantity: &Tree, code: &str, used: &mut Used) {
        let Some(label) = quantity.get("unit") else { return };
        let is_other = |text: &str| self.dataset.concepts().any(|(_, concept)| concept.unit == text);
        match label.text() {
            Some(text) if text == code => used.take_all(label),
            Some(text) if is_other(text) => used.contradict(label),
            _ => used.leave(label, Reason::Label),
        }
    }

    fn read_absent_reason(&self, concept: &Tree, used: &mut Used) -> Content {
        let null_system = self.terminology.systems().uri(NullFlavor::SYSTEM);
        let mut flavor = None;
        for coding in concept.get("coding").map_or(&[][..], Tree::items) {
            let code = coding.text_at("code").unwrap_or_default();
            if coding.text_at("system") == Some(null_system.as_ref()) {
                flavor = NullFlavor::from_code(code);
            } else if flavor.is_none() {
                flavor = flavor_of_absence(code);
            }
        }
        used.take_all(concept);
        let original_text = concept.text_at("text").map(Text::from);
        Content::Null { flavor: flavor.unwrap_or(NullFlavor::NoInformation), original_text }
    }
}

/// The code of FHIR for an answer, as the code map has it.
fn target_of<'m>(map: Option<&'m CodeMap>, content: &Content) -> Option<&'m Text> {
    let target = match content {
        Content::Value(Value::Code(code)) => map?.forward(&code.system, &code.code),
        Content::Null { flavor, .. } => map?.forward(NullFlavor::SYSTEM, flavor.code()),
        Content::Value(_) => None,
    };
    target.map(|row| &row.target_code)
}

/// A day, or the moment in it that stands beside it.
fn read_day(day: &str, companion: Option<&Tree>, used: &mut Used) -> Result<Content, Reason> {
    let Some(extension) = companion.and_then(|tree| extension_of(tree, urls::BIRTH_TIME)) else {
        return read_moment(day, None, used);
    };
    let moment = extension.leaf_at("valueDateTime").filter(|leaf| leaf.text.split('T').next() == Some(day));
    let beside = extension.get("_valueDateTime");
    if let Some(content) = moment.and_then(|leaf| read_moment(&leaf.text, beside, used).ok()) {
        for name in ["url", "valueDateTime"] {
            used.take_at(extension, name);
        }
        Ok(content)
    } else {
        used.contradict(extension);
        read_moment(day, None, used)
    }
}

/// A day in the place of an instant, which has a time.
fn read_day_beside(companion: &Tree, used: &mut Used) -> Option<Content> {
    let extension = extension_of(companion, urls::RENDERED)?;
    let written = DateTime::from_local(extension.text_at("valueString")?).ok()?;
    used.take_all(extension);
    Some(Content::Value(Value::DateTime(written)))
}

/// A moment, as what stands beside it says that it was written: coarser, or with its offset in another form.
fn read_moment(text: &str, companion: Option<&Tree>, used: &mut Used) -> Result<Content, Reason> {
    let moment = DateTime::from_fhir(text).map_err(|_| Reason::Datatype)?;
    let Some(extension) = companion.and_then(|tree| extension_of(tree, urls::RENDERED)) else {
        return Ok(Content::Value(Value::DateTime(moment)));
    };
    let rendered = extension.text_at("valueString").unwrap_or_default();
    let says_the_same = |written: &DateTime| {
        let coarse = DateTime::from_fhir_with_precision(text, written.precision());
        written.to_written() == rendered && coarse.is_ok_and(|coarse| coarse == *written && coarse.to_fhir() == text)
    };
    if let Some(written) = DateTime::from_local(rendered).ok().filter(says_the_same) {
        used.take_all(extension);
        Ok(Content::Value(Value::DateTime(written)))
    } else {
        used.contradict(extension);
        Ok(Content::Value(Value::DateTime(moment)))
    }
}

/// What FHIR wants in another form, as what stands beside it says that it was written, if that says the same.
fn as_written(
    plain: Text,
    companion: Option<&Tree>,
    used: &mut Used,
    says_the_same: impl Fn(&str, &str) -> bool,
) -> Text {
    let Some(extension) = companion.and_then(|tree| extension_of(tree, urls::RENDERED)) else { return plain };
    let written = extension.text_at("valueString").unwrap_or_default();
    if says_the_same(written, &plain) {
        used.take_all(extension);
        return written.into();
    }
    used.contradict(extension);
    plain
}

/// True if a text says the same without its spaces.
fn is_spaced(written: &str, compact: &str) -> bool {
    written.chars().filter(|c| !c.is_whitespace()).eq(compact.chars())
}

/// True if a number of HL7v3 is this one in the form of FHIR.
fn is_number_of(written: &str, plain: &str) -> bool {
    plain_number(written).as_deref() == Some(plain)
}

/// A decimal that counts something: the fraction of a whole number says nothing.
fn whole(digits: Text) -> Text {
    match digits.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.into(),
        _ => digits,
    }
}

fn number(digits: Text) -> Result<Text, Reason> {
    if is_number(&digits) { Ok(digits) } else { Err(Reason::Datatype) }
}

fn text(tree: Option<&Tree>, used: &mut Used) -> Result<Text, Reason> {
    tree.and_then(Tree::leaf).map(|leaf| Text::from(used.take(leaf))).ok_or(Reason::Datatype)
}

fn flavor_of_absence(code: &str) -> Option<NullFlavor> {
    Some(match code {
        "unknown" => NullFlavor::Unknown,
        "asked" => NullFlavor::AskedButUnknown,
        "not-asked" => NullFlavor::NotAsked,
        "masked" => NullFlavor::Masked,
        "temp" => NullFlavor::TemporarilyUnavailable,
        _ => return None,
    })
}
