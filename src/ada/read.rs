//! From ADA XML to an instance.

use roxmltree::{Attribute, Document, Node, NodeType};

use super::forms::{DATA, forms};
use super::leaf::{self, NoReferenceDay};
use super::references::{Pending, References};
use super::{ID, ReferenceDay, has_oid};
use crate::dataset::{ConceptIx, Content, Dataset, Instance, Kind, NodeIx, Origin, Value};
use crate::ledger::{Ledger, Loss, Reason, shown_name};
use crate::plan::AdaPlan;
use crate::terminology::Terminology;

/// Attributes that the transaction element may have; they describe the form, not the case.
const FORM: &[&str] = &[
    "app",
    "shortName",
    "formName",
    "transactionRef",
    "transactionEffectiveDate",
    "versionDate",
    "prefix",
    "language",
    "title",
    "desc",
    "id",
];

/// The namespace of attributes that XML Schema gives to every document.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The attribute that says which concept an element is.
const CONCEPT: &str = "conceptId";
/// The attribute by which a document says whether it is in force.
const STATUS: &str = "status";
/// Number of losses that get a path; a document with more is not worth the search for each place.
const PATHS: usize = 1000;

/// Why an ADA document could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no XML.
    #[error("line {line}, column {column}: is not well-formed XML")]
    Xml {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// There is no element for the transaction.
    #[error("has no element <{expected}>: is this an ADA document of this message?")]
    Root {
        /// The name of the element.
        expected: String,
    },
    /// A date is relative, and the caller gave no day to count from.
    #[error("line {line}, column {column}: the date is relative to a day T; say which day T is")]
    ReferenceDay {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// It says of itself that it is withdrawn.
    #[error("line {line}, column {column}: the document says that it is withdrawn")]
    TakenBack {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
    /// It says of one person that she is two.
    #[error("line {line}, column {column}: a second person where there is one")]
    TwoPersons {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
}

/// Reads an ADA document. Dates relative to a day T are counted from `day`.
///
/// What cannot be read is a loss in the ledger; reading goes on.
///
/// # Errors
/// If the text is no XML, has no element for this transaction, or has relative dates and there is no `day`.
pub fn read(
    text: &str,
    dataset: &Dataset,
    plan: &AdaPlan,
    terminology: &Terminology,
    day: Option<ReferenceDay>,
) -> Result<(Instance, Ledger), Error> {
    let document = Document::parse(text).map_err(|e| Error::Xml { line: e.pos().row, column: e.pos().col })?;
    let forms = forms(&document, |name| plan.is_root(name));
    let form = forms.first().copied().ok_or_else(|| Error::Root { expected: plan.root.to_string() })?;
    read_form(form, &forms, dataset, plan, terminology, day)
}

/// As [`read`], for one of the forms in a document that has been parsed already. The others are cases of their own, and no part
/// of its account.
///
/// # Errors
/// As [`read`], apart from the XML.
pub fn read_form(
    form: Node<'_, '_>,
    forms: &[Node<'_, '_>],
    dataset: &Dataset,
    plan: &AdaPlan,
    terminology: &Terminology,
    day: Option<ReferenceDay>,
) -> Result<(Instance, Ledger), Error> {
    let (instance, ledger) = (Instance::new(), Ledger::default());
    let mut reader = Reader { dataset, plan, terminology, day, instance, ledger, references: References::default() };
    reader.document(form, forms)?;
    let Reader { mut instance, mut ledger, references, .. } = reader;
    references.settle(dataset, &mut instance, &mut ledger);
    Ok((instance, ledger))
}

pub(super) struct Reader<'a> {
    pub(super) dataset: &'a Dataset,
    plan: &'a AdaPlan,
    terminology: &'a Terminology,
    day: Option<ReferenceDay>,
    instance: Instance,
    pub(super) ledger: Ledger,
    references: References,
}

impl Reader<'_> {
    /// The document is `adaxml` with `meta` and `data`, or the transaction element by itself.
    fn document(&mut self, form: Node<'_, '_>, forms: &[Node<'_, '_>]) -> Result<(), Error> {
        let top = form.document().root_element();
        if top == form {
            return self.transaction(form);
        }
        // What is no form is told with the first one.
        let is_first = forms.first().is_none_or(|first| *first == form);
        let mut next = forms.iter().peekable();
        self.structure(top);
        for part in self.elements(top) {
            match part.tag_name().name() {
                "meta" => {
                    self.form(part, |_| true)?;
                    self.meta(part)?;
                }
                DATA if form.parent() == Some(part) || is_first => {
                    self.structure(part);
                    let inside = if is_first { self.elements(part) } else { vec![form] };
                    for element in inside {
                        if element == form {
                            self.transaction(form)?;
                        }
                        if next.next_if_eq(&&element).is_none() && element != form {
                            self.lose_all(element, Reason::Unknown);
                        }
                    }
                }
                DATA => {}
                _ if is_first => self.lose_all(part, Reason::Unknown),
                _ => {}
            }
        }
        Ok(())
    }

    fn meta(&mut self, meta: Node<'_, '_>) -> Result<(), Error> {
        for element in self.elements(meta) {
            let plan = self.plan;
            match plan.transmission.as_ref().filter(|place| place.name == element.tag_name().name()) {
                Some(place) => self.transmission(element, place, NodeIx::ROOT)?,
                None => self.lose_all(element, Reason::Transport),
            }
        }
        Ok(())
    }

    fn transaction(&mut self, root: Node<'_, '_>) -> Result<(), Error> {
        self.form(root, |attribute| leaf::is_describing(attribute) || FORM.contains(&attribute.name()))?;
        self.children(root, ConceptIx::ROOT, NodeIx::ROOT)
    }

    /// Counts the attributes of an element that has no value of its own: what neither describes it nor is one of `known` is lost.
    pub(super) fn attributes(&mut self, element: Node<'_, '_>, known: &[&str], concept: Option<ConceptIx>) {
        for attribute in element.attributes() {
            if leaf::is_describing(&attribute) || known.contains(&attribute.name()) {
                self.ledger.structural(1);
            } else {
                self.lose(element, Some(attribute.name()), Reason::Unknown, concept, 1);
            }
        }
    }

    /// Looks at the attributes of an element that belongs to the form, and at what the form says of itself.
    fn form(&mut self, element: Node<'_, '_>, describes: impl Fn(&Attribute<'_, '_>) -> bool) -> Result<(), Error> {
        for attribute in element.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            if name == STATUS && self.plan.withdrawn.iter().any(|status| status == value) {
                let at = element.document().text_pos_at(attribute.range().start);
                return Err(Error::TakenBack { line: at.row, column: at.col });
            }
            let is_so = name == STATUS && self.plan.in_force.iter().any(|status| status == value);
            if is_so || value.is_empty() || (name != STATUS && describes(&attribute)) {
                self.ledger.structural(1);
            } else {
                let reason = if name == STATUS { Reason::Modifier } else { Reason::Unknown };
                self.lose(element, Some(name), reason, None, 1);
            }
        }
        Ok(())
    }

    fn children(&mut self, parent: Node<'_, '_>, within: ConceptIx, to: NodeIx) -> Result<(), Error> {
        for element in self.elements(parent) {
            match self.find(element, within) {
                Ok(concept) => self.concept(element, concept, to)?,
                Err(reason) => self.lose_all(element, reason),
            }
        }
        Ok(())
    }

    /// The concept of an element: by its number, whatever name it has got since; by element name if it has none.
    ///
    /// # Errors
    /// If nothing tells, or the two tell different things: then nothing says which is meant.
    fn find(&mut self, element: Node<'_, '_>, within: ConceptIx) -> Result<ConceptIx, Reason> {
        let number = element.attribute(CONCEPT).and_then(|id| self.plan.number(id));
        let by_number = number.and_then(|number| self.dataset.find(number));
        let by_name = self.child_by_element(within, element.tag_name().name());
        match (by_number, by_name) {
            (Some(ix), Some(name)) if ix != name => Err(Reason::Contradiction),
            (Some(ix), _) if self.dataset.get(ix).parent == within => Ok(ix),
            (_, name) => {
                let name = name.ok_or(Reason::Unknown)?;
                if number.is_some() {
                    self.tell(element, name);
                }
                Ok(name)
            }
        }
    }

    /// Tells that the number of an element is none of the dataset: what the name says is read.
    fn tell(&mut self, element: Node<'_, '_>, concept: ConceptIx) {
        let path = (self.ledger.losses.len() < PATHS).then(|| path(element, Some(CONCEPT)));
        self.ledger.lost(Loss {
            reason: Reason::FixedDiffers,
            position: position(element),
            path,
            concept: Some(concept),
            within: None,
            rule: None,
            leaves: 0,
        });
    }

    fn child_by_element(&self, within: ConceptIx, element: &str) -> Option<ConceptIx> {
        let depth = self.dataset.get(within).depth;
        // A group is followed by everything within it.
        self.dataset
            .concepts()
            .skip(usize::from(within.0) + 1)
            .take_while(|(_, concept)| concept.depth > depth)
            .find(|(_, concept)| concept.parent == within && concept.element == element && has_oid(&concept.number))
            .map(|(ix, _)| ix)
    }

    fn concept(&mut self, element: Node<'_, '_>, concept: ConceptIx, to: NodeIx) -> Result<(), Error> {
        if self.dataset.get(concept).kind != Kind::Group {
            return self.leaf(element, concept, to);
        }
        match self.group(element, concept, to)? {
            Some(group) => self.children(element, concept, group),
            None => Ok(()),
        }
    }

    /// The group that an element stands for; `None` if there is no room for it, and then it is lost.
    pub(super) fn group(
        &mut self,
        element: Node<'_, '_>,
        concept: ConceptIx,
        to: NodeIx,
    ) -> Result<Option<NodeIx>, Error> {
        if is_taken_back(element) {
            // Who fills in that nothing is known of it, or that it is not there, does not say what stands in it.
            self.lose_all(element, Reason::Modifier);
            return Ok(None);
        }
        let max = self.dataset.get(concept).max.map(|max| usize::from(max.max(1)));
        // A group with nothing in it takes no room.
        let filled = self.instance.occurrences(to, concept).filter(|group| self.instance.holds_value(*group));
        if max.is_some_and(|max| filled.count() >= max) {
            // What stands in one group stays together: it does not come beside what is in another.
            self.look_whose(element, concept)?;
            self.lose_all(element, Reason::TooMany);
            return Ok(None);
        }
        let has_names = !self.dataset.references().is_empty();
        self.attributes(element, if has_names { &[ID] } else { &[] }, Some(concept));
        let group = self.instance.add_group(to, concept);
        if let Some(name) = element.attribute(ID).filter(|_| has_names) {
            self.references.named(name, group);
        }
        Ok(Some(group))
    }

    /// Looks whether a group for which there is no room is about somebody else.
    fn look_whose(&self, element: Node<'_, '_>, concept: ConceptIx) -> Result<(), Error> {
        if !self.dataset.holds_the_person(concept) {
            return Ok(());
        }
        let (instance, ledger, references) = (Instance::new(), Ledger::default(), References::default());
        let mut apart = Reader { instance, ledger, references, ..*self };
        let path = self.dataset.groups_between(ConceptIx::ROOT, concept);
        let to = path.into_iter().fold(NodeIx::ROOT, |to, group| apart.instance.add_group(to, group));
        apart.concept(element, concept, to)?;
        if !self.instance.is_of_another(self.dataset, NodeIx::ROOT, &apart.instance) {
            return Ok(());
        }
        let at = element.document().text_pos_at(element.range().start);
        Err(Error::TwoPersons { line: at.row, column: at.col })
    }

    pub(super) fn leaf(&mut self, element: Node<'_, '_>, concept: ConceptIx, to: NodeIx) -> Result<(), Error> {
        if is_nil(element) {
            self.lose_all(element, Reason::Modifier);
            return Ok(());
        }
        if self.dataset.get(concept).refers_to.is_some() && self.reference(element, concept, to) {
            return Ok(());
        }
        let read = leaf::read(element, self.dataset.get(concept), self.terminology, self.day);
        let mut leaf = read.map_err(|NoReferenceDay| {
            let at = element.document().text_pos_at(element.range().start);
            Error::ReferenceDay { line: at.row, column: at.col }
        })?;
        // What stands in the element too may be the rest of the text: a part of it is none.
        let has_more = matches!(leaf.content, Some(Content::Value(Value::Text(_))))
            && element.descendants().any(|inner| is_content(&inner));
        if has_more {
            self.lose(element, None, Reason::Datatype, Some(concept), leaf.translated.into());
            (leaf.content, leaf.translated) = (None, 0);
        }
        if let Some(mut content) = leaf.content {
            match &mut content {
                Content::Value(Value::Quantity(quantity)) => {
                    quantity.unit = self.plan.unit_of(&quantity.unit).into();
                }
                Content::Value(Value::Identifier(identifier)) if identifier.root.is_empty() => {
                    let namespace = self.plan.namespace_of(&self.dataset.get(concept).number);
                    identifier.root = namespace.cloned().unwrap_or_default();
                }
                _ => {}
            }
            let origin = Origin { position: position(element), leaves: leaf.translated };
            self.instance.add_leaf(to, concept, content, origin);
        }
        self.ledger.translated(u32::from(leaf.translated));
        self.ledger.structural(leaf.structural);
        for (attribute, reason) in leaf.lost {
            self.lose(element, Some(attribute), reason, Some(concept), 1);
        }
        for inner in self.elements(element) {
            self.lose_all(inner, Reason::Unknown);
        }
        Ok(())
    }

    /// Takes a leaf that refers to a group; false if it does not, but says something itself.
    fn reference(&mut self, element: Node<'_, '_>, concept: ConceptIx, to: NodeIx) -> bool {
        let name = element.attribute("value").filter(|name| !name.is_empty() && !element.has_attribute("code"));
        let Some(name) = name else { return false };
        for attribute in element.attributes().filter(|attribute| attribute.name() != "value") {
            if leaf::is_describing(&attribute) {
                self.ledger.structural(1);
            } else {
                self.lose(element, Some(attribute.name()), Reason::Unknown, Some(concept), 1);
            }
        }
        for inner in self.elements(element) {
            self.lose_all(inner, Reason::Unknown);
        }
        let (position, path) = (position(element), path(element, Some("value")));
        self.references.refer(Pending { to, concept, name: name.to_owned(), position, path });
        true
    }

    /// The child elements. Text between them is lost: ADA has its values in attributes.
    pub(super) fn elements<'n, 'i>(&mut self, node: Node<'n, 'i>) -> Vec<Node<'n, 'i>> {
        for text in node.children().filter(is_content) {
            self.lose(text, None, Reason::Unknown, None, 1);
        }
        node.children().filter(Node::is_element).collect()
    }

    /// Counts the attributes of an element that belongs to the form.
    fn structure(&mut self, element: Node<'_, '_>) {
        self.ledger.structural(count(element.attributes().len()));
    }

    /// Loses an element with everything in it.
    pub(super) fn lose_all(&mut self, element: Node<'_, '_>, reason: Reason) {
        let leaves = element.descendants().map(|node| node.attributes().len() + usize::from(is_content(&node))).sum();
        self.lose(element, None, reason, None, count(leaves));
    }

    pub(super) fn lose(
        &mut self,
        node: Node<'_, '_>,
        attribute: Option<&str>,
        reason: Reason,
        concept: Option<ConceptIx>,
        leaves: u32,
    ) {
        if leaves > 0 {
            let path = (self.ledger.losses.len() < PATHS).then(|| path(node, attribute));
            self.ledger.lost(Loss {
                reason,
                position: position(node),
                path,
                concept,
                within: None,
                rule: None,
                leaves,
            });
        }
    }
}

