//! Patterns: resources with everything fixed, and references by role.

use super::{ElementPath, Elements, FhirPlan, RoleIx, Step, Token};
use crate::dataset::{ConceptIx, Dataset, Text};
use crate::tree::Tree;

/// A reference in a pattern.
#[derive(Clone, Debug)]
pub struct RefSpec {
    /// The element that is the reference (it holds `reference`).
    pub path: ElementPath,
    /// What it refers to.
    pub target: Target,
    /// True if it is only there when its target exists anyway.
    pub optional: bool,
    /// If it is only there under a condition: which.
    pub condition: Option<Condition>,
}

/// The member of a pattern's object that makes the object depend on something else.
pub const IF: &str = "@if";

/// Upon what a part of a pattern depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A resource with this role exists anyway.
    Role(RoleIx),
    /// There is an occurrence of this concept.
    Concept(ConceptIx),
}

/// What a reference of a pattern refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The resource with a role, in the same context.
    Role(RoleIx),
    /// Every resource made from concepts within a group, in the same context.
    Members(ConceptIx),
}

impl Target {
    /// True if a resource with a role may be meant.
    pub fn is(self, plan: &FhirPlan, dataset: &Dataset, role: RoleIx) -> bool {
        match self {
            Self::Role(wanted) => wanted == role,
            Self::Members(group) => dataset.is_within(plan.role(role).concept, group),
        }
    }
}

/// The codings that a pattern fixes for one thing: what a resource must have to be recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codings {
    /// The element that is the coding, or the list of codings.
    pub path: ElementPath,
    /// What the pattern says literally (URI of the code system, and code): all of it must be there.
    pub all: Vec<(Text, Text)>,
    /// What the row says: one of them is enough, since PWD 2.3 and 3.2 may say it differently.
    pub any: Vec<(Text, Text)>,
}

/// The columns of a row that stand in a pattern as `{name}`.
pub type Columns<'a> = &'a [(&'a str, String)];

/// Puts columns in place of `{name}`; what stays empty is left out. Returns `None` if nothing is left.
pub fn fill(tree: &Tree, columns: Columns<'_>) -> Option<Tree> {
    match tree {
        Tree::Object(members) => {
            let filled = members.iter().filter_map(|(name, value)| Some((name.clone(), fill(value, columns)?)));
            let filled: Vec<_> = filled.collect();
            let bare = filled.iter().all(|(name, _)| name == "system" || name == "display");
            // A coding without a code says nothing.
            if filled.is_empty() || (bare && members.iter().any(|(name, _)| name == "code")) {
                None
            } else {
                Some(Tree::Object(filled))
            }
        }
        Tree::Array(items) => {
            let filled: Vec<_> = items.iter().filter_map(|item| fill(item, columns)).collect();
            if filled.is_empty() { None } else { Some(Tree::Array(filled)) }
        }
        Tree::Leaf(leaf) => {
            let text = leaf.text.as_str();
            if text.is_empty() {
                return None;
            }
            let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
                return Some(tree.clone());
            };
            let value =
                columns.iter().find(|(column, _)| *column == name).map(|(_, value)| value.as_str()).unwrap_or_default();
            if value.is_empty() { None } else { Some(Tree::string(value)) }
        }
    }
}

/// A reference as a pattern writes it: where it stands and what comes after `@`.
pub struct RawReference {
    /// The element.
    pub path: ElementPath,
    /// `role`, `?role` or `*concept`.
    pub target: Text,
    /// What the innermost `@if` around it names.
    pub condition: Option<Text>,
}

/// The references and the codings of a filled pattern.
///
/// `own` are the codings (URI and code) that the row says itself.
pub fn survey(elements: &Elements, pattern: &Tree, own: &[(Text, Text)]) -> (Vec<RawReference>, Vec<Codings>) {
    let mut survey = Survey { own, references: Vec::new(), codings: Vec::new(), steps: Vec::new() };
    let kind = pattern.text_at("resourceType").unwrap_or_default();
    survey.walk(elements, pattern, elements.type_name(kind), None);
    (survey.references, survey.codings)
}

struct Survey<'a> {
    own: &'a [(Text, Text)],
    references: Vec<RawReference>,
    codings: Vec<Codings>,
    steps: Vec<Step>,
}

impl Survey<'_> {
    fn walk(&mut self, elements: &Elements, tree: &Tree, kind: &str, condition: Option<&str>) {
        let Tree::Object(members) = tree else { return };
        let condition = tree.text_at(IF).or(condition);
        if let Some(target) = tree.text_at("reference").and_then(|text| text.strip_prefix('@')) {
            let condition = condition.map(Text::from);
            self.references.push(RawReference {
                path: ElementPath { steps: self.steps.clone() },
                target: target.into(),
                condition,
            });
        }
        for (name, value) in members.iter().filter(|(name, _)| name != "meta") {
            let inner = elements.kind_of(kind, name);
            if inner == "Coding" && condition.is_none() {
                let codings = value.items().iter();
                let (any, all): (Vec<_>, Vec<_>) = codings
                    .filter_map(|coding| Some((coding.text_at("system")?.into(), coding.text_at("code")?.into())))
                    .partition(|coding| self.own.contains(coding));
                let mut path = ElementPath { steps: self.steps.clone() };
                path.steps.push(Step { name: name.clone(), conditions: Vec::new(), tokens: Vec::new(), append: false });
                if !any.is_empty() || !all.is_empty() {
                    self.codings.push(Codings { path, all, any });
                }
                continue;
            }
            for item in value.items() {
                let conditions = match item.text_at("url") {
                    Some(url) if name == "extension" || name == "modifierExtension" => {
                        vec![(vec!["url".into()], url.into())]
                    }
                    _ => Vec::new(),
                };
                let tokens = if value.items().len() > 1 { tokens_of(item) } else { Vec::new() };
                self.steps.push(Step { name: name.clone(), conditions, tokens, append: false });
                self.walk(elements, item, inner, condition);
                self.steps.pop();
            }
        }
    }
}

/// The codings that tell an item of a list from the others: those of its own elements.
fn tokens_of(item: &Tree) -> Vec<Token> {
    let Tree::Object(members) = item else { return Vec::new() };
    let token = |(name, value): &(Text, Tree)| {
        let coding = value.items().first()?.get("coding")?.items().first()?;
        let (system, code) = (coding.text_at("system")?, coding.text_at("code")?);
        Some(Token { concept: vec![name.clone()], system: system.into(), code: code.into() })
    };
    members.iter().filter_map(token).collect()
}
