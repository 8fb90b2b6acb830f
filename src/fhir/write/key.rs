//! The user's secret, and what makes it one.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The secret under which a citizen service number (BSN) may enter the id of a resource.
///
/// There are fewer than a hundred million such numbers: an id that was made of one without a secret, or with one that can be
/// guessed, gives the number away to whoever tries them all. `ooievaar id-key FILE` makes a key file; 32 bytes from the
/// randomness of the system are as good. Production uses one, keeps it apart from the output, and uses the same one each time.
///
/// ```
/// use ooievaar::{Converter, IdKey};
///
/// let key = IdKey::new(b"9c1f0b7ae35d4286f0d27c9b15a8e34d6b80f1c2497ae5d3").expect("as random as it looks");
/// let converter = Converter::new()?.with_id_key(key);
/// assert!(IdKey::new(b"welkom welkom welkom welkom welkom").is_err());
/// # Ok::<(), ooievaar::Error>(())
/// ```
#[derive(Clone)]
pub struct IdKey(Vec<u8>);

/// Why bytes are no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakKey {
    /// There are too few of them.
    #[error("the key is too short to be a secret: 32 characters at least, or 16 bytes that are no text; {REMEDY}")]
    Short,
    /// They repeat, or count up or down.
    #[error("the key can be guessed: it repeats itself or counts; {REMEDY}")]
    Pattern,
    /// They are another file than a key: a message, a document, a program.
    #[error(
        "is no key: a key is a line without white space of 32 to 128 characters, or 16 to 64 bytes that are no text; {REMEDY}"
    )]
    NoKey,
    /// They read like words.
    #[error("the key can be guessed: it reads like words; {REMEDY}")]
    Words,
}

/// What helps against every weak key.
const REMEDY: &str = "make one with `ooievaar id-key FILE`";

/// Characters that a text has at least: 128 bits of hexadecimal digits.
const TEXT: usize = 32;
/// Bytes that have any value.
const BINARY: usize = 16;
/// Characters, and bytes, that a key has at most: the hash takes in 64 bytes as they are, which are 128 hexadecimal digits.
/// Hardly any other file is as short.
const LONGEST_TEXT: usize = 128;
const LONGEST_BINARY: usize = 64;
/// How many different bytes there are at least. Sixteen random bytes, or 32 random hexadecimal digits, have fewer once in
/// millions of times.
const DIFFERENT: usize = 8;

impl IdKey {
    /// A key from bytes that only the user knows. White space around them does not count.
    ///
    /// # Errors
    /// [`WeakKey`] if they are too few, are what another file holds, or can be guessed: a pattern, words. It finds what is
    /// plainly no secret; that they come from randomness it cannot see.
    pub fn new(secret: &[u8]) -> Result<Self, WeakKey> {
        let secret = secret.trim_ascii();
        // What is not ASCII may be text too, in the language of whoever wrote it.
        let text = std::str::from_utf8(secret).ok();
        let text = text.filter(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()));
        let is_text = text.is_some();
        let (shortest, longest) = if is_text { (TEXT, LONGEST_TEXT) } else { (BINARY, LONGEST_BINARY) };
        if secret.len() < shortest {
            return Err(WeakKey::Short);
        }
        if secret.len() > longest || text.is_some_and(|text| text.contains(char::is_whitespace)) {
            return Err(WeakKey::NoKey);
        }
        if is_pattern(secret) {
            return Err(WeakKey::Pattern);
        }
        if is_text && is_wordy(secret) {
            return Err(WeakKey::Words);
        }
        Ok(Self(secret.to_vec()))
    }

    /// A value under this key: the same for the same value, and without the key nobody can tell which value it was.
    pub(super) fn seal(&self, value: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(value.as_bytes());
        Some(format!("{:x?}", mac.finalize().into_bytes()))
    }
}

/// It never shows.
impl std::fmt::Debug for IdKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdKey(…)")
    }
}

/// True if bytes are few different ones, the same again and again, or mostly the neighbours of those before them.
fn is_pattern(secret: &[u8]) -> bool {
    let mut different = secret.to_vec();
    different.sort_unstable();
    different.dedup();
    let repeats = (1..=secret.len() / 2).any(|period| secret.iter().zip(&secret[period..]).all(|(a, b)| a == b));
    let steps = secret.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    different.len() < DIFFERENT || repeats || steps * 2 > secret.len()
}

