//! The report as one HTML page, readable by somebody who does not know the formats.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::report::Report;
use super::tally::SHOWN_FROM;

/// Bars in a chart, rows in a table.
const SHOWN: usize = 15;

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6877;--line:#dde3ea;--bar:#2f6f9f;--bad:#b3402f;--ok:#3b7d4f;--paper:#fff;--ground:#f4f6f8}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9fabb8;--line:#36414d;--bar:#6fa9d6;--bad:#e08272;--ok:#7fc294;--paper:#1c232b;--ground:#141a20}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem}h1{margin:0 0 .25rem;font-size:1.7rem}h2{margin:0 0 .5rem;font-size:1.15rem}
p{margin:.25rem 0 .75rem;color:var(--soft)}p.bad{color:var(--bad)}.tiles{display:grid;grid-template-columns:repeat(3,1fr);gap:1rem;margin:1.5rem 0}
.tiles div,section{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:1rem}.tiles b{display:block;font-size:1.6rem;line-height:1.2}
.tiles span{color:var(--soft)}section{margin:1rem 0;overflow-x:auto}.tiles .bad b{color:var(--bad)}.tiles .ok b{color:var(--ok)}
table{border-collapse:collapse;width:100%}.bars+table{margin-top:1rem}th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-top:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n,td.c{white-space:nowrap}code{overflow-wrap:anywhere}td.c code{overflow-wrap:normal}
.bars{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.25rem .75rem;align-items:center;font-size:.9rem}.bars>span{text-align:right}
.bars>div{display:flex;align-items:center;gap:.5rem;color:var(--soft);font-variant-numeric:tabular-nums;padding-right:5rem}
.bars i{display:block;flex:none;min-width:2px;height:1.1rem;border-radius:2px;background:var(--bar);print-color-adjust:exact;-webkit-print-color-adjust:exact}
.bars i.bad{background:var(--bad)}.bars i.ok{background:var(--ok)}
@media(max-width:40rem){.tiles{grid-template-columns:1fr 1fr}.bars.long{grid-template-columns:1fr;gap:0}.bars.long>span{text-align:left}.bars.long>div{margin-bottom:.4rem}td.c{white-space:normal}td.c code{overflow-wrap:anywhere}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--bar:#2f6f9f;--bad:#b3402f;--ok:#3b7d4f;--paper:#fff;--ground:#fff}main{max-width:none;padding:0}section,tr,.tiles{break-inside:avoid}}
";

impl Report {
    /// The report as one HTML page that needs nothing else.
    pub fn to_html(&self) -> String {
        html(self)
    }
}

/// The whole page.
fn html(report: &Report) -> String {
    let tally = &report.tally;
    let values = &tally.values;
    let mut page = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Ooievaar: report of a batch</title>");
    let _ = write!(page, "<style>{STYLE}</style></head><body><main><h1>Report of a batch</h1>");
    let _ = write!(page, "<p>{}</p>", headline(report));
    if tally.messages == 0 {
        page.push_str("<p class=\"bad\">There was nothing to convert.</p>");
    }
    if let Some(missing) = report.missing_text() {
        let _ = write!(page, "<p class=\"bad\">The reports of these parts are missing: {missing}.</p>");
    }
    page.push_str("<div class=\"tiles\">");
    tile(&mut page, "", &grouped(tally.messages), "messages");
    tile(&mut page, if tally.converted > 0 { "ok" } else { "" }, &grouped(tally.converted), "converted");
    tile(
        &mut page,
        if tally.with_losses > 0 { "bad" } else { "" },
        &grouped(tally.with_losses),
        "of these, with losses",
    );
    tile(&mut page, if tally.failed > 0 { "bad" } else { "" }, &grouped(tally.failed), "not converted");
    tile(&mut page, "", &grouped(tally.resources), "FHIR resources made");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is for reading")]
    let rate = report.messages_per_second().round() as u64;
    tile(&mut page, "", &grouped(rate), "messages a second");
    page.push_str("</div>");

    section(
        &mut page,
        "What became of the values",
        "Each value of a message is translated, or fixed by the format (what every message of the kind repeats), or lost for a reason that is named. Of some that are in the output something has to be told.",
    );
    let fates = [
        ("translated", values.translated, "ok"),
        ("fixed by the format", values.structural, ""),
        ("told, but written", values.told, ""),
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
            *concepts.entry(loss.shown()).or_default() += loss.values;
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
                escape(loss.shown()),
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

    told(&mut page, report);
    lacking(&mut page, report);

    section(
        &mut page,
        "Failures",
        "Messages that could not be converted at all. The list quarantine.ndjson in the output folder names each, with the place and what to do.",
    );
    let mut failures: Vec<_> = tally.failures.iter().map(|(code, count)| (code.clone(), *count, "bad")).collect();
    failures.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if failures.is_empty() {
        page.push_str("<p>None.</p>");
    } else {
        bars(&mut page, &failures);
        page.push_str("<table><tr><th>Code<th>Meaning</tr>");
        for (code, ..) in &failures {
            let _ =
                write!(page, "<tr><td class=\"c\"><code>{}</code><td>{}</tr>", escape(code.as_str()), meaning(code));
        }
        page.push_str("</table>");
    }
    page.push_str("</section>");

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
                "<tr><td>{}<td class=\"c\"><code>{}</code><td class=\"c\"><code>{}</code><td class=\"n\">{}</tr>",
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
        let _ = write!(
            page,
            "<p>And {} that are too rare, or too odd, to show. The list losses.ndjson in the output folder has their places.</p>",
            grouped(tally.other_codes)
        );
    }
    page.push_str("</section>");

    section(&mut page, "Sizes", "How many messages have at least so many bytes, and fewer than the next.");
    bars_or_none(&mut page, &histogram(&tally.sizes, |power| bytes(1 << power)));
    section(&mut page, "Durations", "How many messages took at least so long, and less than the next.");
    bars_or_none(&mut page, &histogram(&tally.durations, |power| duration(1 << power)));

    section(&mut page, "Slowest messages", "Of a long number in a name only the end is shown.");
    page.push_str(if tally.slowest.is_empty() {
        "<p>None.</p>"
    } else {
        "<table><tr><th>Message<th class=\"n\">Time<th class=\"n\">Size</tr>"
    });
    for slow in &tally.slowest {
        let (time, size) = (duration(slow.microseconds), bytes(slow.bytes));
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td class=\"n\">{time}<td class=\"n\">{size}</tr>",
            escape(slow.name.as_str())
        );
    }
    page.push_str(if tally.slowest.is_empty() { "" } else { "</table>" });
    page.push_str("</section></main></body></html>\n");
    page
}

