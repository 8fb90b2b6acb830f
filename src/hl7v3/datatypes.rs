//! The datatypes of HL7v3: from the parts of an element to a content, and back.

use std::borrow::Cow;

use super::words::{TextForm, Words};
use crate::dataset::{
    Code, Content, DateTime, Identifier, Kind, NullFlavor, Quantity, Text, Value, is_integer, plain_number,
};
use crate::ledger::Reason;
use crate::plan::hl7v3::{Datatype, Fill};

/// The null flavour of an identifier without a namespace.
const UNENCODED: &str = "UNC";

/// The unit of a number that has none.
const UNITY: &str = "1";

/// What a value element says, before it is understood.
#[derive(Debug, Default)]
pub(super) struct Parts<'d> {
    pub code: Option<&'d str>,
    pub code_system: Option<&'d str>,
    pub display: Option<&'d str>,
    pub value: Option<&'d str>,
    pub unit: Option<&'d str>,
    pub root: Option<&'d str>,
    pub extension: Option<&'d str>,
    pub null_flavor: Option<&'d str>,
    pub xsi_type: Option<&'d str>,
    pub text: Option<Cow<'d, str>>,
    pub form: TextForm<'d>,
    pub original_text: Option<Cow<'d, str>>,
    /// How many leaves of the source the original text is: pieces between markup, and its form.
    original_leaves: u32,
    /// How many leaves of the source they are.
    pub leaves: u32,
}

/// An understood value.
#[derive(Debug)]
pub(super) struct Decoded {
    pub content: Content,
    /// Leaves that say nothing beyond the content.
    pub structural: u32,
    /// Leaves that the content cannot hold.
    pub beside: u32,
}

impl<'d> Parts<'d> {
    /// Takes an attribute; the caller has asked whether it is a part of the datatype.
    pub fn take(&mut self, name: &str, value: &'d str) {
        self.leaves += 1;
        if self.form.take(name, value) {
            return;
        }
        let part = match name {
            "code" => &mut self.code,
            "codeSystem" => &mut self.code_system,
            "displayName" => &mut self.display,
            "value" => &mut self.value,
            "unit" => &mut self.unit,
            "root" => &mut self.root,
            "extension" => &mut self.extension,
            "nullFlavor" => &mut self.null_flavor,
            _ => &mut self.xsi_type,
        };
        *part = Some(value);
    }

    /// Takes the text of the element.
    pub fn take_text(&mut self, words: Words<'d, '_>) {
        self.text = words.text;
        self.leaves += words.leaves;
    }

    /// Takes what the author wrote beside a code; false if not all of it can be taken, and so nothing was.
    pub fn take_original_text(&mut self, words: Words<'d, '_>, form: TextForm<'d>, leaves: u32) -> bool {
        self.original_text = words.text.and_then(|text| form.decode(text));
        if self.original_text.is_some() {
            self.leaves += leaves;
            self.original_leaves = leaves;
        }
        self.original_text.is_some()
    }

    /// Understands the parts as a value of the datatype; `None` if they are no such value.
    pub fn decode(self, fill: &Fill) -> Option<Decoded> {
        let datatype = fill.datatype;
        if self.xsi_type.is_some_and(|name| !datatype.accepts_type(super::xml::without_prefix(name))) {
            return None;
        }
        match self.null_flavor {
            // This is how a message gives an identifier of which nobody knows the namespace.
            Some(UNENCODED) if self.root.is_none() && self.extension.is_some() => self.value(fill),
            // Whatever stands beside it, there is no value.
            Some(flavor) => Some(self.null(NullFlavor::from_code(flavor)?)),
            None => self.value(fill),
        }
    }

    fn null(self, flavor: NullFlavor) -> Decoded {
        let used = 1 + u32::from(self.xsi_type.is_some()) + self.original_leaves;
        let display = u32::from(self.display.is_some());
        let original_text = self.original_text.map(Text::from);
        Decoded {
            content: Content::Null { flavor, original_text },
            structural: display,
            beside: self.leaves.saturating_sub(used + display),
        }
    }

    fn value(&self, fill: &Fill) -> Option<Decoded> {
        let value = match fill.datatype {
            Datatype::Ce | Datatype::Cd | Datatype::Co | Datatype::Cs => return self.code(fill),
            Datatype::Bl => Value::Boolean(boolean(trimmed(self.value?))?),
            Datatype::Ts => Value::DateTime(DateTime::from_hl7(trimmed(self.value?)).ok()?),
            Datatype::Pq | Datatype::Int => self.number(fill)?,
            Datatype::Ii => self.identifier(fill)?,
            Datatype::St => Value::Text(self.form.decode(self.text.clone()?)?.as_ref().into()),
            Datatype::Negation | Datatype::Presence => return None,
        };
        Some(Decoded { content: Content::Value(value), structural: 0, beside: 0 })
    }

    fn code(&self, fill: &Fill) -> Option<Decoded> {
        let code = self.code.filter(|code| !code.is_empty())?;
        if fill.kind == Kind::String {
            let beside = self.leaves - 1 - u32::from(self.xsi_type.is_some());
            return Some(Decoded { content: Content::Value(Value::Text(code.into())), structural: 0, beside });
        }
        let system = self.code_system.unwrap_or(&fill.system);
        let original_text = self.original_text.as_deref().map(Text::from);
        // A code of this system says the same as `nullFlavor`.
        if system == NullFlavor::SYSTEM
            && let Some(flavor) = NullFlavor::from_code(code)
        {
            let structural = u32::from(self.display.is_some());
            return Some(Decoded { content: Content::Null { flavor, original_text }, structural, beside: 0 });
        }
        let display = self.display.map(Text::from);
        let code = Code { code: code.into(), system: system.into(), display, original_text };
        Some(Decoded { content: Content::Value(Value::Code(code)), structural: 0, beside: 0 })
    }

