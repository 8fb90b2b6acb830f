//! Values from FHIR datatypes.

use super::codec::{Codecs, Used, extension_value, read_null};
use super::encode::is_number;
use super::urls;
use crate::dataset::{
    Code, Content, DateTime, Identifier, Kind, NullFlavor, Quantity, Text, Value, is_integer, plain_number,
};
use crate::ledger::Reason;
use crate::plan::fhir::{Codec, ElementPath, Field, Token};
use crate::terminology::{CodeMap, Mapping};
use crate::tree::Tree;

impl Codecs<'_> {
    /// Reads the value of a field from the object that holds its element.
    ///
    /// `item` is the element, or `None` if only its companion `_x`, a `dataAbsentReason`, or (for a compact string) an
    /// extension of the holder is there.
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
        let Some(item) = item else {
            if let Some(companion) = companion {
                if field.codec == Codec::Code
                    && let Some(original) = extension_value(companion, urls::CODE_SPECIFICATION, "valueCodeableConcept")
                {
                    used.take_all(companion);
                    return self.read_concept(None, &[], original, &mut Used::default());
                }
                return read_null(companion, used).ok_or(Reason::Datatype);
            }
            if field.codec == Codec::Compact {
                let extensions = holder.get("extension").map_or(&[][..], Tree::items);
                let null = extensions.iter().find(|item| item.text_at("url") == Some(urls::NULL_FLAVOR));
                let null = null.ok_or(Reason::Datatype)?;
                let flavor = null.text_at("valueCode").and_then(NullFlavor::from_code).ok_or(Reason::Datatype)?;
                used.take_all(null);
                return Ok(Content::Null { flavor, original_text: None });
            }
            let absent = holder.get("dataAbsentReason").ok_or(Reason::Datatype)?;
            return Ok(self.read_absent_reason(absent, used));
        };
        if item.leaf().is_none()
            && let Some(null) = read_null(item, used)
        {
            return Ok(null);
        }
        let kind = self.dataset.get(field.concept).kind;
        match field.codec {
            Codec::CodeableConcept => match (kind, item.get("coding")) {
                (Kind::Text | Kind::String | Kind::Complex, None) => {
                    text(item.get("text"), used).map(Value::Text).map(Content::Value)
                }
                _ => self.read_concept(field.code_map.as_deref(), &path.last().tokens, item, used),
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
                let digits = as_written(number(text(Some(item), used)?)?, companion, used);
                Ok(Content::Value(match kind {
                    Kind::Quantity => Value::Quantity(Quantity { value: digits, unit: Text::default() }),
                    _ => Value::Count(digits),
                }))
            }
            Codec::Quantity => read_quantity(item, kind, used),
            Codec::Date => {
                let birth = companion.and_then(|tree| extension_value(tree, urls::BIRTH_TIME, "valueDateTime"));
                let day = text(Some(item), used)?;
                match birth {
                    Some(moment) => {
                        used.take_all(companion.unwrap_or(moment));
                        let beside =
                            companion.and_then(|tree| extension_value(tree, urls::BIRTH_TIME, "_valueDateTime"));
                        let rendered = beside.and_then(|tree| extension_value(tree, urls::RENDERED, "valueString"));
                        read_moment(moment.text().unwrap_or_default(), rendered.and_then(Tree::text))
                    }
                    None => read_moment(&day, None),
                }
            }
            Codec::DateTime => {
                let rendered = companion.and_then(|tree| extension_value(tree, urls::RENDERED, "valueString"));
                let moment = text(Some(item), used)?;
                if let Some(companion) = companion.filter(|_| rendered.is_some()) {
                    used.take_all(companion);
                }
                read_moment(&moment, rendered.and_then(Tree::text))
            }
            Codec::Identifier => self.read_identifier(item, used),
            Codec::Compact => {
                let exact = companion
                    .and_then(|tree| extension_value(tree, urls::RENDERED, "valueString"))
                    .and_then(Tree::text);
                let characters = text(Some(item), used)?;
                if let Some(companion) = companion.filter(|_| exact.is_some()) {
                    used.take_all(companion);
                }
                Ok(Content::Value(Value::Text(exact.map_or(characters, Text::from))))
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

    fn read_concept(
        &self,
        map: Option<&str>,
        tokens: &[Token],
        concept: &Tree,
        used: &mut Used,
    ) -> Result<Content, Reason> {
        let original_text = concept.leaf_at("text").map(|leaf| Text::from(used.take(leaf)));
        let (fixed, codings): (Vec<&Tree>, Vec<&Tree>) = concept
            .get("coding")
            .map_or(&[][..], Tree::items)
            .iter()
            .partition(|coding| tokens.iter().any(|token| token.is(coding)));
        for coding in fixed {
            used.take_all(coding);
        }
        let map = map.and_then(|name| self.terminology.code_map(name));
        let selected = codings.iter().position(|coding| coding.text_at("userSelected") == Some("true"));
        let untranslated = || {
            map.and_then(|map| {
                codings.iter().position(|coding| {
                    let system = coding.text_at("system").unwrap_or_default();
                    let system = self.terminology.systems().oid(system).unwrap_or(system);
                    map.forward(system, coding.text_at("code").unwrap_or_default()).is_some()
                })
            })
        };
        let Some(coding) =
            selected.or_else(untranslated).or(if codings.is_empty() { None } else { Some(0) }).map(|at| codings[at])
        else {
            let flavor = NullFlavor::Other;
            return original_text
                .map(|text| Content::Null { flavor, original_text: Some(text) })
                .ok_or(Reason::Datatype);
        };
        let Value::Code(mut code) = self.read_coding(coding, used)? else { return Err(Reason::Datatype) };
        if code.system == NullFlavor::SYSTEM {
            let flavor = NullFlavor::from_code(&code.code).ok_or(Reason::Datatype)?;
            return Ok(Content::Null { flavor, original_text });
        }
        if let Some(map) = map {
            match map.forward(&code.system, &code.code) {
                Some(target) => {
                    // The translation repeats what the code map says: it is accounted for with the original.
                    let uri = self.terminology.systems().uri(&target.target_system);
                    let repeats = |other: &&&Tree| {
                        other.text_at("system") == Some(uri.as_ref())
                            && other.text_at("code") == Some(target.target_code.as_str())
                    };
                    codings.iter().filter(repeats).for_each(|other| used.take_all(other));
                }
                None if selected.is_some() => {}
                None => {
                    if let Some(row) = map.back(&code.system, &code.code) {
                        code = source_of(row);
                    }
                }
            }
        }
        code.original_text = original_text;
        Ok(answer_of(code))
    }

    fn read_coding(&self, coding: &Tree, used: &mut Used) -> Result<Value, Reason> {
        let code = used.take_at(coding, "code").map(Text::from).ok_or(Reason::Datatype)?;
        let system = used.take_at(coding, "system").unwrap_or_default();
        let display = used.take_at(coding, "display").map(Text::from);
        used.take_at(coding, "userSelected");
        let system = self.terminology.systems().oid(system).unwrap_or(system);
        Ok(Value::Code(Code { code, system: system.into(), display, original_text: None }))
    }

    fn read_mapped_code(
        &self,
        field: &Field,
        item: &Tree,
        companion: Option<&Tree>,
        used: &mut Used,
    ) -> Result<Content, Reason> {
        let code = text(Some(item), used)?;
        let original =
            companion.and_then(|tree| extension_value(tree, urls::CODE_SPECIFICATION, "valueCodeableConcept"));
        if let Some(original) = original {
            let mut inner = Used::default();
            let content = self.read_concept(field.code_map.as_deref(), &[], original, &mut inner)?;
            if let Some(companion) = companion {
                used.take_all(companion);
            }
            return Ok(content);
        }
        let map = field.code_map.as_deref().and_then(|name| self.terminology.code_map(name));
        // A primitive code names no system: the element fixes it.
        let rows = || map.into_iter().flat_map(CodeMap::mappings).filter(|row| row.target_code == code);
        let row = rows().find(|row| row.canonical).or_else(|| rows().next()).ok_or(Reason::Unknown)?;
        Ok(answer_of(source_of(row)))
    }

    fn read_identifier(&self, item: &Tree, used: &mut Used) -> Result<Content, Reason> {
        let system = used.take_at(item, "system").unwrap_or_default();
        if let Some(null) = item.get("_value").and_then(|companion| read_null(companion, used)) {
            return Ok(null);
        }
        let value = used.take_at(item, "value").ok_or(Reason::Datatype)?;
        let identifier = match value.strip_prefix("urn:oid:") {
            Some(root) if system == "urn:ietf:rfc:3986" => Identifier { root: root.into(), extension: Text::default() },
            _ => Identifier {
                root: self.terminology.systems().oid(system).unwrap_or(system).into(),
                extension: value.into(),
            },
        };
        Ok(Content::Value(Value::Identifier(identifier)))
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

/// The answer that a code of a code map gives.
fn answer_of(code: Code) -> Content {
    match NullFlavor::from_code(&code.code).filter(|_| code.system == NullFlavor::SYSTEM) {
        Some(flavor) => Content::Null { flavor, original_text: code.original_text },
        None => Content::Value(Value::Code(code)),
    }
}

/// The source code of a row, for a resource that has only the target code.
fn source_of(row: &Mapping) -> Code {
    Code { code: row.source_code.clone(), system: row.source_system.clone(), display: None, original_text: None }
}

fn read_moment(text: &str, rendered: Option<&str>) -> Result<Content, Reason> {
    let moment = match rendered.map(DateTime::from_local) {
        // Of what says the same, the form in which it was written.
        Some(Ok(rendered)) => DateTime::from_fhir_with_precision(text, rendered.precision())
            .map(|moment| if moment == rendered { rendered } else { moment }),
        _ => DateTime::from_fhir(text),
    };
    moment.map(|moment| Content::Value(Value::DateTime(moment))).map_err(|_| Reason::Datatype)
}

fn read_quantity(item: &Tree, kind: Kind, used: &mut Used) -> Result<Content, Reason> {
    if let Some(null) = item.get("_value").and_then(|companion| read_null(companion, used)) {
        used.take_all(item);
        return Ok(null);
    }
    let value = number(used.take_at(item, "value").ok_or(Reason::Datatype)?.into())?;
    let value = as_written(value, item.get("_value").and_then(|tree| tree.items().first()), used);
    if kind == Kind::Count {
        return Ok(Content::Value(Value::Count(value)));
    }
    let unit = used.take_at(item, "unit").map(Text::from);
    let code = used.take_at(item, "code").map(Text::from);
    used.take_at(item, "system");
    Ok(Content::Value(Value::Quantity(Quantity { value, unit: code.or(unit).unwrap_or_default() })))
}

/// The digits as they were before FHIR wanted them otherwise, if what stands beside them is the same number.
fn as_written(digits: Text, companion: Option<&Tree>, used: &mut Used) -> Text {
    let rendered = companion.and_then(|tree| extension_value(tree, urls::RENDERED, "valueString")).and_then(Tree::text);
    match (companion, rendered) {
        (Some(companion), Some(rendered)) if plain_number(rendered).as_deref() == Some(digits.as_str()) => {
            used.take_all(companion);
            rendered.into()
        }
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