/// What had to be told of values that are in the output all the same.
fn told(page: &mut String, report: &Report) {
    let told = report.tally.top_told();
    if told.is_empty() {
        return;
    }
    section(page, "Told, but written", "Values that are in the output, with something that a receiver should know.");
    page.push_str("<table><tr><th>Concept<th>Reason<th>What to do<th class=\"n\">Messages</tr>");
    for loss in told.iter().take(SHOWN) {
        let _ = write!(
            page,
            "<tr><td>{}<td>{}<td>{}<td class=\"n\">{}</tr>",
            escape(loss.shown()),
            escape(loss.reason.as_str()),
            escape(loss.remedy.as_str()),
            grouped(loss.messages)
        );
    }
    page.push_str("</table>");
    rest(page, told.len());
    page.push_str("</section>");
}

/// What the messages lack that were written.
fn lacking(page: &mut String, report: &Report) {
    let Some(summary) = report.lacking_text() else { return };
    let missing = report.tally.top_missing();
    let about = format!(
        "{summary}. Nothing was made up; a receiver may refuse them. The list missing.ndjson in the output folder names each."
    );
    section(page, "What messages lack", &about);
    page.push_str("<table><tr><th>Concept<th>Demand<th>What to do<th class=\"n\">Times<th class=\"n\">Messages</tr>");
    for missing in missing.iter().take(SHOWN) {
        let _ = write!(
            page,
            "<tr><td>{}<td>{}<td>{}<td class=\"n\">{}<td class=\"n\">{}</tr>",
            escape(missing.name.as_str()),
            escape(missing.demand.as_str()),
            escape(missing.remedy.as_str()),
            grouped(missing.times),
            grouped(missing.messages)
        );
    }
    page.push_str("</table>");
    rest(page, missing.len());
    page.push_str("</section>");
}

