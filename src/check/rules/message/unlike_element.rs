use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::tables::SKELETON;

rule! {
    /// An element of a skeleton is unlike all others of its name and slot in one thing that they have in common.
    ///
    /// ## Why
    /// Elements of one name have one class and one mood, a reason has one type of relation, and a value carries its type. The one that differs is written as nobody expects it, and
    /// what others send there is lost.
    ///
    /// ## How to mend it
    /// Write it as the others are. If the publication has it so, allow it on the line above, with the reason.
    ///
    /// ## Example
    /// `messages/mini/skeleton.xml`
    /// ```diff
    /// -  <templateId root="1.2.3.2"/>
    /// +  <templateId root="1.2.3.2" assigningAuthorityName="mini"/>
    /// ```
    "OOI-214" "unlike-element" Error run
}

/// How many others there must be.
const SEVERAL: usize = 3;
/// What says which one an element is, and not what it is like.
const OWN: [&str; 11] = [
    "code",
    "codeSystem",
    "codeSystemName",
    "displayName",
    "root",
    "extension",
    "nullFlavor",
    "value",
    "negation",
    "slot",
    "else",
];

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let path = format!("messages/{}/skeleton.xml", message.name);
        let text = context.files.get(&path).and_then(|file| file.text.as_deref()).unwrap_or_default();
        let Ok(document) = Document::parse(text) else { continue };
        let mut alike: BTreeMap<(&str, &str, bool), Vec<Node<'_, '_>>> = BTreeMap::new();
        for node in
            document.descendants().filter(Node::is_element).filter(|node| node.tag_name().namespace() != Some(SKELETON))
        {
            let slot = node.attribute((SKELETON, "slot")).unwrap_or_default();
            let hole = node.has_attribute((SKELETON, "value"));
            alike.entry((node.tag_name().name(), slot, hole)).or_default().push(node);
        }
        for ((name, ..), nodes) in alike.iter().filter(|(_, nodes)| nodes.len() > SEVERAL) {
            for node in nodes {
                let others = || nodes.iter().filter(|other| *other != node);
                let Some(first) = others().next() else { continue };
                for attribute in first.attributes().filter(|attribute| !OWN.contains(&attribute.name())) {
                    let says = |node: &Node<'_, '_>| {
                        let own = node
                            .attributes()
                            .find(|own| own.name() == attribute.name() && own.namespace() == attribute.namespace());
                        own.map(|own| own.value().to_owned())
                    };
                    let all = others().all(|other| says(other).as_deref() == Some(attribute.value()));
                    let own = says(node);
                    if !all || own.as_deref() == Some(attribute.value()) {
                        continue;
                    }
                    let is = own.map_or_else(|| "is not there".to_owned(), |own| format!("says `{own}`"));
                    let message =
                        format!("`{}` {is}; every other <{name}> here has `{}`", attribute.name(), attribute.value());
                    let place = document.text_pos_at(node.range().start);
                    let width = u32::try_from(name.len() + 1).unwrap_or(1);
                    findings.at(
                        &path,
                        place.row,
                        place.col,
                        place.col + width,
                        message,
                        "write it as the others are, or allow it",
                    );
                }
            }
        }
    }
}
