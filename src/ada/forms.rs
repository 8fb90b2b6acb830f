//! The forms in a document.

use roxmltree::{Document, Node};

/// The part of a document that holds its forms.
pub(super) const DATA: &str = "data";

/// The forms in a document, filled in each for itself: the document element, or what stands in `data`. `is_form` tells one
/// by the name of its element.
pub fn forms<'d, 'i>(document: &'d Document<'i>, is_form: impl Fn(&str) -> bool) -> Vec<Node<'d, 'i>> {
    let is_one = |node: &Node<'_, '_>| node.is_element() && is_form(node.tag_name().name());
    let top = document.root_element();
    if is_one(&top) {
        return vec![top];
    }
    let data = top.children().filter(|part| part.tag_name().name() == DATA);
    data.flat_map(|data| data.children()).filter(is_one).collect()
}
