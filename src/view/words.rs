//! The words around what was read: those of the page, of answers, of null flavours and of reasons, in each language.

use std::fmt;

use crate::dataset::NullFlavor;
use crate::ledger::Reason;

/// The language of the words around what was read. The names of the standard, and the labels of its codes, are Dutch in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Dutch.
    #[default]
    Dutch,
    /// English.
    English,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Dutch, Self::English];

    /// The language of a code of BCP 47 (`nl`, `en`); `None` if there are no words in it.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|language| language.code() == code)
    }

    /// Its code in BCP 47.
    pub fn code(self) -> &'static str {
        self.of("nl", "en")
    }

    /// The one of two texts that is in this language.
    pub(super) fn of<T>(self, dutch: T, english: T) -> T {
        match self {
            Self::Dutch => dutch,
            Self::English => english,
        }
    }

    pub(super) fn yes_or_no(self, yes: bool) -> &'static str {
        if yes { self.of("ja", "yes") } else { self.of("nee", "no") }
    }

    /// The name of a month, from 1.
    pub(super) fn month(self, number: usize) -> Option<&'static str> {
        let months = self.of(
            [
                "januari",
                "februari",
                "maart",
                "april",
                "mei",
                "juni",
                "juli",
                "augustus",
                "september",
                "oktober",
                "november",
                "december",
            ],
            [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
        );
        months.get(number.checked_sub(1)?).copied()
    }

    /// Why there is no value.
    pub(super) fn null_flavor(self, flavor: NullFlavor) -> &'static str {
        match flavor {
            NullFlavor::NoInformation => self.of("geen informatie", "no information"),
            NullFlavor::Invalid => self.of("ongeldig", "invalid"),
            NullFlavor::Derived => self.of("af te leiden", "to be derived"),
            NullFlavor::Other => self.of("anders", "other"),
            NullFlavor::NegativeInfinity => self.of("min oneindig", "minus infinity"),
            NullFlavor::PositiveInfinity => self.of("oneindig", "infinity"),
            NullFlavor::UnEncoded => self.of("niet gecodeerd", "not encoded"),
            NullFlavor::Masked => self.of("afgeschermd", "masked"),
            NullFlavor::NotApplicable => self.of("niet van toepassing", "not applicable"),
            NullFlavor::Unknown => self.of("onbekend", "unknown"),
            NullFlavor::AskedButUnknown => self.of("gevraagd, maar onbekend", "asked, but unknown"),
            NullFlavor::TemporarilyUnavailable => self.of("tijdelijk niet beschikbaar", "temporarily unavailable"),
            NullFlavor::NotAsked => self.of("niet gevraagd", "not asked"),
            NullFlavor::NotAvailable => self.of("niet beschikbaar", "not available"),
            NullFlavor::SufficientQuantity => self.of("enige hoeveelheid", "some quantity"),
            NullFlavor::Trace => self.of("een spoor", "a trace"),
            NullFlavor::NotPresent => self.of("niet aanwezig", "not present"),
        }
    }

    /// Why something was not read.
    pub(super) fn reason(self, reason: Reason) -> &'static str {
        match reason {
            Reason::Unknown => self.of("staat niet in de tabellen", "not in the tables"),
            Reason::FixedDiffers => {
                self.of("wijkt af van wat in het bericht vaststaat", "differs from what the message fixes")
            }
            Reason::Datatype => self.of("geen geldige waarde", "no valid value"),
            Reason::TooMany => self.of("komt vaker voor dan de standaard toestaat", "more than the standard allows"),
            Reason::Contradiction => self.of("de bron spreekt zichzelf tegen", "the source contradicts itself"),
            Reason::NoPlace => self.of("heeft daar geen plaats", "has no place there"),
            Reason::NotInDataset => self.of("hoort niet bij deze dataset", "not in this dataset"),
            Reason::NullFlavor => self.of("‘onbekend’ heeft daar geen plaats", "“unknown” has no place there"),
            Reason::NoCarrier => self.of("waar het bij hoort ontbreekt", "what it belongs to is absent"),
            Reason::Namespace => self.of("nummer van een onbekende soort", "number of an unknown kind"),
            Reason::Label => self.of("het label bij de code is een ander", "another label than that of the code"),
            Reason::Unit => self.of("onbekende of andere eenheid", "unknown unit, or another one"),
            Reason::Invariant => {
                self.of("een regel van het formaat staat het niet toe", "a rule of the format forbids it")
            }
            Reason::Transport => self.of("gaat over de verzending", "about the transport"),
            Reason::Modifier => self
                .of("wordt ontkend, ingetrokken, betwijfeld of voorgenomen", "denied, withdrawn, doubted or intended"),
            Reason::Narrative => self.of("herhaalt in woorden wat gecodeerd is", "repeats in words what is coded"),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_a_code_and_words_of_its_own() {
        for language in Language::ALL {
            assert_eq!(Language::from_code(&language.to_string()), Some(*language));
        }
        assert_eq!(Language::from_code("de"), None);
        assert_eq!(Language::Dutch.month(5), Some("mei"));
        assert_eq!((Language::English.month(0), Language::English.month(13)), (None, None));
        let alike = |reason: &&Reason| Language::Dutch.reason(**reason) == Language::English.reason(**reason);
        assert_eq!(Reason::ALL.iter().find(alike), None);
    }
}
