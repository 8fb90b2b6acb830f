//! The reference pages, from the same source as the program.

use std::fmt::Write as _;

use super::registry::GROUPS;
use crate::tables::layout::LAYOUTS;

/// The page of all checks, in Markdown.
pub fn checks_page() -> String {
    let mut text = String::from(
        "# Checks of the mapping tables\n\nMade by `ooievaar mappings reference`; change the checks, not this page.\n\n\
         A finding that is right and should stay is allowed where it stands, with the reason: in the column `allow` of a table\n\
         (`OOI-###: reason`, with `;` between several), or in TOML and XML by a comment `allow OOI-###: reason` on the line or the one above.\n\n\
         An example is a change to the tables in `tests/tables/small`: wrong are the lines with `-`, right those with `+`.\n",
    );
    for group in GROUPS {
        let _ = write!(text, "\n## {}\n\n{}\n\n", group.title, group.about);
        text.push_str("| code | name | severity | what is wrong |\n|---|---|---|---|\n");
        for rule in group.rules {
            let _ = writeln!(text, "| {} | {} | {} | {} |", rule.code, rule.name, rule.severity.name(), rule.summary());
        }
        for rule in group.rules {
            let page = rule.manual().replace("\n## ", "\n#### ");
            let _ = writeln!(text, "\n##{}", page.trim_end());
        }
    }
    text
}

/// The page of all tables and columns, in Markdown.
pub fn columns_page() -> String {
    let mut text = String::from(
        "# Tables and columns\n\nMade by `ooievaar mappings reference`; change the layouts, not this page.\n\n\
         CSV: commas, double quotes where needed, a header line, UTF-8, LF. The files of spreadsheets (semicolons or tabs, CRLF, UTF-16, Windows-1252, a byte-order\n\
         mark) are read by the checker, and `ooievaar mappings fmt` mends them. The TOML files have JSON Schemas beside this page.\n",
    );
    for layout in LAYOUTS {
        let _ = write!(
            text,
            "\n## `{}`\n\n{}\n\n| column | holds | may be empty | meaning |\n|---|---|---|---|\n",
            layout.path, layout.about
        );
        for column in layout.columns {
            let empty = match (column.optional, column.may_be_empty) {
                (true, _) => "yes, or no column",
                (_, true) => "yes",
                _ => "no",
            };
            let holds = column.content.about().replace('|', "\\|");
            let _ = writeln!(text, "| `{}` | {holds} | {empty} | {} |", column.name, column.about.replace('|', "\\|"));
        }
    }
    text
}
