//! Which occurrences of two aligned groups are about the same thing.

use super::{ConceptIx, Content, Dataset, Instance, NodeIx, Value};

/// Two groups of a dataset that are about the same thing, with the leaf in each that says which belongs to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aligned {
    /// The group, and the one that it is about.
    pub groups: (ConceptIx, ConceptIx),
    /// The key of each.
    pub keys: (ConceptIx, ConceptIx),
}

impl Aligned {
    /// Two groups and the leaf in each, in either order; `None` if each group does not hold one of them.
    pub fn new(dataset: &Dataset, groups: (ConceptIx, ConceptIx), keys: (ConceptIx, ConceptIx)) -> Option<Self> {
        let fits =
            |keys: &(ConceptIx, ConceptIx)| dataset.is_within(keys.0, groups.0) && dataset.is_within(keys.1, groups.1);
        let keys = [keys, (keys.1, keys.0)].into_iter().find(fits)?;
        Some(Self { groups, keys })
    }

    /// The same two, seen from the other side.
    #[must_use]
    pub fn turned(self) -> Self {
        Self { groups: (self.groups.1, self.groups.0), keys: (self.keys.1, self.keys.0) }
    }

    /// The same two, with this group first; `None` if it is neither of them.
    pub fn seen_from(self, group: ConceptIx) -> Option<Self> {
        [self, self.turned()].into_iter().find(|own| own.groups.0 == group)
    }

    /// True if what is in an occurrence of a group is, through these two, about one that holds a concept.
    pub fn leads(&self, dataset: &Dataset, group: ConceptIx, concept: ConceptIx) -> bool {
        self.groups.0 == group && dataset.is_within(concept, self.groups.1)
    }
}

impl Instance {
    /// Where an occurrence stands among those of its group.
    pub fn position(&self, dataset: &Dataset, among: NodeIx, node: NodeIx) -> usize {
        let all = self.descendants(dataset, among, self.node(node).concept);
        all.into_iter().position(|own| own == node).unwrap_or_default()
    }

    /// The occurrence of an aligned group at a position among those that may be meant, said to be about `with`. Empty ones are opened
    /// before it, so that the two stand at the same position when no key says that they belong together.
    pub fn align_at(
        &mut self,
        with: NodeIx,
        position: usize,
        mut there: Vec<NodeIx>,
        mut open: impl FnMut(&mut Self) -> Option<NodeIx>,
    ) -> Option<NodeIx> {
        while there.len() <= position {
            there.push(open(self)?);
        }
        self.align(there[position], with);
        Some(there[position])
    }

    /// What the key of an occurrence must be: what that of the one says that it is about.
    pub fn key_of(&self, dataset: &Dataset, aligned: Aligned, with: NodeIx) -> Option<Content> {
        let key = self.descendants(dataset, with, aligned.keys.1).first().copied()?;
        self.node(key).content.clone()
    }

    /// The occurrences of a group, each with the one of the other group that it is about.
    ///
    /// It is the one that the source itself says ([`Instance::align`]). Else it is the one with the same key: of several that
    /// have it, on either side, none that anybody knows. Without a key it is the only one, if there is one of both.
    pub fn pairs(&self, dataset: &Dataset, aligned: Aligned) -> Vec<(NodeIx, NodeIx)> {
        let ours = self.descendants(dataset, NodeIx::ROOT, aligned.groups.0);
        let theirs = self.descendants(dataset, NodeIx::ROOT, aligned.groups.1);
        let own_key = |node: NodeIx| self.key(dataset, node, aligned.keys.0);
        let key = |node: NodeIx| self.key(dataset, node, aligned.keys.1);
        let said = |own: NodeIx| self.aligned_with(own).filter(|with| theirs.contains(with));
        // One of each, and nothing says otherwise: there is nothing to confuse.
        let only = |wanted: Option<&Value>| match (&ours[..], &theirs[..]) {
            ([_], [with]) if wanted.is_none() || key(*with).is_none() => Some(*with),
            _ => None,
        };
        let is_told_apart = |own: NodeIx| {
            theirs.len() == 1 || !ours.iter().any(|other| *other != own && own_key(*other) == own_key(own))
        };
        let meant = |own: NodeIx| {
            let wanted = own_key(own);
            let by_key = || {
                let mut same = theirs.iter().copied().filter(|with| wanted.is_some() && key(*with) == wanted);
                let first = same.next()?;
                Some(first).filter(|_| same.next().is_none() && is_told_apart(own))
            };
            said(own).or_else(by_key).or_else(|| only(wanted))
        };
        ours.iter().copied().filter_map(|own| Some((own, meant(own)?))).collect()
    }

    /// The occurrences of a group of which only the source itself says what they are about: their keys do not. Where a format has
    /// nothing but keys, nobody could tell whose they are.
    pub fn told_apart_by_source(&self, dataset: &Dataset, aligned: Aligned) -> Vec<NodeIx> {
        if self.aligned.is_empty() {
            return Vec::new();
        }
        let mut by_key = self.clone();
        by_key.aligned.clear();
        let by_key = by_key.pairs(dataset, aligned);
        let pairs = self.pairs(dataset, aligned).into_iter();
        pairs.filter(|pair| !by_key.contains(pair)).map(|(own, _)| own).collect()
    }

    /// What the key of an occurrence says. That it is unknown says of no occurrence which one it is.
    fn key(&self, dataset: &Dataset, node: NodeIx, key: ConceptIx) -> Option<&Value> {
        let leaf = self.descendants(dataset, node, key).into_iter().next()?;
        match self.node(leaf).content.as_ref()? {
            Content::Value(value) => Some(value),
            Content::Null { .. } => None,
        }
    }
}
