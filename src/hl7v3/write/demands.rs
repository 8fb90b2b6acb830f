//! What a message demands at the place that is being written, and the case does not give.

use super::{Lack, Writer};
use crate::dataset::{ConceptIx, Content, Identifier, NodeIx, NullFlavor, Value, is_uuid};
use crate::ledger::{Demand, Unmet};
use crate::plan::hl7v3::{Base, Demanded, Element, Fill, Hole, Need};
use crate::tables::layout::is_oid;

impl<'a> Writer<'a> {
    /// What stands in an element that has no value: the null flavour that the message allows there. `None` if it demands
    /// nothing, or if nothing may stand for a value: then that is told.
    pub(super) fn filler(&mut self, hole: &Hole) -> Option<NullFlavor> {
        let base = self.around(hole.fill.place.base)?;
        let need = self.unmet_need(&hole.fill)?;
        self.lacks(hole.fill.concept, Demand::Value, need.filler.map(|flavor| (flavor, base)));
        need.filler
    }

    /// True if something stands in the element although the case has no value for it.
    pub(super) fn is_filled(&self, element: &Element) -> bool {
        let hole = element.value.as_ref();
        hole.is_some_and(|hole| self.unmet_need(&hole.fill).is_some_and(|need| need.filler.is_some()))
    }

    /// Tells what is demanded of a place that is not written.
    pub(super) fn tell_absent(&mut self, element: &Element) {
        let holes = [&element.value, &element.negation, &element.presence];
        for hole in holes.into_iter().flatten() {
            self.filler(hole);
        }
    }

