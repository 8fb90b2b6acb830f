//! The skeleton with every row expanded in its slot.

use std::collections::HashSet;

use super::rows::{RowSpec, Rows};
use super::skeleton::{Raw, RawChild, Skeleton};
use super::{Base, Child, Datatype, Element, ElementIx, Fill, Fixed, Hole, Hollow, Listed, Route};
use crate::dataset::{ConceptIx, Dataset, Kind, Text};
use crate::tables::TableError;

/// What building makes, with where each element came from.
pub(super) struct Built {
    pub elements: Vec<Element>,
    /// The row of each element that is the node of one.
    pub rows: Vec<Option<usize>>,
    /// Line in the skeleton, and row, of each element.
    pub places: Vec<(u64, Option<usize>)>,
    /// Rows whose hole stands in more than one place.
    pub repeated: Vec<bool>,
}

/// Expands a skeleton.
pub(super) struct Builder<'a> {
    dataset: &'a Dataset,
    rows: &'a Rows,
    skeleton: &'a Skeleton,
    elements: Vec<Element>,
    node_rows: Vec<Option<usize>>,
    places: Vec<(u64, Option<usize>)>,
    placed: Vec<usize>,
    slots: HashSet<String>,
}

#[derive(Clone, Copy, Default)]
struct Context<'c> {
    /// The row whose pattern this is.
    row: Option<usize>,
    /// This is the outermost element of the pattern.
    is_node: bool,
    /// The rows of the slot whose wrapper this is.
    slot: Option<&'c [ElementIx]>,
}

/// An expanded element, and whether it depends on an instance.
type Expanded = Option<(ElementIx, bool)>;

impl<'a> Builder<'a> {
    pub fn new(dataset: &'a Dataset, rows: &'a Rows, skeleton: &'a Skeleton) -> Self {
        Self {
            dataset,
            rows,
            skeleton,
            elements: Vec::new(),
            node_rows: Vec::new(),
            places: Vec::new(),
            placed: vec![0; rows.list.len()],
            slots: HashSet::new(),
        }
    }

    pub fn build(&mut self) -> Result<ElementIx, TableError> {
        let skeleton = self.skeleton;
        let root = self.expand(&skeleton.root, Context { is_node: true, ..Context::default() })?;
        root.map(|(ix, _)| ix).ok_or_else(|| TableError::file(&skeleton.file, "holds nothing"))
    }

    pub fn finish(self) -> Result<Built, TableError> {
        if let Some(at) = self.placed.iter().position(|times| *times == 0) {
            let row = &self.rows.list[at];
            let message = format!(
                "`{}` is no {} that is in use",
                row.place,
                if row.pattern.is_empty() { "hole" } else { "slot" }
            );
            return Err(self.rows.fault(row, "in", message));
        }
        Ok(Built {
            elements: self.elements,
            rows: self.node_rows,
            places: self.places,
            repeated: self.placed.iter().map(|times| *times > 1).collect(),
        })
    }

