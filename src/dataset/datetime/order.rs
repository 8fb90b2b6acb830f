//! Which of two moments comes first.

use std::cmp::Ordering;

use jiff::Span;
use jiff::civil;

use super::{DateTime, Precision};

impl DateTime {
    /// Which of two comes first; `None` if that cannot be known, because the one lies within the other (a year and a day in it).
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if self.precision >= Precision::Hour && other.precision >= Precision::Hour {
            return self.universal().zip(other.universal()).map(|(one, other)| one.cmp(&other));
        }
        let parts = |of: &Self| [of.year, of.month.into(), of.day.into()];
        let known = |of: &Self| match of.precision {
            Precision::Year => 1,
            Precision::Month => 2,
            _ => 3,
        };
        let (own, others) = (known(self), known(other));
        let common = own.min(others);
        match parts(self)[..common].cmp(&parts(other)[..common]) {
            Ordering::Equal if self.precision != other.precision => None,
            order => Some(order),
        }
    }

    /// When it begins, as a key to sort by: a year with its first day, a day at its first moment in the Netherlands.
    pub fn begins(&self) -> (Option<civil::DateTime>, u64) {
        let first = Self { month: self.month.max(1), day: self.day.max(1), precision: Precision::Second, ..*self };
        first.universal().map_or((None, 0), |(moment, fraction)| (Some(moment), fraction))
    }

    /// The moment without an offset, and the fraction of its second.
    fn universal(&self) -> Option<(civil::DateTime, u64)> {
        let offset = self.offset_minutes.unwrap_or_else(|| self.dutch_offset());
        let moment = self.civil()?.checked_sub(Span::new().minutes(i64::from(offset))).ok()?;
        Some((moment, u64::from(self.fraction) * 10_u64.pow(9 - u32::from(self.fraction_digits.min(9)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_within_another_is_not_before_it() {
        for (one, other, order) in [
            ("2023", "2023", Some(Ordering::Equal)),
            ("20231025", "2024", Some(Ordering::Less)),
            ("202310", "20231028", None),
            ("20231025", "2023", None),
            ("2023102510", "20231025", None),
            ("2023102510", "20231026", Some(Ordering::Less)),
            ("20231025100000+0200", "20231025080000+0000", Some(Ordering::Equal)),
            ("20231025233000+0200", "20231025220000+0000", Some(Ordering::Less)),
            ("20231025100000.5", "20231025100000.49", Some(Ordering::Greater)),
        ] {
            let (one, other) = (DateTime::from_hl7(one).unwrap(), DateTime::from_hl7(other).unwrap());
            assert_eq!(one.compare(&other), order);
            assert_eq!(other.compare(&one), order.map(Ordering::reverse));
        }
    }
}
