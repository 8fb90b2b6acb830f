//! Runs the checks and keeps what they find.

use std::collections::BTreeSet;

use super::allow::{self, Allowed};
use super::consequences;
use super::files::File;
use super::refuted::refuted;
use super::registry;
use super::rule::Findings;
use super::sheet::Row;
use super::{Context, Diagnostic, Files, Severity};
use crate::tables::{LAYER, Source, TableError};

/// How to check.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Codes of warnings that count as errors; `all` for every one.
    pub raise: Vec<String>,
    /// Concepts that occur in an example; `None`: examples are not looked at.
    pub examples: Option<BTreeSet<String>>,
    /// Run every row both ways too, if the tables have no errors: it takes longer than all checks together.
    pub prove: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings, by file and place.
    pub findings: Vec<Diagnostic>,
    /// Findings that the tables allow, with the reason that they give.
    pub allowed: Vec<(Diagnostic, String)>,
    /// Number of files.
    pub files: usize,
    /// Number of rows of tables.
    pub rows: usize,
}

impl Report {
    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}

/// Checks all tables.
///
/// # Errors
/// If the files cannot be read at all. Whatever is wrong inside them is a finding.
pub fn check(source: &Source, options: &Options) -> Result<Report, TableError> {
    let source = source.laid();
    let written = Files::load(source.written())?;
    let files = Files::load(&source).map_err(|fault| source.located(fault))?;
    let mut context = Context::new(&files);
    context.checks = registry::all().map(|rule| (rule.code, rule.name)).collect();
    context.examples.clone_from(&options.examples);
    let permissions = allow::all(&files);
    context.faults.extend(source.faults());
    let mut found = registry::found(&context);
    found.retain(|finding| is_found_here(&source, finding));
    // What is laid over a faulty file is looked at when that is mended.
    let is_faulty = |finding: &Diagnostic| {
        let allowed = permissions.iter().any(|allowed| allowed.covers(finding));
        finding.severity == Severity::Error && !allowed && source.is_below(&finding.file)
    };
    let is_below_faulty = found.iter().any(is_faulty);
    found.retain(|finding| !(is_below_faulty && source.is_laid(&finding.file)));
    let mut found = consequences::without(&files, &context, found, &permissions);
    let stands = |finding: &Diagnostic| !permissions.iter().any(|allowed| allowed.covers(finding));
    if options.prove && !found.iter().any(|finding| finding.severity == Severity::Error && stands(finding)) {
        context.refuted = Some(refuted(&files));
        let rule = &super::rules::evidence::refuted_exact::RULE;
        (rule.run)(&context, &mut Findings::new(rule, &context, &mut found));
    }
    let mut report = settle(&context, found, &permissions);
    report.findings.retain(|finding| !(is_below_faulty && source.is_laid(&finding.file)));
    as_written(&source, &files, &written, &mut report);
    report.files = written.iter().count();
    report.rows = written.iter().filter_map(File::sheet).map(|sheet| sheet.raw.rows.len()).sum();
    for finding in &mut report.findings {
        if options.raise.iter().any(|code| code.eq_ignore_ascii_case("all") || code.eq_ignore_ascii_case(finding.code))
        {
            finding.severity = Severity::Error;
        }
    }
    Ok(report)
}

/// False for what a file below says that stands in one over it only because of that: what it needs (a permission), and what is
/// unlike the rest of its file, has another name, is a hole that no row fills, or has no example, is so where it is written.
fn is_found_here(source: &Source, finding: &Diagnostic) -> bool {
    use super::rules::{
        dataset::other_name,
        evidence::no_example,
        files::allow_without_finding,
        message::{unlike_element, unused_hole},
    };
    let there =
        [&allow_without_finding::RULE, &no_example::RULE, &other_name::RULE, &unlike_element::RULE, &unused_hole::RULE];
    let is_there = there.iter().any(|rule| rule.code == finding.code);
    !is_there || source.origin(&finding.file, u64::from(finding.line)).0 == finding.file
}

