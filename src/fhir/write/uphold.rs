//! What is written keeps the rules of FHIR, whatever a source says: what would break one is left out, or said otherwise.

use std::cmp::Ordering;

use crate::dataset::{DateTime, Text};
use crate::fhir::values::codec::extension;
use crate::fhir::values::urls;
use crate::plan::fhir::{Demand, ElementPath, Elements, FhirPlan, FieldIx, Fit, Law, Place};
use crate::tree::Tree;

/// What a rule of FHIR changed in a resource.
pub(super) enum Upheld {
    /// The value of this field was left out.
    LeftOut(FieldIx),
    /// Nothing was left out, but the source does not give what the rule wants.
    Noted,
}

/// Makes a resource keep a rule; `None` if it does already.
pub(super) fn uphold(plan: &FhirPlan, law: &Law, resource: &mut Tree) -> Option<Upheld> {
    match &law.demand {
        Demand::Ordered(first, second) => order(plan, *first, *second, resource).map(Upheld::LeftOut),
        Demand::Some(elements) => demand(&plan.elements, elements, resource).then_some(Upheld::Noted),
        Demand::Fits { profile, path, fit } => {
            (!fits(path, fit, resource)).then(|| disclaim(profile, resource)).map(|()| Upheld::Noted)
        }
    }
}

/// Takes one of two moments away if they are not known to follow each other.
fn order(plan: &FhirPlan, first: FieldIx, second: FieldIx, resource: &mut Tree) -> Option<FieldIx> {
    let path = |ix| match &plan.field(ix).place {
        Place::Role(_, path) => Some(path),
        _ => None,
    };
    let (from, to) = (path(first)?, path(second)?);
    if from.holders(resource).is_empty() {
        return None;
    }
    let (holder, _) = from.holder(&plan.elements, resource);
    let (from, to) = (&from.last().name, &to.last().name);
    let is_there = |name: &Text| holder.get(name).is_some() || holder.get(&format!("_{name}")).is_some();
    if !is_there(from) || !is_there(to) {
        return None;
    }
    let moment = |name: &Text| holder.text_at(name).and_then(|text| DateTime::from_fhir(text).ok());
    let (start, end) = (moment(from), moment(to));
    let order = start.zip(end).and_then(|(start, end)| start.compare(&end));
    if matches!(order, Some(Ordering::Less | Ordering::Equal)) {
        return None;
    }
    // What is no moment says less than what is one.
    let (name, lost) = if start.is_none() && end.is_some() { (from, first) } else { (to, second) };
    let companion = format!("_{name}");
    if let Tree::Object(members) = holder {
        members.retain(|(other, _)| other != name && *other != companion);
    }
    Some(lost)
}

/// Says of the first of some elements that it is not known, if none of them is there.
fn demand(elements: &Elements, wanted: &[Text], resource: &mut Tree) -> bool {
    let kind = elements.type_name(resource.text_at("resourceType").unwrap_or_default()).to_owned();
    let Tree::Object(members) = resource else { return false };
    let is_wanted = |name: &str| wanted.iter().any(|own| own == name.strip_prefix('_').unwrap_or(name));
    if members.iter().any(|(name, value)| is_wanted(name) && !value.is_empty()) {
        return false;
    }
    let Some(first) = wanted.first() else { return false };
    let absent = extension(urls::DATA_ABSENT, "valueCode", Tree::string("unknown"));
    elements.insert(&kind, members, &format!("_{first}"), absent);
    true
}

/// Takes the name of a profile from a resource that does not fit it: it is one of the plain type then.
fn disclaim(profile: &str, resource: &mut Tree) {
    let plain =
        format!("http://hl7.org/fhir/StructureDefinition/{}", resource.text_at("resourceType").unwrap_or_default());
    let claimed = resource.get_mut("meta").and_then(|meta| meta.get_mut("profile"));
    if let Some(Tree::Array(profiles)) = claimed {
        profiles
            .iter_mut()
            .filter(|own| own.text() == Some(profile))
            .for_each(|own| *own = Tree::string(plain.clone()));
    }
}

/// True if an element is as a profile wants it.
fn fits(path: &ElementPath, fit: &Fit, resource: &Tree) -> bool {
    let holders = path.holders(resource);
    let name = &path.last().name;
    let mut said = holders.iter().map(|holder| holder.text_at(name));
    match fit {
        Fit::OneOf(values) => said.all(|own| own.is_some_and(|own| values.iter().any(|value| value == own))),
        Fit::Between(least, greatest) => {
            let number = |own: &str| own.parse::<f64>().is_ok_and(|own| (*least..=*greatest).contains(&own));
            said.all(|own| own.is_none_or(number))
        }
        Fit::There => holders.iter().any(|holder| holder.get(name).is_some_and(|own| !own.is_empty())),
    }
}
