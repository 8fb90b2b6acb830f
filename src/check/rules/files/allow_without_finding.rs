use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// Something is allowed that is not found.
    ///
    /// ## Why
    /// A permission that outlives its reason hides the next finding at that place.
    ///
    /// ## How to mend it
    /// Take it out of the column `allow`, or take the comment away.
    "OOI-008" "allow-without-finding" Warning run
}

/// Only known once all others have run: [`crate::check::check`] looks for these.
fn run(_: &Context<'_>, _: &mut Findings<'_>) {}
