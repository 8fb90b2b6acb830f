//! Which of several a resource is read from where it has room for one: parts of two names are no name.

use crate::plan::fhir::{ElementPath, FhirPlan, Place, Role};
use crate::tree::Tree;

/// The one of several occurrences of the first element of a path (a name, an address) that all fields of a role are read from: the
/// first that holds something for them and that nothing changes, and of those the first that counts before the others. `None` if
/// there are not several, or each of them may be read.
pub(super) fn chosen<'t>(plan: &FhirPlan, role: &Role, path: &ElementPath, resource: &'t Tree) -> Option<&'t Tree> {
    let step = path.steps.first().filter(|_| is_plain(path))?;
    step.items(resource).nth(1)?;
    let kind = plan.elements.kind_of(&role.resource_type, &step.name);
    let fields = role.fields.iter().map(|ix| plan.field(*ix));
    let parts: Vec<&ElementPath> = fields
        .filter_map(|field| match &field.place {
            Place::Role(_, own) if is_plain(own) && own.steps[0].name == step.name => Some(own),
            _ => None,
        })
        .collect();
    if parts.len() < 2 && !plan.modifiers.have_ranks(kind) {
        return None;
    }
    let is_meant = |item: &&Tree| {
        !plan.modifiers.change_in((&role.resource_type, &step.name), kind, item)
            && parts.iter().any(|part| !part.select_in(item).is_empty())
    };
    let meant = step.items(resource).filter(is_meant);
    meant.min_by_key(|item| plan.modifiers.is_second(kind, item))
}

/// True for a path into the one occurrence of an element.
fn is_plain(path: &ElementPath) -> bool {
    let first = &path.steps[0];
    path.steps.len() > 1 && !first.append && first.conditions.is_empty() && first.tokens.is_empty()
}

/// True if an object that may hold the last element of a path is in another occurrence of its first than the chosen one.
pub(super) fn is_passed_over(chosen: Option<&Tree>, path: &ElementPath, holder: &Tree) -> bool {
    chosen.is_some_and(|item| !path.holders_in(item).iter().any(|own| std::ptr::eq(*own, holder)))
}