/// What a code of an error means, for who does not know the format.
fn meaning(code: &str) -> &'static str {
    match code {
        "container" => "An archive or a file with many messages is damaged, or packed in a way that is not known.",
        "empty" => "There is nothing in the file.",
        "encoding" => "The text holds characters that are not in the encoding that it declares.",
        "frame" => "A line is not the JSON object that holds a message.",
        "internal" => "The program itself failed. It should be reported to its makers.",
        "link" => "An archive holds a reference to a file in place of the file.",
        "loop" => "A folder holds a link to a folder above it.",
        "no-binding" => "It is a message that cannot be written in the format that was asked for.",
        "no-case" => "Some resources belong to none of the cases in it.",
        "not-text" => "It is no message, but something like a picture or a PDF.",
        "nothing-clinical" => "Nothing clinical in it is understood.",
        "nothing-recognised" => "It is FHIR, but nothing in it is of a profile that is known.",
        "reference-day" => "Its dates count from a day that was not given (--reference-day).",
        "several-messages" => "It is one document with several messages in it.",
        "shared-too-much" => "The cases in it have so much in common that reading each would take too much.",
        "two-persons" => "It says of one person that she is two.",
        "syntax" => "It is damaged, or was cut off.",
        "taken-back" => "It says of itself that it is denied, intended or withdrawn.",
        "too-large" => "It is larger than one message may be.",
        "unknown-template" => "It is a message of another kind, or another release, than the tables know.",
        "unreadable" => "The file or folder could not be read: it is gone, or may not be read.",
        "which-current" => "Several may be the current one (the pregnancy), and it does not say which.",
        "which-kind" => {
            "It is FHIR that names no kind of message, and several kinds hold as much of it: --message says which."
        }
        "wrong-kind" => "It is a sound document, but of another kind.",
        _ => "",
    }
}

fn headline(report: &Report) -> String {
    let state = match report {
        Report { complete: true, .. } => "Complete",
        Report { stopped: 0, .. } => "Without some of its parts",
        _ => "Stopped before the end",
    };
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

/// A chart of horizontal bars: label, count, class. Long labels stand above their bars where there is little room.
fn bars(page: &mut String, rows: &[(String, u64, &str)]) {
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0).max(1);
    let is_long = rows.iter().any(|row| row.0.chars().count() > 20);
    let _ = write!(page, "<div class=\"bars{}\">", if is_long { " long" } else { "" });
    for (label, count, class) in rows {
        let thousandths = u128::from(*count) * 1000 / u128::from(most);
        let width = format!("{}.{}", thousandths / 10, thousandths % 10);
        let bar =
            if *count > 0 { format!("<i class=\"{class}\" style=\"width:{width}%\"></i>") } else { String::new() };
        let _ = write!(page, "<span>{}</span><div>{bar}{}</div>", escape(label.as_str()), grouped(*count));
    }
    page.push_str("</div>");
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
    use super::super::{Shard, Whole};
    use super::*;

    #[test]
    fn a_page_needs_nothing_else_and_names_cannot_break_it() {
        let slow = Slow { name: "<script>&\"".to_owned(), microseconds: 1500, bytes: 2048 };
        let tally = Tally { slowest: vec![slow], sizes: BTreeMap::from([(3, 1), (6, 2)]), ..Tally::default() };
        let page = Report::new(tally, Shard::WHOLE, Whole::default(), true).to_html();
        assert!(page.contains("&lt;script&gt;&amp;") && !page.contains("<script"));
        assert!(!page.contains("http") && !page.contains("src=") && !page.contains("href="));
        for label in ["8 bytes", "16 bytes", "32 bytes", "64 bytes", "1.5 ms", "2 KiB"] {
            assert!(page.contains(label), "{label}");
        }
    }

    #[test]
    fn a_page_about_nothing_says_so_and_one_that_misses_parts_names_them() {
        let report = |part: &str, messages| {
            Report::new(Tally { messages, ..Tally::default() }, part.parse().unwrap(), Whole::default(), true)
        };
        assert!(report("1/1", 0).to_html().contains("nothing to convert"));
        let mut merged = report("1/4", 1);
        assert!(!merged.to_html().contains("missing"), "one part does not miss the others");
        merged.merge(report("3/4", 1)).unwrap();
        merged = merged.of_whole();
        assert!(merged.to_html().contains("missing: 2/4, 4/4.") && !merged.to_html().contains("nothing to convert"));
        assert!(merged.merge(report("3/4", 1)).is_err() && merged.merge(report("2/5", 1)).is_err());
        assert_eq!(merged.tally.messages, 2);
        // A report that lacks parts may be completed later.
        assert!(!Report::parse(merged.to_json().as_bytes()).unwrap().complete && merged.stopped == 0);
        merged.merge(report("2/4", 1)).and_then(|()| merged.merge(report("4/4", 1))).unwrap();
        assert!(merged.of_whole().complete);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1\u{202F}000", "1\u{202F}234\u{202F}567"]);
    }
}
