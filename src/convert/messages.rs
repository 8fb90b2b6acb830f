//! Reading XML that is no FHIR: which kind of message or document it is, and where it begins.

use roxmltree::{Document, Node};

use super::detect;
use super::envelope;
use super::{Converter, Error, Format, LineColumn, Reading};
use crate::ada;
use crate::hl7v3;
use crate::ledger::shown_name;
use crate::plan::MessageKind;

impl Converter {
    /// Reads a message, a document or an instance of ADA.
    pub(super) fn read_xml(&self, document: &Document<'_>, text: &str) -> Result<Reading, Error> {
        if let Some(format) = self.xml_format(document) {
            let forms = self.forms(document)?;
            let [form] = forms[..] else { return Err(Error::SeveralMessages { count: forms.len() }) };
            return self.read_form(form, &forms, format, text);
        }
        let (root, kind) = self.message(document)?;
        let foreign = self.is_within_another(document, root).then(|| envelope::around(document, root));
        let own = self.kinds.get(kind)?;
        let plan = self.as_kind.as_ref().map(|meant| &meant.plan).or(own.hl7v3.as_ref());
        let plan = plan.ok_or_else(|| self.wrong_kind(document))?;
        let read = hl7v3::read(plan, &own.dataset, root).map_err(|refusal| match refusal {
            hl7v3::Refusal::WrongRoot => self.wrong_kind(document),
            hl7v3::Refusal::TakenBack { position } => Error::TakenBack { place: Some(LineColumn::of(text, position)) },
            hl7v3::Refusal::TwoPersons { position } => {
                Error::TwoPersons { place: Some(LineColumn::of(text, position)) }
            }
        })?;
        let (instance, mut ledger) = read;
        if let Some(loss) = foreign.flatten() {
            ledger.lost(loss);
        }
        Reading::of(Format::Hl7v3, own, (instance, ledger), 0, Some(text))
    }

    /// True if a message has lost its own wrapper, and what it stands in is none that the tables know.
    fn is_within_another(&self, document: &Document<'_>, message: Node<'_, '_>) -> bool {
        let is_first = document.descendants().filter(Node::is_element).take(2).any(|node| node == message);
        !is_first && !self.begins_message(message.tag_name().name(), false)
    }

    /// The forms of ADA in a document: each is a case.
    pub(super) fn forms<'d, 'i>(&self, document: &'d Document<'i>) -> Result<Vec<Node<'d, 'i>>, Error> {
        let forms = ada::forms(document, |name| self.in_ada(name).is_some());
        if forms.is_empty() { Err(self.wrong_kind(document)) } else { Ok(forms) }
    }

    /// Reads one of the forms in a document.
    pub(super) fn read_form(
        &self,
        form: Node<'_, '_>,
        forms: &[Node<'_, '_>],
        format: Format,
        text: &str,
    ) -> Result<Reading, Error> {
        let kind = self.in_ada(form.tag_name().name()).ok_or_else(|| self.wrong_kind(form.document()))?;
        let own = self.kinds.get(kind)?;
        let read = ada::read_form(form, forms, &own.dataset, &own.ada, &own.terminology, self.reference_day);
        let place = |line, column| LineColumn { line, column };
        let read = read.map_err(|fault| match fault {
            ada::Error::ReferenceDay { line, column } => {
                Error::ReferenceDay { place: place(line as usize, column as usize) }
            }
            ada::Error::TakenBack { line, column } => {
                Error::TakenBack { place: Some(place(line as usize, column as usize)) }
            }
            ada::Error::TwoPersons { line, column } => {
                Error::TwoPersons { place: Some(place(line as usize, column as usize)) }
            }
            ada::Error::Xml { line, column } => Error::Syntax {
                place: place(line as usize, column as usize),
                message: "is no well-formed XML".to_owned(),
            },
            ada::Error::Root { .. } => Error::WrongKind {
                found: format!("an ADA document of another transaction ({} bytes)", text.len()),
                expected: self.expected(),
            },
        })?;
        Reading::of(format, own, read, 0, Some(text))
    }

