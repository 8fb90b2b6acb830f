//! Code systems and identifier namespaces: OID and URI.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{CheckDigit, fits_form};
use crate::dataset::Text;
use crate::tables::layout::is_oid;
use crate::tables::{Sheet, Source, TableError};

const FILE: &str = CodeSystems::FILE;
const URN_OID: &str = "urn:oid:";

/// The code systems and identifier namespaces of `code-systems.csv`, found by OID or by URI.
#[derive(Clone, Debug, Default)]
pub struct CodeSystems {
    rows: Vec<Row>,
    by_oid: HashMap<Text, u32>,
    by_uri: HashMap<Text, u32>,
}

#[derive(Clone, Debug)]
struct Row {
    oid: Text,
    uri: Text,
    name: Text,
    check_digit: Option<CheckDigit>,
    form: Text,
}

impl CodeSystems {
    /// The table that they are read from.
    pub const FILE: &str = "code-systems.csv";

    /// Reads the table.
    ///
    /// # Errors
    /// If it cannot be read, or an OID or a URI occurs twice: both directions must have one answer.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, FILE, &["oid", "uri", "name"])?;
        let mut result = Self::default();
        for row in sheet.rows() {
            let (oid, uri) = (row.get("oid"), row.get("uri"));
            if oid.is_empty() || !oid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
                return Err(row.fault("oid", "is no OID: digits and dots, without a prefix"));
            }
            if uri.is_empty() {
                return Err(row.fault("uri", format!("is empty; write `{URN_OID}{oid}` if the system has no URI")));
            }
            let ix = u32::try_from(result.rows.len()).unwrap_or(u32::MAX);
            if result.by_oid.insert(oid.into(), ix).is_some() {
                return Err(row.fault("oid", "occurs twice; keep one row for each OID"));
            }
            if result.by_uri.insert(uri.into(), ix).is_some() {
                return Err(row.fault("uri", "stands for two OIDs; give one of them its own URI"));
            }
            let check_digit = CheckDigit::from_name(row.get("check_digit"));
            let [name, form] = ["name", "code_form"].map(|column| row.get(column).into());
            result.rows.push(Row { oid: oid.into(), uri: uri.into(), name, check_digit, form });
        }
        Ok(result)
    }

    /// The URI of an OID: the one of its row, else `urn:oid:…`. Empty for an empty OID. What is no OID is given back as it
    /// is.
    pub fn uri<'a>(&'a self, oid: &'a str) -> Cow<'a, str> {
        if let Some(row) = self.row(&self.by_oid, oid) {
            return Cow::Borrowed(&row.uri);
        }
        if !is_oid(oid) {
            return Cow::Borrowed(oid);
        }
        Cow::Owned(format!("{URN_OID}{oid}"))
    }

    /// The OID of a URI: the one of its row, else what follows `urn:oid:`. `None` if neither.
    pub fn oid<'a>(&'a self, uri: &'a str) -> Option<&'a str> {
        match self.row(&self.by_uri, uri) {
            Some(row) => Some(&row.oid),
            None => uri.strip_prefix(URN_OID),
        }
    }

    /// The name of a system, by OID; `None` if it has no row.
    pub fn name(&self, oid: &str) -> Option<&str> {
        self.row(&self.by_oid, oid).map(|row| row.name.as_str())
    }

    /// True unless the system has check digits and this code, or number, does not satisfy them.
    pub fn may_hold(&self, oid: &str, code: &str) -> bool {
        let scheme = self.row(&self.by_oid, oid).and_then(|row| row.check_digit);
        scheme.is_none_or(|scheme| scheme.is_valid(code))
    }

    /// True unless a code, or number, of a known system does not look like those of the system, or its check digit is wrong.
    pub fn has_form(&self, oid: &str, code: &str) -> bool {
        let form = self.row(&self.by_oid, oid).map_or("", |row| &row.form);
        fits_form(form, code) && self.may_hold(oid, code)
    }

    fn row(&self, index: &HashMap<Text, u32>, key: &str) -> Option<&Row> {
        self.rows.get(*index.get(key)? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_from_both_sides() {
        let systems = CodeSystems::load(&Source::Embedded).unwrap();
        for row in &systems.rows {
            assert_eq!(systems.uri(&row.oid), row.uri.as_str());
            assert_eq!(systems.oid(&row.uri), Some(row.oid.as_str()));
            assert!(!row.name.is_empty(), "{}", row.oid);
        }
    }

    #[test]
    fn an_oid_without_a_row_survives_the_way_there_and_back() {
        let systems = CodeSystems::default();
        assert_eq!(systems.uri("1.2.3"), "urn:oid:1.2.3");
        assert_eq!(systems.oid("urn:oid:1.2.3"), Some("1.2.3"));
        assert_eq!(systems.oid("http://example.org"), None);
        assert_eq!(systems.uri(""), "");
    }
}
