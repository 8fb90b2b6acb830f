//! How the files of the output are called.

use sha2::{Digest as _, Sha256};

use super::hex::hex;
use super::unit::Unit;
use crate::convert::Format;

/// The list of what could not be converted.
pub(super) const QUARANTINE: &str = "quarantine.ndjson";

/// The list of what was lost of what was converted.
pub(super) const LOSSES: &str = "losses.ndjson";

/// The list of what messages lack. It is there only if there is something in it.
pub(super) const MISSING: &str = "missing.ndjson";

/// Which file holds which message, where the names do not tell.
pub(super) const INDEX: &str = "index.ndjson";

/// The lists that stand in the output folder: no message may have the name of one.
const LISTS: [&str; 3] = [QUARANTINE, LOSSES, MISSING];

/// Longest name of a file or folder, in bytes.
const LONGEST_NAME: usize = 200;

/// Longest path below the output folder, in bytes: an archive may hold longer ones than a disk takes.
const LONGEST_PATH: usize = 1500;

/// An NDJSON file.
pub(super) fn file_name(resource_type: &str, number: u32) -> String {
    format!("{resource_type}.{number:04}.ndjson")
}

/// The ending of a file.
pub(super) fn extension(format: Format) -> &'static str {
    match format {
        Format::FhirJson => "json",
        Format::FhirNdjson => "ndjson",
        Format::FhirXml | Format::Hl7v3 | Format::Ada => "xml",
    }
}

/// The file of a message in the tree of the input.
pub(super) fn tree_file(unit: &Unit, format: Format) -> String {
    let wanted = format!("{}.{}", tree_name(unit), extension(format));
    if LISTS.contains(&wanted.as_str()) { format!("_{wanted}") } else { wanted }
}

/// The path of a message as a path below the output folder, and nowhere else.
fn tree_name(unit: &Unit) -> String {
    let mut parts: Vec<String> = unit.path.split('/').filter(|part| !part.is_empty()).map(safe).collect();
    if let Some(first) =
        parts.first_mut().filter(|first| first.starts_with(".ooievaar") || LISTS.contains(&first.as_str()))
    {
        first.insert(0, '_');
    }
    // Padded, so that the order of the names is that of the lines.
    parts.extend(unit.line.map(|line| format!("{line:09}")));
    parts.extend(unit.case.map(|case| format!("case-{case:06}")));
    let mut name = parts.join("/");
    if name.len() > LONGEST_PATH {
        let digest = Sha256::digest(name.as_bytes());
        let mut end = LONGEST_PATH;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(name[..end].rfind('/').unwrap_or(end));
        name.push('/');
        name.push_str(&hex(&digest[..16]));
    }
    name
}

fn safe(part: &str) -> String {
    if matches!(part, "." | "..") {
        return part.replace('.', "_");
    }
    let mut name: String = part.chars().map(|c| if c.is_control() || c == '\\' { '_' } else { c }).collect();
    if name.len() > LONGEST_NAME {
        let digest = Sha256::digest(name.as_bytes());
        let mut end = LONGEST_NAME;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
        name.push_str(&hex(&digest[..8]));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str, line: Option<usize>) -> String {
        tree_name(&Unit { path: path.to_owned(), line, case: None, content: Ok(Vec::new()) })
    }

    #[test]
    fn no_path_leads_out_of_the_output_folder() {
        assert_eq!(named("a/b.xml", None), "a/b.xml");
        assert_eq!(named("/../../etc/./passwd", None), "__/__/etc/_/passwd");
        assert_eq!(named("c:\\x\u{1}.xml", None), "c:_x_.xml");
        assert_eq!(named(".ooievaar/journal", None), "_.ooievaar/journal");
        assert_eq!(named("all.xml", Some(17)), "all.xml/000000017");
        assert_eq!(named("quarantine.ndjson", Some(1)), "_quarantine.ndjson/000000001");
    }

    #[test]
    fn names_that_are_too_long_stay_different() {
        let (one, two) = (named(&format!("{}1", "é".repeat(300)), None), named(&format!("{}2", "é".repeat(300)), None));
        assert!(one != two && one.len() <= LONGEST_NAME + 16, "{one}");
        let deep = format!("{}é/", "d/".repeat(2000));
        let (one, two) = (named(&format!("{deep}1"), None), named(&format!("{deep}2"), None));
        assert!(one != two && one.len() <= LONGEST_PATH + 33 && one.starts_with("d/d/"), "{one}");
    }
}