    /// True if an element of this name (without prefix) is where a message of a known kind begins. The elements inside
    /// a message that can also stand by themselves count only if `alone`: else what is around them may belong to it.
    pub fn begins_message(&self, local_name: &str, alone: bool) -> bool {
        let heads = self.kinds.heads().iter();
        let mut places = heads.filter_map(|head| head.roots.iter().position(|name| name == local_name));
        places.any(|place| alone || place == 0)
    }

    /// The format of a document, if its root element tells. An ADA document may be the transaction by itself.
    pub(super) fn xml_format(&self, document: &Document<'_>) -> Option<Format> {
        let root = document.root_element().tag_name();
        let is_transaction = || root.namespace().is_none() && self.in_ada(root.name()).is_some();
        detect::xml_format(document).or_else(|| is_transaction().then_some(Format::Ada))
    }

    /// Where the message in a document begins, and the position of its kind.
    pub(super) fn message<'d, 'i>(&self, document: &'d Document<'i>) -> Result<(Node<'d, 'i>, usize), Error> {
        let root = self.unwrapped(document)?;
        if let Some(meant) = &self.as_kind {
            let is_meant = hl7v3::has_root(&meant.plan, root);
            return is_meant.then_some((root, meant.at)).ok_or_else(|| Error::WrongKind {
                found: format!("XML that begins with <{}>", shown_name(root.tag_name().name())),
                expected: format!("it as {} only if it begins as that does", self.kinds.heads()[meant.at].name),
            });
        }
        match self.recognised(root)? {
            Some(at) => Ok((root, at)),
            None => Err(self.unknown_template(document, root)?),
        }
    }

