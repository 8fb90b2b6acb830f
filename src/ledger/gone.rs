//! Which losses are of values that are in the output all the same: only something about them has to be told.

use std::collections::HashSet;

use super::{Ledger, Loss, Reason};
use crate::dataset::ConceptIx;

/// Where in an account something is gone: see [`Ledger::gone`].
#[derive(Clone, Debug)]
pub struct Gone(HashSet<(u32, Option<ConceptIx>)>);

/// Leaves of losses, counted: every command counts them so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaves {
    /// Not in the output.
    pub lost: u32,
    /// In the output, with something that has to be told.
    pub told: u32,
}

impl Gone {
    pub(super) fn of(ledger: &Ledger) -> Self {
        Self(ledger.losses.iter().filter(|loss| !is_told(loss)).map(place).collect())
    }

    /// How many leaves the losses are: those that are not in the output, and those that are, and of which something is told.
    pub fn leaves(&self, losses: &[Loss]) -> Leaves {
        let mut leaves = Leaves::default();
        for loss in losses {
            let count = if self.is_written(loss) { &mut leaves.told } else { &mut leaves.lost };
            *count += loss.leaves;
        }
        leaves
    }

    /// True if the value of a loss is in the output all the same, and only something about it had to be told.
    pub fn is_written(&self, loss: &Loss) -> bool {
        is_told(loss) && !self.0.contains(&place(loss))
    }
}

/// A rule that was broken and cost nothing, or a unit that was kept as it is: unless the value is gone for another reason. What the
/// kind of message does not have is gone, also if the source says it by saying nothing.
fn is_told(loss: &Loss) -> bool {
    (loss.leaves == 0 && loss.reason != Reason::NotInDataset) || loss.reason == Reason::Unit
}

fn place(loss: &Loss) -> (u32, Option<ConceptIx>) {
    (loss.position, loss.concept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_value_that_is_gone_is_not_written() {
        let loss = |reason, position, leaves| Loss {
            reason,
            position,
            path: None,
            concept: None,
            within: None,
            rule: None,
            leaves,
        };
        let losses = vec![
            loss(Reason::Unit, 1, 1),
            loss(Reason::Invariant, 1, 0),
            loss(Reason::Unit, 2, 1),
            loss(Reason::NoPlace, 2, 1),
        ];
        let ledger = Ledger { losses, ..Ledger::default() };
        let gone = ledger.gone();
        let written: Vec<bool> = ledger.losses.iter().map(|loss| gone.is_written(loss)).collect();
        assert_eq!(written, [true, true, false, false]);
        assert_eq!(gone.leaves(&ledger.losses), Leaves { lost: 2, told: 1 });
    }
}
