//! A file that is laid together from others, each line of which knows where it really stands.

use std::sync::Arc;

/// A file that was made of several.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub text: String,
    /// Of each line of the text: the file in which it really stands, and the line there.
    pub lines: Vec<(Arc<str>, u64)>,
}

impl Flat {
    /// Adds text that stands in a file from a line on.
    pub fn add(&mut self, text: &str, file: &Arc<str>, from: u64) {
        for (line, part) in (from..).zip(text.split_inclusive('\n')) {
            if self.text.is_empty() || self.text.ends_with('\n') {
                self.lines.push((Arc::clone(file), line));
            }
            self.text.push_str(part);
        }
    }
}
