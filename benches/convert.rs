//! How much a conversion costs beside the bare parse of the same bytes, measured in the same run.
//!
//! `cargo bench`: the ratios are printed at the end.
#![expect(clippy::expect_used, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
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
        ratio("FHIR JSON to HL7v3", || drop(convert(&converter, &json, Format::Hl7v3)), || parse_json(&json));
    }
}
