//! Yes, no, a null flavour and silence, where FHIR has no boolean for them.

use super::codec::{Used, extension, extension_value, weigh_absence};
use super::place::{Made, put, replace};
use super::urls;
use crate::dataset::{Content, NullFlavor, Value};
use crate::ledger::Reason;
use crate::plan::fhir::{AnswerForm, Clause, ElementPath, FhirPlan, NULL_PLACE, Says, Test};
use crate::tree::Tree;

/// Sets elements, replacing what the pattern has there.
pub(in crate::fhir) fn set_all(plan: &FhirPlan, values: &[(ElementPath, Tree)], resource: &mut Tree) {
    for (path, value) in values {
        replace(&plan.elements, resource, path, value.clone());
    }
}

/// Says yes, no or a null flavour in the way that an answer prescribes.
pub(in crate::fhir) fn write_answer(
    plan: &FhirPlan,
    answer: &AnswerForm,
    content: &Content,
    resource: &mut Tree,
) -> Result<(), Reason> {
    match content {
        Content::Value(Value::Boolean(false)) => set_all(plan, said(&answer.no)?, resource),
        Content::Null { flavor: NullFlavor::Other, .. } if answer.clauses.is_empty() => {
            set_all(plan, said(&answer.yes)?, resource);
        }
        Content::Null { original_text: Some(_), .. } if !answer.clauses.is_empty() => return Err(Reason::NullFlavor),
        Content::Null { flavor, .. } => write_null(plan, answer, *flavor, resource)?,
        // A yes; of a leaf that is no boolean it is enough that it has a value.
        Content::Value(_) => set_all(plan, said(&answer.yes)?, resource),
    }
    Ok(())
}

/// Says beside a code that it was found; a null flavour other than "other" says that nothing is known.
pub(in crate::fhir) fn write_beside(plan: &FhirPlan, answer: &AnswerForm, content: &Content, resource: &mut Tree) {
    set_all(plan, state(answer, says(content)), resource);
}

/// What a content says of whether there is something.
fn says(content: &Content) -> Says {
    match content {
        Content::Null { flavor, .. } if *flavor != NullFlavor::Other => Says::Null,
        _ => Says::Yes,
    }
}

/// The elements that may be written of an answer that is never read, where leaves hold this: each says its own.
pub(in crate::fhir) fn states_of<'a, 'c>(
    answer: &'a AnswerForm,
    contents: impl Iterator<Item = &'c Content>,
) -> Vec<&'a [(ElementPath, Tree)]> {
    let mut said: Vec<Says> = contents.map(says).collect();
    said.sort_unstable();
    said.dedup();
    if said.is_empty() { vec![&answer.absent] } else { said.into_iter().map(|says| state(answer, says)).collect() }
}

/// The elements with which an answer says something.
fn state(answer: &AnswerForm, says: Says) -> &[(ElementPath, Tree)] {
    match says {
        Says::Yes => &answer.yes,
        Says::No => &answer.no,
        Says::Null => &answer.null,
    }
}

fn said(values: &[(ElementPath, Tree)]) -> Result<&[(ElementPath, Tree)], Reason> {
    if values.is_empty() { Err(Reason::NoPlace) } else { Ok(values) }
}

fn write_null(plan: &FhirPlan, answer: &AnswerForm, flavor: NullFlavor, resource: &mut Tree) -> Result<(), Reason> {
    for (path, value) in said(&answer.null).map_err(|_| Reason::NullFlavor)? {
        replace(&plan.elements, resource, path, with_flavor(value, flavor));
    }
    if let Some(path) = &answer.null_on {
        let null = extension(urls::NULL_FLAVOR, "valueCode", Tree::string(flavor.code()));
        put(&plan.elements, resource, &companion_of(path), Made::plain(null))?;
    }
    Ok(())
}

fn with_flavor(value: &Tree, flavor: NullFlavor) -> Tree {
    match value {
        Tree::Leaf(leaf) if leaf.text.as_str() == NULL_PLACE => Tree::string(flavor.code()),
        Tree::Leaf(_) => value.clone(),
        Tree::Array(items) => Tree::Array(items.iter().map(|item| with_flavor(item, flavor)).collect()),
        Tree::Object(members) => {
            Tree::Object(members.iter().map(|(name, value)| (name.clone(), with_flavor(value, flavor))).collect())
        }
    }
}

fn companion_of(path: &ElementPath) -> ElementPath {
    let mut path = path.clone();
    let last = path.steps.len() - 1;
    path.steps[last].name = format!("_{}", path.steps[last].name).into();
    path
}

