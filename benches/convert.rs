//! How much a conversion costs beside the bare parse of the same bytes, measured in the same run.
//!
//! And what a start costs with 15 kinds of message beside one with 5. `cargo bench`: the ratios are printed at the end.
#![expect(clippy::expect_used, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use ooievaar::tables::Source;
use ooievaar::{Converter, Format};

const MESSAGE: &str = include_str!("../fixtures/kernset-2.3/full-single.xml");

/// Rounds in which the two sides of a ratio are measured in turn, so that a busy machine slows both.
const ROUNDS: usize = 30;

/// Conversions, or parses, in one round.
const BATCH: u32 = 40;

fn parse_xml(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("the fixture is UTF-8");
    black_box(roxmltree::Document::parse(text).expect("the fixture is well-formed"));
}

fn parse_json(bytes: &[u8]) {
    black_box(serde_json::from_slice::<serde_json::Value>(bytes).expect("our output is JSON"));
}

fn convert(converter: &Converter, bytes: &[u8], to: Format) -> Vec<u8> {
    converter.convert(black_box(bytes), to).expect("the fixture is converted").output
}

fn time(mut work: impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..BATCH).for_each(|_| work());
    start.elapsed() / BATCH
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn ratio(name: &str, mut whole: impl FnMut(), mut parse: impl FnMut()) {
    let (mut wholes, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (whole, parse) = (time(&mut whole).as_secs_f64(), time(&mut parse).as_secs_f64());
        wholes.push(whole * 1e6);
        ratios.push(whole / parse);
    }
    println!("{name}: {:.0} µs, {:.2} times the bare parse (medians of {ROUNDS})", median(wholes), median(ratios));
}

/// The built-in tables with so many kinds of message: the first ones, and copies of one under templates of their own.
fn tables(kinds: usize) -> Source {
    const COPIED: &str = "kernset-2.3";
    let mut files = Source::Embedded.files().expect("the built-in tables are read");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("tables are UTF-8");
    let manifest = text(&files["ooievaar.toml"]);
    let (before, rest) = manifest.split_once("messages = [").expect("the messages are listed");
    let (listed, after) = rest.split_once(']').expect("the list ends");
    let mut names: Vec<String> = listed.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let own = files.clone();
    while names.len() < kinds {
        let name = format!("copy-{}", names.len());
        for (path, bytes) in &own {
            let Some(file) = path.strip_prefix("messages/").and_then(|path| path.strip_prefix(COPIED)) else {
                continue;
            };
            let copied = text(bytes)
                .replace("10.90.76\"", &format!("10.90.76{}\"", names.len()))
                .replace("root = \"", &format!("root = \"copy_{}_", names.len()));
            files.insert(format!("messages/{name}{file}"), copied.into_bytes());
        }
        names.push(name);
    }
    names.truncate(kinds);
    let listed: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    files.insert("ooievaar.toml".to_owned(), format!("{before}messages = [{}]{after}", listed.join(", ")).into_bytes());
    Source::Memory(Arc::new(files))
}

/// One message with a new converter.
fn start(tables: &Source) {
    let converter = Converter::from_source(tables).expect("the tables are sound");
    black_box(convert(&converter, MESSAGE.as_bytes(), Format::FhirJson));
}

fn starts() {
    let (few, many) = (tables(5), tables(15));
    let (mut wholes, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let time = |tables: &Source| {
            let begin = Instant::now();
            start(tables);
            begin.elapsed().as_secs_f64()
        };
        let (few, many) = (time(&few), time(&many));
        wholes.push(many * 1e3);
        ratios.push(many / few);
    }
    println!(
        "tables and one message, 15 kinds: {:.1} ms, {:.2} times that with 5 kinds (medians of {ROUNDS})",
        median(wholes),
        median(ratios)
    );
}

fn main() {
    let converter = Converter::new().expect("the built-in tables are sound");
    let xml = MESSAGE.as_bytes();
    let json = convert(&converter, xml, Format::FhirJson);
    let mut criterion = Criterion::default().configure_from_args();

    let mut group = criterion.benchmark_group("convert / parse");
    group.throughput(Throughput::Bytes(xml.len() as u64));
    group.bench_function("HL7v3: parse only (roxmltree)", |b| b.iter(|| parse_xml(xml)));
    group.bench_function("HL7v3 to FHIR JSON", |b| b.iter(|| convert(&converter, xml, Format::FhirJson)));
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("FHIR JSON: parse only (serde_json)", |b| b.iter(|| parse_json(&json)));
    group.bench_function("FHIR JSON to HL7v3", |b| b.iter(|| convert(&converter, &json, Format::Hl7v3)));
    group.finish();
    criterion.final_summary();

    // `cargo test --benches` only checks that this runs.
    if std::env::args().any(|argument| argument == "--bench") {
        println!("message {} bytes, FHIR JSON {} bytes", xml.len(), json.len());
        ratio("HL7v3 to FHIR JSON", || drop(convert(&converter, xml, Format::FhirJson)), || parse_xml(xml));
        starts();
        ratio("FHIR JSON to HL7v3", || drop(convert(&converter, &json, Format::Hl7v3)), || parse_json(&json));
    }
}
