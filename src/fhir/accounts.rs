//! What became of each leaf of the resources.

use std::collections::HashMap;

use crate::dataset::ConceptIx;
use crate::ledger::{Ledger, Reason};
use crate::tree::Leaf;

/// What became of a leaf.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fate {
    /// Nothing yet: at the end, it is lost.
    Open,
    /// The format fixes it.
    Structural,
    /// A value was made from it.
    Used,
    /// Lost for a known reason, also if the format would fix it.
    Lost,
}

/// What became of each leaf, by its number.
pub(super) struct Accounts {
    fates: Vec<Fate>,
    /// Why a leaf that stays open is lost, where something better than "unknown" is known.
    reasons: HashMap<u32, (Reason, ConceptIx)>,
}

impl Accounts {
    /// Of so many leaves, of which nothing is known yet.
    pub fn new(leaves: u32) -> Self {
        Self { fates: vec![Fate::Open; leaves as usize], reasons: HashMap::new() }
    }

    /// Says what became of leaves, where nothing was said yet.
    pub fn mark(&mut self, leaves: &[u32], fate: Fate) {
        for ix in leaves {
            if let Some(known) = self.fates.get_mut(*ix as usize).filter(|known| **known == Fate::Open) {
                *known = fate;
            }
        }
    }

    /// Says why leaves are lost, if nothing takes them after all.
    pub fn give_reason(&mut self, leaves: &[u32], reason: Reason, concept: ConceptIx) {
        self.reasons.extend(leaves.iter().map(|leaf| (*leaf, (reason, concept))));
    }

    /// Says that leaves are lost, where nothing was said yet.
    pub fn lose(&mut self, leaves: &[(u32, Reason)], concept: ConceptIx) {
        for (leaf, reason) in leaves.iter().filter(|(leaf, _)| self.is(*leaf, Fate::Open)).copied().collect::<Vec<_>>()
        {
            self.mark(&[leaf], Fate::Lost);
            self.reasons.insert(leaf, (reason, concept));
        }
    }

    /// Says that leaves are lost after all, though they were set aside for a value.
    pub fn take_back(&mut self, leaves: &[u32], reason: Reason, concept: ConceptIx) {
        for ix in leaves {
            if let Some(fate) = self.fates.get_mut(*ix as usize) {
                *fate = Fate::Lost;
            }
            self.reasons.insert(*ix, (reason, concept));
        }
    }

    /// How many of these leaves no other value was made from.
    pub fn fresh(&self, leaves: &[u32]) -> u16 {
        let open = leaves.iter().filter(|ix| self.is(**ix, Fate::Open)).count();
        u16::try_from(open).unwrap_or(u16::MAX)
    }

    /// True if a value was made from a leaf.
    pub fn is_used(&self, leaf: &Leaf) -> bool {
        self.is(leaf.ix, Fate::Used)
    }

    /// True if nothing became of a leaf.
    pub fn is_lost(&self, leaf: &Leaf) -> bool {
        self.is(leaf.ix, Fate::Open) || self.is(leaf.ix, Fate::Lost)
    }

    /// Why a leaf is lost, if something better than "unknown" is known.
    pub fn reason(&self, leaf: &Leaf) -> Option<(Reason, ConceptIx)> {
        self.reasons.get(&leaf.ix).copied()
    }

    /// Counts what is not lost. True if that is not all.
    pub fn count(&self, ledger: &mut Ledger) -> bool {
        let mut lost = false;
        for fate in &self.fates {
            match fate {
                Fate::Structural => ledger.structural(1),
                Fate::Used => ledger.translated(1),
                Fate::Open | Fate::Lost => lost = true,
            }
        }
        lost
    }

    fn is(&self, leaf: u32, fate: Fate) -> bool {
        self.fates.get(leaf as usize) == Some(&fate)
    }
}
