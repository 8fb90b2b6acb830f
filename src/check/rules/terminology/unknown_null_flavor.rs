use crate::check::Context;
use crate::check::rule::{Findings, rule};
use crate::dataset::NullFlavor;

rule! {
    /// A code of the system of null flavours is no null flavour.
    ///
    /// ## Why
    /// The null flavours are a closed list. A value with another code is neither an answer nor the absence of one, and is refused.
    ///
    /// ## How to mend it
    /// Write the null flavour that was meant (`NI`, `UNK`, `OTH`, …), or name the system that the code is of.
    ///
    /// ## Example
    /// `value-sets/Colour.csv`
    /// ```diff
    /// -OHT,2.16.840.1.113883.5.1008,other,3,invented
    /// +OTH,2.16.840.1.113883.5.1008,other,3,invented
    /// ```
    "OOI-410" "unknown-null-flavour" Error run
}

fn run(context: &Context<'_>, findings: &mut Findings<'_>) {
    for sheet in context.sheets() {
        for (code, system) in [("code", "code_system"), ("source_code", "source_system")] {
            for row in sheet.rows().filter(|row| row.get(system) == NullFlavor::SYSTEM) {
                if NullFlavor::from_code(row.get(code)).is_none() {
                    findings.cell(
                        row,
                        code,
                        format!("`{}` is no null flavour", row.get(code)),
                        "mend the code or its system",
                    );
                }
            }
        }
    }
}
