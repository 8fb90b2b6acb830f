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
/// A number decides. Of those of which it is not known in both, as many as there were are the same in the same order, unless a
/// value has moved from one to another. Else several values must agree with one alone.
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

    /// True if there are as many as before, and nothing says that they stand in another order.
    fn stand_as_before(&self, then: &[usize], here: &[usize]) -> bool {
        let pairs = || then.iter().copied().zip(here.iter().copied());
        then.len() == here.len()
            && pairs().all(|(then, here)| self.may_be(then, here))
            && !pairs().any(|(own, here)| pairs().any(|(other, there)| self.has_moved((other, there), (own, here))))
    }

    /// True if a value of one, which it has no longer, is now that of another.
    fn has_moved(&self, from: (usize, usize), to: (usize, usize)) -> bool {
        let (giver, taker) = (&self.earlier[from.0], &self.earlier[to.0]);
        let (left, got) = (&self.now[from.1], &self.now[to.1]);
        (0..giver.values.len()).any(|at| got.agrees(giver, at) && got.differs(taker, at) && !left.agrees(giver, at))
    }

    /// Pairs those of which enough values agree that do not agree with any other, on either side, and none differs.
    fn by_values(&mut self, then: &[usize], here: &[usize]) {
        let places = || 0..self.now.first().map_or(0, |marks| marks.values.len());
        let is_same = |then_at: usize, here_at: usize| {
            let (earlier, now) = (&self.earlier[then_at], &self.now[here_at]);
            let are_enough = |count: usize| count >= ENOUGH;
            let mut others_then = then.iter().filter(|other| **other != then_at && self.may_be(**other, here_at));
            let mut others_here = here.iter().filter(|other| **other != here_at && self.may_be(then_at, **other));
            self.may_be(then_at, here_at)
                && !places().any(|at| now.differs(earlier, at))
                && others_then.all(|other| {
                    let told = |at: &usize| now.agrees(earlier, *at) && now.differs(&self.earlier[*other], *at);
                    are_enough(places().filter(told).count())
                })
                && others_here.all(|other| {
                    let told = |at: &usize| now.agrees(earlier, *at) && earlier.differs(&self.now[*other], *at);
                    are_enough(places().filter(told).count())
                })
        };
        let mut found = Vec::new();
        for here_at in here {
            found
                .extend(then.iter().filter(|then_at| is_same(**then_at, *here_at)).map(|then_at| (*here_at, *then_at)));
        }
        for (here, then) in found {
            self.was[here] = Some(then);
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
        assert_eq!(paired_as(&twins, &["B 1 2500 f", "A 2 2700 m"]), Some(vec![Some(1), Some(0)]));
        assert_eq!(paired_as(&twins, &["B 1 2500 f"]), Some(vec![Some(1)]));
        assert_eq!(paired_as(&twins, &["C 1 2500 f", "B . . ."]), Some(vec![None, Some(1)]));
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
        assert_eq!(paired_as(&with, &["B 1 2500 f", ". 2 2700 m"]), Some(vec![Some(1), Some(0)]));
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
