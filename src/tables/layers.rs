//! Tables that are like others: a kind of message or a dataset holds only the rows that are new, changed or dropped, and
//! what it is like gives the rest. This is the only place that lays one over the other.
//!
//! `like = "kernset-2.3"` in `messages/<kind>/message.toml`, or in a `[dataset."…"]` of `ooievaar.toml`, names what is below.
//! A file that the kind does not have is the one below. A CSV file with a column [`LAYER`] is laid over it by concept, a
//! `skeleton.xml` that begins with `<o:layer>` by named parts and patterns, a `message.toml` by key; any other file stands alone.
//!
//! What results is a file like any other, each line of which knows where it really stands.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use super::flat::Flat;
use super::raw::{Cell, RawRow, RawSheet};
use super::{MANIFEST, Source, TableError, parts};

/// The column that says what kind of row of its concept a row is, in tables where a concept has several.
const KIND: &str = "demand";

/// The column that says how a row stands to what is below: `change`, `also`, `drop`, `last`, or `after` and a concept.
pub const LAYER: &str = "layer";
/// Layers upon layers beyond this are a circle.
const MOST: usize = 8;

/// A source in which some tables are like others.
#[derive(Debug)]
pub struct Layered {
    under: Source,
    /// By what a path begins with: what the path below begins with.
    like: BTreeMap<String, String>,
    /// By kind: its dataset.
    datasets: BTreeMap<String, String>,
    /// By kind: the columns that rows from below have empty.
    without: BTreeMap<String, Vec<String>>,
    made: Mutex<HashMap<String, Option<Arc<Flat>>>>,
    /// By table: its concepts, each with its parent.
    concepts: Mutex<HashMap<String, Arc<Concepts>>>,
}

/// The concepts of a table, each with its parent.
type Concepts = HashMap<String, String>;

#[derive(Deserialize)]
struct LikeManifest {
    #[serde(default)]
    messages: Vec<String>,
    #[serde(default)]
    dataset: BTreeMap<String, Like>,
}

#[derive(Default, Deserialize)]
struct Like {
    #[serde(rename = "like")]
    below: Option<String>,
    dataset: Option<String>,
    #[serde(default)]
    without: Vec<String>,
}

impl Layered {
    /// A source over this one; `None` if nothing in it is like anything.
    pub(super) fn of(under: &Source) -> Option<Self> {
        // What is wrong with these files their own loaders tell.
        let read = |file: &str| under.text(file).ok();
        let manifest: LikeManifest = toml::from_str(&read(MANIFEST)?).ok()?;
        let (mut like, mut datasets, mut without) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (name, entry) in manifest.dataset {
            if let Some(other) = entry.below {
                like.insert(format!("dataset/{name}.csv"), format!("dataset/{other}.csv"));
            }
        }
        for name in manifest.messages {
            let text = read(&format!("messages/{name}/message.toml")).unwrap_or_default();
            let meta: Like = toml::from_str(&text).unwrap_or_default();
            datasets.extend(meta.dataset.map(|dataset| (name.clone(), dataset)));
            without.insert(name.clone(), meta.without);
            if let Some(other) = meta.below {
                like.insert(format!("messages/{name}/"), format!("messages/{other}/"));
            }
        }
        let (made, concepts) = (Mutex::default(), Mutex::default());
        (!like.is_empty()).then(|| Self { under: under.clone(), like, datasets, without, made, concepts })
    }

    pub(super) fn under(&self) -> &Source {
        &self.under
    }

    /// The path of what is below a file, if it is like another.
    fn below(&self, file: &str) -> Option<String> {
        self.like.iter().find_map(|(own, other)| Some(format!("{other}{}", file.strip_prefix(own.as_str())?)))
    }

    pub(super) fn is_below(&self, file: &str) -> bool {
        self.like.values().any(|other| file.starts_with(other.as_str())) && self.below(file).is_none()
    }

