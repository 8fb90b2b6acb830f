use crate::check::Context;
use crate::check::context::Message;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::{Row, Sheet};
use crate::dataset::Kind;
use crate::plan::hl7v3::Datatype;

rule! {
    /// The datatype of a message row does not go with the kind of the concept, or with the element that holds the value.
    ///
    /// ## Why
    /// A date in a coded value, a boolean where the element is an identifier: every value would be refused or misread.
    ///
    /// ## How to mend it
    /// Compare with the template, or with another row of the same kind. `negation` belongs to a hole for `negationInd`, `presence` to a node.
    ///
    /// ## Example
    /// `messages/mini/rows.csv`
    /// ```diff
    /// -8,Remark,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remark,BL,invented,
    /// +8,Remark,4.parts,observation,,1.2.3.8,48767-8,1.2.4,Remark,ST,invented,
    /// ```
    "OOI-204" "message-datatype" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let Some(rows) = message.rows else { continue };
        for row in rows.rows() {
            let Some(kind) = context.kind(rows.path, row.get("concept")) else { continue };
            let name = row.get("datatype");
            if name.is_empty() {
                if kind != Kind::Group && row.get("in") != "-" {
                    findings.cell(row, "datatype", "a value without a datatype", "name the datatype of the value");
                }
                continue;
            }
            let Some(datatype) = Datatype::from_name(name) else { continue };
            if !datatype.holds(kind) {
                let kind = format!("{kind:?}").to_lowercase();
                findings.cell(
                    row,
                    "datatype",
                    format!("`{name}` cannot hold a {kind}"),
                    "compare with a row of the same kind",
                );
                continue;
            }
            if let Some((hole, pattern)) = lacking(message, row, datatype) {
                let message = format!("pattern `{pattern}` has no hole `{hole}`, which a `{name}` fills");
                findings.cell(row, "pattern", message, "compare with a row of the same datatype");
                continue;
            }
            let Some(element) = element(message, row) else { continue };
            if !fits(&element, datatype) {
                let message = format!("`<{element}>` holds no `{name}`");
                findings.cell(row, "datatype", message, "compare with a row that fills the same element");
            }
        }
        alike(rows, findings);
    }
}

/// The hole of its own pattern that a value would fill, if the pattern does not have it.
fn lacking<'r>(message: &Message<'_>, row: Row<'r>, datatype: Datatype) -> Option<(&'static str, &'r str)> {
    let pattern = row.get("pattern");
    let marks = message.skeleton.as_ref()?.patterns.get(pattern)?;
    match datatype {
        Datatype::Presence => None,
        Datatype::Negation => (!marks.negations.contains("negation")).then_some(("negation", pattern)),
        _ => (!marks.values.contains_key("value")).then_some(("value", pattern)),
    }
}

/// The element that holds the value of a row, if it is one whose name fixes its datatype.
fn element(message: &Message<'_>, row: Row<'_>) -> Option<String> {
    let skeleton = message.skeleton.as_ref()?;
    let (marks, hole) = if row.get("pattern").is_empty() {
        match row.get("in").split_once('.') {
            Some((number, hole)) => {
                let owner =
                    message.rows?.rows().find(|r| r.get("concept") == number && !r.get("pattern").is_empty())?;
                (skeleton.patterns.get(owner.get("pattern"))?, hole)
            }
            None => (&skeleton.root, row.get("in")),
        }
    } else {
        (skeleton.patterns.get(row.get("pattern"))?, "value")
    };
    let hole = marks.values.get(hole)?;
    (!hole.typed).then(|| hole.element.clone())
}

/// True if an element of this name can hold the datatype: the names of HL7v3 fix it.
fn fits(element: &str, datatype: Datatype) -> bool {
    match element {
        "id" | "setId" => datatype == Datatype::Ii,
        _ if element.ends_with("Time") => matches!(datatype, Datatype::Ts | Datatype::Presence),
        // The one part of an address whose name looks like that of a code.
        "postalCode" => datatype == Datatype::St,
        _ if element == "code" || element.ends_with("Code") => datatype.is_coded(),
        _ => datatype != Datatype::Negation,
    }
}

/// Rows with one template state one datatype.
fn alike(rows: Sheet<'_>, findings: &mut Findings<'_>) {
    for row in rows.rows().filter(|row| !row.get("template").is_empty() && !row.get("datatype").is_empty()) {
        let same = || {
            rows.rows().filter(|other| {
                other.line() != row.line()
                    && !other.get("datatype").is_empty()
                    && ["template", "code", "code_system", "pattern"].iter().all(|c| other.get(c) == row.get(c))
            })
        };
        let agrees = same().any(|other| other.get("datatype") == row.get("datatype"));
        if same().count() >= 2
            && !agrees
            && let Some(other) = same().next()
        {
            let message = format!("other rows of this template say `{}`", other.get("datatype"));
            findings.cell(row, "datatype", message, "one template has one datatype");
        }
    }
}
