//! Where FHIR says that a case is a test: a label on each resource, or on the bundle around them.

use crate::dataset::{Content, Dataset, Instance, NodeIx, Text, Value};
use crate::plan::fhir::TestMark;
use crate::tree::Tree;

pub(in crate::fhir) const META: &str = "meta";
/// Where the labels of a resource stand: where they are written, and where they are read too.
pub(in crate::fhir) const LABELS: [&str; 2] = ["security", "tag"];
/// True for an element of a bundle that holds its labels.
pub(in crate::fhir) fn is_label(within: &str, name: &str) -> bool {
    within == META && LABELS.contains(&name)
}

/// The labels of a resource, or of a bundle.
pub(in crate::fhir) fn labels(resource: &Tree) -> impl Iterator<Item = &Tree> {
    let meta = resource.get(META);
    LABELS.into_iter().filter_map(move |name| meta?.get(name))
}

/// The codes that an instance has for the concept.
pub(in crate::fhir) fn said<'i>(
    mark: &TestMark,
    dataset: &Dataset,
    instance: &'i Instance,
) -> impl Iterator<Item = (NodeIx, &'i Text)> {
    let leaves = instance.descendants(dataset, NodeIx::ROOT, mark.concept).into_iter();
    leaves.filter_map(|node| match &instance.node(node).content {
        Some(Content::Value(Value::Code(code))) => Some((node, &code.code)),
        _ => None,
    })
}
