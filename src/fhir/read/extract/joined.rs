//! A text that is put together of the texts beside it: the family name of nl-core, which has the prefix in it.

use crate::plan::fhir::ElementPath;
use crate::tree::Tree;

/// The texts in extensions beside an element that it is put together of, if that is all there is in it.
pub(super) fn parts<'t>(path: &ElementPath, resource: &'t Tree, whole: &str) -> Option<Vec<&'t str>> {
    let is_own = |holder: &&Tree| path.last().items(holder).any(|item| item.text() == Some(whole));
    let holders = path.holders(resource).into_iter().filter(is_own);
    holders.into_iter().find_map(|holder| {
        let beside = holder.get(&format!("_{}", path.last().name)).map_or(&[][..], Tree::items).iter();
        let extensions = beside.filter_map(|beside| beside.get("extension")).flat_map(Tree::items);
        made_of(whole, extensions.filter_map(|extension| extension.text_at("valueString")).collect())
    })
}

/// The parts that a text is made of, in whatever order, with nothing else between them than spaces and hyphens.
fn made_of<'t>(whole: &str, mut parts: Vec<&'t str>) -> Option<Vec<&'t str>> {
    // What is part of another part is looked for behind it.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let mut rest = whole.to_owned();
    parts.retain(|part| {
        let at = rest.match_indices(part).map(|(at, _)| at).find(|at| {
            let is_apart = |character: Option<char>| character.is_none_or(|own| !own.is_alphanumeric());
            is_apart(rest[..*at].chars().next_back()) && is_apart(rest[at + part.len()..].chars().next())
        });
        let Some(at) = at.filter(|_| !part.trim().is_empty()) else { return false };
        // So that what stands before and after it does not become one word.
        rest.replace_range(at..at + part.len(), " ");
        true
    });
    rest.chars().all(|character| character.is_whitespace() || character == '-').then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::made_of;

    #[test]
    fn a_text_is_made_of_its_parts_or_of_more() {
        let parts = vec!["van den", "Berg", "Jansen"];
        for whole in ["van den Berg", "Jansen-van den Berg", "van den Berg - Jansen", "Berg"] {
            assert!(made_of(whole, parts.clone()).is_some_and(|parts| parts.contains(&"Berg")), "{whole}");
        }
        for whole in ["van den Bergh", "van den Berg (overleden)", "van de Berg", "vandenBerg", "Berg Berg"] {
            assert_eq!(made_of(whole, parts.clone()), None, "{whole}");
        }
    }
}