/// Reads a yes, no or null flavour; `None` if the resource is silent.
pub(in crate::fhir) fn read_answer(answer: &AnswerForm, resource: &Tree, used: &mut Used) -> Option<Content> {
    let clause = answer.clauses.iter().find(|clause| clause.is_met(resource))?;
    let content = match clause.says {
        Says::Yes => Content::Value(Value::Boolean(true)),
        Says::No => Content::Value(Value::Boolean(false)),
        Says::Null => Content::Null { flavor: flavor_in(answer, clause, resource)?, original_text: None },
    };
    for (path, test) in clause.tests.iter().filter(|(_, test)| !matches!(test, Test::Missing)) {
        path.select(resource).into_iter().filter(|item| is_item(item, test)).for_each(|item| used.take_all(item));
    }
    for item in answer.null_on.as_ref().map(companion_of).into_iter().flat_map(|path| path.select(resource)) {
        if clause.says == Says::Null { used.take_all(item) } else { weigh_absence(item, &content, used) }
    }
    take_state(state(answer, clause.says), resource, used);
    Some(content)
}

/// True if a resource gives several answers at once: a coding that says yes, and one that says no.
pub(in crate::fhir) fn is_contradictory(answer: &AnswerForm, resource: &Tree) -> bool {
    let is_coded = |clause: &&Clause| clause.tests.iter().any(|(_, test)| matches!(test, Test::Coding(..)));
    let mut said = answer.clauses.iter().filter(is_coded).filter(|clause| clause.is_met(resource));
    said.next().is_some_and(|first| said.any(|other| other.says != first.says))
}

impl Clause {
    /// True if a resource says what the clause looks for.
    pub(in crate::fhir) fn is_met(&self, resource: &Tree) -> bool {
        self.tests.iter().all(|(path, test)| is_met(path, test, resource))
    }
}

/// True if a resource has what is written when the question was not answered.
pub(in crate::fhir) fn is_silent(answer: &AnswerForm, resource: &Tree) -> bool {
    is_state(&answer.absent, resource)
}

fn is_met(path: &ElementPath, test: &Test, resource: &Tree) -> bool {
    let items = path.select(resource);
    if matches!(test, Test::Missing) { items.is_empty() } else { items.iter().any(|item| is_item(item, test)) }
}

fn is_item(item: &Tree, test: &Test) -> bool {
    match test {
        Test::Missing => false,
        Test::Is(value) => item == value,
        Test::Coding(system, code) => item.text_at("system") == Some(system) && item.text_at("code") == Some(code),
        Test::NullCoding(system) => {
            item.text_at("system") == Some(system) && item.text_at("code").and_then(NullFlavor::from_code).is_some()
        }
    }
}

/// The null flavour in the coding that a clause names, or in the extension of the answer.
fn flavor_in(answer: &AnswerForm, clause: &Clause, resource: &Tree) -> Option<NullFlavor> {
    let coded = clause.tests.iter().filter(|(_, test)| matches!(test, Test::NullCoding(_))).find_map(|(path, test)| {
        let coding = path.select(resource).into_iter().find(|item| is_item(item, test))?;
        coding.text_at("code").and_then(NullFlavor::from_code)
    });
    coded.or_else(|| {
        let path = companion_of(answer.null_on.as_ref()?);
        let holder = path.select(resource).into_iter().next()?;
        extension_value(holder, urls::NULL_FLAVOR, "valueCode")?.text().and_then(NullFlavor::from_code)
    })
}

/// The leaves of an answer that is written only, for the account.
pub(in crate::fhir) fn answer_leaves(answer: &AnswerForm, resource: &Tree, used: &mut Used) {
    for state in [&answer.yes, &answer.no, &answer.null, &answer.absent] {
        take_state(state, resource, used);
    }
}

/// The leaves that say beside a code that it was found, or that nothing is known.
pub(in crate::fhir) fn take_beside(answer: &AnswerForm, resource: &Tree, used: &mut Used) {
    for state in [&answer.yes, &answer.null, &answer.absent] {
        if is_state(state, resource) {
            take_state(state, resource, used);
            return;
        }
    }
}

fn is_state(values: &[(ElementPath, Tree)], resource: &Tree) -> bool {
    !values.is_empty() && values.iter().all(|(path, value)| path.select(resource).contains(&value))
}

/// The leaves of a resource with which it says one of the states of an answer.
pub(in crate::fhir) fn take_state(values: &[(ElementPath, Tree)], resource: &Tree, used: &mut Used) {
    for (path, value) in values {
        path.select(resource).into_iter().filter(|item| *item == value).for_each(|item| used.take_all(item));
    }
}