/// True if a text has no digit, or its letters mostly follow a letter of the same case, as in words. Among random
/// characters one pair in three does, or one in two without capitals.
fn is_wordy(text: &[u8]) -> bool {
    let follows = |pair: &&[u8]| pair.iter().all(u8::is_ascii_lowercase) || pair.iter().all(u8::is_ascii_uppercase);
    let pairs = text.windows(2).filter(follows).count();
    !text.iter().any(u8::is_ascii_digit) || pairs * 5 > (text.len() - 1) * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_guessed_is_no_key() {
        for (secret, why) in [
            ("", WeakKey::Short),
            ("0123456789abcdef", WeakKey::Short),
            ("9c1f0b7ae35d4286f0d27c9b15a8e34\n", WeakKey::Short),
            ("00000000000000000000000000000000", WeakKey::Pattern),
            ("0123456789abcdef0123456789abcdef", WeakKey::Pattern),
            ("abcdefghijklmnopqrstuvwxyz0123456789", WeakKey::Pattern),
            ("9c1f0b7ae35d42869c1f0b7ae35d4286", WeakKey::Pattern),
            ("verloskundigenpraktijkdeverzonnenwieg", WeakKey::Words),
            ("Verloskundigenpraktijk-De-Wieg-2024!", WeakKey::Words),
        ] {
            assert_eq!(IdKey::new(secret.as_bytes()).map(|_| ()), Err(why), "{secret}");
        }
        assert_eq!(IdKey::new(&[7; 32]).map(|_| ()), Err(WeakKey::Pattern));
        assert_eq!(IdKey::new(&[0xf3, 9, 200]).map(|_| ()), Err(WeakKey::Short));
    }

    #[test]
    fn what_is_random_is_a_key() {
        let mut dice = fastrand::Rng::with_seed(15);
        for _ in 0..20_000 {
            let bytes: [u8; 32] = std::array::from_fn(|_| dice.u8(..));
            let hexadecimal = bytes.map(|byte| format!("{byte:02x}")).concat();
            for secret in [&bytes[..], hexadecimal.as_bytes()] {
                assert!(IdKey::new(secret).is_ok(), "{secret:?}");
            }
        }
    }

    #[test]
    fn another_file_is_no_key() {
        let key = "9c1f0b7ae35d4286f0d27c9b15a8e34d";
        for (file, why) in [
            (key.repeat(5), WeakKey::NoKey),
            (format!("{key} {key}"), WeakKey::NoKey),
            (format!("{key}\n{key}\n"), WeakKey::NoKey),
            ("<ClinicalDocument xmlns=\"urn:hl7-org:v3\">".to_owned(), WeakKey::NoKey),
            ("# Verloskundigenpraktijk De Wieg in 2024, één".to_owned(), WeakKey::NoKey),
            ("geboortezorgé1".to_owned(), WeakKey::Short),
        ] {
            assert_eq!(IdKey::new(file.as_bytes()).map(|_| ()), Err(why), "{file}");
        }
        let mut dice = fastrand::Rng::with_seed(2);
        let bytes: Vec<u8> = (0..65).map(|_| dice.u8(128..)).collect();
        assert_eq!(IdKey::new(&bytes).map(|_| ()), Err(WeakKey::NoKey));
        assert!(IdKey::new(&bytes[..64]).is_ok());
        let text = |count: usize| -> Vec<u8> { (0..count).map(|_| dice.alphanumeric() as u8).collect() };
        let mut text = text;
        assert!(IdKey::new(&text(128)).is_ok());
        assert_eq!(IdKey::new(&text(129)).map(|_| ()), Err(WeakKey::NoKey));
    }

    #[test]
    fn white_space_around_a_key_is_no_part_of_it() {
        let key = |text: &str| IdKey::new(text.as_bytes()).unwrap().seal("1");
        assert_eq!(key("9c1f0b7ae35d4286f0d27c9b15a8e34d"), key(" 9c1f0b7ae35d4286f0d27c9b15a8e34d\r\n"));
    }
}
