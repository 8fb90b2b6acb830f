//! The report as one HTML page, readable by somebody who does not know the formats.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::report::{Report, or};
use super::tally::SHOWN_FROM;

/// Bars in a chart, rows in a table.
const SHOWN: usize = 15;

const STYLE: &str = "
:root{--ink:#1d2733;--soft:#5b6877;--line:#dde3ea;--bar:#2f6f9f;--bad:#b3402f;--ok:#3b7d4f;--paper:#fff;--ground:#f4f6f8}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9fabb8;--line:#36414d;--bar:#6fa9d6;--bad:#e08272;--ok:#7fc294;--paper:#1c232b;--ground:#141a20}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem}h1{margin:0 0 .25rem;font-size:1.7rem}h2{margin:0 0 .5rem;font-size:1.15rem}
p{margin:.25rem 0 .75rem;color:var(--soft)}.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:1.5rem 0}
.tiles div,section{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:1rem}.tiles b{display:block;font-size:1.6rem;line-height:1.2}
.tiles span{color:var(--soft)}section{margin:1rem 0;overflow-x:auto}.bad b{color:var(--bad)}.ok b{color:var(--ok)}
table{border-collapse:collapse;width:100%}svg+table{margin-top:1rem}th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-top:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{overflow-wrap:anywhere}svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink);font:14px system-ui,sans-serif}svg .soft{fill:var(--soft)}svg rect{fill:var(--bar)}svg rect.bad{fill:var(--bad)}svg rect.ok{fill:var(--ok)}
";

/// The whole page.
pub(super) fn html(report: &Report) -> String {
    let tally = &report.tally;
    let values = &tally.values;
    let mut page = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Ooievaar: report of a batch</title>");
    let _ = write!(page, "<style>{STYLE}</style></head><body><main><h1>Report of a batch</h1>");
    let _ = write!(page, "<p>{}</p><div class=\"tiles\">", headline(report));
    tile(&mut page, "", &grouped(tally.messages), "messages");
    tile(&mut page, "ok", &grouped(tally.converted), "converted");
    tile(
        &mut page,
        if tally.with_losses > 0 { "bad" } else { "ok" },
        &grouped(tally.with_losses),
        "of these, with losses",
    );
    tile(
        &mut page,
        if tally.failed > 0 { "bad" } else { "ok" },
        &grouped(tally.failed),
        "failed, see the quarantine list",
    );
    tile(&mut page, "", &grouped(tally.resources), "FHIR resources made");
    tile(&mut page, "", &format!("{:.0}", report.messages_per_second()), "messages a second");
    page.push_str("</div>");

    section(
        &mut page,
        "What became of the values",
        "Each value of a message is translated, or fixed by the format (what every message of the kind repeats), or lost for a reason that is named.",
    );
    let fates = [
        ("translated", values.translated, "ok"),
        ("fixed by the format", values.structural, ""),
        ("lost", values.lost, "bad"),
    ];
    bars(&mut page, &fates.map(|(label, count, class)| (label.to_owned(), count, class)));
    page.push_str("</section>");

    let losses = tally.top_losses();
    section(
        &mut page,
        "Losses by concept",
        "Values that have no place on the other side, by the concept of the standard; the largest first.",
    );
    if losses.is_empty() {
        page.push_str("<p>None.</p>");
    } else {
        let mut concepts = BTreeMap::<&str, u64>::new();
        for loss in &losses {
            *concepts.entry(or(&loss.name, "(not recognised as a concept)")).or_default() += loss.values;
        }
        let mut largest: Vec<(String, u64, &str)> =
            concepts.into_iter().map(|(name, count)| (last_words(name), count, "bad")).collect();
        largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        largest.truncate(SHOWN);
        bars(&mut page, &largest);
        page.push_str(
            "<table><tr><th>Concept<th>Reason<th>What to do<th class=\"n\">Values<th class=\"n\">Messages</tr>",
        );
        for loss in losses.iter().take(SHOWN) {
            let _ = write!(
                page,
                "<tr><td>{}<td>{}<td>{}<td class=\"n\">{}<td class=\"n\">{}</tr>",
                escape(or(&loss.name, "(not recognised as a concept)")),
                escape(loss.reason.as_str()),
                escape(loss.remedy.as_str()),
                grouped(loss.values),
                grouped(loss.messages)
            );
        }
        page.push_str("</table>");
        rest(&mut page, losses.len());
    }
    page.push_str("</section>");

    section(
        &mut page,
        "Failures",
        "Messages that could not be converted at all, by the code of the error. The quarantine list names each.",
    );
    let failures: Vec<_> = tally.failures.iter().map(|(code, count)| (code.clone(), *count, "bad")).collect();
    bars_or_none(&mut page, &failures);

    section(
        &mut page,
        "Unknown codes",
        &format!("Codes that are not in the value set of their concept, if {SHOWN_FROM} messages or more hold them."),
    );
    let codes = tally.shown_codes();
    if codes.is_empty() {
        page.push_str("<p>None.</p>");
    } else {
        page.push_str("<table><tr><th>Concept<th>Code<th>Code system<th class=\"n\">Messages</tr>");
        for code in codes.iter().take(SHOWN) {
            let _ = write!(
                page,
                "<tr><td>{}<td><code>{}</code><td><code>{}</code><td class=\"n\">{}</tr>",
                escape(code.concept.as_str()),
                escape(code.code.as_str()),
                escape(code.system.as_str()),
                grouped(code.messages)
            );
        }
        page.push_str("</table>");
        rest(&mut page, codes.len());
    }
    if tally.other_codes > 0 {
        let _ = write!(page, "<p>And {} that are too rare, or too odd, to show.</p>", grouped(tally.other_codes));
    }
    page.push_str("</section>");

    section(&mut page, "Sizes", "How many messages have at least so many bytes, and fewer than the next.");
    bars_or_none(&mut page, &histogram(&tally.sizes, |power| bytes(1 << power)));
    section(&mut page, "Durations", "How many messages took at least so long, and less than the next.");
    bars_or_none(&mut page, &histogram(&tally.durations, |power| duration(1 << power)));

    section(&mut page, "Slowest messages", "");
    page.push_str("<table><tr><th>Message<th class=\"n\">Time<th class=\"n\">Size</tr>");
    for slow in &tally.slowest {
        let (time, size) = (duration(slow.microseconds), bytes(slow.bytes));
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td class=\"n\">{time}<td class=\"n\">{size}</tr>",
            escape(slow.name.as_str())
        );
    }
    page.push_str("</table></section></main></body></html>\n");
    page
}

