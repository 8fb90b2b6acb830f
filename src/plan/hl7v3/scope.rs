//! Where in an instance the values of a message belong: worked out once for every row node and hole.

use std::collections::HashMap;

use super::rows::{RowSpec, Rows};
use super::{Base, Child, Element, ElementIx, Fill, Hole, Partner, Route, Scope};
use crate::dataset::{Aligned, ConceptIx, Dataset, Kind};
use crate::tables::TableError;

/// Walks the elements with the occurrences that are open at each.
pub(super) struct Scoper<'a> {
    dataset: &'a Dataset,
    rows: &'a Rows,
    node_rows: &'a [Option<usize>],
    repeated: &'a [bool],
    aligned: &'a [Aligned],
    frames: Vec<Frame>,
    /// Where each concept that the message carries belongs.
    pub carriers: HashMap<ConceptIx, Route>,
}

#[derive(Clone, Copy)]
struct Frame {
    concept: ConceptIx,
    partner: Option<ConceptIx>,
}

impl<'a> Scoper<'a> {
    pub fn new(
        dataset: &'a Dataset,
        rows: &'a Rows,
        node_rows: &'a [Option<usize>],
        repeated: &'a [bool],
        aligned: &'a [Aligned],
    ) -> Self {
        let frames = vec![Frame { concept: ConceptIx::ROOT, partner: None }];
        Self { dataset, rows, node_rows, repeated, aligned, frames, carriers: HashMap::new() }
    }

    pub fn run(&mut self, elements: &mut [Element], root: ElementIx) -> Result<(), TableError> {
        self.walk(elements, root, &[])
    }

    fn walk(&mut self, elements: &mut [Element], ix: ElementIx, slot: &[ElementIx]) -> Result<(), TableError> {
        let at = ix.0 as usize;
        let open = self.frames.len();
        if let Some(row) = self.node_rows[at].map(|row| &self.rows.list[row]) {
            let scope = self.scope(elements, ix, row)?;
            self.frames.push(Frame { concept: scope.anchor, partner: None });
            self.frames
                .push(Frame { concept: scope.concept, partner: scope.partner.as_ref().map(|p| p.aligned.groups.0) });
            elements[at].scope = Some(scope);
        }
        let (value, negation, presence) =
            (elements[at].value.take(), elements[at].negation.take(), elements[at].presence.take());
        elements[at].value = value.map(|hole| self.hole(hole)).transpose()?;
        elements[at].negation = negation.map(|hole| self.hole(hole)).transpose()?;
        elements[at].presence = presence.map(|hole| self.hole(hole)).transpose()?;
        let children = elements[at].children.clone();
        let own_slot = elements[at].slot.clone();
        let slot = own_slot.as_deref().unwrap_or(slot);
        for child in &children {
            match child {
                Child::Element(child) => self.walk(elements, *child, slot)?,
                Child::Row => slot.iter().try_for_each(|row| self.walk(elements, *row, &[]))?,
                Child::Rows(rows) => rows.iter().try_for_each(|row| self.walk(elements, *row, &[]))?,
            }
        }
        self.frames.truncate(open);
        Ok(())
    }

    fn scope(&self, elements: &[Element], ix: ElementIx, row: &RowSpec) -> Result<Scope, TableError> {
        let concept = row.repeat;
        if self.frames.iter().any(|frame| frame.concept == concept) && concept != row.concept {
            return Err(self.rows.fault(row, "repeat", "the node is already inside an occurrence of it"));
        }
        let is_group = self.dataset.get(concept).kind == Kind::Group;
        let base = self.place(concept);
        let aligned = self.aligned.iter().find_map(|aligned| aligned.seen_from(concept)).filter(|_| is_group);
        let partner = aligned.map(|own| Partner { aligned: own.turned(), place: self.place(own.groups.1) });
        let mut wanted = Vec::new();
        self.concepts_in(elements, ix, &mut wanted);
        let (mut anchor, mut shares) = (base.from, false);
        for other in wanted {
            let in_partner = partner.as_ref().is_some_and(|p| self.dataset.is_within(other, p.aligned.groups.0));
            if self.dataset.is_within(other, concept) || in_partner {
                continue;
            }
            shares = true;
            let common = self.common(concept, other);
            if self.dataset.is_within(common, anchor) {
                anchor = common;
            }
        }
        let via = self.dataset.groups_between(anchor, concept).into();
        let anchor_place = if anchor == base.from {
            base
        } else {
            Route { via: self.dataset.groups_between(base.from, anchor).into(), ..base }
        };
        Ok(Scope {
            concept,
            is_group,
            frame: self.frames.len() + 1,
            lazy: concept != row.concept,
            anchor,
            anchor_place,
            shares,
            via,
            partner,
        })
    }

