//! Which of several alike (children) in one delivery is which of those in an earlier one.

use crate::dataset::Value;

/// What tells one from the others.
pub(super) struct Marks<'i> {
    /// Its identifiers, as two ways of writing them have in common; in the order of the tables.
    pub numbers: Vec<Option<String>>,
    /// What may be mended, in the order of the tables.
    pub values: Vec<Option<&'i Value>>,
}

/// Nothing decides which is which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclear;

/// So many values must say together that two are the same: one may have been mended.
const ENOUGH: usize = 2;

impl Marks<'_> {
    /// Whether the first identifier that both have is the same; `None` if they have none both.
    fn has_number_of(&self, other: &Self) -> Option<bool> {
        let mut both = self.numbers.iter().zip(&other.numbers);
        both.find_map(|(own, theirs)| Some(own.as_ref()? == theirs.as_ref()?))
    }

    /// True if the value at a place is there in both and the same.
    fn agrees(&self, other: &Self, at: usize) -> bool {
        self.values[at].is_some() && self.values[at] == other.values[at]
    }

    /// True if the value at a place is there in both and another.
    fn differs(&self, other: &Self, at: usize) -> bool {
        self.values[at].is_some() && other.values[at].is_some() && self.values[at] != other.values[at]
    }
}

/// Those of an earlier delivery and those of now, and what is known of them so far.
struct Pairing<'m, 'i> {
    earlier: &'m [Marks<'i>],
    now: &'m [Marks<'i>],
    /// Per one of now: which it was.
    was: Vec<Option<usize>>,
}

/// Which of the earlier delivery each of now is; `None` for one that is new.
///
/// A number decides, unless all else says that the numbers were mended. Of those of which it is not known in both, as many as there
/// were, and at the same places, are the same in the same order, unless more values say otherwise. Else several values must say so.
pub(super) fn paired(earlier: &[Marks<'_>], now: &[Marks<'_>]) -> Result<Vec<Option<usize>>, Unclear> {
    let mut pairing = Pairing { earlier, now, was: vec![None; now.len()] };
    pairing.by_number()?;
    let (then, here) = pairing.rest();
    if then.is_empty() || here.is_empty() {
        return Ok(pairing.was);
    }
    if pairing.stand_as_before(&then, &here) {
        for (then, here) in then.into_iter().zip(here) {
            pairing.was[here] = Some(then);
        }
        return Ok(pairing.was);
    }
    pairing.by_values(&then, &here);
    let (then, here) = pairing.rest();
    if then.is_empty() || here.is_empty() { Ok(pairing.was) } else { Err(Unclear) }
}

impl Pairing<'_, '_> {
    fn by_number(&mut self) -> Result<(), Unclear> {
        for (here, own) in self.now.iter().enumerate() {
            let mut same = (0..self.earlier.len()).filter(|then| self.earlier[*then].has_number_of(own) == Some(true));
            let Some(then) = same.next() else { continue };
            // One number of two is no number of either.
            if same.next().is_some() || self.was.contains(&Some(then)) {
                return Err(Unclear);
            }
            // All else is that of another: the numbers were mended, or all the rest was.
            let others = (0..self.earlier.len()).filter(|other| *other != then);
            if others.into_iter().any(|other| self.says(other, then, here) >= self.says(then, other, here) + ENOUGH) {
                return Err(Unclear);
            }
            self.was[here] = Some(then);
        }
        Ok(())
    }

    /// True if they may be the same: no number says otherwise.
    fn may_be(&self, then: usize, here: usize) -> bool {
        self.earlier[then].has_number_of(&self.now[here]) != Some(false)
    }

    /// Those that have no partner yet, on either side, and may have one.
    fn rest(&self) -> (Vec<usize>, Vec<usize>) {
        let then: Vec<usize> = (0..self.earlier.len()).filter(|then| !self.was.contains(&Some(*then))).collect();
        let here: Vec<usize> = (0..self.now.len()).filter(|here| self.was[*here].is_none()).collect();
        let able = |then: &usize| here.iter().any(|here| self.may_be(*then, *here));
        let able_here = |here: &usize| then.iter().any(|then| self.may_be(*then, *here));
        (then.iter().copied().filter(able).collect(), here.iter().copied().filter(able_here).collect())
    }

    /// How many values say that one of now is this one of before rather than the other.
    fn says(&self, then: usize, rather_than: usize, here: usize) -> usize {
        let (own, other, now) = (&self.earlier[then], &self.earlier[rather_than], &self.now[here]);
        (0..now.values.len()).filter(|at| now.agrees(own, *at) && now.differs(other, *at)).count()
    }

