use crate::check::rule::{Findings, rule};
use crate::check::{Context, allow};

rule! {
    /// A finding is allowed without a reason, or under a code that does not exist.
    ///
    /// ## Why
    /// Somebody will read the row after you. Without a reason there is no telling whether the finding is right, was right once, or was in the way.
    ///
    /// ## How to mend it
    /// Write `OOI-###: reason` in the column `allow`, or `# allow OOI-###: reason` above a line of TOML. Without a reason nothing is allowed.
    ///
    /// ## Example
    /// `messages/mini/skeleton.xml`
    /// ```diff
    ///    </o:patterns>
    /// -  <!-- allow OOI-212 -->
    ///    <templateId root="1.2.3.1" assigningAuthorityName="mini"/>
    /// ```
    "OOI-007" "allow-without-reason" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for allowed in allow::all(context.files) {
        let is_it = |(code, name): &(&str, &str)| code.eq_ignore_ascii_case(&allowed.code) || *name == allowed.code;
        let message = if !context.checks.iter().any(is_it) {
            format!("`{}` is no code of a check", allowed.code)
        } else if allowed.reason.is_empty() {
            format!("{} is allowed without a reason", allowed.code)
        } else {
            continue;
        };
        findings.at(&allowed.file, allowed.line, allowed.start, allowed.end, message, "write `OOI-###: reason`");
    }
}
