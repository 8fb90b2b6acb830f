//! What takes a resource back that says nothing of that itself: a list, a provenance or a document around it, or a category.

use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};
use crate::tree::Tree;

/// The type in `withdrawals.csv` that stands for all.
const EVERY_TYPE: &str = "*";
/// What is taken back: all resources of the source.
const ALL: &str = "*";

/// The rows of `withdrawals.csv`.
#[derive(Clone, Debug, Default)]
pub struct Withdrawals {
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    of: Text,
    /// The element whose items say it each for themselves; empty: the resource does.
    item: Text,
    element: Text,
    /// The URI of the code system; empty: any, or no code.
    system: Text,
    values: Vec<Text>,
    takes_back: Text,
}

/// What a resource takes back.
#[derive(Clone, Copy, Debug)]
pub enum Withdrawn<'t> {
    /// Itself.
    Itself,
    /// Everything in the source.
    All,
    /// What a reference means.
    Target(&'t Tree),
}

impl Withdrawals {
    /// Reads `withdrawals.csv`; `uri` gives the URI of a code system by its OID.
    ///
    /// # Errors
    /// If the table cannot be read.
    pub fn load(source: &Source, uri: impl Fn(&str) -> Text) -> Result<Self, TableError> {
        let columns = ["type", "item", "element", "system", "values", "takes_back"];
        let sheet = Sheet::load(source, "fhir-stu3/withdrawals.csv", &columns)?;
        let rows = sheet.rows().map(|row| {
            let [of, item, element, takes_back] =
                ["type", "item", "element", "takes_back"].map(|column| Text::from(row.get(column)));
            let values = row.get("values").split_whitespace().map(Text::from).collect();
            Row { of, item, element, system: uri(row.get("system")), values, takes_back }
        });
        Ok(Self { rows: rows.collect() })
    }

    /// What a resource takes back.
    pub fn of<'w, 't>(&'w self, resource: &'t Tree) -> impl Iterator<Item = Withdrawn<'t>> + use<'w, 't> {
        let kind = resource.text_at("resourceType").unwrap_or_default();
        let rows = self.rows.iter().filter(move |row| row.of == kind || row.of == EVERY_TYPE);
        rows.flat_map(move |row| {
            let holders = match row.item.as_str() {
                "" => std::slice::from_ref(resource),
                item => resource.get(item).map_or(&[][..], Tree::items),
            };
            holders.iter().filter(|holder| row.is_said_in(holder)).flat_map(|holder| row.taken_back(holder))
        })
    }
}

impl Row {
    fn is_said_in(&self, holder: &Tree) -> bool {
        holder.get(&self.element).map_or(&[][..], Tree::items).iter().any(|value| self.is_meant(value))
    }

    /// True for one of the values: text, a boolean, a coding, or a concept with such a coding.
    fn is_meant(&self, value: &Tree) -> bool {
        let is_one = |text: &str| self.values.iter().any(|own| own == text);
        let is_coding = |coding: &Tree| {
            (self.system.is_empty() || coding.text_at("system") == Some(self.system.as_str()))
                && coding.text_at("code").is_some_and(is_one)
        };
        value.text().is_some_and(is_one)
            || is_coding(value)
            || value.get("coding").map_or(&[][..], Tree::items).iter().any(is_coding)
    }

    fn taken_back<'t>(&self, holder: &'t Tree) -> Vec<Withdrawn<'t>> {
        match self.takes_back.as_str() {
            "" => vec![Withdrawn::Itself],
            ALL => vec![Withdrawn::All],
            element => {
                let references = holder.get(element).map_or(&[][..], Tree::items);
                references.iter().map(Withdrawn::Target).collect()
            }
        }
    }
}
