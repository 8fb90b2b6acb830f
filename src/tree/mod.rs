//! FHIR resources as trees, and the two syntaxes of that tree: JSON and XML.
//!
//! The tree knows nothing of profiles or element types. A repeated element is an [`Tree::Array`]; XML, which does
//! not say whether an element may repeat, gives an array only where it does, so [`Tree::items`] treats one and many
//! alike.

mod chars;
mod json;
mod limits;
mod xml;

pub use chars::Chars;
pub use json::{parse_json, parse_json_at, write_json, write_json_list};
pub use limits::{Limits, SyntaxError};
pub use xml::{parse_xml, tree_of, write_xml, write_xml_list};

use crate::dataset::Text;

/// A node of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Named members, in order. A primitive `x` has its id and extensions under `_x`, as in JSON.
    Object(Vec<(Text, Tree)>),
    /// A repeated element.
    Array(Vec<Tree>),
    /// A primitive.
    Leaf(Leaf),
}

/// A primitive value.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The characters, unescaped; of a number, its digits as written.
    pub text: Chars,
    /// How JSON writes it.
    pub kind: Primitive,
    /// Byte offset in the source; 0 if it was made here.
    pub position: u32,
    /// Number of the leaf in its source, counted from 0; what was made here has 0.
    pub ix: u32,
}

/// How JSON writes a primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primitive {
    /// In quotes.
    String,
    /// As digits.
    Number,
    /// As `true` or `false`.
    Boolean,
}

/// Leaves are equal when they say the same; XML cannot tell `"1"` from `1`.
impl PartialEq for Leaf {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Tree {
    /// An object without members.
    pub fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// A string made here.
    pub fn string(text: impl Into<Chars>) -> Self {
        Self::Leaf(Leaf { text: text.into(), kind: Primitive::String, position: 0, ix: 0 })
    }

    /// A number made here, in the digits given.
    pub fn number(text: impl Into<Chars>) -> Self {
        Self::Leaf(Leaf { text: text.into(), kind: Primitive::Number, position: 0, ix: 0 })
    }

    /// A boolean made here.
    pub fn boolean(value: bool) -> Self {
        let text = if value { "true" } else { "false" };
        Self::Leaf(Leaf { text: text.into(), kind: Primitive::Boolean, position: 0, ix: 0 })
    }

    /// A member of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, tree)| tree),
            _ => None,
        }
    }

    /// A member of an object, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Object(members) => members.iter_mut().find(|(name, _)| name == key).map(|(_, tree)| tree),
            _ => None,
        }
    }

    /// Sets a member of an object, replacing what it had. Does nothing on other trees.
    pub fn set(&mut self, key: &str, value: Self) {
        if let Self::Object(members) = self {
            match members.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = value,
                None => members.push((key.into(), value)),
            }
        }
    }

    /// Gives a leaf other characters, in the room that it has. Does nothing on other trees.
    pub fn rewrite(&mut self, parts: &[&str]) {
        if let Self::Leaf(leaf) = self {
            let mut text = match std::mem::take(&mut leaf.text) {
                Chars::Own(text) => text,
                Chars::Shared(_) => Text::default(),
            };
            text.clear();
            for part in parts {
                text.push_str(part);
            }
            leaf.text = Chars::Own(text);
        }
    }

    /// The occurrences of an element: the items of an array, or the tree itself.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The leaf, if it is one.
    pub fn leaf(&self) -> Option<&Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }

    /// The characters of a leaf.
    pub fn text(&self) -> Option<&str> {
        self.leaf().map(|leaf| leaf.text.as_str())
    }

    /// The leaf that is a member of an object.
    pub fn leaf_at(&self, key: &str) -> Option<&Leaf> {
        self.get(key).and_then(|tree| tree.items().first()).and_then(Self::leaf)
    }

    /// The text of the leaf that is a member of an object.
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.leaf_at(key).map(|leaf| leaf.text.as_str())
    }

    /// True if there is no leaf anywhere in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Object(members) => members.iter().all(|(_, tree)| tree.is_empty()),
            Self::Array(items) => items.iter().all(Self::is_empty),
            Self::Leaf(_) => false,
        }
    }

    /// The same tree with its long texts shared: copies of it cost no copies of them.
    #[must_use]
    pub fn shared(self) -> Self {
        match self {
            Self::Object(members) => {
                Self::Object(members.into_iter().map(|(name, tree)| (name, tree.shared())).collect())
            }
            Self::Array(items) => Self::Array(items.into_iter().map(Self::shared).collect()),
            Self::Leaf(leaf) => Self::Leaf(Leaf { text: leaf.text.shared(), ..leaf }),
        }
    }

    /// Takes the objects out of an element, each leaving an empty place among its occurrences; `None` if there are
    /// none.
    pub fn take_objects(&mut self) -> Option<Self> {
        match self {
            Self::Leaf(_) => None,
            Self::Object(members) if members.is_empty() => None,
            Self::Object(_) => Some(std::mem::replace(self, Self::object())),
            Self::Array(items) => {
                let taken: Vec<Option<Self>> = items.iter_mut().map(Self::take_objects).collect();
                let any = taken.iter().any(Option::is_some);
                any.then(|| Self::Array(taken.into_iter().map(|item| item.unwrap_or_else(Self::object)).collect()))
            }
        }
    }

    /// Calls `visit` for every leaf, in order.
    pub fn each_leaf<'a>(&'a self, visit: &mut impl FnMut(&'a Leaf)) {
        match self {
            Self::Object(members) => members.iter().for_each(|(_, tree)| tree.each_leaf(visit)),
            Self::Array(items) => items.iter().for_each(|tree| tree.each_leaf(visit)),
            Self::Leaf(leaf) => visit(leaf),
        }
    }
}
