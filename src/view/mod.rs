//! A case as a person reads it: in the words of the standard, as text or as one page.
//!
//! Names, labels, answers and units are written out; what is denied reads as denied, what is not known as not known. Nothing
//! is added, derived or judged. What was not read stands in its own list, and each value leads to its place in the source.

mod case;
mod page;
mod said;
mod source;
mod text;
mod unread;
mod words;

pub use case::{Case, Shown};
pub use page::page;
pub use said::Said;
pub use source::SourceFile;
pub use text::{one_line, text};
pub use words::Language;
