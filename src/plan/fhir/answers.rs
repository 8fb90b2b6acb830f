//! How yes, no, a null flavour and silence are said where FHIR has no boolean for it.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::ElementPath;
use crate::dataset::Text;
use crate::plan::load_toml;
use crate::tables::{Source, TableError};
use crate::tree::Tree;

const FILE: &str = "fhir-stu3/answers.toml";

/// One way of answering.
#[derive(Clone, Debug)]
pub struct AnswerForm {
    /// Its name in the `datatype` column, after `answer/`.
    pub name: Text,
    /// What a yes sets.
    pub yes: Vec<(ElementPath, Tree)>,
    /// What a no sets.
    pub no: Vec<(ElementPath, Tree)>,
    /// What a null flavour sets.
    pub null: Vec<(ElementPath, Tree)>,
    /// What silence sets.
    pub absent: Vec<(ElementPath, Tree)>,
    /// The primitive that carries the null flavour, in an extension. Without one it stands in a value, as `{null}`.
    pub null_on: Option<ElementPath>,
    /// How a resource is read: the first clause that holds decides. Without clauses the answer is written only.
    pub clauses: Vec<Clause>,
}

/// What an answer looks like in a resource.
#[derive(Clone, Debug)]
pub struct Clause {
    /// What it says.
    pub says: Says,
    /// Elements, and what they must hold.
    pub tests: Vec<(ElementPath, Test)>,
}

/// What a resource says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// Yes.
    Yes,
    /// No.
    No,
    /// A null flavour.
    Null,
}

/// What an element must hold.
#[derive(Clone, Debug)]
pub enum Test {
    /// Nothing: it is not there.
    Missing,
    /// This value.
    Is(Tree),
    /// A coding with this system and code.
    Coding(Text, Text),
    /// A coding in this system, whose code is the null flavour.
    NullCoding(Text),
}

/// What stands in a value of `null` for the code of the null flavour.
pub const NULL_PLACE: &str = "{null}";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAnswer {
    #[serde(default)]
    yes: BTreeMap<String, toml::Value>,
    #[serde(default)]
    no: BTreeMap<String, toml::Value>,
    #[serde(default)]
    null: BTreeMap<String, toml::Value>,
    #[serde(default)]
    absent: BTreeMap<String, toml::Value>,
    null_on: Option<String>,
    #[serde(default)]
    read: RawClauses,
}

type RawClause = Vec<BTreeMap<String, toml::Value>>;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClauses {
    #[serde(default)]
    no: RawClause,
    #[serde(default)]
    yes: RawClause,
    #[serde(default)]
    null: RawClause,
}

impl AnswerForm {
    /// Reads `answers.toml`.
    ///
    /// # Errors
    /// If the file cannot be read, or a path or value in it is malformed.
    pub fn load(source: &Source) -> Result<Vec<Self>, TableError> {
        let raw: BTreeMap<String, RawAnswer> = load_toml(source, FILE)?;
        raw.into_iter().map(|(name, answer)| Self::compile(&name, answer)).collect()
    }

    fn compile(name: &str, raw: RawAnswer) -> Result<Self, TableError> {
        let fault = |path: &str, message: &str| TableError::file(FILE, format!("answer `{name}`, `{path}`: {message}"));
        let state = |values: BTreeMap<String, toml::Value>| -> Result<Vec<(ElementPath, Tree)>, TableError> {
            let compiled = values.into_iter().map(|(path, value)| {
                let tree = tree_of(&value)
                    .ok_or_else(|| fault(&path, "must be a text, a number, true or false, or a table of these"))?;
                Ok((ElementPath::parse(&path).map_err(|e| fault(&path, e))?, tree.shared()))
            });
            compiled.collect()
        };
        let null_on = match &raw.null_on {
            Some(path) => Some(ElementPath::parse(path).map_err(|e| fault(path, e))?),
            None => None,
        };
        let mut clauses = Vec::new();
        // A no is looked for first: what says no must never be taken for another answer.
        let read = raw.read;
        for (says, alternatives) in [(Says::No, read.no), (Says::Yes, read.yes), (Says::Null, read.null)] {
            for alternative in alternatives {
                let tests = alternative.into_iter().map(|(path, value)| {
                    let test = test_of(&value).ok_or_else(|| fault(&path, "must be a text, true or false"))?;
                    Ok((ElementPath::parse(&path).map_err(|e| fault(&path, e))?, test))
                });
                clauses.push(Clause { says, tests: tests.collect::<Result<_, _>>()? });
            }
        }
        Ok(Self {
            name: name.into(),
            null_on,
            clauses,
            yes: state(raw.yes)?,
            no: state(raw.no)?,
            null: state(raw.null)?,
            absent: state(raw.absent)?,
        })
    }
}

fn test_of(value: &toml::Value) -> Option<Test> {
    Some(match value {
        toml::Value::String(text) if text.is_empty() => Test::Missing,
        toml::Value::String(text) => match text.split_once('|') {
            Some((system, NULL_PLACE)) => Test::NullCoding(system.into()),
            Some((system, code)) => Test::Coding(system.into(), code.into()),
            None => Test::Is(Tree::string(text.as_str())),
        },
        toml::Value::Boolean(value) => Test::Is(Tree::boolean(*value)),
        _ => return None,
    })
}

fn tree_of(value: &toml::Value) -> Option<Tree> {
    Some(match value {
        toml::Value::String(text) => Tree::string(text.as_str()),
        toml::Value::Boolean(value) => Tree::boolean(*value),
        toml::Value::Integer(number) => Tree::number(number.to_string()),
        toml::Value::Array(items) => Tree::Array(items.iter().map(tree_of).collect::<Option<_>>()?),
        toml::Value::Table(members) => {
            let members = members.iter().map(|(name, value)| Some((name.as_str().into(), tree_of(value)?)));
            Tree::Object(members.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
