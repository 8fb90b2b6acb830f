//! What identifies a resource: the table behind its id.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

use super::family::Family;
use crate::dataset::{ConceptIx, Dataset, Identifier, Kind, NullFlavor, Text, bare, is_uuid};
use crate::plan::load_toml;
use crate::tables::{Source, TableError};

const FILE: &str = "fhir-stu3/identity.toml";

/// Which identifiers identify a case or a role.
///
/// A key is a list of concepts of identifiers that all must identify; the first key of a list of which all do decides.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// UUID under which all ids are made.
    pub namespace: Text,
    /// Namespaces (OIDs) whose identifiers enter an id only under the user's secret.
    pub secret_namespaces: Vec<Text>,
    /// Concepts whose values enter an id only under the user's secret, whatever namespace the source gives them.
    pub secret_concepts: Vec<ConceptIx>,
    /// Keys of the case.
    pub case: Vec<Vec<ConceptIx>>,
    /// Keys in which two deliveries of one case may not differ.
    pub same_case: Vec<Vec<ConceptIx>>,
    /// Keys of the person whose record it is: two of them make two cases of one record, as far as they may enter an id.
    pub whose: Vec<Vec<ConceptIx>>,
    /// What is said plainly of that person: where two records have one id and differ in it, they may be those of two.
    pub plain: Vec<ConceptIx>,
    /// Keys of roles that are the same thing in every case (a person, an organisation).
    pub roles: BTreeMap<Text, Vec<Vec<ConceptIx>>>,
    /// Groups whose occurrences keep their ids in a later delivery, wherever they stand in it.
    pub recurring: Vec<Recurring>,
    /// What stands for "none", as [`bare`] writes it.
    placeholders: BTreeSet<String>,
    /// Namespaces (OIDs) that are nobody's, with all below them.
    placeholder_namespaces: Vec<Text>,
}

/// A group whose occurrences are known again in a later delivery: children.
#[derive(Clone, Debug)]
pub struct Recurring {
    /// The group.
    pub group: ConceptIx,
    /// The identifiers, each of which is of one occurrence alone. The first that two have decides whether they are the same.
    pub number: Vec<ConceptIx>,
    /// What else tells them apart, and may be mended: one of these by itself decides nothing.
    pub told_by: Vec<ConceptIx>,
}