    /// The same, of which of two of now one of before is.
    fn says_of(&self, then: usize, here: usize, rather_than: usize) -> usize {
        let (own, now, other) = (&self.earlier[then], &self.now[here], &self.now[rather_than]);
        (0..now.values.len()).filter(|at| own.agrees(now, *at) && own.differs(other, *at)).count()
    }

    /// How many values agree, and how many differ.
    fn compared(&self, then: usize, here: usize) -> (usize, usize) {
        let (own, now) = (&self.earlier[then], &self.now[here]);
        let places = || 0..now.values.len();
        (places().filter(|at| now.agrees(own, *at)).count(), places().filter(|at| now.differs(own, *at)).count())
    }

    /// True if there are as many as before, at the same places, and no more values say that they are others.
    fn stand_as_before(&self, then: &[usize], here: &[usize]) -> bool {
        // The only one there is and was may have been mended in all.
        let is_only = self.earlier.len() == 1 && self.now.len() == 1;
        then == here
            && then.iter().all(|at| {
                let (agree, differ) = self.compared(*at, *at);
                let is_outvoted = |other: &usize| match self.says(*other, *at, *at) {
                    0 => false,
                    others => self.says(*at, *other, *at) < others + ENOUGH,
                };
                self.may_be(*at, *at)
                    && (is_only || differ < ENOUGH || agree >= differ)
                    && !then.iter().filter(|other| *other != at).any(is_outvoted)
            })
    }