    /// What the message demands of a leaf that is absent, or that has no place as it is.
    fn unmet_need(&self, fill: &Fill) -> Option<&'a Need> {
        let demanded = self.plan.demanded(fill.concept)?;
        let base = self.around(fill.place.base)?;
        self.unmet_of(&demanded.needs, base)
    }

    /// The innermost occurrence around a place.
    fn around(&self, base: Base) -> Option<NodeIx> {
        match base {
            Base::Frame(at) => (0..=at).rev().find_map(|at| self.base(Base::Frame(at))),
            Base::Partner(_) => self.base(base),
        }
    }

    /// Tells that there are several where the message has room for one.
    pub(super) fn tell_several(&mut self, concept: ConceptIx, several: usize) {
        if several > 1 && self.plan.demanded(concept).is_some_and(|demanded| demanded.once) {
            self.lacks(concept, Demand::Once, None);
        }
    }

    /// Tells what the message demands of the nodes of a row, of which there are none below a base.
    pub(super) fn tell_no_node(&mut self, concept: ConceptIx, base: NodeIx) {
        let need = self.plan.demanded(concept).and_then(|demanded| self.unmet_of(&demanded.nodes, base));
        if need.is_some() {
            self.lacks(concept, Demand::Value, None);
        }
    }

    fn unmet_of(&self, needs: &'a [Need], base: NodeIx) -> Option<&'a Need> {
        needs.iter().find(|need| {
            let holds = need.when.as_ref().is_none_or(|when| when.holds(self.dataset, self.instance, base));
            holds && !need.or.iter().any(|other| self.is_there(*other, base))
        })
    }

    /// True if a concept is said around a base, where the message lets it be said.
    fn is_there(&self, concept: ConceptIx, base: NodeIx) -> bool {
        let within = self.instance.around(self.dataset, base, concept);
        let conditions = self.plan.demanded(concept).map_or(&[][..], |demanded| &demanded.only_when);
        let may_be = |leaf: NodeIx| conditions.iter().all(|when| when.holds(self.dataset, self.instance, leaf));
        self.instance.descendants(self.dataset, within, concept).into_iter().any(may_be)
    }

    /// True if this null flavour may stand at the place of the concept.
    pub(super) fn allows_null(&self, concept: ConceptIx, flavor: NullFlavor) -> bool {
        self.plan.demanded(concept).is_none_or(|demanded| demanded.allows(flavor))
    }

    /// The namespace of an identifier that says none, if the message allows but one.
    pub(super) fn only_namespace(&self, concept: ConceptIx) -> Option<&'a str> {
        self.plan.demanded(concept)?.only_namespace()
    }

    /// Tells what the message demands of a value that is written. It stands there as the source has it.
    pub(super) fn tell_value(&mut self, concept: ConceptIx, leaf: NodeIx, content: &Content) {
        let Some(demanded) = self.plan.demanded(concept) else { return };
        let is_affirmed = !matches!(content, Content::Value(Value::Boolean(false)));
        let affirmed = demanded.yes_only_when.iter().filter(|_| is_affirmed);
        let mut conditions = demanded.only_when.iter().chain(affirmed);
        if content.is_stated() && conditions.any(|when| !when.holds(self.dataset, self.instance, leaf)) {
            self.lacks(concept, Demand::Condition, None);
        }
        let several = || self.instance.descendants(self.dataset, NodeIx::ROOT, concept).len() > 1;
        if !demanded.may_be_several(content) && several() {
            self.lacks(concept, Demand::Once, None);
        }
        if demanded.same.is_some_and(|other| !self.is_said_at(other, content)) {
            self.lacks(concept, Demand::Same, None);
        }
        match content {
            Content::Value(Value::Code(code))
                if !demanded.allows_code(code, self.dataset.get(concept), self.terminology) =>
            {
                self.lacks(concept, Demand::Code, None);
            }
            Content::Value(Value::Quantity(quantity))
                if demanded.unit.as_ref().is_some_and(|unit| *unit != quantity.unit) =>
            {
                self.lacks(concept, Demand::Unit, None);
            }
            Content::Value(Value::DateTime(moment))
                if demanded.precision.is_some_and(|least| moment.precision() < least) =>
            {
                self.lacks(concept, Demand::Precision, None);
            }
            Content::Value(Value::Identifier(_)) if !self.has_namespace(demanded, leaf) => {
                self.lacks(concept, Demand::Namespace, None);
            }
            _ => {}
        }
    }

    /// Tells that a number does not look like those of its namespace (`fixed` where the place has but one), or that what
    /// identifies a namespace or a code system is nothing that HL7v3 has for that.
    pub(super) fn tell_form(&mut self, concept: ConceptIx, content: &Content, fixed: Option<&str>) {
        let has_form = |root: &str, number: &str| {
            (root.is_empty() || is_uid(root))
                && (number.is_empty() || self.terminology.systems().has_form(root, number))
        };
        // A namespace alone is no number; what is unique by itself has none.
        let is_whole = |id: &Identifier| !id.extension.is_empty() || is_uuid(&id.root);
        let fits = match content {
            Content::Value(Value::Identifier(id)) if id.root.is_empty() => {
                let root = fixed.or(self.only_namespace(concept));
                if root.is_none() && !self.allows_null(concept, NullFlavor::UnEncoded) {
                    self.lacks(concept, Demand::Namespace, None);
                }
                has_form(root.unwrap_or_default(), &id.extension)
            }
            Content::Value(Value::Identifier(id)) => is_whole(id) && has_form(&id.root, &id.extension),
            // A text says what has no code, or does not apply: beside another null flavour the datatypes forbid it.
            Content::Null { flavor, original_text: Some(_) } => {
                if !matches!(flavor, NullFlavor::Other | NullFlavor::NotApplicable) {
                    self.lacks(concept, Demand::Condition, None);
                }
                true
            }
            Content::Value(Value::Text(number)) => has_form(fixed.unwrap_or_default(), number),
            Content::Value(Value::Code(code)) => code.system.is_empty() || is_uid(&code.system),
            Content::Value(Value::DateTime(moment)) => is_timestamp(&moment.to_hl7()),
            _ => true,
        };
        if !fits {
            self.lacks(concept, Demand::Form, None);
        }
    }

    /// True if another concept says this somewhere, or nothing.
    fn is_said_at(&self, other: ConceptIx, content: &Content) -> bool {
        let mut said = self.instance.leaves().filter(|(_, leaf, _)| leaf.concept == other).peekable();
        said.peek().is_none() || said.any(|(_, _, own)| own == content)
    }

    /// True if one of the identifiers of a concept beside a leaf has a namespace that the message wants there.
    fn has_namespace(&self, demanded: &Demanded, leaf: NodeIx) -> bool {
        let node = self.instance.node(leaf);
        if demanded.once {
            // There is no room for another beside the one that is allowed.
            return matches!(&node.content, Some(Content::Value(Value::Identifier(id))) if is_of(demanded, id));
        }
        let mut all = self.instance.occurrences(node.parent, node.concept);
        all.any(|ix| match &self.instance.node(ix).content {
            Some(Content::Value(Value::Identifier(id))) => is_of(demanded, id),
            _ => false,
        })
    }

    /// True if a null flavour stands where the message allows nothing, since another concept says what it says.
    pub(super) fn is_idle(&self, concept: ConceptIx, leaf: NodeIx) -> bool {
        let demanded = self.plan.demanded(concept);
        demanded.is_some_and(|demanded| demanded.is_idle(self.dataset, self.instance, leaf))
    }

    /// True for such a null flavour.
    pub(super) fn is_silent(&self, concept: ConceptIx, node: NodeIx) -> bool {
        matches!(self.instance.node(node).content, Some(Content::Null { .. })) && self.is_idle(concept, node)
    }

    fn lacks(&mut self, concept: ConceptIx, demand: Demand, filler: Option<(NullFlavor, NodeIx)>) {
        self.lacking.push(Lack { concept, demand, position: self.open, filler });
    }

    /// What is lacking, with the lines of what was written.
    pub(super) fn unmet(&self) -> Vec<Unmet> {
        let mut lacking = self.lacking.clone();
        lacking.sort_unstable_by_key(|lack| lack.position);
        let (mut line, mut at) = (1, 0);
        let mut unmet: Vec<Unmet> = lacking
            .iter()
            .map(|lack| {
                line += self.out.get(at..lack.position).map_or(0, |passed| passed.matches('\n').count());
                at = lack.position;
                Unmet { concept: lack.concept, demand: lack.demand, line: Some(line), filler: lack.filler }
            })
            .collect();
        unmet.dedup();
        unmet
    }
}

