//! Values as FHIR datatypes, both ways.

use super::place::{Made, put, replace};
use super::urls;
use crate::dataset::{
    Code, Content, Dataset, DateTime, Identifier, Kind, NullFlavor, Precision, Quantity, Text, Value,
};
use crate::ledger::Reason;
use crate::plan::fhir::{Answer, Clause, Codec, ElementPath, FhirPlan, Field, NULL_PLACE, Says, Step, Test, Token};
use crate::terminology::{CodeMap, Mapping, Terminology};
use crate::tree::{Leaf, Tree};

const UCUM: &str = "http://unitsofmeasure.org";

/// What the codecs need to know.
#[derive(Clone, Copy)]
pub(super) struct Codecs<'a> {
    pub plan: &'a FhirPlan,
    pub dataset: &'a Dataset,
    pub terminology: &'a Terminology,
}

/// The leaves of a resource that a value was made from.
#[derive(Default)]
pub(super) struct Used {
    pub leaves: Vec<u32>,
    pub position: u32,
}

impl Used {
    /// Notes that a leaf was used; returns its characters.
    pub fn take<'t>(&mut self, leaf: &'t Leaf) -> &'t str {
        if self.leaves.is_empty() {
            self.position = leaf.position;
        }
        if !self.leaves.contains(&leaf.ix) {
            self.leaves.push(leaf.ix);
        }
        &leaf.text
    }

    fn take_all(&mut self, tree: &Tree) {
        tree.each_leaf(&mut |leaf| {
            self.take(leaf);
        });
    }

    fn take_at<'t>(&mut self, tree: &'t Tree, name: &str) -> Option<&'t str> {
        tree.leaf_at(name).map(|leaf| self.take(leaf))
    }
}

impl Codecs<'_> {
    /// Makes the element of a value, and says where it goes: a null flavour may have a place of its own.
    pub fn write(
        &self,
        field: &Field,
        path: &ElementPath,
        content: &Content,
        resource: &Tree,
    ) -> Result<(ElementPath, Made), Reason> {
        let here = |made| Ok((path.clone(), made));
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
                let own_place = matches!(field.codec, Codec::Quantity | Codec::Identifier);
                if let Some(absent) = self.absent_reason_path(path, resource).filter(|_| !own_place) {
                    return Ok((absent, Made::plain(with_absent_reason(concept, *flavor))));
                }
                return if original_text.is_some() {
                    Err(Reason::NullFlavor)
                } else {
                    here(self.null_element(field, path, *flavor))
                };
            }
        };
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
            (Codec::Integer, Value::Count(digits)) => here(Made::plain(number(digits)?)),
            (Codec::Decimal, Value::Quantity(quantity)) if quantity.unit.is_empty() => {
                here(Made::plain(number(&quantity.value)?))
            }
            (Codec::Decimal, Value::Count(digits)) => here(Made::plain(number(digits)?)),
            (Codec::Quantity, Value::Quantity(quantity)) => here(Made::plain(self.quantity(quantity)?)),
            (Codec::Quantity, Value::Count(digits)) => here(Made::plain(object([("value", number(digits)?)]))),
            (Codec::Date, Value::DateTime(moment)) => here(date(moment)),
            (Codec::DateTime, Value::DateTime(moment)) => here(date_time(moment)),
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
            ("display", code.display.as_ref().map_or_else(Tree::object, |text| Tree::string(text.clone()))),
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

    fn quantity(&self, quantity: &Quantity) -> Result<Tree, Reason> {
        if quantity.unit.is_empty() {
            return Ok(object([("value", number(&quantity.value)?)]));
        }
        Ok(object([
            ("value", number(&quantity.value)?),
            ("unit", Tree::string(quantity.unit.clone())),
            ("system", Tree::string(UCUM)),
            ("code", Tree::string(quantity.unit.clone())),
        ]))
    }

    fn identifier(&self, path: &ElementPath, identifier: &Identifier) -> Result<Tree, Reason> {
        if identifier.extension.is_empty() {
            let mut urn = Text::const_new("urn:oid:");
            urn.push_str(&identifier.root);
            return Ok(object([("system", Tree::string("urn:ietf:rfc:3986")), ("value", Tree::string(urn))]));
        }
        let system = if identifier.root.is_empty() {
            Tree::object()
        } else {
            Tree::string(self.terminology.systems().uri(&identifier.root).as_ref())
        };
        let tree = object([("system", system), ("value", Tree::string(identifier.extension.clone()))]);
        if path.last().accepts(&tree) { Ok(tree) } else { Err(Reason::Namespace) }
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
        let mut absent = path.clone();
        let last = absent.steps.len() - 1;
        absent.steps[last] =
            Step { name: "dataAbsentReason".into(), conditions: Vec::new(), tokens: Vec::new(), append: false };
        Some(absent)
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

    /// Reads the value of a field from the object that holds its element.
    ///
    /// `item` is the element, or `None` if only its companion `_x` or a `dataAbsentReason` is there.
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
            let absent = holder.get("dataAbsentReason").ok_or(Reason::Datatype)?;
            return self.read_absent_reason(absent, used);
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
                let digits = text(Some(item), used)?;
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
                        read_moment(moment.text().unwrap_or_default(), None)
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
                    Kind::Count => Value::Count(characters),
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
        fixed.into_iter().for_each(|coding| used.take_all(coding));
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

    fn read_absent_reason(&self, concept: &Tree, used: &mut Used) -> Result<Content, Reason> {
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
        Ok(Content::Null { flavor: flavor.unwrap_or(NullFlavor::NoInformation), original_text })
    }
}