type RawKeys = Vec<Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    namespace: String,
    secret_namespaces: Vec<String>,
    placeholders: Vec<String>,
    placeholder_namespaces: Vec<String>,
    #[serde(default)]
    dataset: BTreeMap<String, RawDataset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDataset {
    case: RawKeys,
    same_case: RawKeys,
    #[serde(default)]
    whose: RawKeys,
    #[serde(default)]
    plain: Vec<String>,
    #[serde(default)]
    secret: Vec<String>,
    #[serde(default)]
    role: BTreeMap<String, RawKeys>,
    #[serde(default)]
    recurring: Vec<RawRecurring>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecurring {
    group: String,
    number: Vec<String>,
    #[serde(default)]
    told_by: Vec<String>,
}

impl Identity {
    /// Reads `identity.toml` for a dataset that a FHIR table binds. A key of what only others of its family have is none.
    ///
    /// # Errors
    /// If the file cannot be read, or names a concept that the dataset lacks, or that is no identifier.
    pub(super) fn load(
        source: &Source,
        table: &str,
        dataset: &Dataset,
        family: &Family<'_>,
    ) -> Result<Self, TableError> {
        let mut raw: Raw = load_toml(source, FILE)?;
        let own = raw.dataset.remove(table).ok_or_else(|| {
            TableError::file(FILE, format!("has no section for the FHIR table `{table}`; add [dataset.\"{table}\"]"))
        })?;
        let any = |number: &String| {
            let found = dataset.find(number);
            found.ok_or_else(|| TableError::file(FILE, format!("the dataset has no concept `{number}`")))
        };
        let concept = |number: &String| {
            let found = any(number)?;
            if dataset.get(found).kind == Kind::Identifier {
                Ok(found)
            } else {
                Err(TableError::file(FILE, format!("concept `{number}` is no identifier; only identifiers make ids")))
            }
        };
        let keys = |keys: RawKeys| -> Result<Vec<Vec<ConceptIx>>, TableError> {
            let own = keys.iter().filter(|key| !key.iter().any(|number| family.is_of_others(number)));
            own.map(|key| key.iter().map(concept).collect()).collect()
        };
        let secret = own.secret.iter().filter(|number| !family.is_of_others(number));
        let plain = own.plain.iter().filter(|number| !family.is_of_others(number));
        let mut roles = BTreeMap::new();
        for (role, role_keys) in own.role {
            roles.insert(role.into(), keys(role_keys)?);
        }
        let within = |group: ConceptIx, found: ConceptIx| {
            let is_below = found != group && dataset.is_within(found, group);
            let fault = || {
                let (inner, outer) = (&dataset.get(found).number, &dataset.get(group).number);
                TableError::file(
                    FILE,
                    format!("concept `{inner}` is not within `{outer}`, whose occurrences it tells apart"),
                )
            };
            is_below.then_some(found).ok_or_else(fault)
        };
        let is_own = |number: &&String| !family.is_of_others(number);
        let mut recurring = Vec::new();
        for RawRecurring { group, number, told_by } in own.recurring.iter().filter(|raw| is_own(&&raw.group)) {
            let group = any(group)?;
            let number = number.iter().filter(is_own).map(|number| within(group, concept(number)?));
            let told_by = told_by.iter().filter(is_own).map(|number| within(group, any(number)?));
            let (number, told_by) = (number.collect::<Result<_, _>>()?, told_by.collect::<Result<_, _>>()?);
            recurring.push(Recurring { group, number, told_by });
        }
        Ok(Self {
            namespace: raw.namespace.into(),
            secret_namespaces: raw.secret_namespaces.into_iter().map(Text::from).collect(),
            secret_concepts: secret.map(concept).collect::<Result<_, _>>()?,
            case: keys(own.case)?,
            same_case: keys(own.same_case)?,
            whose: keys(own.whose)?,
            plain: plain.map(any).collect::<Result<_, _>>()?,
            roles,
            recurring,
            placeholders: raw.placeholders.iter().map(|placeholder| bare(placeholder)).collect(),
            placeholder_namespaces: raw.placeholder_namespaces.into_iter().map(Text::from).collect(),
        })
    }

    /// True if an identifier is of one thing alone: its value is none that stands for "none", in the namespace of somebody.
    pub fn identifies(&self, identifier: &Identifier) -> bool {
        let root = identifier.root.as_str();
        if identifier.extension.is_empty() {
            // A namespace without a value is the same for all who have it; only a UUID is made for one thing.
            return is_uuid(root) && !self.is_placeholder(root);
        }
        let is_of_nobody = self.placeholder_namespaces.iter().any(|nobody| is_below(root, nobody));
        is_namespace(root) && !is_of_nobody && !self.is_placeholder(root) && !self.is_placeholder(&identifier.extension)
    }

    fn is_placeholder(&self, value: &str) -> bool {
        // What was to be filled in, and was not: `{{id}}`, `<number>`.
        if value.contains(['{', '}', '<', '>']) {
            return true;
        }
        let value = bare(value);
        let is_null = NullFlavor::from_code(&value.to_uppercase()).is_some();
        is_null || is_of_one_character(&value) || is_counted(&value) || self.placeholders.contains(&value)
    }
}

/// True for one character over and over, for one after zeros, and for nothing.
fn is_of_one_character(value: &str) -> bool {
    let counted = value.trim_start_matches('0');
    let mut characters = counted.chars();
    let first = characters.next();
    characters.all(|other| Some(other) == first) && (counted.len() < 2 || counted.len() == value.len())
}

/// True for what a hand types along the keys: 12345, 987654321, abc. After the nine comes the nought.
fn is_counted(value: &str) -> bool {
    let all = value.as_bytes();
    let follows = |pair: &[u8]| matches!(pair, [b'9', b'0']) || pair[0].checked_add(1) == Some(pair[1]);
    let precedes = |pair: &[u8]| matches!(pair, [b'0', b'9']) || pair[1].checked_add(1) == Some(pair[0]);
    all.len() > 2 && (all.windows(2).all(follows) || all.windows(2).all(precedes))
}

/// True for what can say whose numbers they are: an OID, a UUID or a URI.
fn is_namespace(root: &str) -> bool {
    let is_oid = root.contains('.') && root.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_oid || is_uuid(root) || root.contains(':')
}

fn is_below(oid: &str, ancestor: &str) -> bool {
    oid.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifies(root: &str, extension: &str) -> bool {
        let identity = Identity {
            placeholders: ["nvt".to_owned()].into(),
            placeholder_namespaces: vec!["1.2.3".into()],
            ..Identity::default()
        };
        identity.identifies(&Identifier { root: root.into(), extension: extension.into() })
    }

    #[test]
    fn what_stands_for_none_identifies_nobody() {
        let typed = ["12345", "0123456789", "1234567890", "987654321", "abc", "ABCDEF"];
        let unfilled = ["{{id}}", "${number}", "<nummer>", "NI", "[NI]", "unk", "nav", "00009", "000000001"];
        let none = ["*", "", "0", "000000", "00-00.00", "9999", "XxX", "?", "--", " ", "N.v.t.", "7"];
        for none in none.into_iter().chain(typed).chain(unfilled) {
            assert!(!identifies("2.16.840.1.113883.2.4.3.11.999.1", none), "{none}");
        }
        for number in ["00000010", "A1", "12346", "124", "00011", "ab", "98", "0cbda760-1fdd-11e9-b56e-0800200c9a66"] {
            assert!(identifies("2.16.840.1.113883.2.4.3.11.999.1", number), "{number}");
        }
    }

    #[test]
    fn a_number_without_a_namespace_identifies_nobody() {
        for root in ["", "1.2.3", "1.2.3.999", "hospital", "0.0.0", "17"] {
            assert!(!identifies(root, "4711"), "{root}");
        }
        for root in ["1.2.30", "2.16.840.1", "http://example.org/records", "0cbda760-1fdd-11e9-b56e-0800200c9a66"] {
            assert!(identifies(root, "4711"), "{root}");
        }
    }

    #[test]
    fn a_namespace_by_itself_identifies_only_if_it_is_a_uuid() {
        assert!(identifies("0cbda760-1fdd-11e9-b56e-0800200c9a66", ""));
        assert!(!identifies("00000000-0000-0000-0000-000000000000", ""));
        assert!(!identifies("2.16.840.1.113883.2.4.3.11.999.1", ""));
    }
}
