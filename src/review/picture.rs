//! The page that shows coverage.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::counts::{Coverage, Line, Section, shown};

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6877;--line:#dde3ea;--bar:#1f6f8b;--rest:#dfe4ea;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9fabb8;--line:#36414d;--bar:#5fb0cc;--rest:#36414d;--paper:#1c232b}}
*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.25rem;margin:2rem 0 .25rem}h3{font-size:1rem;margin:1.25rem 0 .25rem}p{margin:.25rem 0 .75rem;color:var(--soft)}
dl{display:grid;grid-template-columns:4rem 1fr 9.5rem;gap:.35rem .75rem;align-items:center;margin:0}dt{margin:0}dd{margin:0;font-variant-numeric:tabular-nums}dd.none{grid-column:2/4;color:var(--soft)}
svg{display:block;width:100%;height:1.4rem;print-color-adjust:exact}.bar{fill:var(--bar)}.rest{fill:var(--rest)}
@media(max-width:34rem){dl{grid-template-columns:4rem 1fr}dd.none,dd.count{grid-column:2}}
.table{overflow-x:auto}table{border-collapse:collapse}th,td{padding:.2rem .9rem .2rem 0;text-align:right;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th{font-weight:600;vertical-align:bottom}tbody th{font-weight:400}th:first-child{text-align:left}
@media print{.table{overflow:visible}h3,dl,tr{break-inside:avoid}}
";

impl Coverage {
    /// A page of its own: no script, no style sheet, no font from elsewhere.
    pub fn html(&self) -> String {
        page(self)
    }
}

fn page(coverage: &Coverage) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Coverage of the mapping tables</title>\n<style>{STYLE}</style></head>\n<body>\n<h1>Coverage of the mapping tables</h1>\n"
    );
    html.push_str("<p>How much of what each transaction of the standard can say has a place in each format. A full bar means that nothing is lost for want of a place.</p>\n");
    if let Some(section) = coverage.sections.iter().find(|section| section.title == "Transactions") {
        for line in &section.lines {
            bars(&mut html, line);
        }
    }
    for section in &coverage.sections {
        table(&mut html, section);
    }
    html.push_str("</body>\n</html>\n");
    html
}

/// The formats, in the order of the counts of a transaction after those of the standard and of the tables.
const FORMATS: &[(&str, &str)] =
    &[("HL7v3", "no HL7v3 message of its own in the tables"), ("FHIR", "its dataset is not bound to FHIR")];

/// A bar for each format: how much of the transaction has a place there.
fn bars(html: &mut String, line: &Line) {
    let whole = line.counts.first().copied().flatten().unwrap_or(0);
    let _ = writeln!(html, "<h3>{}</h3>\n<dl>", escape(line.title.as_str()));
    for ((format, without), count) in FORMATS.iter().zip(line.counts.iter().skip(2)) {
        let Some(count) = count else {
            let _ = writeln!(html, "<dt>{format}</dt><dd class=\"none\">{without}</dd>");
            continue;
        };
        // Rounded down: a hundred says that all of them have a place.
        let percent = (100 * count).checked_div(whole).unwrap_or(0);
        let _ = writeln!(
            html,
            "<dt>{format}</dt><dd><svg viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{percent} percent\">\
             <rect class=\"rest\" width=\"100\" height=\"1\"/><rect class=\"bar\" width=\"{percent}\" height=\"1\"/></svg></dd>\
             <dd class=\"count\">{percent}% ({count} of {whole})</dd>"
        );
    }
    html.push_str("</dl>\n");
}

fn table(html: &mut String, section: &Section) {
    let _ = writeln!(
        html,
        "<h2>{0}</h2>\n<p>{1}</p>\n<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>\n<thead><tr><th scope=\"col\">name</th>",
        section.title, section.about
    );
    for column in &section.columns {
        let _ = write!(html, "<th scope=\"col\">{column}</th>");
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for line in &section.lines {
        let _ = write!(html, "<tr><th scope=\"row\">{}</th>", escape(line.name.as_str()));
        for count in &line.counts {
            let _ = write!(html, "<td>{}</td>", shown(*count));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
}