    fn number(&self, fill: &Fill) -> Option<Value> {
        let value = trimmed(self.value?);
        let unit = self.unit.unwrap_or_default();
        let valid = if fill.datatype == Datatype::Int { is_integer(value) } else { plain_number(value).is_some() };
        if !valid {
            return None;
        }
        if fill.kind == Kind::Count {
            return (is_integer(value) && matches!(unit, "" | UNITY)).then(|| Value::Count(value.into()));
        }
        Some(Value::Quantity(Quantity { value: value.into(), unit: unit.into() }))
    }

    fn identifier(&self, fill: &Fill) -> Option<Value> {
        // A number that is there and empty is none, and the namespace alone names nobody.
        if self.extension.is_some_and(str::is_empty) {
            return None;
        }
        let (root, extension) = (self.root.unwrap_or_default(), self.extension.unwrap_or_default());
        if fill.kind == Kind::String {
            return (!extension.is_empty()).then(|| Value::Text(extension.into()));
        }
        (!root.is_empty() || !extension.is_empty()).then(|| Value::Identifier(Identifier::new(root, extension)))
    }
}

/// `true` or `false`; the other literals of XML Schema are not allowed in a message.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// White space around a number, a moment or a boolean is no part of it (`collapse` of XML Schema).
fn trimmed(value: &str) -> &str {
    value.trim_matches([' ', '\t', '\r', '\n'])
}

/// A value as it is written: attributes in order, and text.
#[derive(Debug, Default)]
pub(super) struct Encoded<'i> {
    pub attributes: Vec<(&'static str, Cow<'i, str>)>,
    pub text: Option<&'i str>,
    pub original_text: Option<&'i str>,
}

impl<'i> Encoded<'i> {
    /// Puts a content in the form of the datatype.
    pub fn new(content: &'i Content, fill: &Fill) -> Result<Self, Reason> {
        let mut encoded = Self::default();
        match content {
            Content::Null { flavor, original_text } => {
                if original_text.is_some() && !matches!(fill.datatype, Datatype::Ce | Datatype::Cd | Datatype::Co) {
                    return Err(Reason::NullFlavor);
                }
                encoded.add("nullFlavor", flavor.code());
                encoded.original_text = original_text.as_deref();
            }
            Content::Value(value) => encoded.value(value, fill)?,
        }
        let texts = encoded.text.iter().chain(&encoded.original_text);
        let mut all = texts.copied().chain(encoded.attributes.iter().map(|(_, value)| value.as_ref()));
        if !all.all(super::xml::is_representable) {
            return Err(Reason::Datatype);
        }
        let mut texts = encoded.text.iter().chain(&encoded.original_text);
        if !texts.all(|text| super::xml::is_content(text)) {
            return Err(Reason::Datatype);
        }
        Ok(encoded)
    }

    fn add(&mut self, name: &'static str, value: impl Into<Cow<'i, str>>) {
        self.attributes.push((name, value.into()));
    }

    fn value(&mut self, value: &'i Value, fill: &Fill) -> Result<(), Reason> {
        let datatype = fill.datatype;
        match value {
            Value::Code(code) if datatype.is_coded() && !code.code.is_empty() => return self.code(code, fill),
            Value::Text(text) if datatype == Datatype::Cs && !text.is_empty() => self.add("code", text.as_str()),
            Value::Boolean(answer) if datatype == Datatype::Bl => {
                self.add("value", if *answer { "true" } else { "false" });
            }
            Value::DateTime(moment) if datatype == Datatype::Ts => self.add("value", moment.to_hl7()),
            Value::Quantity(quantity) if datatype == Datatype::Pq && plain_number(&quantity.value).is_some() => {
                self.add("value", quantity.value.as_str());
                if !quantity.unit.is_empty() {
                    self.add("unit", quantity.unit.as_str());
                }
            }
            Value::Quantity(quantity)
                if datatype == Datatype::Int && is_integer(&quantity.value) && quantity.unit.is_empty() =>
            {
                self.add("value", quantity.value.as_str());
            }
            Value::Count(number) if matches!(datatype, Datatype::Int | Datatype::Pq) && is_integer(number) => {
                self.add("value", number.as_str());
            }
            Value::Identifier(id) if datatype == Datatype::Ii && !(id.root.is_empty() && id.extension.is_empty()) => {
                match id.root.as_str() {
                    "" => self.add("nullFlavor", UNENCODED),
                    root => self.add("root", root),
                }
                if !id.extension.is_empty() {
                    self.add("extension", id.extension.as_str());
                }
            }
            Value::Text(text) if datatype == Datatype::Ii && !text.is_empty() => self.add("extension", text.as_str()),
            Value::Text(text) if datatype == Datatype::St => self.text = Some(text),
            _ => return Err(Reason::Datatype),
        }
        Ok(())
    }

    fn code(&mut self, code: &'i Code, fill: &Fill) -> Result<(), Reason> {
        self.add("code", code.code.as_str());
        if fill.datatype == Datatype::Cs {
            // CS holds a code of a system that is agreed, and nothing else.
            let agreed = code.system.is_empty() || code.system == fill.system;
            return if agreed && code.original_text.is_none() { Ok(()) } else { Err(Reason::Datatype) };
        }
        if !code.system.is_empty() {
            self.add("codeSystem", code.system.as_str());
        }
        if let Some(display) = &code.display {
            self.add("displayName", display.as_str());
        }
        self.original_text = code.original_text.as_deref();
        Ok(())
    }
}
