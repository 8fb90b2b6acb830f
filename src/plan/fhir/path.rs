//! Paths to elements of a resource, usable for writing and for reading.

use super::Elements;
use crate::dataset::Text;
use crate::tree::Tree;

/// A path such as `extension[url=u].valueCodeableConcept` or `reasonCode[]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementPath {
    /// From the resource inwards; never empty.
    pub steps: Vec<Step>,
}

/// One element of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Name of the element.
    pub name: Text,
    /// What an occurrence must hold to be meant, and holds once it is written: paths of plain names, and values.
    pub conditions: Vec<(Vec<Text>, Text)>,
    /// Codings that an occurrence has beside the coding that is its value, if that is one.
    pub tokens: Vec<Token>,
    /// True if each value makes an occurrence of its own.
    pub append: bool,
}

/// A coding that a path wants: where, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The element that has codings; empty for the element itself.
    pub concept: Vec<Text>,
    /// URI of the code system.
    pub system: Text,
    /// The code.
    pub code: Text,
}

impl Token {
    /// True if a coding is this one.
    pub fn is(&self, coding: &Tree) -> bool {
        coding.text_at("system") == Some(&self.system) && coding.text_at("code") == Some(&self.code)
    }

    fn is_in(&self, occurrence: &Tree) -> bool {
        let concept = self.concept.iter().try_fold(occurrence, |tree, name| tree.get(name)?.items().first());
        let codings = concept.and_then(|concept| concept.get("coding")).map_or(&[][..], Tree::items);
        codings.iter().any(|coding| self.is(coding))
    }
}

impl ElementPath {
    /// The paths of a cell: the one that is written, and after `|` those that are read where it has nothing.
    pub fn alternatives(cell: &str) -> impl Iterator<Item = &str> {
        let mut inside = false;
        cell.split(move |c| {
            inside = c == '[' || (inside && c != ']');
            c == '|' && !inside
        })
    }

    /// Reads a path.
    ///
    /// # Errors
    /// If it is empty or its brackets do not match; the text says which.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = &rest[..end];
            if name.is_empty() {
                return Err("an element has no name");
            }
            let mut step = Step { name: name.into(), conditions: Vec::new(), tokens: Vec::new(), append: false };
            rest = &rest[end..];
            while let Some(inner) = rest.strip_prefix('[') {
                let close = inner.find(']').ok_or("a bracket is not closed")?;
                match &inner[..close] {
                    "" => step.append = true,
                    condition => {
                        let (path, value) = condition.split_once('=').ok_or("a condition has no `=`")?;
                        let mut names: Vec<Text> = path.split('.').map(Text::from).collect();
                        if let (Some("coding"), Some((system, code))) =
                            (names.last().map(Text::as_str), value.split_once('|'))
                        {
                            names.pop();
                            step.tokens.push(Token { concept: names, system: system.into(), code: code.into() });
                            rest = &inner[close + 1..];
                            continue;
                        }
                        step.conditions.push((path.split('.').map(Text::from).collect(), value.into()));
                    }
                }
                rest = &inner[close + 1..];
            }
            steps.push(step);
            rest = match rest.strip_prefix('.') {
                Some("") => return Err("it ends with a dot"),
                Some(next) => next,
                None if rest.is_empty() => rest,
                None => return Err("something follows a bracket"),
            };
        }
        if steps.is_empty() { Err("it is empty") } else { Ok(Self { steps }) }
    }

    /// The path with primitives in its middle as what holds their extensions: `gender.extension` is `_gender.extension`.
    #[must_use]
    pub fn through_primitives(mut self, elements: &Elements, resource_type: &str) -> Self {
        let mut kind = elements.type_name(resource_type);
        let count = self.steps.len();
        for step in self.steps.iter_mut().take(count - 1) {
            let inner = elements.kind_of(kind, &step.name);
            if Elements::is_primitive(inner) && !step.name.starts_with('_') {
                step.name = format!("_{}", step.name).into();
                kind = "Element";
            } else {
                kind = inner;
            }
        }
        self
    }

    /// The last element.
    pub fn last(&self) -> &Step {
        &self.steps[self.steps.len() - 1]
    }

    /// The object that holds the last element, made where it is missing, and its type.
    pub fn holder<'t, 'e>(&self, elements: &'e Elements, resource: &'t mut Tree) -> (&'t mut Tree, &'e str) {
        let mut kind = elements.type_name(resource.text_at("resourceType").unwrap_or_default());
        let mut at = resource;
        for step in &self.steps[..self.steps.len() - 1] {
            let inner = elements.kind_of(kind, &step.name);
            at = step.occurrence(elements, kind, at);
            kind = inner;
        }
        (at, kind)
    }

    /// The objects in a resource that may hold the last element.
    pub fn holders<'t>(&self, resource: &'t Tree) -> Vec<&'t Tree> {
        let mut found = Vec::new();
        collect(&self.steps[..self.steps.len() - 1], resource, &mut found);
        found
    }

    /// The same in an occurrence of the first element.
    pub fn holders_in<'t>(&self, occurrence: &'t Tree) -> Vec<&'t Tree> {
        let mut found = Vec::new();
        let count = self.steps.len();
        collect(self.steps.get(1..count - 1).unwrap_or_default(), occurrence, &mut found);
        found
    }

    /// The occurrences that the path names in an occurrence of its first element.
    pub fn select_in<'t>(&self, occurrence: &'t Tree) -> Vec<&'t Tree> {
        let mut found = Vec::new();
        collect(&self.steps[1..], occurrence, &mut found);
        found
    }

    /// Calls `visit` for what the conditions of the path match in a resource.
    pub fn conditions<'t>(&self, resource: &'t Tree, visit: &mut impl FnMut(&'t Tree)) {
        for (depth, step) in self.steps.iter().enumerate() {
            let mut occurrences = Vec::new();
            collect(&self.steps[..=depth], resource, &mut occurrences);
            for occurrence in occurrences {
                for (path, value) in &step.conditions {
                    follow(occurrence, path, &mut |leaf| {
                        if leaf.text() == Some(value) {
                            visit(leaf);
                        }
                    });
                }
                for token in step.tokens.iter().filter(|token| !token.concept.is_empty()) {
                    follow(occurrence, &token.concept, &mut |concept| {
                        let codings = concept.get("coding").map_or(&[][..], Tree::items);
                        codings.iter().filter(|coding| token.is(coding)).for_each(&mut *visit);
                    });
                }
            }
        }
    }

    /// The occurrences that the path names in a resource.
    pub fn select<'t>(&self, resource: &'t Tree) -> Vec<&'t Tree> {
        let mut found = Vec::new();
        collect(&self.steps, resource, &mut found);
        found
    }
}