fn headline(report: &Report) -> String {
    let state = if report.complete { "Complete" } else { "Stopped before the end" };
    let runs = if report.runs == 1 { String::new() } else { format!(", {} runs together", report.runs) };
    let seconds = report.tally.seconds;
    format!(
        "{state}{runs}. {seconds:.1} seconds, {:.1} MB of messages a second. Made by Ooievaar {}.",
        report.megabytes_per_second(),
        escape(report.version.as_str())
    )
}

fn tile(page: &mut String, class: &str, number: &str, label: &str) {
    let _ = write!(page, "<div class=\"{class}\"><b>{number}</b><span>{label}</span></div>");
}

fn section(page: &mut String, title: &str, about: &str) {
    let _ = write!(page, "<section><h2>{title}</h2>");
    if !about.is_empty() {
        let _ = write!(page, "<p>{about}</p>");
    }
}

fn rest(page: &mut String, count: usize) {
    if let Some(more) = count.checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = write!(page, "<p>And {more} more, in the JSON report.</p>");
    }
}

fn bars_or_none(page: &mut String, rows: &[(String, u64, &str)]) {
    if rows.is_empty() {
        page.push_str("<p>None.</p>");
    } else {
        bars(page, rows);
    }
    page.push_str("</section>");
}

/// A chart of horizontal bars: label, count, class.
fn bars(page: &mut String, rows: &[(String, u64, &str)]) {
    const WIDTH: u64 = 900;
    const LABEL: u64 = 330;
    const BAR: u64 = 450;
    const ROW: u64 = 26;
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0).max(1);
    let height = rows.len() as u64 * ROW + 4;
    let _ = write!(page, "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">");
    for (at, (label, count, class)) in rows.iter().enumerate() {
        let y = at as u64 * ROW;
        // A bar that stands for something can be seen.
        let width = (u128::from(*count) * u128::from(BAR) / u128::from(most)).max(u128::from(*count > 0) * 2);
        let _ = write!(
            page,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><rect class=\"{class}\" x=\"{LABEL}\" y=\"{}\" width=\"{width}\" \
             height=\"18\" rx=\"2\"/><text class=\"soft\" x=\"{}\" y=\"{}\">{}</text>",
            LABEL - 10,
            y + 18,
            escape(label.as_str()),
            y + 4,
            u128::from(LABEL) + width + 8,
            y + 18,
            grouped(*count)
        );
    }
    page.push_str("</svg>");
}

/// Every power of two from the first to the last, also those that nothing has.
fn histogram(counts: &BTreeMap<u32, u64>, label: impl Fn(u32) -> String) -> Vec<(String, u64, &'static str)> {
    let (Some(first), Some(last)) = (counts.keys().next(), counts.keys().next_back()) else { return Vec::new() };
    (*first..=*last).map(|power| (label(power.min(62)), counts.get(&power).copied().unwrap_or(0), "")).collect()
}

/// The last part of a path of concepts, if the whole is too long for a chart.
fn last_words(name: &str) -> String {
    const FITS: usize = 42;
    let count = name.chars().count();
    if count <= FITS { name.to_owned() } else { format!("…{}", name.chars().skip(count - FITS).collect::<String>()) }
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}

fn duration(microseconds: u64) -> String {
    match microseconds {
        0..1000 => format!("{microseconds} µs"),
        1000..1_000_000 => format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100),
        _ => format!("{}.{} s", microseconds / 1_000_000, microseconds % 1_000_000 / 100_000),
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202F}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tally::{Slow, Tally};
    use super::*;

    #[test]
    fn a_page_needs_nothing_else_and_names_cannot_break_it() {
        let slow = Slow { name: "<script>&\"".to_owned(), microseconds: 1500, bytes: 2048 };
        let tally = Tally { slowest: vec![slow], sizes: BTreeMap::from([(3, 1), (6, 2)]), ..Tally::default() };
        let page = Report::new(tally, true).to_html();
        assert!(page.contains("&lt;script&gt;&amp;") && !page.contains("<script"));
        assert!(!page.contains("http") && !page.contains("src=") && !page.contains("href="));
        for label in ["8 bytes", "16 bytes", "32 bytes", "64 bytes", "1.5 ms", "2 KiB"] {
            assert!(page.contains(label), "{label}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1\u{202F}000", "1\u{202F}234\u{202F}567"]);
    }
}
