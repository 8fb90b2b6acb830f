//! The characters of a leaf.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::dataset::Text;

/// Characters that are its own, or that many leaves share: what a pattern fixes stands in every resource made from it.
#[derive(Clone)]
pub enum Chars {
    /// Its own.
    Own(Text),
    /// Shared with others.
    Shared(Arc<str>),
}

impl Chars {
    /// The characters.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Own(text) => text,
            Self::Shared(text) => text,
        }
    }

    /// The same characters, shared if that saves copies: a short text is stored in place.
    #[must_use]
    pub fn shared(self) -> Self {
        match self {
            Self::Own(text) if text.is_heap_allocated() => Self::Shared(text.as_str().into()),
            other => other,
        }
    }
}

impl Default for Chars {
    fn default() -> Self {
        Self::Own(Text::default())
    }
}

impl Deref for Chars {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Chars {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for Chars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<Text> for Chars {
    fn from(text: Text) -> Self {
        Self::Own(text)
    }
}

impl From<&str> for Chars {
    fn from(text: &str) -> Self {
        Self::Own(text.into())
    }
}

impl From<String> for Chars {
    fn from(text: String) -> Self {
        Self::Own(text.into())
    }
}
