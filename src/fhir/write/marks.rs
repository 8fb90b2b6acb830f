//! What marks all of a case as a test: each resource gets a label.

use crate::dataset::{Dataset, Instance};
use crate::fhir::values::label::{LABELS, META, said};
use crate::plan::fhir::TestMark;
use crate::tree::Tree;

/// What stands after the labels.
const AFTER: &str = "tag";

/// How to mark what is made of an instance, if it says that it is a test.
pub(super) fn of_case<'p>(mark: Option<&'p TestMark>, dataset: &Dataset, instance: &Instance) -> Option<&'p TestMark> {
    mark.filter(|mark| said(mark, dataset, instance).any(|(_, code)| mark.codes.contains(code)))
}

/// Labels a resource as a test, if it is one.
pub(super) fn put(mark: Option<&TestMark>, resource: &mut Tree) {
    let Some(mark) = mark else { return };
    let coding = [("system", &mark.system), ("code", &mark.code)];
    let coding = coding.map(|(name, value)| (name.into(), Tree::string(value.clone())));
    let label = (LABELS[0].into(), Tree::Array(vec![Tree::Object(coding.into())]));
    if let Some(Tree::Object(meta)) = resource.get_mut(META) {
        let at = meta.iter().position(|(name, _)| name == AFTER).unwrap_or(meta.len());
        meta.insert(at, label);
    } else if let Tree::Object(members) = resource {
        let at = members.len().min(2);
        members.insert(at, (META.into(), Tree::Object(vec![label])));
    }
}
