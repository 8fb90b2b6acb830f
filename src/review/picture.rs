//! The page that shows coverage.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::{Coverage, Section};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}\
table{border-collapse:collapse;margin:1rem 0 2rem}td,th{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}\
td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}text{font:14px system-ui,sans-serif}";

/// The page.
pub(super) fn page(coverage: &Coverage) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Coverage of the mapping tables</title>\
         <style>{STYLE}</style></head>\n<body>\n<h1>Coverage of the mapping tables</h1>\n"
    );
    html.push_str("<p>How much of what each transaction can say has a place in each format. A full bar means that nothing is lost for want of a place.</p>\n");
    if let Some(section) = coverage.sections.iter().find(|section| section.title == "Transactions") {
        html.push_str(&bars(section));
    }
    for section in &coverage.sections {
        let _ = writeln!(html, "<h2>{}</h2>\n<table>", section.title);
        let _ = write!(html, "<tr><th></th>");
        section.columns.iter().for_each(|column| {
            let _ = write!(html, "<th>{column}</th>");
        });
        html.push_str("</tr>\n");
        for (name, counts) in &section.lines {
            let _ = write!(html, "<tr><td>{}</td>", escape(name.as_str()));
            counts.iter().for_each(|count| {
                let _ = write!(html, "<td>{count}</td>");
            });
            html.push_str("</tr>\n");
        }
        html.push_str("</table>\n");
    }
    html.push_str("</body>\n</html>\n");
    html
}

const LABEL: usize = 430;
const BAR: usize = 400;
const STEP: usize = 34;

/// A bar for each part of each line: how much of the whole it is.
fn bars(section: &Section) -> String {
    let parts = section.columns.len().saturating_sub(1);
    let height = section.lines.len() * parts * STEP + 10;
    let width = LABEL + BAR + 140;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"Share of the concepts that have a place\">\n"
    );
    let mut y = 5;
    for (name, counts) in &section.lines {
        let whole = counts.first().copied().unwrap_or(0);
        for (column, count) in section.columns.iter().zip(counts).skip(1) {
            let filled = (BAR * count).checked_div(whole).unwrap_or(0);
            let percent = (100 * count).checked_div(whole).unwrap_or(0);
            let text = y + 18;
            let _ = writeln!(svg, "<text x=\"0\" y=\"{text}\">{}: {column}</text>", escape(name.as_str()));
            let _ = writeln!(svg, "<rect x=\"{LABEL}\" y=\"{y}\" width=\"{BAR}\" height=\"24\" fill=\"#e4e4e4\"/>");
            let _ = writeln!(svg, "<rect x=\"{LABEL}\" y=\"{y}\" width=\"{filled}\" height=\"24\" fill=\"#1f6f8b\"/>");
            let _ =
                writeln!(svg, "<text x=\"{}\" y=\"{text}\">{percent}% ({count} of {whole})</text>", LABEL + BAR + 8);
            y += STEP;
        }
    }
    svg.push_str("</svg>\n");
    svg
}