    /// The concepts of the holes and nodes in an element.
    fn concepts_in(&self, elements: &[Element], ix: ElementIx, found: &mut Vec<ConceptIx>) {
        let element = &elements[ix.0 as usize];
        let holes = [&element.value, &element.negation, &element.presence];
        let own = holes.into_iter().flatten().filter(|hole| hole.fill.through.is_none());
        found.extend(own.map(|hole| hole.fill.concept));
        found.extend(self.node_rows[ix.0 as usize].map(|row| self.rows.list[row].repeat));
        for child in &element.children {
            match child {
                Child::Element(child) => {
                    self.concepts_in(elements, *child, found);
                    let slot = elements[child.0 as usize].slot.iter().flatten();
                    slot.for_each(|row| self.concepts_in(elements, *row, found));
                }
                Child::Rows(rows) => rows.iter().for_each(|row| self.concepts_in(elements, *row, found)),
                Child::Row => {}
            }
        }
    }

    /// The innermost group that holds both.
    fn common(&self, left: ConceptIx, right: ConceptIx) -> ConceptIx {
        let mut at = self.dataset.get(left).parent;
        while !self.dataset.is_within(right, at) {
            at = self.dataset.get(at).parent;
        }
        at
    }

    /// Where a concept belongs, given what is open.
    fn place(&self, concept: ConceptIx) -> Route {
        let holds = |group: ConceptIx| {
            group != concept && self.dataset.get(group).kind == Kind::Group && self.dataset.is_within(concept, group)
        };
        for (at, frame) in self.frames.iter().enumerate().rev() {
            let (base, from) = if holds(frame.concept) {
                (Base::Frame(at), frame.concept)
            } else if let Some(partner) = frame.partner.filter(|partner| holds(*partner)) {
                (Base::Partner(at), partner)
            } else {
                continue;
            };
            return Route { base, from, via: self.dataset.groups_between(from, concept).into() };
        }
        let via = self.dataset.groups_between(ConceptIx::ROOT, concept).into();
        Route { base: Base::Frame(0), from: ConceptIx::ROOT, via }
    }

    fn hole(&mut self, hole: Hole) -> Result<Hole, TableError> {
        let mut fills: Vec<Fill> = std::iter::once(hole.fill).chain(hole.copies).collect();
        for fill in &mut fills {
            self.fill(fill);
        }
        // The copy is the one that is found through the occurrence of the other.
        fills.sort_by_key(|fill| matches!(fill.place.base, Base::Partner(_)));
        let copies = fills.split_off(1);
        if let Some(copy) = copies.iter().find(|copy| !matches!(copy.place.base, Base::Partner(_))) {
            let row = self.rows.list.iter().find(|row| row.concept == copy.concept);
            let message = "another row fills the same hole, and no [[align]] says that they are one fact";
            return Err(row.map_or_else(
                || TableError::file(&self.rows.file, message),
                |row| self.rows.fault(row, "in", message),
            ));
        }
        let mut fills = fills.into_iter();
        match fills.next() {
            Some(fill) => Ok(Hole { fill, copies }),
            None => Err(TableError::file(&self.rows.file, "a hole without a row")),
        }
    }

    fn fill(&mut self, fill: &mut Fill) {
        if let Some(reference) = fill.through {
            fill.place = self.place(reference);
            fill.own = self.frames.iter().rposition(|frame| frame.concept == reference);
            return;
        }
        fill.place = self.place(fill.concept);
        fill.own = self.frames.iter().rposition(|frame| frame.concept == fill.concept);
        let innermost = self.frames.len() - 1;
        let in_occurrence = matches!(fill.place.base, Base::Frame(at) | Base::Partner(at) if at == innermost);
        let row = self.rows.list.iter().position(|row| row.concept == fill.concept);
        let repeated = row.is_some_and(|row| self.repeated[row]);
        let many = |concept: &ConceptIx| self.dataset.get(*concept).max != Some(1);
        let shared = innermost > 0 && !in_occurrence;
        fill.stated = fill.own.is_none() && (shared || repeated);
        let repeats = many(&fill.concept) || fill.place.via.iter().any(many);
        fill.repeats = fill.own.is_none() && !shared && repeats;
        self.carriers.insert(fill.concept, fill.place.clone());
    }
}
