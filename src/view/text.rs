//! A case as plain text.

use std::fmt::Write as _;

use super::source::Sources;
use super::unread::{Part, Unread};
use super::{Case, Language, Shown, SourceFile};
use crate::convert::Reading;

/// What was read, as plain text: a line for each value, under the names of its groups.
///
/// `files` are the inputs in the order in which they were read. A value never takes more than one line.
///
/// ```
/// use ooievaar::Converter;
/// use ooievaar::view::{Language, SourceFile, text};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let message = std::fs::read("fixtures/kernset-2.3/minimal.xml")?;
/// let reading = Converter::new()?.read(&message)?;
/// let shown = text(&reading, &[SourceFile { name: "minimal.xml", bytes: &message, is_of_one_case: true }], Language::Dutch);
/// assert!(shown.starts_with("Kernset Geboortezorg 2.3\n"));
/// # Ok(())
/// # }
/// ```
pub fn text(reading: &Reading, files: &[SourceFile<'_>], language: Language) -> String {
    let case = Case::of(reading, language);
    let mut text = format!("{}\n", reading.title());
    section(&mut text, language.of("In het kort", "At a glance"), &case.glance, |text, shown| line(text, shown, 1));
    section(&mut text, language.of("Wat er wanneer was", "What was when"), &case.moments, moment);
    section(&mut text, language.of("Alles wat gelezen is", "All that was read"), &case.all, |text, shown| {
        whole(text, shown, 1);
    });
    let unread = Unread::of(reading, language, &Sources::new(files));
    parts(&mut text, language.of("Niet gelezen", "Not read"), &unread.lost);
    parts(&mut text, language.of("Gelezen, met een opmerking", "Read, with a remark"), &unread.told);
    text
}

fn section(text: &mut String, title: &str, shown: &[Shown], one: impl Fn(&mut String, &Shown)) {
    if !shown.is_empty() {
        let _ = writeln!(text, "\n{title}");
        for shown in shown {
            one(text, shown);
        }
    }
}

/// The moment goes first: that is what the list is in order of.
fn moment(text: &mut String, shown: &Shown) {
    let when = shown.said.as_ref().map_or("", |said| said.words.as_str());
    let _ = writeln!(text, "  {when}: {}", shown.name);
}

fn whole(text: &mut String, shown: &Shown, depth: usize) {
    line(text, shown, depth);
    for below in &shown.below {
        whole(text, below, depth + 1);
    }
}

fn line(text: &mut String, shown: &Shown, depth: usize) {
    let said = shown.said.as_ref().map_or(String::new(), |said| format!(": {}", one_line(&said.words)));
    let _ = writeln!(text, "{:1$}{name}{said}", "", depth * 2, name = shown.name);
}

fn parts(text: &mut String, title: &str, parts: &[Part]) {
    if parts.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    for part in parts {
        if let Some(name) = &part.name {
            let _ = writeln!(text, "  {name}");
        }
        for remark in &part.remarks {
            let _ =
                writeln!(text, "    {} {}: {} — {}", remark.place, remark.what, one_line(&remark.source), remark.why);
        }
    }
}

/// Free text may hold line breaks and terminal control codes; a value has one line.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