/// A null flavour as a code, as code maps have it.
fn null_code(flavor: NullFlavor, original_text: Option<Text>) -> Code {
    let (code, system) = (Text::const_new(flavor.code()), Text::const_new(NullFlavor::SYSTEM));
    Code { code, system, display: None, original_text }
}

/// The answer that a row of a code map has as its source.
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

/// Sets elements, replacing what the pattern has there.
pub(super) fn set_all(plan: &FhirPlan, values: &[(ElementPath, Tree)], resource: &mut Tree) {
    for (path, value) in values {
        replace(&plan.elements, resource, path, value.clone());
    }
}

/// Says yes, no or a null flavour in the way that an answer prescribes.
pub(super) fn write_answer(
    plan: &FhirPlan,
    answer: &Answer,
    content: &Content,
    resource: &mut Tree,
) -> Result<(), Reason> {
    match content {
        Content::Value(Value::Boolean(true)) => set_all(plan, said(&answer.yes)?, resource),
        Content::Value(Value::Boolean(false)) => set_all(plan, said(&answer.no)?, resource),
        Content::Null { flavor: NullFlavor::Other, .. } if answer.clauses.is_empty() => {
            set_all(plan, said(&answer.yes)?, resource);
        }
        Content::Null { original_text: Some(_), .. } if !answer.clauses.is_empty() => return Err(Reason::NullFlavor),
        Content::Null { flavor, .. } => write_null(plan, answer, *flavor, resource)?,
        // Of another leaf it is enough that it has a value.
        Content::Value(_) => set_all(plan, said(&answer.yes)?, resource),
    }
    Ok(())
}

/// Says beside a code that it was found; a null flavour other than "other" says that nothing is known.
pub(super) fn write_beside(plan: &FhirPlan, answer: &Answer, content: &Content, resource: &mut Tree) {
    match content {
        Content::Null { flavor, .. } if *flavor != NullFlavor::Other => set_all(plan, &answer.null, resource),
        _ => set_all(plan, &answer.yes, resource),
    }
}

fn said(values: &[(ElementPath, Tree)]) -> Result<&[(ElementPath, Tree)], Reason> {
    if values.is_empty() { Err(Reason::NoPlace) } else { Ok(values) }
}

fn write_null(plan: &FhirPlan, answer: &Answer, flavor: NullFlavor, resource: &mut Tree) -> Result<(), Reason> {
    for (path, value) in said(&answer.null).map_err(|_| Reason::NullFlavor)? {
        replace(&plan.elements, resource, path, with_flavor(value, flavor));
    }
    if let Some(path) = &answer.null_on {
        let null = extension(urls::NULL_FLAVOR, "valueCode", Tree::string(flavor.code()));
        put(&plan.elements, resource, &companion_of(path), Made::plain(null))?;
    }
    Ok(())
}

