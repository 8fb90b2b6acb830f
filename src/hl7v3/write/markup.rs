//! Names and attributes, as text.

use super::Writer;
use crate::hl7v3::datatypes::Encoded;
use crate::hl7v3::xml::{push_attribute, push_text};
use crate::plan::hl7v3::{Element, XSI, XSI_TYPE};

impl Writer<'_> {
    pub(super) fn attributes(&mut self, element: &Element, encoded: Option<&Encoded<'_>>) {
        let datatype = element.value.as_ref().map(|hole| hole.fill.datatype);
        let is_fixed = |name: &str| element.fixed.iter().any(|fixed| fixed.name == name);
        if let Some(datatype) = datatype
            && element.typed
            && !is_fixed(XSI_TYPE)
        {
            push_attribute(&mut self.out, XSI_TYPE, datatype.xsi_type());
        }
        let values = encoded.map_or(&[][..], |encoded| &encoded.attributes);
        let is_null = values.iter().any(|(name, _)| *name == "nullFlavor");
        for fixed in &element.fixed {
            // The value itself says what it is; beside a null flavour nothing else may stand.
            let is_part = encoded.is_some() && datatype.is_some_and(|datatype| datatype.has_part(&fixed.name));
            let said = is_part && (is_null || values.iter().any(|(name, _)| *name == fixed.name));
            if !said {
                push_attribute(&mut self.out, &fixed.name, &fixed.value);
            }
        }
        for (name, value) in values {
            push_attribute(&mut self.out, name, value);
        }
    }

    pub(super) fn original_text(&mut self, element: &Element, text: &str, depth: usize) {
        let prefix = &self.plan.namespaces()[element.namespace].prefix;
        let colon = if prefix.is_empty() { "" } else { ":" };
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
        for part in ["<", prefix, colon, "originalText>"] {
            self.out.push_str(part);
        }
        push_text(&mut self.out, text);
        for part in ["</", prefix, colon, "originalText>"] {
            self.out.push_str(part);
        }
    }

    pub(super) fn name(&mut self, element: &Element) {
        let prefix = &self.plan.namespaces()[element.namespace].prefix;
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(&element.local);
    }

    pub(super) fn declarations(&mut self) {
        for namespace in self.plan.namespaces() {
            let name = if namespace.prefix.is_empty() { String::new() } else { format!(":{}", namespace.prefix) };
            push_attribute(&mut self.out, &format!("xmlns{name}"), &namespace.uri);
        }
        push_attribute(&mut self.out, "xmlns:xsi", XSI);
    }
}