/// True if an identifier has a namespace that may stand there, and a number.
fn is_of(demanded: &Demanded, id: &Identifier) -> bool {
    let is_only = id.root.is_empty() && demanded.only_namespace().is_some();
    demanded.namespaces.is_empty() || ((is_only || demanded.allows_namespace(&id.root)) && !id.extension.is_empty())
}

/// True for an identification of HL7v3 (`uid`): an OID, a UUID, or a name that HL7 reserved.
fn is_uid(text: &str) -> bool {
    let is_name = || text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_oid(text) || (text.starts_with(|first: char| first.is_ascii_alphabetic()) && is_name()) || is_uuid(text)
}

/// True for a moment as the schema and the published rules of TS have it: at most four digits of a fraction, four of a zone.
fn is_timestamp(text: &str) -> bool {
    let (local, zone) = text.split_once(['+', '-']).unwrap_or((text, "0000"));
    let fraction = local.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    fraction <= 4 && zone.len() == 4
}

#[cfg(test)]
mod tests {
    use super::{is_timestamp, is_uid};

    #[test]
    fn a_moment_has_four_digits_of_a_fraction_and_of_a_zone() {
        assert!(["2024", "202401021530", "20240102153000.1234+0100"].iter().all(|text| is_timestamp(text)));
        assert!(!["20240102153000.12345", "20240102153000+01"].iter().any(|text| is_timestamp(text)));
    }

    #[test]
    fn an_identification_is_an_oid_a_uuid_or_a_reserved_name() {
        for uid in ["2.16.840.1.113883.2.4.6.3", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "HL7-EXAMPLE"] {
            assert!(is_uid(uid), "{uid}");
        }
        for other in ["http://example.org/id", "urn:oid:1.2.3", "1.2.03", "1..2", "1.2.", "3.1", "", "1.2.x"] {
            assert!(!is_uid(other), "{other}");
        }
    }
}
