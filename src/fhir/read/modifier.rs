//! What a resource says is not so: whether a role can take it in.

use crate::dataset::{Content, NullFlavor};
use crate::fhir::values::answer::{answer_leaves, is_silent, read_answer};
use crate::fhir::values::codec::Used;
use crate::ledger::Reason;
use crate::plan::fhir::{AnswerForm, Codec, ElementPath, FhirPlan, Field, Place, Role, Says, Step};
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

/// True if an element of a resource says of an answer that it is not known whether it is so.
pub(super) fn is_doubted(answer: &AnswerForm, element: &str, value: &Tree) -> bool {
    !says(&answer.yes, element, value) && [&answer.null, &answer.absent].iter().any(|state| says(state, element, value))
}

/// True if a resource has a value for a field, and no null flavour other than "other".
pub(super) fn states(terminology: &Terminology, field: &Field, resource: &Tree) -> bool {
    let Place::Role(_, path) = &field.place else { return false };
    let null_flavors = terminology.systems().uri(NullFlavor::SYSTEM);
    let is_null = |coding: &Tree| {
        let flavor = coding.text_at("code").and_then(NullFlavor::from_code);
        coding.text_at("system") == Some(&null_flavors) && flavor.is_some_and(|flavor| flavor != NullFlavor::Other)
    };
    path.select(resource).into_iter().any(|value| match value.get("coding") {
        Some(codings) => !codings.items().iter().any(is_null),
        None => !value.is_empty(),
    })
}

/// True if the value of an element is part of what an answer says.
fn answers(answer: &AnswerForm, element: &str, value: &Tree, resource: &Tree) -> bool {
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
pub(super) fn beside(answer: &AnswerForm, resource: &Tree, content: Content) -> Result<Content, Reason> {
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

/// True if the code of a resource says more than the question of its role: another code of the same system beside it. What is
/// denied is then that (a trisomy), and not all that the question asks for (any disorder of a chromosome).
pub(super) fn is_narrower(role: &Role, resource: &Tree) -> bool {
    let of_code = role.codings.iter().filter(|codings| codings.path.steps[0].name == "code");
    of_code.into_iter().any(|own| {
        let known = || own.all.iter().chain(&own.any);
        own.path.select(resource).into_iter().any(|coding| {
            let [system, code] = ["system", "code"].map(|name| coding.text_at(name).unwrap_or_default());
            known().any(|(same, _)| same == system) && !known().any(|(_, same)| same == code)
        })
    })
}

/// True if an element of a value (a number with a comparison, an old address), or of what it stands in, changes what the value says:
/// an item of the last element of a path in its `holder`, or what stands there in its place.
pub(super) fn is_changed(
    plan: &FhirPlan,
    path: &ElementPath,
    resource: &Tree,
    holder: &Tree,
    item: Option<&Tree>,
) -> bool {
    let kind = resource.text_at("resourceType").unwrap_or_default();
    let Some((last, steps)) = path.steps.split_last() else { return false };
    let Some((changed, kind)) = changes(plan, steps, kind, resource, holder) else { return false };
    let own = plan.elements.kind_of(kind, &last.name);
    changed
        || item.is_some_and(|item| plan.modifiers.change_in((kind, &last.name), own, item))
        || is_changed_beside(plan, own, holder.get(&format!("_{}", last.name)))
        || item.is_some_and(|item| {
            let Tree::Object(members) = item else { return false };
            members.iter().any(|(name, beside)| {
                let plain = name.strip_prefix('_');
                plain.is_some_and(|plain| is_changed_beside(plan, plan.elements.kind_of(own, plain), Some(beside)))
            })
        })
}

/// True if what stands beside a primitive changes what it says.
fn is_changed_beside(plan: &FhirPlan, kind: &str, beside: Option<&Tree>) -> bool {
    beside.is_some_and(|beside| beside.items().iter().any(|beside| plan.modifiers.change(kind, beside)))
}

/// The same for the elements from one down to another, with the type of that: `None` if it is not in it.
fn changes<'p>(
    plan: &'p FhirPlan,
    steps: &[Step],
    kind: &'p str,
    tree: &Tree,
    holder: &Tree,
) -> Option<(bool, &'p str)> {
    let Some((step, rest)) = steps.split_first() else { return std::ptr::eq(tree, holder).then_some((false, kind)) };
    let inner_kind = plan.elements.kind_of(kind, &step.name);
    step.items(tree).find_map(|inner| {
        let (changed, found) = changes(plan, rest, inner_kind, inner, holder)?;
        Some((changed || plan.modifiers.change_in((kind, &step.name), inner_kind, inner), found))
    })
}
