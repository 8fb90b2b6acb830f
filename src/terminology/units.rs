//! Units: those of UCUM that are known, and what they measure.

use std::collections::HashMap;

use crate::dataset::Text;
use crate::tables::{Sheet, Source, TableError};

/// The units of `units.csv`.
#[derive(Clone, Debug, Default)]
pub struct Units {
    kinds: HashMap<Text, Text>,
    /// Units that people write in another way than UCUM: Dutch, English.
    words: HashMap<Text, (Text, Text)>,
}

impl Units {
    /// Reads the table.
    ///
    /// # Errors
    /// If it cannot be read, or a unit occurs twice.
    pub fn load(source: &Source) -> Result<Self, TableError> {
        let sheet = Sheet::load(source, "units.csv", &["unit", "kind"])?;
        let mut kinds = HashMap::new();
        let mut words = HashMap::new();
        for row in sheet.rows() {
            if kinds.insert(Text::from(row.get("unit")), Text::from(row.get("kind"))).is_some() {
                return Err(row.fault("unit", "occurs twice; keep one row for each unit"));
            }
            if !row.get("dutch").is_empty() {
                words.insert(row.get("unit").into(), (row.get("dutch").into(), row.get("english").into()));
            }
        }
        Ok(Self { kinds, words })
    }

    /// What a unit of UCUM measures (length, mass); `None` if it is no unit that the table has. Capitals count.
    pub fn kind(&self, unit: &str) -> Option<&str> {
        self.kinds.get(unit).map(Text::as_str)
    }

    /// How people write a unit of UCUM, in Dutch and in English; `None` if they write it as UCUM does.
    pub fn word(&self, unit: &str) -> Option<(&str, &str)> {
        self.words.get(unit).map(|(dutch, english)| (dutch.as_str(), english.as_str()))
    }

    /// True if a value that should be in the one unit can be in the other: they measure the same, as far as is known.
    pub fn are_alike(&self, wanted: &str, unit: &str) -> bool {
        wanted == unit || wanted.is_empty() || self.kind(wanted).is_none() || self.kind(wanted) == self.kind(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_alike_if_they_measure_the_same() {
        let units = Units::load(&Source::Embedded).unwrap();
        assert_eq!(units.kind("cm"), Some("length"));
        assert_eq!(units.kind("CM"), None);
        assert!(units.are_alike("cm", "m") && units.are_alike("d", "wk") && units.are_alike("", "kg"));
        assert!(!units.are_alike("cm", "kg") && !units.are_alike("cm", "centimeter"));
        // What the dataset spells in its own way says nothing of others.
        assert!(units.are_alike("mm Hg", "mm[Hg]"));
    }
}
