//! One value as a person reads it.

use super::Language;
use crate::convert::Reading;
use crate::dataset::{Code, ConceptIx, Content, DateTime, Identifier, Quantity, Value};

/// A value in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What is said.
    pub words: String,
    /// What a program would go by (a code with its system, the namespace of a number), for whoever has to look it up.
    pub detail: Option<String>,
    /// A date or time as ISO 8601 writes it.
    pub moment: Option<String>,
}

impl Said {
    /// A value of a concept.
    pub fn of(reading: &Reading, language: Language, concept: ConceptIx, content: &Content) -> Self {
        match content {
            Content::Value(Value::Code(code)) => coded(reading, language, concept, code),
            Content::Value(Value::Boolean(yes)) => Self::plain(language.yes_or_no(*yes)),
            Content::Value(Value::DateTime(moment)) => dated(language, moment),
            Content::Value(Value::Quantity(quantity)) => measured(reading, language, quantity),
            Content::Value(Value::Count(text) | Value::Text(text)) => Self::plain(text.as_str()),
            Content::Value(Value::Identifier(id)) => numbered(reading, id),
            Content::Null { flavor, original_text } => {
                let why = language.null_flavor(*flavor);
                let words = match original_text {
                    Some(text) => format!("{why}: “{text}”"),
                    None => why.to_owned(),
                };
                Self { detail: Some(flavor.code().to_owned()), ..Self::plain(words) }
            }
        }
    }

    fn plain(words: impl Into<String>) -> Self {
        Self { words: readable(words.into()), detail: None, moment: None }
    }
}

/// Marks that turn or break a line change how everything after them reads: in their place stands the sign of what cannot be shown.
pub(super) fn readable(words: String) -> String {
    let is_hidden = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if words.contains(is_hidden) { words.replace(is_hidden, "\u{fffd}") } else { words }
}

/// A code by the label of the standard; where the source has another one, or the words that were coded, with those.
fn coded(reading: &Reading, language: Language, concept: ConceptIx, code: &Code) -> Said {
    let kind = reading.kind();
    let member = kind.terminology.value_set_of(kind.dataset.get(concept));
    let standard = member.and_then(|members| members.find(&code.code, &code.system)).map(|own| own.display.as_str());
    let own = code.display.as_deref();
    let mut words = standard.or(own).unwrap_or(&code.code).to_owned();
    let is_another = |said: &&str| letters(said) != letters(&words);
    let others: Vec<&str> = [own, code.original_text.as_deref()].into_iter().flatten().filter(is_another).collect();
    if !others.is_empty() {
        let quoted: Vec<String> = others.iter().map(|said| format!("“{said}”")).collect();
        words = format!("{words} ({}: {})", language.of("in de bron", "in the source"), quoted.join(", "));
    }
    Said { detail: Some(format!("{} {}", system(reading, &code.system), code.code)), ..Said::plain(words) }
}

/// What two labels must have in common to be one: capitals, spaces and punctuation are a matter of taste.
fn letters(label: &str) -> String {
    label.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn numbered(reading: &Reading, id: &Identifier) -> Said {
    if id.extension.is_empty() {
        return Said::plain(id.root.as_str());
    }
    let namespace = (!id.root.is_empty()).then(|| system(reading, &id.root).to_owned());
    Said { detail: namespace, ..Said::plain(id.extension.as_str()) }
}

/// What people call a code system or namespace; its OID, if the tables have no name for it.
fn system<'a>(reading: &'a Reading, oid: &'a str) -> &'a str {
    reading.system_name(oid).filter(|name| !name.is_empty()).unwrap_or(oid)
}

fn measured(reading: &Reading, language: Language, quantity: &Quantity) -> Said {
    let unit = quantity.unit.as_str();
    let word = reading.kind().terminology.units().word(unit).map(|(dutch, english)| language.of(dutch, english));
    // The unit of a bare number.
    let word = word.unwrap_or(if unit == "1" { "" } else { unit });
    let words = match language {
        Language::Dutch => quantity.value.replace('.', ","),
        Language::English => quantity.value.to_string(),
    };
    let detail = (word != unit).then(|| format!("{} {unit}", quantity.value));
    Said { detail, ..Said::plain(format!("{words} {word}").trim_end()) }
}

/// As it was written, the month as a word: `8 mei 2024 14:30`. What the source did not say is not said here.
fn dated(language: Language, moment: &DateTime) -> Said {
    let iso = moment.to_local();
    let (date, time) = iso.split_once('T').unwrap_or((&iso, ""));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let month = month.and_then(|month| language.month(month.parse().ok()?));
    let day = day.map(|day| day.trim_start_matches('0'));
    let words: Vec<&str> = [day, month, Some(year)].into_iter().flatten().collect();
    let mut words = words.join(" ");
    if !time.is_empty() {
        let zone = time.find(['+', '-', 'Z']);
        let (clock, zone) = time.split_at(zone.unwrap_or(time.len()));
        words.push_str(language.of(" om ", " at "));
        words.push_str(clock);
        if moment.precision() == crate::dataset::Precision::Hour {
            words.push_str(language.of(" uur", " hours"));
        }
        match zone {
            "" => {}
            "Z" => words.push_str(" (UTC)"),
            zone => words.extend([" (UTC", zone, ")"]),
        }
    }
    Said { moment: Some(iso), ..Said::plain(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_no_more_than_its_source() {
        let said = |text: &str| dated(Language::Dutch, &DateTime::from_hl7(text).unwrap()).words;
        assert_eq!(said("2024"), "2024");
        assert_eq!(said("202405"), "mei 2024");
        assert_eq!(said("20240508"), "8 mei 2024");
        assert_eq!(said("2024050814"), "8 mei 2024 om 14 uur");
        assert_eq!(said("202405081430"), "8 mei 2024 om 14:30");
        assert_eq!(said("20240508143005"), "8 mei 2024 om 14:30:05");
        assert_eq!(said("20240508143005+0500"), "8 mei 2024 om 14:30:05 (UTC+05:00)");
        let english = dated(Language::English, &DateTime::from_hl7("202405081430").unwrap());
        assert_eq!(
            (english.words.as_str(), english.moment.as_deref()),
            ("8 May 2024 at 14:30", Some("2024-05-08T14:30"))
        );
    }
}