fn with_flavor(value: &Tree, flavor: NullFlavor) -> Tree {
    match value {
        Tree::Leaf(leaf) if leaf.text == NULL_PLACE => Tree::string(flavor.code()),
        Tree::Leaf(_) => value.clone(),
        Tree::Array(items) => Tree::Array(items.iter().map(|item| with_flavor(item, flavor)).collect()),
        Tree::Object(members) => {
            Tree::Object(members.iter().map(|(name, value)| (name.clone(), with_flavor(value, flavor))).collect())
        }
    }
}

fn companion_of(path: &ElementPath) -> ElementPath {
    let mut path = path.clone();
    let last = path.steps.len() - 1;
    path.steps[last].name = format!("_{}", path.steps[last].name).into();
    path
}

/// Reads a yes, no or null flavour; `None` if the resource is silent.
pub(super) fn read_answer(answer: &Answer, resource: &Tree, used: &mut Used) -> Option<Content> {
    let clause =
        answer.clauses.iter().find(|clause| clause.tests.iter().all(|(path, test)| is_met(path, test, resource)))?;
    let content = match clause.says {
        Says::Yes => Content::Value(Value::Boolean(true)),
        Says::No => Content::Value(Value::Boolean(false)),
        Says::Null => Content::Null { flavor: flavor_in(answer, clause, resource)?, original_text: None },
    };
    for (path, test) in clause.tests.iter().filter(|(_, test)| !matches!(test, Test::Missing)) {
        path.select(resource).into_iter().filter(|item| is_item(item, test)).for_each(|item| used.take_all(item));
    }
    let companion = answer.null_on.as_ref().map(companion_of).filter(|_| clause.says == Says::Null);
    if let Some(path) = companion {
        path.select(resource).into_iter().for_each(|item| used.take_all(item));
    }
    let state = match clause.says {
        Says::Yes => &answer.yes,
        Says::No => &answer.no,
        Says::Null => &answer.null,
    };
    take_state(state, resource, used);
    Some(content)
}

fn is_met(path: &ElementPath, test: &Test, resource: &Tree) -> bool {
    let items = path.select(resource);
    if matches!(test, Test::Missing) { items.is_empty() } else { items.iter().any(|item| is_item(item, test)) }
}

fn is_item(item: &Tree, test: &Test) -> bool {
    match test {
        Test::Missing => false,
        Test::Is(value) => item == value,
        Test::Coding(system, code) => item.text_at("system") == Some(system) && item.text_at("code") == Some(code),
        Test::NullCoding(system) => {
            item.text_at("system") == Some(system) && item.text_at("code").and_then(NullFlavor::from_code).is_some()
        }
    }
}

/// The null flavour in the coding that a clause names, or in the extension of the answer.
fn flavor_in(answer: &Answer, clause: &Clause, resource: &Tree) -> Option<NullFlavor> {
    let coded = clause.tests.iter().filter(|(_, test)| matches!(test, Test::NullCoding(_))).find_map(|(path, test)| {
        let coding = path.select(resource).into_iter().find(|item| is_item(item, test))?;
        coding.text_at("code").and_then(NullFlavor::from_code)
    });
    coded.or_else(|| {
        let path = companion_of(answer.null_on.as_ref()?);
        let holder = path.select(resource).into_iter().next()?;
        extension_value(holder, urls::NULL_FLAVOR, "valueCode")?.text().and_then(NullFlavor::from_code)
    })
}

/// The leaves of an answer that is written only, for the account.
pub(super) fn answer_leaves(answer: &Answer, resource: &Tree, leaves: &mut Vec<u32>) {
    for (path, value) in [&answer.yes, &answer.no, &answer.null, &answer.absent].into_iter().flatten() {
        for item in path.select(resource).into_iter().filter(|item| *item == value) {
            item.each_leaf(&mut |leaf| leaves.push(leaf.ix));
        }
    }
}

/// The leaves that say beside a code that it was found, or that nothing is known.
pub(super) fn take_beside(answer: &Answer, resource: &Tree, used: &mut Used) {
    for state in [&answer.yes, &answer.null, &answer.absent] {
        if is_state(state, resource) {
            take_state(state, resource, used);
            return;
        }
    }
}

