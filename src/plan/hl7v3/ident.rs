//! What tells an element from its siblings, and the indexes to find it by.

use std::collections::HashMap;

use super::rows::Rows;
use super::{Bucket, Child, Element, ElementIx, Ident};
use crate::dataset::Text;
use crate::tables::TableError;

/// Fills in the identities and the buckets of all elements.
pub(super) fn index(
    elements: &mut [Element],
    places: &[(u64, Option<usize>)],
    rows: &Rows,
    skeleton: &str,
    labels: &[String],
) -> Result<(), TableError> {
    let idents: Vec<Ident> = elements.iter().map(|element| ident(elements, element)).collect();
    let mut inside: HashMap<usize, Vec<ElementIx>> = HashMap::new();
    for (at, element) in elements.iter().enumerate() {
        if let Some(parent) = element.parent {
            let ix = ElementIx(u32::try_from(at).unwrap_or(u32::MAX));
            inside.entry(parent.0 as usize).or_default().push(ix);
        }
    }
    for (at, children) in inside {
        let mut buckets: Vec<Bucket> = Vec::new();
        for child in children {
            let element = &elements[child.0 as usize];
            let same = |b: &Bucket| b.local == element.local && b.namespace == element.namespace;
            let at = buckets.iter().position(same).unwrap_or_else(|| {
                let (namespace, local) = (element.namespace, element.local.clone());
                buckets.push(Bucket { namespace, local, ..Bucket::default() });
                buckets.len() - 1
            });
            let bucket = &mut buckets[at];
            add(bucket, child, &idents[child.0 as usize]);
        }
        for bucket in &buckets {
            check(elements, bucket, places, rows, skeleton, labels)?;
        }
        elements[at].buckets = buckets;
    }
    for (element, ident) in elements.iter_mut().zip(idents) {
        element.ident = ident;
    }
    Ok(())
}

fn add(bucket: &mut Bucket, ix: ElementIx, ident: &Ident) {
    bucket.all.push(ix);
    for template in &ident.templates {
        bucket.by_template.entry(template.clone()).or_default().push(ix);
    }
    if let Some((code, _)) = &ident.code {
        bucket.by_code.entry(code.clone()).or_default().push(ix);
    }
    if ident.templates.is_empty() && ident.code.is_none() {
        bucket.open.push(ix);
    }
}

fn ident(elements: &[Element], element: &Element) -> Ident {
    let mut ident = Ident::default();
    for child in &element.children {
        let Child::Element(child) = child else { continue };
        let child = &elements[child.0 as usize];
        let fixed = |name: &str| -> Option<Text> {
            child.fixed.iter().find(|fixed| fixed.name == name).map(|fixed| fixed.value.clone())
        };
        if !child.filler {
            continue;
        }
        match child.local.as_str() {
            "templateId" => ident.templates.extend(fixed("root")),
            "code" => ident.code = fixed("code").map(|code| (code, fixed("codeSystem").unwrap_or_default())),
            _ => {}
        }
    }
    ident
}

/// Two elements that look the same cannot be told apart on reading.
fn check(
    elements: &[Element],
    bucket: &Bucket,
    places: &[(u64, Option<usize>)],
    rows: &Rows,
    skeleton: &str,
    labels: &[String],
) -> Result<(), TableError> {
    if bucket.all.len() < 2 {
        return Ok(());
    }
    let mut seen: HashMap<String, ElementIx> = HashMap::new();
    for ix in &bucket.all {
        if elements[ix.0 as usize].filler {
            continue;
        }
        let mut signature = String::new();
        sign(elements, *ix, labels, &mut signature);
        let Some(other) = seen.insert(signature, *ix) else { continue };
        let (line, row) = places[ix.0 as usize];
        let (other_line, other_row) = places[other.0 as usize];
        if let (Some(row), Some(other_row)) = (row, other_row) {
            let (row, other) = (&rows.list[row], &rows.list[other_row]);
            if row.line != other.line {
                let message = format!("its node looks the same as the one of line {}", other.line);
                return Err(rows.fault(row, "template", message));
            }
        }
        let message = format!("cannot be told from the element on line {other_line}");
        return Err(TableError { line, ..TableError::file(skeleton, message) });
    }
    Ok(())
}

/// All that is fixed in an element, as one text; labels and what may vary tell nothing.
fn sign(elements: &[Element], ix: ElementIx, labels: &[String], text: &mut String) {
    let element = &elements[ix.0 as usize];
    text.push('<');
    text.push_str(&element.local);
    let may_vary = |name: &Text| element.any.contains(name) || labels.iter().any(|label| label == name);
    for fixed in element.fixed.iter().filter(|fixed| !may_vary(&fixed.name)) {
        for part in [" ", &fixed.name, "=", &fixed.value] {
            text.push_str(part);
        }
    }
    if let Some(listed) = &element.listed {
        text.push_str(" in=");
        text.push_str(&listed.name);
    }
    text.push('>');
    text.push_str(&element.text);
    for child in &element.children {
        match child {
            Child::Element(child) => sign(elements, *child, labels, text),
            Child::Row => text.push('*'),
            Child::Rows(rows) => rows.iter().for_each(|row| sign(elements, *row, labels, text)),
        }
    }
    if let Some(rows) = &element.slot {
        for row in rows {
            sign(elements, *row, labels, text);
        }
    }
}
