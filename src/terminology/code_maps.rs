//! Code maps: the translation of codes, from the same rows in both directions.

use std::collections::HashMap;

use crate::dataset::Text;
use crate::tables::{Row, Sheet, Source, TableError};

/// How the meaning of the target relates to the meaning of the source (FHIR `ConceptMapEquivalence`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The same code.
    Equal,
    /// The same meaning.
    Equivalent,
    /// The target means more.
    Wider,
    /// The target means less.
    Narrower,
    /// They overlap.
    Inexact,
    /// They have to do with each other, no more is known.
    Related,
}

impl Relation {
    /// The relation named in the `relation` column.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "equal" => Self::Equal,
            "equivalent" => Self::Equivalent,
            "wider" => Self::Wider,
            "narrower" => Self::Narrower,
            "inexact" => Self::Inexact,
            "relatedto" => Self::Related,
            _ => return None,
        })
    }

    /// Its name in the tables and in FHIR.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Equivalent => "equivalent",
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Inexact => "inexact",
            Self::Related => "relatedto",
        }
    }
}

/// One row of a code map.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// OID of the system of the source code.
    pub source_system: Text,
    /// The source code.
    pub source_code: Text,
    /// OID of the system of the target code.
    pub target_system: Text,
    /// The target code.
    pub target_code: Text,
    /// Label of the target code.
    pub target_display: Text,
    /// How they relate.
    pub relation: Relation,
    /// True on the row that decides the way back when several source codes share a target.
    pub canonical: bool,
}

/// One code map: `code-maps/<name>.csv`.
#[derive(Clone, Debug, Default)]
pub struct CodeMap {
    mappings: Vec<Mapping>,
    by_source: HashMap<Text, Vec<u32>>,
    by_target: HashMap<Text, Vec<u32>>,
}

impl CodeMap {
    /// Reads the table of one code map.
    ///
    /// # Errors
    /// If it cannot be read, a source code occurs twice, or two rows claim to be the way back from one target.
    pub fn load(source: &Source, name: &str) -> Result<Self, TableError> {
        let file = format!("code-maps/{name}.csv");
        let columns = ["source_system", "source_code", "target_system", "target_code", "relation", "canonical"];
        let sheet = Sheet::load(source, &file, &columns)?;
        let mut result = Self::default();
        let mut translated = Vec::new();
        for row in sheet.rows() {
            let Some(mapping) = mapping(row)? else { continue };
            if result.forward(&mapping.source_system, &mapping.source_code).is_some() {
                return Err(row.fault("source_code", "has two targets; keep one row for each source code"));
            }
            let ix = u32::try_from(result.mappings.len()).unwrap_or(u32::MAX);
            result.by_source.entry(mapping.source_code.clone()).or_default().push(ix);
            result.by_target.entry(mapping.target_code.clone()).or_default().push(ix);
            result.mappings.push(mapping);
            translated.push(row);
        }
        for (row, mapping) in translated.iter().zip(&result.mappings) {
            let rivals = result.sources_of(&mapping.target_system, &mapping.target_code);
            let (count, canonical) =
                rivals.fold((0, 0), |(count, yes), rival| (count + 1, yes + usize::from(rival.canonical)));
            if canonical > 1 {
                return Err(row.fault(
                    "canonical",
                    format!("{canonical} of the {count} rows with this target say `yes`; one may"),
                ));
            }
        }
        Ok(result)
    }

    /// The row of a source code.
    pub fn forward(&self, system: &str, code: &str) -> Option<&Mapping> {
        let rows = self.by_source.get(code)?;
        rows.iter().filter_map(|ix| self.mappings.get(*ix as usize)).find(|row| row.source_system == system)
    }

    /// The row that says to which source code a target code goes back. `None` also when several source codes have
    /// this target and the table does not decide: which was meant is then not for us to say.
    pub fn back(&self, system: &str, code: &str) -> Option<&Mapping> {
        let mut rows = self.sources_of(system, code);
        let first = rows.next()?;
        match rows.next() {
            None => Some(first),
            Some(_) => self.sources_of(system, code).find(|row| row.canonical),
        }
    }

