//! What a resource says is not so: whether a role can take it in.

use super::answer::{answer_leaves, is_silent, read_answer};
use super::codec::Used;
use crate::dataset::{Content, NullFlavor};
use crate::ledger::Reason;
use crate::plan::fhir::{Answer, Codec, ElementPath, FhirPlan, Field, Place, Role, Says};
use crate::terminology::Terminology;
use crate::tree::Tree;

/// True if one of the elements that change what a resource says (entered in error, not done) has a value for which
/// nothing in a role stands: it must not be read as if the element were not there.
pub(super) fn is_refused(
    plan: &FhirPlan,
    terminology: &Terminology,
    role: &Role,
    resource: &Tree,
    modifiers: &[(&str, &Tree)],
) -> bool {
    modifiers.iter().any(|(element, value)| {
        let (element, value) = (*element, *value);
        let is_fixed = role.pattern.get(element).is_some_and(|own| own.items().contains(value));
        let takes = |field: &Field| match (&field.codec, field.beside) {
            (Codec::Answer(answer), _) => answers(&plan.answers[*answer], element, value, resource),
            (_, Some(answer)) => {
                let answer = &plan.answers[answer];
                let may_be_unknown = !is_coded(terminology, role, field, resource);
                says(&answer.yes, element, value)
                    || (may_be_unknown
                        && [&answer.null, &answer.absent].iter().any(|state| says(state, element, value)))
            }
            _ => matches!(&field.place, Place::Role(_, path) if path.steps[0].name == element),
        };
        !is_fixed && !role.fields.iter().any(|ix| takes(plan.field(*ix)))
    })
}

/// True if a resource has a code for a field, which is not part of the pattern and no null flavour.
fn is_coded(terminology: &Terminology, role: &Role, field: &Field, resource: &Tree) -> bool {
    let Place::Role(_, path) = &field.place else { return false };
    let null_flavors = terminology.systems().uri(NullFlavor::SYSTEM);
    let is_fixed = |system: &str, code: &str| {
        let mut fixed = role.codings.iter().flat_map(|codings| codings.all.iter().chain(&codings.any));
        fixed.any(|(own_system, own_code)| own_system == system && own_code == code)
    };
    let concepts = path.select(resource);
    let mut codings = concepts.iter().flat_map(|concept| concept.get("coding").map_or(&[][..], Tree::items));
    codings.any(|coding| {
        let [system, code] = ["system", "code"].map(|name| coding.text_at(name).unwrap_or_default());
        system != null_flavors && !is_fixed(system, code)
    })
}

/// True if the value of an element is part of what an answer says.
fn answers(answer: &Answer, element: &str, value: &Tree, resource: &Tree) -> bool {
    let mut used = Used::default();
    if answer.clauses.is_empty() {
        answer_leaves(answer, resource, &mut used);
    } else if read_answer(answer, resource, &mut used).is_none() {
        return is_silent(answer, resource) && says(&answer.absent, element, value);
    }
    value.leaf().is_some_and(|leaf| used.leaves.contains(&leaf.ix))
}

fn says(state: &[(ElementPath, Tree)], element: &str, value: &Tree) -> bool {
    state.iter().any(|(path, own)| path.steps.len() == 1 && path.last().name == element && own == value)
}

/// What a value is when the elements beside it say whether it was found: a value that is denied, doubted or not known is no
/// value.
///
/// # Errors
/// [`Reason::Modifier`] if they do not say that it was found.
pub(super) fn beside(answer: &Answer, resource: &Tree, content: Content) -> Result<Content, Reason> {
    let is_null = matches!(&content, Content::Null { flavor, .. } if *flavor != NullFlavor::Other);
    let clause = answer.clauses.iter().find(|clause| clause.is_met(resource)).map(|clause| clause.says);
    match clause {
        Some(Says::Yes) => Ok(content),
        Some(Says::Null) if is_null => Ok(content),
        // It is written only: what it does not know refuses the resource.
        None if answer.clauses.is_empty() => Ok(content),
        _ => Err(Reason::Modifier),
    }
}

/// True if an element of a value (a number with a comparison, an old address) changes what the value says.
pub(super) fn is_changed(plan: &FhirPlan, path: &ElementPath, resource: &Tree, holder: &Tree, item: &Tree) -> bool {
    let own = path.steps.len() > 1 && plan.modifiers.may_concern(holder);
    if !own && !plan.modifiers.may_concern(item) {
        return false;
    }
    let kind = resource.text_at("resourceType").unwrap_or_default();
    let (last, outer) = path.steps.split_last().unwrap_or((path.last(), &[]));
    let holder_kind = outer.iter().fold(kind, |kind, step| plan.elements.kind_of(kind, &step.name));
    let item_kind = plan.elements.kind_of(holder_kind, &last.name);
    let of_holder = || plan.modifiers.of(holder_kind, holder).next().is_some();
    (!outer.is_empty() && of_holder()) || plan.modifiers.of(item_kind, item).next().is_some()
}
