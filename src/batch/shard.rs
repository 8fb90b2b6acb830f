//! A fixed part of the input, for running on several machines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Part `index` of `count`. A message belongs to exactly one part, by its name alone: the same on every machine, and
/// whatever is added to the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// True if the message with this name belongs to this part.
    pub fn holds(self, name: &str) -> bool {
        if self.count == 1 {
            return true;
        }
        let digest = Sha256::digest(name.as_bytes());
        let number = digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        number % self.count == self.index - 1
    }

    /// True if both are parts of as many.
    pub(super) fn is_of_as_many(self, other: Self) -> bool {
        self.count == other.count
    }

    /// Of how many parts it is one.
    pub(super) fn of_how_many(self) -> u64 {
        self.count
    }

    /// All parts of the whole that this is a part of.
    pub(super) fn siblings(self) -> impl Iterator<Item = Self> {
        (1..=self.count).map(move |index| Self { index, ..self })
    }
}

impl TryFrom<String> for Shard {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if 1 <= index && index <= count => Ok(Self { index, count }),
            _ => Err("is no part of a whole; write i/n with i from 1 to n, such as 2/8"),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_in_exactly_one_part() {
        let parts: Vec<Shard> = (1..=7).map(|index| format!("{index}/7").parse().unwrap()).collect();
        let mut sizes = [0; 7];
        for number in 0..700 {
            let name = format!("folder/{number}.xml");
            let holders: Vec<usize> = (0..7).filter(|at| parts[*at].holds(&name)).collect();
            assert_eq!(holders.len(), 1);
            sizes[holders[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (60..140).contains(size)), "{sizes:?}");
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for wrong in ["", "1", "0/3", "4/3", "1/0", "a/b", "-1/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
