//! What earlier runs wrote for themselves: no messages, wherever it is found.

use std::ffi::OsStr;
use std::path::Path;

/// The folder in which a run does its work, and by which its output folder is known.
pub(super) const WORK: &str = ".ooievaar";

/// What a run writes into its output folder beside the messages.
const LISTS: [&str; 5] = ["quarantine.ndjson", "losses.ndjson", "missing.ndjson", "index.ndjson", "manifest.json"];

/// What a report consists of.
const REPORT: [&str; 2] = ["report.json", "report.html"];

/// What in a folder an earlier run wrote for itself.
pub(super) struct Own {
    is_output: bool,
    is_report: bool,
}

impl Own {
    /// Looks at a folder.
    pub fn of(folder: &Path) -> Self {
        let is_report = REPORT.iter().all(|name| folder.join(name).is_file());
        Self { is_output: folder.join(WORK).is_dir(), is_report }
    }

    /// True for a name in the folder that is no message.
    pub fn holds(&self, name: &OsStr) -> bool {
        let is_one_of = |names: &[&str]| names.iter().any(|own| name == *own);
        name == WORK || (self.is_output && is_one_of(&LISTS)) || (self.is_report && is_one_of(&REPORT))
    }
}
