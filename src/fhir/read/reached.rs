//! Where the references of a resource lead.

use crate::dataset::Text;

/// What a reference leads to: a resource, or one that the resource at the second place is part of.
pub(super) type Led = (usize, Option<usize>);

/// Something that a reference means and that is not in the source.
pub(super) struct Astray {
    /// Its type; empty if the reference does not say it.
    pub kind: Text,
    /// What the reference calls it.
    pub name: Option<Text>,
}

/// Where an element of a resource leads.
#[derive(Default)]
pub(super) struct Reached {
    /// The resources that it refers to, and those that they are part of.
    pub(super) all: Vec<Led>,
    /// The same for each reference apart, where there are several.
    pub(super) each: Vec<Vec<Led>>,
    /// What it refers to and what is not in the source.
    pub(super) astray: Vec<Astray>,
    /// It names something, and does not say where that is to be found.
    pub(super) named_only: bool,
}

/// Where the references of an element lead, each apart; what is not in the source; and whether one of them names
/// something and does not say where that is to be found.
pub(super) type Leads = (Vec<Vec<Led>>, Vec<Astray>, bool);

impl Reached {
    pub(super) fn of((each, astray, named_only): Leads) -> Self {
        Self { all: each.concat(), each: if each.len() > 1 { each } else { Vec::new() }, astray, named_only }
    }
}
