//! Value sets: the codes that a concept may have.

use std::collections::HashMap;

use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};

/// A code that is a member of a value set.
#[derive(Clone, Debug)]
pub struct Member {
    /// The code.
    pub code: Text,
    /// OID of its system.
    pub system: Text,
    /// Its label in the value set.
    pub display: Text,
    /// The position that ADA puts in `value`; empty if unknown.
    pub ordinal: Text,
}

/// One value set: `value-sets/<name>.csv`.
#[derive(Clone, Debug, Default)]
pub struct ValueSet {
    members: Vec<Member>,
    // One code may be a member in several systems (`9`, `OTH`), so the system is compared after the look-up.
    by_code: HashMap<Text, Vec<u16>>,
}

impl ValueSet {
    /// Reads the table of one value set.
    ///
    /// # Errors
    /// If it cannot be read, a code or system is empty, or a code occurs twice.
    pub fn load(source: &Source, name: &str) -> Result<Self, TableError> {
        let file = format!("value-sets/{name}.csv");
        let sheet = Sheet::load(source, &file, &["code", "code_system", "display", "ordinal"])?;
        let mut result = Self::default();
        for row in sheet.rows() {
            let (code, system) = (row.get("code"), row.get("code_system"));
            for column in ["code", "code_system"] {
                if row.get(column).is_empty() {
                    return Err(row.fault(column, "is empty"));
                }
            }
            if result.find(code, system).is_some() {
                return Err(row.fault("code", "occurs twice with the same code system"));
            }
            let Ok(ix) = u16::try_from(result.members.len()) else {
                return Err(row.fault("code", "the value set is too large (at most 65536 members)"));
            };
            result.by_code.entry(code.into()).or_default().push(ix);
            result.members.push(Member {
                code: code.into(),
                system: system.into(),
                display: row.get("display").into(),
                ordinal: row.get("ordinal").into(),
            });
        }
        Ok(result)
    }

    /// The member with this code and system (OID).
    pub fn find(&self, code: &str, system: &str) -> Option<&Member> {
        let candidates = self.by_code.get(code)?;
        candidates.iter().filter_map(|ix| self.members.get(usize::from(*ix))).find(|member| member.system == system)
    }

    /// The members, in the order of the table.
    pub fn members(&self) -> &[Member] {
        &self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_value_sets_load_and_find_their_own_members() {
        for file in Source::Embedded.list("value-sets").unwrap() {
            let name = file.strip_prefix("value-sets/").and_then(|file| file.strip_suffix(".csv")).unwrap();
            let set = ValueSet::load(&Source::Embedded, name).unwrap();
            assert!(!set.members().is_empty(), "{name}");
            for member in set.members() {
                assert_eq!(set.find(&member.code, &member.system).unwrap().display, member.display);
            }
        }
    }

    #[test]
    fn an_unknown_code_is_no_member() {
        assert!(ValueSet::default().find("1", "1.2.3").is_none());
    }
}
