//! What became of each leaf of the resources.

use std::collections::HashMap;

use crate::dataset::ConceptIx;
use crate::ledger::{Ledger, Reason};
use crate::tree::Leaf;

/// What became of a leaf. Of what is read for several places, the worst counts, which is the last here.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Fate {
    /// The format fixes it.
    Structural,
    /// A value was made from it.
    Used,
    /// Nothing yet: at the end, it is lost.
    Open,
    /// Lost for a known reason, also if the format would fix it.
    Lost,
}

/// What became of each leaf, by its number.
pub(super) struct Accounts {
    fates: Vec<Fate>,
    /// What became of the leaves of a resource that is read once more, for another place: by the entry that it is there.
    again: HashMap<usize, HashMap<u32, Fate>>,
    /// The entry whose leaves are looked at, if it is one of these.
    at: Option<usize>,
    /// Why a leaf that stays open is lost, where something better than "unknown" is known.
    reasons: HashMap<u32, (Reason, ConceptIx)>,
}

impl Accounts {
    /// Of so many leaves, of which nothing is known yet.
    pub fn new(leaves: u32) -> Self {
        Self { fates: vec![Fate::Open; leaves as usize], again: HashMap::new(), at: None, reasons: HashMap::new() }
    }

    /// Begins an account of the leaves of a resource that is read once more.
    pub fn again(&mut self, entry: usize, leaves: Vec<u32>) {
        let known = |leaf: u32| (leaf, self.fates.get(leaf as usize).copied().unwrap_or(Fate::Open));
        self.again.insert(entry, leaves.into_iter().map(known).collect());
    }

    /// Looks at the leaves of an entry from here on.
    pub fn turn_to(&mut self, entry: usize) {
        self.at = Some(entry).filter(|at| self.again.contains_key(at));
    }

    /// Puts together what became of resources in all places.
    pub fn join(&mut self) {
        self.at = None;
        for (leaf, fate) in std::mem::take(&mut self.again).into_values().flatten() {
            if let Some(known) = self.fates.get_mut(leaf as usize).filter(|known| **known < fate) {
                *known = fate;
            }
        }
    }

    /// Says what became of leaves, where nothing was said yet.
    pub fn mark(&mut self, leaves: &[u32], fate: Fate) {
        for ix in leaves {
            if let Some(known) = self.fate_of(*ix).filter(|known| **known == Fate::Open) {
                *known = fate;
            }
        }
    }

    fn fate_of(&mut self, leaf: u32) -> Option<&mut Fate> {
        let here = self.at.and_then(|at| self.again.get_mut(&at)?.get_mut(&leaf));
        here.or_else(|| self.fates.get_mut(leaf as usize))
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
            if let Some(fate) = self.fate_of(*ix) {
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
        let here = self.at.and_then(|at| self.again.get(&at)?.get(&leaf));
        here.or_else(|| self.fates.get(leaf as usize)) == Some(&fate)
    }
}
