//! The files of a mappings folder, read as far as they can be.

use std::collections::BTreeMap;

use super::diagnostic::{Diagnostic, Mend};
use super::sheet::Sheet;
use crate::tables::{Malformed, RawSheet, Source, TableError, decode, layout};
use crate::tree::{Limits, Tree, parse_json};

/// All files.
#[derive(Debug)]
pub struct Files {
    by_path: BTreeMap<String, File>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Path within the mappings folder.
    pub path: String,
    /// Its text; `None` if nobody can tell what it is.
    pub text: Option<String>,
    /// What it holds.
    pub body: Body,
    layout: Option<&'static layout::Layout>,
    lines: Vec<usize>,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Body {
    /// A table.
    Csv(RawSheet),
    /// A table that cannot be read.
    BadCsv(Malformed),
    /// TOML.
    Toml(toml::Table),
    /// JSON.
    Json(Tree),
    /// Something that cannot be read: line, and what is wrong.
    Bad(u32, String),
    /// Anything else.
    Other,
}

impl Files {
    /// Reads all files.
    ///
    /// # Errors
    /// If a folder or file cannot be read at all.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let files = source.files()?;
        if files.is_empty() {
            return Err(TableError::file("", "there are no files"));
        }
        Ok(Self { by_path: files.into_iter().map(|(path, bytes)| (path.clone(), File::new(path, bytes))).collect() })
    }

    /// Some of the files.
    pub(super) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let own = self.by_path.iter().filter(|(path, _)| wanted(path));
        Self { by_path: own.map(|(path, file)| (path.clone(), file.clone())).collect() }
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.by_path.get(path)
    }

    /// All files, in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &File> {
        self.by_path.values()
    }

    /// The table at a path, if it can be read.
    pub fn csv(&self, path: &str) -> Option<&RawSheet> {
        self.get(path)?.csv()
    }

    /// The same with its path and layout.
    pub(super) fn sheet(&self, path: &str) -> Option<Sheet<'_>> {
        self.get(path)?.sheet()
    }

    /// The files as the loaders of the plans want them, every line where it was.
    pub fn source(&self) -> Source {
        let bytes = |file: &File| match (&file.body, &file.text) {
            (Body::Csv(sheet), _) if !sheet.flaws.is_empty() => sheet.in_place(),
            (_, text) => text.clone().unwrap_or_default(),
        };
        let files = self.by_path.iter().map(|(path, file)| (path.clone(), bytes(file).into_bytes())).collect();
        Source::Memory(std::sync::Arc::new(files))
    }
}

impl Files {
    /// The files as they would be without these findings: each says how it is mended.
    pub(super) fn mended(&self, findings: &[&Diagnostic]) -> Self {
        let mend = |(path, file): (&String, &File)| {
            let own: Vec<&&Diagnostic> = findings.iter().filter(|finding| finding.file == *path).collect();
            let Some(sheet) = file.csv().filter(|_| !own.is_empty()) else { return (path.clone(), file.clone()) };
            let mut sheet = sheet.clone();
            for finding in own {
                let column = sheet.column(&finding.column);
                let row = sheet.rows.iter().position(|row| row.line == finding.line);
                match (row, column, &finding.mend) {
                    (Some(row), Some(column), Some(Mend::Say(text))) => {
                        if let Some(cell) = sheet.rows[row].cells.get_mut(column) {
                            cell.text.clone_from(text);
                        }
                    }
                    (Some(row), _, Some(Mend::Remove)) => {
                        sheet.rows.remove(row);
                    }
                    _ => {}
                }
            }
            (path.clone(), File::new(path.clone(), sheet.in_place().into_bytes()))
        };
        Self { by_path: self.by_path.iter().map(mend).collect() }
    }
}

impl File {
    fn new(path: String, bytes: Vec<u8>) -> Self {
        let layout = layout::of(&path);
        let (text, foreign) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(fault) => {
                let Some((text, flaw)) = decode(fault.as_bytes()).filter(|_| layout.is_some()) else {
                    let before = String::from_utf8_lossy(&fault.as_bytes()[..fault.utf8_error().valid_up_to()]);
                    let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
                    let body = Body::Bad(line, "is not UTF-8".to_owned());
                    return Self { path, text: None, body, layout, lines: Vec::new() };
                };
                (text, Some(flaw))
            }
        };
        let lines: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut body = Self::parse(&path, &text, &lines);
        if let Body::Csv(sheet) = &mut body {
            sheet.flaws.extend(foreign);
        }
        Self { path, text: Some(text), body, layout, lines }
    }

    fn parse(path: &str, text: &str, lines: &[usize]) -> Body {
        let line_of = |offset: usize| u32::try_from(lines.partition_point(|start| *start <= offset)).unwrap_or(0);
        match path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("csv") => match RawSheet::parse(text) {
                Ok(sheet) => Body::Csv(sheet),
                Err(fault) => Body::BadCsv(fault),
            },
            Some("toml") => match text.parse::<toml::Table>() {
                Ok(table) => Body::Toml(table),
                Err(fault) => Body::Bad(line_of(fault.span().map_or(0, |span| span.start)), fault.message().to_owned()),
            },
            Some("json") => match parse_json(text.as_bytes(), &Limits::default()) {
                Ok((tree, _)) => Body::Json(tree),
                Err(fault) => Body::Bad(line_of(fault.position), fault.to_string()),
            },
            Some("xml") => match roxmltree::Document::parse(text) {
                Ok(_) => Body::Other,
                Err(fault) => Body::Bad(fault.pos().row, fault.to_string()),
            },
            _ => Body::Other,
        }
    }

    /// What follows the last dot of its name.
    pub fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The table that it holds, if it can be read.
    fn csv(&self) -> Option<&RawSheet> {
        match &self.body {
            Body::Csv(sheet) => Some(sheet),
            _ => None,
        }
    }

    /// The same with its path and layout.
    pub(super) fn sheet(&self) -> Option<Sheet<'_>> {
        self.csv().map(|raw| Sheet { path: &self.path, layout: self.layout, raw })
    }

    /// Its layout, if it is a CSV table of a known kind.
    pub fn layout(&self) -> Option<&'static layout::Layout> {
        self.layout
    }

    /// The text of a line, from 1.
    pub fn line(&self, line: u32) -> &str {
        let Some(text) = &self.text else { return "" };
        let Some(start) = (line as usize).checked_sub(1).and_then(|at| self.lines.get(at)) else { return "" };
        let rest = &text[*start..];
        rest.lines().next().unwrap_or_default().trim_end_matches('\r')
    }

    /// Line and character, from 1, of an offset in bytes.
    pub fn place(&self, offset: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.as_deref().and_then(|text| text.get(start..offset)).unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (number(line), number(before.chars().count() + 1))
    }

    /// Number of lines.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }
}