/// The table, and the line in it, that takes a template away of which the skeleton below a kind goes on to speak: nothing is wrong
/// with that skeleton. `below` is the file in which the line of the finding is written.
fn taken_away(files: &Files, written: &Files, finding: &Diagnostic, below: &str) -> Option<(String, u32)> {
    if finding.code != super::rules::message::skeleton_oid::RULE.code || finding.file == below {
        return None;
    }
    let table = |path: &str| path.rsplit_once('/').map(|(folder, _)| format!("{folder}/templates.csv"));
    let (own, below) = (table(&finding.file)?, table(below)?);
    let is_meant = |row: &Row<'_>| finding.text.contains(&format!("\"{}\"", row.get("template")));
    let concept = files.sheet(&below)?.rows().find(is_meant)?.get("concept");
    // A table that stands alone takes all of them away; that is said of the whole.
    let row = written.sheet(&own)?.rows().find(|row| !row.get(LAYER).is_empty() && row.get("concept") == concept);
    Some((own, row.map_or(1, Row::line)))
}

/// Findings where they are written, with those of the form of the files that are laid over others: what results has another form.
fn as_written(source: &Source, files: &Files, written: &Files, report: &mut Report) {
    report.findings.retain(|finding| is_found_here(source, finding));
    let own = report.findings.iter_mut().chain(report.allowed.iter_mut().map(|(finding, _)| finding));
    for finding in own.filter(|finding| finding.line > 0) {
        let (file, line) = source.origin(&finding.file, u64::from(finding.line));
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        if let Some((table, line)) = taken_away(files, written, finding, &file) {
            written.get(&table).map_or("", |file| file.line(line)).clone_into(&mut finding.text);
            (finding.start, finding.end) = (1, 1 + u32::try_from(finding.text.chars().count()).unwrap_or(1));
            (finding.file, finding.line) = (table, line);
        } else {
            (finding.file, finding.line) = (file, line);
        }
    }
    // These are in the files as they are written already.
    let laid = written.only(|path| source.is_laid(path));
    let context = Context::new(&laid);
    for rule in [
        &super::rules::files::unreadable::RULE,
        &super::rules::files::columns::RULE,
        &super::rules::files::refused_form::RULE,
    ] {
        (rule.run)(&context, &mut Findings::new(rule, &context, &mut report.findings));
    }
    report.findings.sort_by(|a, b| {
        (&a.file, a.line, a.start, a.code, &a.message).cmp(&(&b.file, b.line, b.start, b.code, &b.message))
    });
    report.findings.dedup();
    let mut seen: Vec<Diagnostic> = Vec::new();
    report.allowed.retain(|(finding, _)| {
        let is_new = !seen.contains(finding);
        seen.push(finding.clone());
        is_new
    });
}

/// Sets the allowed findings apart, and finds the permissions that nothing needs.
fn settle(context: &Context<'_>, found: Vec<Diagnostic>, permissions: &[Allowed]) -> Report {
    let mut report = Report::default();
    let mut used = vec![false; permissions.len()];
    for finding in found {
        let at = permissions.iter().position(|allowed| allowed.covers(&finding));
        match at {
            Some(at) => {
                used[at] = true;
                report.allowed.push((finding, permissions[at].reason.clone()));
            }
            None => report.findings.push(finding),
        }
    }
    let rule = &super::rules::files::allow_without_finding::RULE;
    let mut unneeded = Findings::new(rule, context, &mut report.findings);
    for (allowed, _) in permissions.iter().zip(used).filter(|(allowed, used)| !used && !allowed.reason.is_empty()) {
        // What only shows when somebody asks may be there, for all that is known.
        let unasked = match registry::find(&allowed.code).map(|rule| rule.name) {
            Some("no-example") => context.examples.is_none(),
            Some("refuted-exact") => context.refuted.is_none(),
            _ => false,
        };
        if unasked {
            continue;
        }
        let message = format!("{} is allowed here, but there is nothing to allow", allowed.code);
        unneeded.at(&allowed.file, allowed.line, allowed.start, allowed.end, message, "take the permission away");
    }
    report
}