fn is_state(values: &[(ElementPath, Tree)], resource: &Tree) -> bool {
    !values.is_empty() && values.iter().all(|(path, value)| path.select(resource).contains(&value))
}

fn take_state(values: &[(ElementPath, Tree)], resource: &Tree, used: &mut Used) {
    for (path, value) in values {
        path.select(resource).into_iter().filter(|item| *item == value).for_each(|item| used.take_all(item));
    }
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

fn object<const N: usize>(members: [(&str, Tree); N]) -> Tree {
    Tree::Object(
        members.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value)).collect(),
    )
}

fn text_or_empty(text: &str) -> Tree {
    if text.is_empty() { Tree::object() } else { Tree::string(text) }
}

fn extension(url: &str, element: &str, value: Tree) -> Tree {
    let inner = object([("url", Tree::string(url)), (element, value)]);
    object([("extension", Tree::Array(vec![inner]))])
}

fn extension_value<'t>(holder: &'t Tree, url: &str, element: &str) -> Option<&'t Tree> {
    let extensions = holder.get("extension")?.items();
    extensions.iter().find(|extension| extension.text_at("url") == Some(url))?.get(element)
}

fn read_null(holder: &Tree, used: &mut Used) -> Option<Content> {
    let flavor = extension_value(holder, urls::NULL_FLAVOR, "valueCode")?.text().and_then(NullFlavor::from_code)?;
    used.take_all(holder);
    Some(Content::Null { flavor, original_text: None })
}

/// Digits as a JSON number; JSON knows fewer forms than XML.
fn number(digits: &str) -> Result<Tree, Reason> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = is_digits(whole) && is_digits(fraction) && (whole.len() == 1 || !whole.starts_with('0'));
    if plain { Ok(Tree::number(digits)) } else { Err(Reason::Datatype) }
}

fn compact(text: &Text) -> Made {
    let bare: Text = text.chars().filter(|c| !c.is_whitespace()).collect();
    let companion = (bare != *text).then(|| extension(urls::RENDERED, "valueString", Tree::string(text.clone())));
    Made { value: Some(Tree::string(bare)), companion }
}

fn date(moment: &DateTime) -> Made {
    let whole = moment.to_fhir();
    let day = whole.split('T').next().unwrap_or_default();
    let companion = (moment.precision() > Precision::Day)
        .then(|| extension(urls::BIRTH_TIME, "valueDateTime", Tree::string(whole.as_str())));
    Made { value: Some(Tree::string(day)), companion }
}

fn date_time(moment: &DateTime) -> Made {
    let coarse = matches!(moment.precision(), Precision::Hour | Precision::Minute);
    let companion = coarse.then(|| extension(urls::RENDERED, "valueString", Tree::string(moment.to_local())));
    Made { value: Some(Tree::string(moment.to_fhir())), companion }
}

fn read_moment(text: &str, rendered: Option<&str>) -> Result<Content, Reason> {
    let moment = match rendered.map(DateTime::from_local) {
        Some(Ok(rendered)) => DateTime::from_fhir_with_precision(text, rendered.precision()),
        _ => DateTime::from_fhir(text),
    };
    moment.map(|moment| Content::Value(Value::DateTime(moment))).map_err(|_| Reason::Datatype)
}

fn read_quantity(item: &Tree, kind: Kind, used: &mut Used) -> Result<Content, Reason> {
    if let Some(null) = item.get("_value").and_then(|companion| read_null(companion, used)) {
        used.take_all(item);
        return Ok(null);
    }
    let value: Text = used.take_at(item, "value").ok_or(Reason::Datatype)?.into();
    if kind == Kind::Count {
        return Ok(Content::Value(Value::Count(value)));
    }
    let unit = used.take_at(item, "unit").map(Text::from);
    let code = used.take_at(item, "code").map(Text::from);
    used.take_at(item, "system");
    Ok(Content::Value(Value::Quantity(Quantity { value, unit: code.or(unit).unwrap_or_default() })))
}

fn text(tree: Option<&Tree>, used: &mut Used) -> Result<Text, Reason> {
    tree.and_then(Tree::leaf).map(|leaf| Text::from(used.take(leaf))).ok_or(Reason::Datatype)
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