fn follow<'t>(tree: &'t Tree, path: &[Text], visit: &mut impl FnMut(&'t Tree)) {
    match path.split_first() {
        None => visit(tree),
        Some((name, rest)) => {
            tree.get(name).map_or(&[][..], Tree::items).iter().for_each(|item| follow(item, rest, visit));
        }
    }
}

fn collect<'t>(steps: &[Step], tree: &'t Tree, found: &mut Vec<&'t Tree>) {
    match steps.split_first() {
        None => found.push(tree),
        Some((step, rest)) => step.items(tree).for_each(|item| collect(rest, item, found)),
    }
}

impl Step {
    /// The occurrences of this element in an object that meet the conditions.
    pub fn items<'t>(&self, holder: &'t Tree) -> impl Iterator<Item = &'t Tree> {
        let member = holder.get(&self.name);
        member.map_or(&[][..], Tree::items).iter().filter(|item| self.accepts(item))
    }

    /// True if an occurrence holds what the conditions want.
    pub fn accepts(&self, occurrence: &Tree) -> bool {
        self.conditions.iter().all(|(path, value)| holds(occurrence, path, value))
            && self.tokens.iter().all(|token| token.is_in(occurrence))
    }

    /// The occurrence of this element that meets the conditions, made where it is missing.
    fn occurrence<'t>(&self, elements: &Elements, kind: &str, holder: &'t mut Tree) -> &'t mut Tree {
        let many = elements.repeats(kind, &self.name);
        let inner = elements.kind_of(kind, &self.name);
        let Tree::Object(members) = holder else { return holder };
        let at = members.iter().position(|(name, _)| *name == self.name).unwrap_or_else(|| {
            let new = if many { Tree::Array(Vec::new()) } else { self.fresh(elements, inner) };
            elements.insert(kind, members, &self.name, new)
        });
        let member = &mut members[at].1;
        let Tree::Array(items) = member else { return member };
        let at = if self.append { None } else { items.iter().position(|item| self.accepts(item)) };
        let at = at.unwrap_or_else(|| {
            items.push(self.fresh(elements, inner));
            items.len() - 1
        });
        &mut items[at]
    }

    /// A new occurrence that holds what the conditions want.
    pub fn fresh(&self, elements: &Elements, kind: &str) -> Tree {
        let mut object = Tree::object();
        for (path, value) in &self.conditions {
            set(elements, kind, &mut object, path, value);
        }
        for token in self.tokens.iter().filter(|token| !token.concept.is_empty()) {
            let within =
                |name: &str| token.concept.iter().cloned().chain(["coding".into(), name.into()]).collect::<Vec<Text>>();
            set(elements, kind, &mut object, &within("system"), &token.system);
            set(elements, kind, &mut object, &within("code"), &token.code);
        }
        object
    }
}

fn set(elements: &Elements, kind: &str, object: &mut Tree, path: &[Text], value: &str) {
    let Some((name, rest)) = path.split_first() else { return };
    let Tree::Object(members) = object else { return };
    let inner = elements.kind_of(kind, name);
    if !members.iter().any(|(other, _)| other == name) {
        let new = if rest.is_empty() { leaf_of(inner, value) } else { Tree::object() };
        let new = if elements.repeats(kind, name) { Tree::Array(vec![new]) } else { new };
        elements.insert(kind, members, name, new);
    }
    let Some(member) = object.get_mut(name) else { return };
    match member {
        Tree::Array(items) => items.iter_mut().take(1).for_each(|item| set(elements, inner, item, rest, value)),
        other => set(elements, inner, other, rest, value),
    }
}

/// A primitive of a FHIR type: some are written without quotes in JSON.
fn leaf_of(kind: &str, value: &str) -> Tree {
    match kind {
        "boolean" => Tree::boolean(value == "true"),
        "integer" | "positiveInt" | "unsignedInt" | "decimal" => Tree::number(value),
        _ => Tree::string(value),
    }
}

fn holds(tree: &Tree, path: &[Text], value: &str) -> bool {
    match path.split_first() {
        None => tree.text() == Some(value),
        Some((name, rest)) => {
            tree.get(name).is_some_and(|member| member.items().iter().any(|item| holds(item, rest, value)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_or_refused() {
        let path = ElementPath::parse("extension[url=http://a.b/c].valueCodeableConcept").unwrap();
        assert_eq!(path.steps.len(), 2);
        assert_eq!(path.steps[0].conditions[0].1, "http://a.b/c");
        assert!(ElementPath::parse("reasonCode[]").unwrap().last().append);
        for wrong in ["", "a..b", "a[b", "a[b]", "a[b=c]d", "a."] {
            assert!(ElementPath::parse(wrong).is_err(), "{wrong}");
        }
    }
}
