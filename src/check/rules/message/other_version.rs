use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::check::sheet::Row;

rule! {
    /// A message binds another version of a value set than the dataset has, or codes that the value set does not have.
    ///
    /// ## Why
    /// A demand that says "a member of the value set" holds a case against the codes of our table. If the message binds another version, a code of the one may be none of the other: a message is called legal
    /// that a receiver refuses, or the other way round.
    ///
    /// ## How to mend it
    /// Compare the two versions. Codes that the message lacks stand in `values`; if it has more or others, a demand `codes` lists all of them. If both have the same codes, allow this in the row.
    ///
    /// ## Example
    /// `messages/mini/demands.csv`
    /// ```diff
    /// -5,members,,,,,published,invented
    /// +5,members,,,,,invented,invented
    /// ```
    "OOI-218" "other-version" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    let sheets =
        context.messages.iter().filter_map(|message| context.sheet(&format!("messages/{}/demands.csv", message.name)));
    for row in sheets.flat_map(crate::check::Sheet::rows).filter(|row| row.get("demand") == "members") {
        other_version(context, row, findings);
    }
}

fn other_version(context: &Context<'_>, row: Row<'_>, findings: &mut Findings<'_>) {
    let Some(concept) = context.concept(row.sheet.path, row.get("concept")) else { return };
    let name = concept.get("value_set");
    let Some(set) = context.value_set(name) else {
        let message = format!("`{}` has no value set of which it could be a member", row.get("concept"));
        findings.cell(row, "concept", message, "list the codes with a demand `codes`, or mend the number");
        return;
    };
    let stray = row.get("values").split_whitespace().find(|code| !set.rows().any(|member| member.get("code") == *code));
    if let Some(code) = stray {
        findings.cell(
            row,
            "values",
            format!("`{code}` is no member of {name}, so that there is nothing to except"),
            "mend the code, or take it out",
        );
    }
    let version = row.get("version");
    let sources = || set.rows().map(|member| member.get("source"));
    if !version.is_empty() && !sources().any(|source| source.starts_with(version)) {
        let own = sources().next().unwrap_or_default();
        let message = format!("the message binds `{version}`, and {name} is of `{own}`");
        findings.cell(
            row,
            "version",
            message,
            "compare the two; except codes in `values`, or list all with a demand `codes`",
        );
    }
}