    /// The position of the kind that a message is of. A kind whose template is nowhere in the message is not compiled; whether
    /// the template is where the kind has it, only its tables tell.
    fn recognised(&self, root: Node<'_, '_>) -> Result<Option<usize>, Error> {
        let heads = || self.kinds.heads().iter().enumerate().filter(|(_, head)| head.begins(root.tag_name().name()));
        let mut refuted: Vec<usize> = Vec::new();
        let mut is_of = |at: usize| {
            let is_it = !refuted.contains(&at)
                && self.kinds.get(at)?.hl7v3.as_ref().is_some_and(|plan| hl7v3::recognises(plan, root));
            refuted.push(at);
            Ok::<bool, Error>(is_it)
        };
        let without = heads().filter(|(_, head)| head.template.is_empty());
        let with = hl7v3::templates_within(root)
            .flat_map(|template| heads().filter(move |(_, head)| !template.is_empty() && head.template == template));
        for (at, _) in with.chain(without) {
            if is_of(at)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The position of the kind that an element of this name holds in ADA.
    fn in_ada(&self, name: &str) -> Option<usize> {
        self.kinds.heads().iter().position(|head| head.ada.iter().any(|root| root == name))
    }

    /// The message in a document: the document itself, or the only message inside something that is none, a SOAP envelope
    /// say. What is around it is transport.
    fn unwrapped<'d, 'i>(&self, document: &'d Document<'i>) -> Result<Node<'d, 'i>, Error> {
        let begins = |node: &Node<'_, '_>, alone: bool| self.begins_message(node.tag_name().name(), alone);
        let elements = || document.descendants().filter(Node::is_element);
        // What comes first in the outermost element has nothing around it that could belong to it.
        let first = elements().enumerate().find(|(met, node)| begins(node, *met <= 1));
        let Some((met, first)) = first else { return self.in_another_wrapper(document) };
        if met == 0 {
            return Ok(first);
        }
        let is_alone = |node: &Node<'_, '_>| node.parent_element() == Some(document.root_element());
        let (mut end, mut count, mut aside) = (first.range().end, 1, envelope::aside(first));
        for node in elements() {
            if node.range().start >= end && begins(&node, is_alone(&node)) {
                end = node.range().end;
                count += 1;
                aside = aside.or_else(|| envelope::aside(node));
            }
        }
        match (aside, count) {
            (Some(found), _) => Err(Error::WrongKind { found: found.to_owned(), expected: self.expected() }),
            (None, 1) => Ok(first),
            (None, count) => Err(Error::SeveralMessages { count }),
        }
    }

    /// The only part of a message in a wrapper that the tables do not know.
    fn in_another_wrapper<'d, 'i>(&self, document: &'d Document<'i>) -> Result<Node<'d, 'i>, Error> {
        let is_part = |node: &Node<'_, '_>| self.begins_message(node.tag_name().name(), true);
        let mut parts = document.descendants().filter(|node| node.is_element() && is_part(node));
        let Some(first) = parts.next() else { return Err(self.wrong_kind(document)) };
        let others = parts.filter(|node| node.range().start >= first.range().end).count();
        match (envelope::aside(first), others) {
            (Some(found), _) => Err(Error::WrongKind { found: found.to_owned(), expected: self.expected() }),
            (None, 0) => Ok(first),
            (None, others) => Err(Error::SeveralMessages { count: others + 1 }),
        }
    }

    /// The payload of a message has a template that no table knows.
    ///
    /// # Errors
    /// If the tables are faulty.
    fn unknown_template(&self, document: &Document<'_>, root: Node<'_, '_>) -> Result<Error, Error> {
        let kinds = self.kinds()?;
        let related = kinds.iter().filter_map(|kind| kind.hl7v3.as_ref().map(|plan| (*kind, plan)));
        let related: Vec<_> = related.filter(|(_, plan)| hl7v3::has_root(plan, root)).collect();
        let likeness = |template: &str, found: &[&str]| {
            let alike = |one: &&str| one.split('.').zip(template.split('.')).take_while(|(a, b)| a == b).count();
            found.iter().map(alike).max().unwrap_or_default()
        };
        let mut nearest: Option<(usize, &MessageKind, Vec<&str>)> = None;
        for (kind, plan) in related {
            let found: Vec<&str> = hl7v3::payload_templates(plan, root);
            let like = likeness(&plan.meta().template, &found);
            // The first of equals.
            if nearest.as_ref().is_none_or(|(best, ..)| like > *best) {
                nearest = Some((like, kind, found));
            }
        }
        let Some((_, kind, found)) = nearest else { return Ok(self.wrong_kind(document)) };
        let (nearest, kind) = (kind.title.clone(), kind.name.clone());
        Ok(Error::UnknownTemplate { found: shown_templates(&found), nearest, kind })
    }

    pub(super) fn wrong_kind(&self, document: &Document<'_>) -> Error {
        let root = document.root_element().tag_name();
        Error::WrongKind {
            found: format!("XML that begins with <{}>", shown_name(root.name())),
            expected: self.expected(),
        }
    }

    pub(super) fn expected(&self) -> String {
        let messages = self.kinds.heads().iter().filter(|head| !head.roots.is_empty());
        let titles: Vec<&str> = messages.map(|head| head.title.as_str()).collect();
        format!("{} (HL7v3 or ADA), and FHIR STU3", titles.join(", "))
    }
}

/// What the payload has for a template, as far as it is nothing else: an OID has no arc as long as somebody's number.
fn shown_templates(found: &[&str]) -> String {
    let is_arc = |arc: &str| (1..=6).contains(&arc.len()) && arc.bytes().all(|byte| byte.is_ascii_digit());
    let shown: Vec<&str> = found.iter().copied().filter(|oid| oid.len() <= 64 && oid.split('.').all(is_arc)).collect();
    match (&shown[..], found) {
        ([], []) => "the payload has no template".to_owned(),
        ([], _) => "the template of the payload is no OID that the tables have".to_owned(),
        ([only], _) => format!("the template {only} of the payload is not in the tables"),
        (several, _) => format!("the templates {} of the payload are not in the tables", several.join(", ")),
    }
}
