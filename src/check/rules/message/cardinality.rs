use crate::check::Context;
use crate::check::rule::{Findings, rule};

rule! {
    /// A cardinality cannot be.
    ///
    /// ## Why
    /// More wanted than allowed, or nothing allowed at all: every message breaks the one or the other. A concept that is said to occur more often than
    /// the group of which it is the number or date is such a slip too.
    ///
    /// ## How to mend it
    /// Compare with the transaction in the publication.
    ///
    /// ## Example
    /// `messages/mini/concepts.csv`
    /// ```diff
    /// -8,2,1
    /// +8,0,1
    /// ```
    "OOI-205" "cardinality" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for message in &context.messages {
        let Some(uses) = message.concepts else { continue };
        for row in uses.rows() {
            let (min, max) = (row.get("min").parse::<u32>(), row.get("max").parse::<u32>());
            if let (Ok(min), Ok(max)) = (&min, &max)
                && max < min
            {
                findings.cell(
                    row,
                    "max",
                    format!("`max` {max} is less than `min` {min}"),
                    "compare with the transaction",
                );
            }
            if max == Ok(0) {
                findings.cell(row, "max", "nothing is allowed", "take the concept out of the transaction");
            }
            if min.is_ok_and(|min| min > 1) {
                findings.cell(row, "min", "the standard asks for no more than one", "compare with the transaction");
            }
        }
    }
}