/// True if a group says of itself that it holds nothing.
fn is_taken_back(element: Node<'_, '_>) -> bool {
    is_nil(element) || element.attribute("nullFlavor").is_some_and(|flavor| !flavor.is_empty())
}

/// True if an element says, as XML Schema has it, that it has no value.
fn is_nil(element: Node<'_, '_>) -> bool {
    element.attribute((XSI, "nil")).is_some_and(|nil| matches!(nil.trim(), "true" | "1"))
}

fn is_content(node: &Node<'_, '_>) -> bool {
    node.node_type() == NodeType::Text && node.text().is_some_and(|text| !text.trim().is_empty())
}

fn position(node: Node<'_, '_>) -> u32 {
    count(node.range().start)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `/adaxml/data/…/element[2]/@attribute`; the number says which of the siblings of that name it is.
fn path(node: Node<'_, '_>, attribute: Option<&str>) -> String {
    let mut steps: Vec<String> = node.ancestors().filter(Node::is_element).map(step).collect();
    steps.reverse();
    let mut path = format!("/{}", steps.join("/"));
    if node.is_text() {
        path.push_str("/text()");
    }
    if let Some(attribute) = attribute {
        path.push_str("/@");
        path.push_str(shown_name(attribute));
    }
    path
}

fn step(node: Node<'_, '_>) -> String {
    let name = node.tag_name().name();
    let is_same = |other: &Node<'_, '_>| other.is_element() && other.tag_name().name() == name;
    let before = node.prev_siblings().skip(1).filter(is_same).count();
    let after = node.next_siblings().skip(1).any(|other| is_same(&other));
    let name = shown_name(name);
    if before > 0 || after { format!("{name}[{}]", before + 1) } else { name.to_owned() }
}
