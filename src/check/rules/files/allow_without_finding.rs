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
    ///
    /// ## Example
    /// `messages/mini/skeleton.xml`
    /// ```diff
    ///    </o:patterns>
    /// -  <!-- allow OOI-212: the publication has this template -->
    ///    <templateId root="1.2.3.1" assigningAuthorityName="mini"/>
    /// ```
    "OOI-008" "allow-without-finding" Warning run
}

/// Only known once all others have run: [`crate::check::check`] looks for these.
fn run(_: &Context<'_>, _: &mut Findings<'_>) {}
