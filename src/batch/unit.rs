//! One message among many, on its way in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use crate::convert::{Error, LineColumn};

/// One message, or an input that turned out to hold none that can be read.
#[derive(Debug)]
pub struct Unit {
    /// Path below the input, `/` between the parts; an archive counts as a folder.
    pub path: String,
    /// The line on which it begins, if it is one of several messages in its file.
    pub line: Option<usize>,
    /// Which case of its input it is, from 1, if there are several.
    pub case: Option<usize>,
    /// Its bytes.
    pub content: Result<Vec<u8>, Fault>,
}

impl Unit {
    /// How to call it: its path, with the line after `#` if there are others in the file, and the number of the case if
    /// there are several in it.
    pub fn name(&self) -> String {
        let line = self.line.map_or(String::new(), |line| format!("#{line}"));
        let case = self.case.map_or(String::new(), |case| format!("/case-{case}"));
        format!("{}{line}{case}", self.path)
    }

    /// One of the cases in it, without its bytes; the unit itself if it is one case.
    pub(super) fn of_case(&self, case: Option<usize>) -> Self {
        Self { path: self.path.clone(), line: self.line, case, content: Ok(Vec::new()) }
    }

    /// Lines that stand before it in its file.
    pub(super) fn lines_before(&self) -> usize {
        self.line.map_or(0, |line| line - 1)
    }
}

/// Why an input gave nothing. It never holds a value of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Stable name of the kind of fault.
    pub code: String,
    /// Line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<usize>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<usize>,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl Fault {
    /// It could not be read from disk.
    pub fn unreadable(error: &std::io::Error) -> Self {
        Self::new("unreadable", format!("cannot be read ({error}); check that it exists and that you may read it"))
    }

    /// A container (archive, compressed file) that breaks off or is damaged. The error must not quote what it read.
    pub fn container(kind: &str, error: &dyn std::fmt::Display) -> Self {
        let message =
            format!("the {kind} is damaged ({error}); what follows in it was not read: make or fetch it again");
        Self::new("container", message)
    }

    /// One message is larger than a conversion takes.
    pub fn too_large(limit: usize) -> Self {
        Self::new("too-large", format!("has more than the {limit} bytes that one message may have; split it"))
    }

    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), line: None, column: None, message: message.into() }
    }

    pub(super) fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// An error of a conversion of something that began after so many lines.
    pub fn of(error: &Error, lines_before: usize) -> Self {
        let place = error.place().map(|LineColumn { line, column }| (line + lines_before, column));
        let message = match error {
            Error::Syntax { message, .. } => message.clone(),
            // What `convert` can be told cannot be told to all messages at once, and references stay out of lists and reports.
            Error::WhichCurrent { .. } => {
                "several may be the current one; convert it by itself: ooievaar convert --current".to_owned()
            }
            Error::WhichCase { candidates } => format!(
                "the input holds {} cases; say which (ooievaar convert --case), or convert them all (ooievaar batch)",
                candidates.len()
            ),
            Error::NoSuchCase { .. } => "no such case is in the input".to_owned(),
            Error::NoSuchCurrent { .. } => "what was named as the current one is not in the input".to_owned(),
            Error::Input { error, .. } => return Self::of(error, lines_before),
            other => other.to_string(),
        };
        Self { code: error.code().to_owned(), line: place.map(|at| at.0), column: place.map(|at| at.1), message }
    }
}

/// Does the work on one message. A panic is a fault of this program: it costs that message, and not the run.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // Whatever is left half-done belongs to this message alone; what messages share is only read.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "this program failed on it, which it never should; report that, with a message that shows it";
        Err(Fault::new("internal", message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_costs_one_message() {
        let texts: Vec<String> = Vec::new();
        let fault = guarded(|| Ok(texts[3].clone())).unwrap_err();
        assert_eq!(fault.code, "internal");
        assert_eq!(guarded(|| Ok(1)), Ok(1));
    }
}