    fn row(&self, context: Context<'_>) -> Option<&'a RowSpec> {
        context.row.map(|at| &self.rows.list[at])
    }

    fn expand(&mut self, raw: &Raw, context: Context<'_>) -> Result<Expanded, TableError> {
        let in_wrapper = context.slot.is_some();
        let is_plain = raw.value.is_empty() && raw.negation.is_empty() && raw.slot.is_empty() && raw.again.is_empty();
        if in_wrapper && !is_plain {
            return Err(self.skeleton.fault(raw, "the wrapper of a slot holds no values and no other slots"));
        }
        let row = self.row(context);
        let mut element = Element {
            namespace: raw.namespace,
            local: raw.local.clone(),
            text: substitute(&raw.text, row).unwrap_or_default(),
            any: raw.any.clone(),
            typed: raw.typed,
            listed: raw.listed.clone().map(Listed::beside),
            hollow: raw.hollow,
            lost: raw.lost,
            instead: raw.instead,
            otherwise: raw.otherwise.clone().map(|(name, value)| Fixed { name, value }),
            ..Element::default()
        };
        for (name, value) in &raw.attributes {
            if let Some(value) = substitute(value, row) {
                element.fixed.push(Fixed { name: name.clone(), value });
            }
        }
        let mut active = self.holes(raw, context, &mut element)?;
        let own_slot = if raw.slot.is_empty() { None } else { Some(self.slot(raw, &raw.slot, context)?) };
        let inner = Context { row: context.row, is_node: false, slot: own_slot.as_deref().or(context.slot) };
        let mut dropped = false;
        for child in &raw.children {
            match child {
                RawChild::Element(child) => match self.expand(child, inner)? {
                    Some((ix, is_active)) => {
                        active |= is_active;
                        element.children.push(Child::Element(ix));
                    }
                    None => dropped = true,
                },
                RawChild::Row => {
                    let rows =
                        inner.slot.ok_or_else(|| self.skeleton.fault(raw, "`o:row` without a slot around it"))?;
                    active |= !rows.is_empty();
                    element.children.push(Child::Row);
                }
                RawChild::Slot(name) => {
                    let rows = self.slot(raw, name, context)?;
                    active |= !rows.is_empty();
                    element.children.push(Child::Rows(rows));
                }
            }
        }
        element.slot = own_slot;
        let filler = raw.is_filler();
        let emptied = (dropped || element.fixed.len() < raw.attributes.len())
            && element.fixed.is_empty()
            && element.children.is_empty()
            && element.text.is_empty();
        if !active {
            // It has to be there, and no row can give it a value.
            element.fixed.extend(element.otherwise.take());
        }
        let keep = raw.hollow == Hollow::Kept || raw.otherwise.is_some();
        let useless = if filler { emptied } else { !active && !keep };
        if useless && !context.is_node {
            return Ok(None);
        }
        element.filler = filler || (keep && !active);
        if keep {
            element.hollow = Hollow::Kept;
        }
        Ok(Some((self.push(element, raw, context), active)))
    }

    fn push(&mut self, element: Element, raw: &Raw, context: Context<'_>) -> ElementIx {
        let ix = ElementIx(u32::try_from(self.elements.len()).unwrap_or(u32::MAX));
        for child in &element.children {
            let inner: &[ElementIx] = match child {
                Child::Element(child) => std::slice::from_ref(child),
                Child::Rows(rows) => rows,
                Child::Row => context.slot.or(element.slot.as_deref()).unwrap_or_default(),
            };
            for child in inner {
                self.elements[child.0 as usize].parent = Some(ix);
            }
        }
        self.elements.push(element);
        self.node_rows.push(context.row.filter(|_| context.is_node));
        self.places.push((raw.line, context.row));
        ix
    }

    /// Expands the rows of a slot.
    fn slot(&mut self, raw: &Raw, name: &str, context: Context<'_>) -> Result<Vec<ElementIx>, TableError> {
        let name = local_name(name, self.row(context));
        if !self.slots.insert(name.clone()) {
            return Err(self.skeleton.fault(raw, format!("there is another slot `{name}`")));
        }
        let mut nodes = Vec::new();
        for at in self.rows.at(&name) {
            let row = &self.rows.list[*at];
            if row.pattern.is_empty() {
                return Err(self.rows.fault(row, "pattern", format!("is empty, but `{name}` is a slot")));
            }
            let Some(pattern) = self.skeleton.patterns.get(&row.pattern) else {
                let message = format!("the skeleton has no pattern `{}`", row.pattern);
                return Err(self.rows.fault(row, "pattern", message));
            };
            self.placed[*at] += 1;
            let node = self.expand(pattern, Context { row: Some(*at), is_node: true, slot: None })?;
            nodes.extend(node.map(|(ix, _)| ix));
        }
        Ok(nodes)
    }

    /// Fills the holes of an element; true if it has any.
    fn holes(&mut self, raw: &Raw, context: Context<'_>, element: &mut Element) -> Result<bool, TableError> {
        if !raw.value.is_empty() {
            let fills = self.fills(&raw.value, context)?;
            if fills.iter().any(|fill| fill.datatype == Datatype::Negation) {
                return Err(self.skeleton.fault(raw, "a row with datatype `negation` cannot fill an `o:value`"));
            }
            let hole = hole(fills);
            match hole {
                Some(hole) if hole.fill.datatype == Datatype::Presence => element.presence = Some(hole),
                other => element.value = other,
            }
        }
        if !raw.again.is_empty() {
            element.value = self.said_again(raw, context)?.map(|fill| Hole { fill, copies: Vec::new() });
        }
        if !raw.negation.is_empty() {
            let fills = self.fills(&raw.negation, context)?;
            if fills.iter().any(|fill| fill.datatype != Datatype::Negation) {
                return Err(self.skeleton.fault(raw, "a row in an `o:negation` has datatype `negation`"));
            }
            element.negation = hole(fills);
        }
        if context.is_node
            && let Some(row) = self.row(context)
            && row.datatype == Some(Datatype::Presence)
        {
            element.presence = hole(vec![self.fill(row)]);
        }
        Ok(element.value.is_some() || element.negation.is_some() || element.presence.is_some())
    }

    /// What a node says again of what its row refers to: the row in that hole, or slot, of the node of what is meant.
    fn said_again(&self, raw: &Raw, context: Context<'_>) -> Result<Option<Fill>, TableError> {
        let no_reference =
            || self.skeleton.fault(raw, "`o:again` stands in the pattern of a row that refers to something");
        let row = self.row(context).ok_or_else(no_reference)?;
        let target = self.dataset.get(row.concept).refers_to.ok_or_else(no_reference)?;
        let meant = self.rows.list.iter().find(|other| other.concept == target);
        let node = meant.and_then(|meant| meant.place.split_once('.')).map(|(node, _)| node);
        let found = node.and_then(|node| self.rows.at(&format!("{node}.{}", raw.again)).first());
        Ok(found.map(|at| Fill { through: Some(row.concept), ..self.fill(&self.rows.list[*at]) }))
    }

    /// The rows that fill a hole.
    fn fills(&mut self, name: &str, context: Context<'_>) -> Result<Vec<Fill>, TableError> {
        let mut fills = Vec::new();
        if let Some(row) = self.row(context) {
            let own = match row.datatype {
                None | Some(Datatype::Presence) => "",
                Some(Datatype::Negation) => "negation",
                Some(_) => "value",
            };
            if own == name {
                fills.push(self.fill(row));
            }
        }
        let key = local_name(name, self.row(context));
        for at in self.rows.at(&key) {
            let row = &self.rows.list[*at];
            if !row.pattern.is_empty() {
                return Err(self.rows.fault(row, "pattern", format!("is given, but `{key}` is a hole")));
            }
            let again = self.placed[*at] > 0;
            self.placed[*at] += 1;
            fills.push(Fill { again, ..self.fill(row) });
        }
        Ok(fills)
    }

    fn fill(&self, row: &RowSpec) -> Fill {
        let datatype = row.datatype.unwrap_or(Datatype::St);
        Fill {
            concept: row.concept,
            kind: self.dataset.get(row.concept).kind,
            datatype,
            system: if datatype == Datatype::Cs && row.kind == Kind::Code && row.pattern.is_empty() {
                row.code_system.as_str().into()
            } else {
                Text::default()
            },
            place: Route { base: Base::Frame(0), from: ConceptIx::ROOT, via: Box::default() },
            own: None,
            repeats: false,
            stated: false,
            again: false,
            through: None,
        }
    }
}

fn hole(fills: Vec<Fill>) -> Option<Hole> {
    let mut fills = fills.into_iter();
    let fill = fills.next()?;
    Some(Hole { fill, copies: fills.collect() })
}

/// Holes and slots of a pattern are local to the row.
fn local_name(name: &str, row: Option<&RowSpec>) -> String {
    row.map_or_else(|| name.to_owned(), |row| format!("{}.{name}", row.number))
}

/// Replaces the names of columns; `None` if such a column is empty.
fn substitute(template: &str, row: Option<&RowSpec>) -> Option<Text> {
    let Some(row) = row.filter(|_| template.contains('{')) else {
        return Some(template.into());
    };
    let mut text = template.to_owned();
    let columns = [
        ("{template}", &row.template),
        ("{code}", &row.code),
        ("{code_system}", &row.code_system),
        ("{display}", &row.display),
    ];
    for (name, value) in columns {
        if text.contains(name) {
            if value.is_empty() {
                return None;
            }
            text = text.replace(name, value);
        }
    }
    Some(text.into())
}
