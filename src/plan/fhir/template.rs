//! Patterns made ready for copying: what is fixed apart from what depends on the case.

use super::pattern::IF;
use super::{Condition, RoleIx};
use crate::dataset::{ConceptIx, Text};
use crate::tree::Tree;

/// A pattern, or a part of one, as it is copied for every resource.
#[derive(Clone, Debug)]
pub enum Template {
    /// The same in every copy.
    Fixed(Tree),
    /// The URL of what the reference around it is to.
    Url,
    /// Members; what becomes of one of them depends on the case.
    Object(Vec<(Text, Template)>),
    /// Items; what becomes of one of them depends on the case. With a group: a copy for every resource made from
    /// concepts within it.
    Array(Vec<(Option<ConceptIx>, Template)>),
    /// Only there under a condition.
    If(Condition, Box<Template>),
    /// A reference to the resource with a role.
    Reference {
        /// The role.
        target: RoleIx,
        /// What stands there if there is such a resource.
        found: Box<Template>,
        /// What stands there if there is none.
        missing: Option<Tree>,
    },
}

/// Finds what the names in a pattern mean.
pub trait Names {
    /// The error of a name that means nothing.
    type Error;

    /// The role of a name.
    ///
    /// # Errors
    /// If there is none.
    fn role(&self, name: &str) -> Result<RoleIx, Self::Error>;

    /// The group of a number.
    ///
    /// # Errors
    /// If there is none.
    fn group(&self, number: &str) -> Result<ConceptIx, Self::Error>;

    /// What the name of a condition means.
    ///
    /// # Errors
    /// If it is neither the name of a role nor the number of a concept.
    fn condition(&self, name: &str) -> Result<Condition, Self::Error>;
}

impl Template {
    /// Makes a pattern ready.
    ///
    /// # Errors
    /// The first name in it that means nothing.
    pub fn of<N: Names>(pattern: &Tree, names: &N) -> Result<Self, N::Error> {
        Ok(match pattern {
            Tree::Leaf(_) => Self::Fixed(pattern.clone()),
            Tree::Array(items) => {
                let made = items.iter().map(|item| match collector(item) {
                    Some(number) => Ok((Some(names.group(number)?), Self::of_reference(item))),
                    None => Ok((None, Self::of(item, names)?)),
                });
                Self::array(made.collect::<Result<_, N::Error>>()?)
            }
            Tree::Object(members) => {
                let whole = Self::of_object(pattern, members, names)?;
                match pattern.text_at(IF) {
                    Some(name) => Self::If(names.condition(name)?, Box::new(whole)),
                    None => whole,
                }
            }
        })
    }

    fn of_object<N: Names>(pattern: &Tree, members: &[(Text, Tree)], names: &N) -> Result<Self, N::Error> {
        let members = members.iter().filter(|(name, _)| name != IF);
        if let Some(name) = pattern.text_at("reference").and_then(|text| text.strip_prefix('@')) {
            // What else is said in place of the reference stays.
            let rest: Vec<_> = members.filter(|(name, _)| name != "reference").cloned().collect();
            return Ok(Self::Reference {
                target: names.role(name.trim_start_matches('?'))?,
                found: Box::new(Self::of_reference(pattern)),
                missing: (!rest.is_empty()).then_some(Tree::Object(rest)),
            });
        }
        let made = members.map(|(name, value)| Ok((name.clone(), Self::of(value, names)?)));
        Ok(Self::object(made.collect::<Result<_, N::Error>>()?))
    }

    /// What has a URL in place of every reference.
    fn of_reference(pattern: &Tree) -> Self {
        match pattern {
            Tree::Leaf(_) => Self::Fixed(pattern.clone()),
            Tree::Array(items) => Self::array(items.iter().map(|item| (None, Self::of_reference(item))).collect()),
            Tree::Object(members) => {
                let made = members.iter().filter(|(name, _)| name != IF).map(|(name, value)| {
                    (name.clone(), if name == "reference" { Self::Url } else { Self::of_reference(value) })
                });
                Self::object(made.collect())
            }
        }
    }

    fn array(items: Vec<(Option<ConceptIx>, Self)>) -> Self {
        let fixed = items.iter().map(|(group, item)| if group.is_none() { item.fixed().cloned() } else { None });
        fixed.collect::<Option<_>>().map_or(Self::Array(items), |items| Self::Fixed(Tree::Array(items)))
    }

    fn object(members: Vec<(Text, Self)>) -> Self {
        let fixed = members.iter().map(|(name, member)| Some((name.clone(), member.fixed()?.clone())));
        fixed.collect::<Option<_>>().map_or(Self::Object(members), |members| Self::Fixed(Tree::Object(members)))
    }

    fn fixed(&self) -> Option<&Tree> {
        if let Self::Fixed(tree) = self { Some(tree) } else { None }
    }
}

/// The group of a collecting reference somewhere inside an item of an array.
fn collector(tree: &Tree) -> Option<&str> {
    let Tree::Object(members) = tree else { return None };
    let number = tree.text_at("reference").and_then(|text| text.strip_prefix("@*"));
    let inner = || members.iter().filter(|(_, value)| !matches!(value, Tree::Array(_)));
    number.or_else(|| inner().find_map(|(_, value)| collector(value)))
}
