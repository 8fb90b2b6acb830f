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

impl Instance {
    /// The occurrences of a group, each with the one of the other group that it is about.
    ///
    /// It is the one that the source itself says ([`Instance::align`]). Else it is the one with the same key: of several that
    /// have it, none that anybody knows. Without a key it is the one at the same position, if there are as many of both and
    /// no other has a claim to it.
    pub fn pairs(&self, dataset: &Dataset, aligned: Aligned) -> Vec<(NodeIx, NodeIx)> {
        let ours = self.descendants(dataset, NodeIx::ROOT, aligned.groups.0);
        let theirs = self.descendants(dataset, NodeIx::ROOT, aligned.groups.1);
        let own_key = |node: NodeIx| self.key(dataset, node, aligned.keys.0);
        let key = |node: NodeIx| self.key(dataset, node, aligned.keys.1);
        let said = |own: NodeIx| self.aligned_with(own).filter(|with| theirs.contains(with));
        let is_claimed = |with: NodeIx| {
            ours.iter().any(|own| said(*own) == Some(with) || (own_key(*own).is_some() && own_key(*own) == key(with)))
        };
        let meant = |(at, own): (usize, NodeIx)| {
            let wanted = own_key(own);
            let at_position = || theirs.get(at).copied().filter(|_| ours.len() == theirs.len());
            said(own).or_else(|| match wanted {
                Some(_) => {
                    let mut same = theirs.iter().copied().filter(|with| key(*with) == wanted);
                    let first = same.next();
                    // One of each, and nothing says otherwise: there is nothing to confuse.
                    let only = || at_position().filter(|with| theirs.len() == 1 && key(*with).is_none());
                    if first.is_none() { only() } else { first.filter(|_| same.next().is_none()) }
                }
                None => at_position().filter(|with| !is_claimed(*with)),
            })
        };
        ours.iter().copied().enumerate().filter_map(|(at, own)| Some((own, meant((at, own))?))).collect()
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
