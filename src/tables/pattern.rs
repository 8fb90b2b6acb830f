//! Patterns of FHIR resources. One may be like another: it holds only what it has otherwise.
//!
//! `"@like": "name"` names the pattern below; each member of the resource that stands here takes the place of the one there,
//! as a whole, and `"@without": ["subject"]` takes members away.

use super::{Source, TableError};
use crate::tree::{Limits, Tree, parse_json};

/// The folder of the patterns.
const PATTERNS: &str = "fhir-stu3/patterns";
/// The member that names the pattern that one is like.
pub const LIKE: &str = "@like";
/// The member that names what the pattern below has and this one has not.
const WITHOUT: &str = "@without";
/// Patterns upon patterns beyond this are a circle.
const MOST: usize = 8;

/// The file of a pattern.
#[must_use]
pub fn pattern_file(name: &str) -> String {
    format!("{PATTERNS}/{name}.json")
}

/// The name of the pattern that a file holds, if it holds one.
#[must_use]
pub fn pattern_name(file: &str) -> Option<&str> {
    file.strip_prefix(PATTERNS)?.strip_prefix('/')?.strip_suffix(".json")
}

/// A pattern as it results from all that it is like; `None` if there is none of this name.
///
/// # Errors
/// If a file cannot be read as JSON, or what it is like is not there or is like itself.
pub fn pattern(source: &Source, name: &str) -> Result<Option<Tree>, TableError> {
    resulting(source, name, 0)
}

fn resulting(source: &Source, name: &str, depth: usize) -> Result<Option<Tree>, TableError> {
    let file = pattern_file(name);
    let Ok(text) = source.text(&file) else { return Ok(None) };
    let (own, _) = parse_json(text.as_bytes(), &Limits::default())
        .map_err(|fault| TableError::at(&file, &text, fault.position, fault.to_string()))?;
    let Some(below) = own.text_at(LIKE) else { return Ok(Some(own)) };
    let fault = |message: String| TableError::at(&file, &text, text.find(LIKE).unwrap_or_default(), message);
    if depth >= MOST {
        return Err(fault(format!("`{below}` is like this one; name one that stands by itself")));
    }
    let base = resulting(source, below, depth + 1)?;
    let base = base.ok_or_else(|| fault(format!("there is no pattern `{below}`; add {}", pattern_file(below))))?;
    laid_over(&own, base).map(Some).map_err(fault)
}

/// A pattern laid over the one that it is like.
fn laid_over(own: &Tree, mut base: Tree) -> Result<Tree, String> {
    let (Tree::Object(members), Tree::Object(below)) = (own, &mut base) else {
        return Err("a pattern is an object".to_owned());
    };
    let without = own.get(WITHOUT).map_or(&[][..], Tree::items);
    for name in without.iter().filter_map(Tree::text) {
        let before = below.len();
        below.retain(|(own, _)| own != name);
        if below.len() == before {
            return Err(format!("the pattern below has no `{name}` to take away"));
        }
    }
    for (name, value) in members.iter().filter(|(name, _)| name != LIKE && name != WITHOUT) {
        base.set(name, value.clone());
    }
    Ok(base)
}
