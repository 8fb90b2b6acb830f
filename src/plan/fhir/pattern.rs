//! Patterns: resources with everything fixed, and references by role.

use super::{ElementPath, Elements, RoleIx, Step};
use crate::dataset::{ConceptIx, Text};
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

/// A coding that a pattern fixes.
#[derive(Clone, Debug)]
pub struct Coding {
    /// The element that is the coding, or the list of codings.
    pub path: ElementPath,
    /// URI of the code system.
    pub system: Text,
    /// The code.
    pub code: Text,
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
pub fn survey(elements: &Elements, pattern: &Tree) -> (Vec<RawReference>, Vec<Coding>) {
    let mut survey = Survey { references: Vec::new(), codings: Vec::new(), steps: Vec::new() };
    let kind = pattern.text_at("resourceType").unwrap_or_default();
    survey.walk(elements, pattern, elements.type_name(kind), None);
    (survey.references, survey.codings)
}

struct Survey {
    references: Vec<RawReference>,
    codings: Vec<Coding>,
    steps: Vec<Step>,
}

impl Survey {
    fn walk(&mut self, elements: &Elements, tree: &Tree, kind: &str, condition: Option<&str>) {
        let Tree::Object(members) = tree else { return };
        let condition = tree.text_at(IF).or(condition);
        let path = || ElementPath { steps: self.steps.clone() };
        if let Some(target) = tree.text_at("reference").and_then(|text| text.strip_prefix('@')) {
            let condition = condition.map(Text::from);
            self.references.push(RawReference { path: path(), target: target.into(), condition });
        }
        if let (Some(system), Some(code), "Coding", None) =
            (tree.text_at("system"), tree.text_at("code"), kind, condition)
        {
            self.codings.push(Coding { path: path(), system: system.into(), code: code.into() });
        }
        for (name, value) in members.iter().filter(|(name, _)| name != "meta") {
            for item in value.items() {
                let conditions = match item.text_at("url") {
                    Some(url) if name == "extension" || name == "modifierExtension" => {
                        vec![(vec!["url".into()], url.into())]
                    }
                    _ => Vec::new(),
                };
                self.steps.push(Step { name: name.clone(), conditions, tokens: Vec::new(), append: false });
                self.walk(elements, item, elements.kind_of(kind, name), condition);
                self.steps.pop();
            }
        }
    }
}