    /// All rows, in the order of the table.
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// The rows that have a target code.
    pub fn sources_of(&self, system: &str, code: &str) -> impl Iterator<Item = &Mapping> {
        let rows = self.by_target.get(code).map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(|ix| self.mappings.get(*ix as usize)).filter(move |row| row.target_system == system)
    }
}

/// What `relation` says of a code that has no counterpart: it goes to the other side as it is.
const UNMATCHED: &str = "unmatched";

/// The translation of a row; `None` if it says that there is none, or that the code stays what it is.
fn mapping(row: Row<'_>) -> Result<Option<Mapping>, TableError> {
    let stays =
        ["system", "code"].iter().all(|part| row.get(&format!("source_{part}")) == row.get(&format!("target_{part}")));
    if row.get("relation") == UNMATCHED || stays {
        return Ok(None);
    }
    for column in ["source_system", "source_code", "target_system", "target_code"] {
        if row.get(column).is_empty() {
            return Err(row.fault(column, "is empty"));
        }
    }
    let relation = Relation::from_name(row.get("relation")).ok_or_else(|| {
        row.fault("relation", "is none of equal, equivalent, wider, narrower, inexact, relatedto, unmatched")
    })?;
    let canonical = match row.get("canonical") {
        "yes" => true,
        "" | "no" => false,
        _ => return Err(row.fault("canonical", "is neither `yes` nor empty")),
    };
    Ok(Some(Mapping {
        source_system: row.get("source_system").into(),
        source_code: row.get("source_code").into(),
        target_system: row.get("target_system").into(),
        target_code: row.get("target_code").into(),
        target_display: row.get("target_display").into(),
        relation,
        canonical,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "source_system,source_code,target_system,target_code,target_display,relation,canonical,source";

    fn load(test: &str, rows: &str) -> Result<CodeMap, TableError> {
        let folder = std::env::temp_dir().join(format!("ooievaar-code-map-{test}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("code-maps")).unwrap();
        std::fs::write(folder.join("code-maps/m.csv"), format!("{HEADER}\n{rows}")).unwrap();
        let result = CodeMap::load(&Source::Folder(folder.clone()), "m");
        std::fs::remove_dir_all(folder).unwrap();
        result
    }

    #[test]
    fn the_canonical_row_decides_the_way_back() {
        let map = load("back", "1.1,a,1.2,x,X,equivalent,,\n1.1,b,1.2,x,X,wider,yes,\n").unwrap();
        assert_eq!(map.forward("1.1", "a").unwrap().target_code, "x");
        assert_eq!(map.back("1.2", "x").unwrap().source_code, "b");
        assert!(map.forward("1.9", "a").is_none());
    }

    #[test]
    fn an_undecided_way_back_is_none() {
        let map = load("undecided", "1.1,a,1.2,x,X,wider,,\n1.1,b,1.2,x,X,wider,,\n").unwrap();
        assert!(map.back("1.2", "x").is_none());
        let fault = load("fault", "1.1,a,1.2,x,X,wider,yes,\n1.1,b,1.2,x,X,wider,yes,\n").unwrap_err();
        assert_eq!((fault.line, fault.column.as_str()), (2, "canonical"));
    }

    #[test]
    fn a_code_that_stays_what_it_is_is_not_translated() {
        let map = load("stays", "1.1,a,,,,unmatched,,\n1.1,b,1.1,b,B,equal,,\n1.2,c,1.1,b,B,wider,,\n").unwrap();
        assert_eq!(map.mappings().len(), 1);
        assert!(map.forward("1.1", "a").is_none() && map.forward("1.1", "b").is_none());
        assert_eq!(map.back("1.1", "b").unwrap().source_code, "c");
    }

    #[test]
    fn a_source_code_has_one_target() {
        let fault = load("two", "1.1,a,1.2,x,X,equivalent,,\n1.1,a,1.2,y,Y,wider,,\n").unwrap_err();
        assert_eq!((fault.line, fault.column.as_str()), (3, "source_code"));
    }
}