    /// Pairs those of which enough values say so, rather than of any other on either side.
    fn by_values(&mut self, then: &[usize], here: &[usize]) {
        let is_same = |own: usize, now: usize| {
            let (agree, differ) = self.compared(own, now);
            let mut others_then = then.iter().filter(|other| **other != own && self.may_be(**other, now));
            let mut others_here = here.iter().filter(|other| **other != now && self.may_be(own, **other));
            self.may_be(own, now)
                && (differ == 0 || agree >= differ + ENOUGH)
                && others_then.all(|other| self.says(own, *other, now) >= self.says(*other, own, now) + ENOUGH)
                && others_here.all(|other| self.says_of(own, now, *other) >= self.says_of(own, *other, now) + ENOUGH)
        };
        let pairs = here.iter().flat_map(|now| then.iter().map(move |own| (*own, *now)));
        let found: Vec<(usize, usize)> = pairs.filter(|(own, now)| is_same(*own, *now)).collect();
        for (own, now) in found {
            self.was[now] = Some(own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Children as `number rank weight sex`, with a dot for what is not said.
    fn paired_as(earlier: &[&str], now: &[&str]) -> Option<Vec<Option<usize>>> {
        let values: Vec<Vec<Option<Value>>> = [earlier, now]
            .concat()
            .iter()
            .map(|child| {
                let value = |word: &str| (word != ".").then(|| Value::Text(word.into()));
                child.split(' ').map(value).collect()
            })
            .collect();
        let marks: Vec<Marks<'_>> = values
            .iter()
            .map(|child| {
                let text = child[0].as_ref().map(|value| format!("{value:?}"));
                Marks { numbers: vec![text], values: child[1..].iter().map(Option::as_ref).collect() }
            })
            .collect();
        let (earlier, now) = marks.split_at(earlier.len());
        paired(earlier, now).ok()
    }

    #[test]
    fn a_number_decides() {
        let twins = ["A 1 2500 f", "B 2 2700 m"];
        assert_eq!(paired_as(&twins, &["B 2 2700 m", "A 1 2500 f"]), Some(vec![Some(1), Some(0)]));
        assert_eq!(paired_as(&twins, &["B 1 2700 m", "A 2 2500 f"]), Some(vec![Some(1), Some(0)]));
        assert_eq!(paired_as(&twins, &["B 1 2700 m"]), Some(vec![Some(1)]));
        assert_eq!(paired_as(&twins, &["C 1 2500 f", "B . . ."]), Some(vec![None, Some(1)]));
        // The numbers stood with the wrong child, or all the rest does now.
        assert_eq!(paired_as(&twins, &["B 1 2500 f", "A 2 2700 m"]), None);
        assert_eq!(paired_as(&["A 1 2500 f"], &["B 1 2500 f"]), Some(vec![None]));
        assert_eq!(paired_as(&["A 1 2500 f", "A 2 2700 m"], &["A 1 2500 f"]), None);
        assert_eq!(paired_as(&["A 1 2500 f"], &["A 1 2500 f", "A 2 2700 m"]), None);
    }

    #[test]
    fn a_number_that_comes_later_or_goes_changes_nothing() {
        let (with, without) = (["A 1 2500 f", "B 2 2700 m"], [". 1 2500 f", ". 2 2700 m"]);
        for (earlier, now) in [(with, without), (without, with), (without, without)] {
            assert_eq!(paired_as(&earlier, &now), Some(vec![Some(0), Some(1)]));
        }
        assert_eq!(paired_as(&with, &["B 2 2700 m", ". 1 2500 f"]), Some(vec![Some(1), Some(0)]));
        // One was withdrawn, or lost its number, and another came.
        assert_eq!(paired_as(&["A 1 . .", ". 2 . ."], &["B 1 . .", ". 2 . ."]), None);
    }

    #[test]
    fn a_value_may_be_mended() {
        for (earlier, now) in [
            ([". 1 2500 f", ". 2 2700 m"], [". 1 2550 f", ". 2 2700 m"]),
            ([". 1 2500 f", ". 1 2700 m"], [". 1 2500 f", ". 2 2700 m"]),
            ([". 1 2500 f", ". 3 2700 m"], [". 1 2500 f", ". 2 2700 m"]),
            ([". 1 . .", ". 2 . ."], [". 1 2500 f", ". 2 2700 m"]),
        ] {
            assert_eq!(paired_as(&earlier, &now), Some(vec![Some(0), Some(1)]), "{now:?}");
        }
        assert_eq!(paired_as(&[". 1 2500 f"], &[". 2 2700 m"]), Some(vec![Some(0)]));
    }

    /// One was withdrawn and another came: who is left stands at another place, or is somebody else in all.
    #[test]
    fn a_new_one_is_not_the_one_that_went() {
        assert_eq!(paired_as(&["A 1 2500 f", "B 2 2700 m"], &["B 1 2700 m", ". 2 3100 m"]), None);
        assert_eq!(paired_as(&["A 1 2500 f", ". 2 2700 m"], &[". 1 3100 f", "A 2 2500 f"]), None);
        assert_eq!(paired_as(&["A 1 2500 f", "B 2 2700 m"], &[". 1 3100 m", "B 2 2700 m"]), None);
    }

    /// Most of what is said decides, as long as it is clear.
    #[test]
    fn one_value_against_three_was_mended() {
        let twins = [". 1 2500 f", ". 2 2700 m"];
        let with_time = |twins: [&str; 2], times: [&str; 2]| [0, 1].map(|at| format!("{} {}", twins[at], times[at]));
        let earlier = with_time(twins, ["10", "11"]);
        for now in [[". 2 2500 f", ". 1 2700 m"], [". 1 2700 f", ". 2 2500 m"], [". 2 2500 f", ". . 2700 m"]] {
            let now = with_time(now, ["10", "11"]);
            let both = [&earlier, &now].map(|twins| [twins[0].as_str(), twins[1].as_str()]);
            assert_eq!(paired_as(&both[0], &both[1]), Some(vec![Some(0), Some(1)]), "{now:?}");
        }
        assert_eq!(paired_as(&[". 1 2500 f 10", ". 2 2700 m 11"], &[". 1 2700 m 11"]), Some(vec![Some(1)]));
    }

    #[test]
    fn without_a_number_several_values_must_say_so() {
        let twins = [". 1 2500 f", ". 2 2700 m"];
        // The order changed, and all that tells them apart with it.
        assert_eq!(paired_as(&twins, &[". 2 2700 m", ". 1 2500 f"]), Some(vec![Some(1), Some(0)]));
        // One moved: the order, or that value, was mended.
        assert_eq!(paired_as(&twins, &[". 2 2500 f", ". 1 2700 m"]), None);
        assert_eq!(paired_as(&[". 1 . .", ". 2 . ."], &[". 2 . .", ". 1 . ."]), None);
        // One was withdrawn, or came.
        assert_eq!(paired_as(&twins, &[". 2 2700 m"]), Some(vec![Some(1)]));
        assert_eq!(paired_as(&twins, &[". 1 2700 m"]), None);
        assert_eq!(paired_as(&twins, &[". 1 . ."]), None);
        assert_eq!(paired_as(&[". 1 2500 f"], &[". 2 2700 m", ". 1 2500 f"]), Some(vec![None, Some(0)]));
        assert_eq!(paired_as(&[". 1 2500 f"], &[". 1 2500 f", ". . . ."]), None);
    }
}