    /// A file as it results; `None` if it stands alone.
    pub(super) fn flat(&self, file: &str) -> Result<Option<Arc<Flat>>, TableError> {
        let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(file).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let flat = self.lay(file, 0)?.map(Arc::new);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_owned(), flat.clone());
        Ok(flat)
    }

    /// Where a line of a file really stands.
    pub(super) fn origin(&self, file: &str, line: u64) -> Option<(Arc<str>, u64)> {
        let flat = self.flat(file).ok()??;
        // A fault of the file as a whole is one of what is laid over, if there is such a file.
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        flat.lines.get(at).cloned()
    }

    /// The files that there are because what is below has them.
    pub(super) fn inherited(&self, files: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for _ in 0..MOST {
            let before = found.len();
            for (own, other) in &self.like {
                let below = files.keys().chain(&found);
                let names = below.filter_map(|path| Some(format!("{own}{}", path.strip_prefix(other.as_str())?)));
                let names: Vec<String> = names.filter(|path| !files.contains_key(path)).collect();
                found.extend(names);
            }
            if found.len() == before {
                break;
            }
        }
        found
    }

    /// The same of one folder, which has these files of its own.
    pub(super) fn inherited_in(&self, folder: &str, own: &[String]) -> Result<Vec<String>, TableError> {
        let mut found = Vec::new();
        let mut at = format!("{folder}/");
        for _ in 0..MOST {
            let Some(below) = self.like.get(&at) else { break };
            let names = self.under.list(below.trim_end_matches('/'))?;
            let names = names.iter().filter_map(|path| path.strip_prefix(below.as_str()));
            found.extend(names.map(|name| format!("{folder}/{name}")).filter(|path| !own.contains(path)));
            at.clone_from(below);
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn lay(&self, file: &str, depth: usize) -> Result<Option<Flat>, TableError> {
        let Some(below) = self.below(file) else { return Ok(None) };
        if depth > MOST {
            return Err(TableError::file(file, "is like something that is like it; end the circle of `like`"));
        }
        let own = self.under.text(file).ok();
        let is_toml = extension(file) == "toml";
        if own.as_ref().is_some_and(|text| !is_toml && !is_layer(file, text)) {
            return Ok(None);
        }
        let base = match self.lay(&below, depth + 1)? {
            Some(base) => base,
            None => match self.under.text(&below) {
                Ok(text) => plain(&text, &below),
                // Neither has it.
                Err(_) if own.is_none() => return Ok(None),
                Err(fault) => return Err(fault),
            },
        };
        let name: Arc<str> = file.into();
        let laid = match own {
            _ if extension(file) == "csv" => self.lay_sheet(&name, own.as_deref(), &base)?,
            Some(own) if is_toml => parts::lay_toml(&name, &own, &base)?,
            Some(own) => parts::lay_skeleton(&name, &own, &base)?,
            None => base,
        };
        Ok(Some(laid))
    }

    /// A table over another, by concept.
    fn lay_sheet(&self, file: &Arc<str>, own: Option<&str>, base: &Flat) -> Result<Flat, TableError> {
        let below = parse(file, &base.text)?;
        let own = own.map(|text| parse(file, text)).transpose()?;
        let laid = lay_rows(file, &below, own.as_ref())?;
        let known = self.known(file)?;
        let kind = file.strip_prefix("messages/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let emptied = self.without.get(kind).map_or(&[][..], Vec::as_slice);
        let mut head = below.header.clone();
        let more = own.iter().flat_map(|own| &own.header.cells);
        head.cells.extend(more.filter(|cell| cell.text != LAYER && below.column(&cell.text).is_none()).cloned());
        let header: Vec<&str> = head.cells.iter().map(|cell| cell.text.as_str()).collect();
        let mut result = Flat::default();
        let origin = |line: u32| base.lines.get(line as usize - 1).cloned();
        let (at, from) = origin(below.header.line).unwrap_or_else(|| (Arc::clone(file), 1));
        result.add(&RawSheet::line(&head, true), &at, from);
        let mut held: HashSet<String> = HashSet::new();
        for laid in laid {
            let (sheet, row) = match (laid, &own) {
                (Laid::Own(at), Some(own)) => (own, &own.rows[at]),
                (Laid::Own(at) | Laid::Below(at), _) => (&below, &below.rows[at]),
            };
            let get = |column: &str| sheet.cell(row, column).map_or("", |cell| cell.text.as_str());
            let concept = get("concept");
            if matches!(laid, Laid::Below(_)) && !known.holds(concept, get("parent"), &held) {
                continue;
            }
            held.insert(concept.to_owned());
            let mut line = row.clone();
            let is_below = matches!(laid, Laid::Below(_));
            let cell = |column: &&str| match sheet.cell(row, column) {
                Some(cell) if !(is_below && emptied.iter().any(|emptied| emptied == column)) => cell.clone(),
                _ => Cell::default(),
            };
            line.cells = header.iter().map(cell).collect();
            let (at, from) = match laid {
                Laid::Below(_) => origin(row.line).unwrap_or_else(|| (Arc::clone(file), 1)),
                Laid::Own(_) => (Arc::clone(file), u64::from(row.line)),
            };
            result.add(&RawSheet::line(&line, false), &at, from);
        }
        Ok(result)
    }

    /// Which concepts the rows from below may be about: those that the dataset has, and that the kind uses.
    fn known(&self, file: &str) -> Result<Known, TableError> {
        let Some((kind, name)) = file.strip_prefix("messages/").and_then(|rest| rest.split_once('/')) else {
            return Ok(Known::Parents);
        };
        let Some(dataset) = self.datasets.get(kind) else { return Ok(Known::All) };
        let of = match name {
            "concepts.csv" => format!("dataset/{dataset}.csv"),
            _ => format!("messages/{kind}/concepts.csv"),
        };
        let concepts = self.concepts_of(&of)?;
        Ok(if name == "concepts.csv" { Known::OfDataset(concepts) } else { Known::InUse(concepts) })
    }

    fn concepts_of(&self, file: &str) -> Result<Arc<Concepts>, TableError> {
        let known = self.concepts.lock().unwrap_or_else(PoisonError::into_inner).get(file).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let flat = self.flat(file)?;
        let text = match &flat {
            Some(flat) => Cow::Borrowed(flat.text.as_str()),
            None => self.under.text(file)?,
        };
        let sheet = parse(file, &text)?;
        let cell = |row: &RawRow, column: &str| sheet.cell(row, column).map_or(String::new(), |cell| cell.text.clone());
        let concepts: Concepts = sheet.rows.iter().map(|row| (cell(row, "concept"), cell(row, "parent"))).collect();
        let concepts = Arc::new(concepts);
        self.concepts.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_owned(), Arc::clone(&concepts));
        Ok(concepts)
    }
}

/// Which rows from below stay.
enum Known {
    /// All of them.
    All,
    /// Those of which the group is there: of a dataset.
    Parents,
    /// Those that the dataset has, and of which the group is in use.
    OfDataset(Arc<Concepts>),
    /// Those that the kind uses.
    InUse(Arc<Concepts>),
}

impl Known {
    fn holds(&self, concept: &str, parent: &str, held: &HashSet<String>) -> bool {
        let is_held = |parent: &str| parent.is_empty() || held.contains(parent);
        match self {
            Self::All => true,
            Self::Parents => is_held(parent),
            Self::OfDataset(concepts) => concepts.get(concept).is_some_and(|parent| is_held(parent)),
            // A row without a concept is about what stands in the skeleton itself.
            Self::InUse(concepts) => concept.is_empty() || concepts.contains_key(concept),
        }
    }
}

/// A file that stands alone, as one whose lines are known.
fn plain(text: &str, file: &str) -> Flat {
    let mut flat = Flat::default();
    flat.add(text, &file.into(), 1);
    flat
}

/// What follows the last dot of a path.
fn extension(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// True if a file is to be laid over another.
fn is_layer(file: &str, text: &str) -> bool {
    if extension(file) == "csv" {
        let header = text.split_inclusive('\n').next().unwrap_or_default();
        return RawSheet::parse(header).is_ok_and(|sheet| sheet.column(LAYER).is_some());
    }
    parts::is_layer(text)
}

fn parse(file: &str, text: &str) -> Result<RawSheet, TableError> {
    RawSheet::parse(text)
        .map_err(|fault| TableError { line: u64::from(fault.line), ..TableError::file(file, fault.message) })
}

/// A row of what results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Laid {
    Below(usize),
    Own(usize),
}

/// The rows of two tables laid over each other: what the upper one says of a concept stands in place of all that the lower one
/// says of it.
fn lay_rows(file: &str, below: &RawSheet, own: Option<&RawSheet>) -> Result<Vec<Laid>, TableError> {
    let key =
        |sheet: &RawSheet, row: &RawRow| sheet.cell(row, "concept").map_or(String::new(), |cell| cell.text.clone());
    let mut laid: Vec<(String, Laid)> =
        below.rows.iter().enumerate().map(|(at, row)| (key(below, row), Laid::Below(at))).collect();
    let Some(own) = own else { return Ok(laid.into_iter().map(|(_, laid)| laid).collect()) };
    for (at, row) in own.rows.iter().enumerate() {
        let fault = |message: String| TableError {
            line: u64::from(row.line),
            column: LAYER.to_owned(),
            ..TableError::file(file, message)
        };
        let concept = key(own, row);
        let stands = |wanted: &str, laid: &[(String, Laid)]| laid.iter().rposition(|(key, _)| key == wanted);
        let is_below = laid.iter().any(|(key, row)| *key == concept && matches!(row, Laid::Below(_)));
        // Further rows of a concept follow the first of them.
        let before = laid.iter().rposition(|(key, row)| *key == concept && matches!(row, Laid::Own(_)));
        let word = own.cell(row, LAYER).map_or("", |cell| cell.text.as_str());
        let missing =
            || fault(format!("`{concept}` has no row below; say `last`, or `after` and the concept that it follows"));
        match word.split_once(' ').unwrap_or((word, "")) {
            ("drop", "") => {
                if !is_below {
                    return Err(missing());
                }
                laid.retain(|(key, _)| *key != concept);
            }
            ("change", "") => {
                if let Some(before) = before {
                    laid.insert(before + 1, (concept, Laid::Own(at)));
                } else {
                    let first = laid.iter().position(|(key, _)| *key == concept).ok_or_else(missing)?;
                    laid.retain(|(key, _)| *key != concept);
                    laid.insert(first, (concept, Laid::Own(at)));
                }
            }
            ("also", "") => {
                let first = laid.iter().position(|(key, _)| *key == concept).ok_or_else(missing)?;
                // Of what a concept has one of each kind, this is the one of its kind.
                let kind = |sheet: &RawSheet, row: &RawRow| sheet.cell(row, KIND).map(|cell| cell.text.clone());
                laid.retain(|(key, laid)| match laid {
                    Laid::Below(lower) if *key == concept => {
                        let lower = kind(below, &below.rows[*lower]);
                        lower.is_none() || lower != kind(own, row)
                    }
                    _ => true,
                });
                let behind = stands(&concept, &laid).map_or(first, |last| last + 1);
                laid.insert(behind, (concept, Laid::Own(at)));
            }
            // What stands below already moves.
            ("last", "") => {
                laid.retain(|(key, row)| *key != concept || matches!(row, Laid::Own(_)));
                laid.push((concept, Laid::Own(at)));
            }
            ("after", other) if !other.is_empty() && other != concept => {
                laid.retain(|(key, row)| *key != concept || matches!(row, Laid::Own(_)));
                let no_other = || fault(format!("there is no row of `{other}` to stand after"));
                let before = laid.iter().rposition(|(key, _)| *key == concept);
                let after = before.or_else(|| stands(other, &laid)).ok_or_else(no_other)?;
                laid.insert(after + 1, (concept, Laid::Own(at)));
            }
            _ => return Err(fault(format!("`{word}` is none of `change`, `also`, `drop`, `last`, `after <concept>`"))),
        }
    }
    Ok(laid.into_iter().map(|(_, laid)| laid).collect())
}
