//! What holds for every legal instance of every kind of message, shown on instances drawn from the tables. Which laws there
//! are for a kind follows from the formats in which the tables have it.
//!
//! `PROPTEST_CASES` is the number of cases for each law, spread over the kinds. A counterexample is cut down to the leaves that
//! it takes, shown by the names of their concepts, and kept in `main.proptest-regressions`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod laws;
mod subject;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use laws::{LAWS, Law, Verdict, write};
use ooievaar::generate::Choice;
use ooievaar::ledger::Ledger;
use ooievaar::{Converter, Format};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rayon::{ThreadPool, ThreadPoolBuilder};
use subject::{CONVERTER, Case, For, SUBJECTS, Subject, cases};

/// How many cases a law is tried on.
fn count() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
}

/// What tries a law on its share of the cases, one of `kinds`, and on those that failed once.
fn runner(name: &'static str, kinds: usize) -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases: count().div_ceil(u32::try_from(kinds).unwrap()),
        max_shrink_iters: 20_000,
        source_file: Some(file!()),
        test_name: Some(name),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("proptest-regressions"))),
        ..ProptestConfig::default()
    })
}

/// Tries a law on instances of every kind that it is one of.
fn hold(law: &'static Law) {
    let subjects: Vec<&'static Subject> = SUBJECTS.iter().filter(|subject| law.applies_to(subject)).collect();
    assert!(!subjects.is_empty(), "{} is a law of no kind", law.name);
    for subject in &subjects {
        let judge = |case| {
            prop_assert_eq!(law.judge(&case).err(), None);
            Ok(())
        };
        let outcome = runner(law.name, subjects.len()).run(&cases(subject, law.of), judge);
        outcome.unwrap_or_else(|failure| panic!("{}: {failure}", subject.kind.name));
    }
}

/// Lists counterexamples of every sort, cut down, where a law stops at the first: to work through by hand.
#[test]
#[ignore = "a tool: PROPERTY=fhir PROPTEST_CASES=1000 cargo test --test properties -- --ignored --nocapture"]
fn survey() {
    let wanted = std::env::var("PROPERTY").unwrap_or_default();
    for law in LAWS.iter().filter(|law| law.name.contains(&wanted)) {
        for subject in SUBJECTS.iter().filter(|subject| law.applies_to(subject)) {
            let generator = subject.generator(law.of);
            let mut sorts: BTreeMap<String, String> = BTreeMap::new();
            for seed in 0..u64::from(count()) {
                let fails = |choices: &[Choice]| law.judge(&Case { subject, instance: generator.build(choices) }).err();
                let mut choices = subject.choices(law.of, seed);
                if fails(&choices).is_none() {
                    continue;
                }
                let sizes = std::iter::successors(Some(choices.len()), |size| Some(size / 2));
                for size in sizes.take_while(|size| *size > 0) {
                    let mut at = 0;
                    while at < choices.len() {
                        let mut fewer = choices.clone();
                        fewer.drain(at..(at + size).min(choices.len()));
                        if fails(&fewer).is_some() { choices = fewer } else { at += size }
                    }
                }
                let concepts = choices.iter().filter_map(|choice| choice.path.last());
                let concepts: Vec<&str> =
                    concepts.map(|(concept, _)| subject.kind.dataset.get(*concept).number.as_str()).collect();
                let case = subject.show(&generator.build(&choices));
                let said = || format!("{case}{}", fails(&choices).unwrap_or_default());
                sorts.entry(concepts.join(" ")).or_insert_with(said);
            }
            println!("=== {}, {}: {} sorts of failure", law.name, subject.kind.name, sorts.len());
            for (concepts, case) in &sorts {
                println!("--- {concepts}{case}");
            }
        }
    }
}

/// A second converter: what depends on the order of a hash differs between the two.
static OTHER: LazyLock<Converter> = LazyLock::new(|| Converter::new().unwrap());

/// One thread, and several.
static POOLS: LazyLock<[ThreadPool; 2]> =
    LazyLock::new(|| [1, 3].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().unwrap()));

/// What messages become in a format, converted by the threads of a pool, with the losses.
fn converted(converter: &Converter, pool: &ThreadPool, messages: &[Vec<u8>], format: Format) -> Vec<(Vec<u8>, Ledger)> {
    let convert = |message: &Vec<u8>| {
        let outcome = converter.convert(message, format).unwrap();
        (outcome.output, outcome.ledger)
    };
    pool.install(|| messages.par_iter().map(convert).collect())
}

/// Two runs, and runs with more threads, give the same bytes and the same account.
fn runs_differ(subject: &Subject, batch: &[Case]) -> Verdict {
    let batch = batch.iter().filter(|case| subject.is_clinical(&case.instance));
    let messages = batch.map(|case| write(subject, &case.instance, subject.source())).collect::<Verdict<Vec<_>>>()?;
    let [one, several] = &*POOLS;
    let format = if subject.has(Format::FhirJson) { Format::FhirJson } else { Format::Ada };
    let first = converted(&CONVERTER, one, &messages, format);
    let again = [(&CONVERTER, several), (&OTHER, one), (&OTHER, several)];
    match again.iter().position(|(converter, pool)| converted(converter, pool, &messages, format) != first) {
        None => Ok(()),
        Some(run) => Err(format!("run {run} after the first is another")),
    }
}

#[test]
fn runs_and_threads_change_nothing() {
    for subject in SUBJECTS.iter() {
        let batches = prop::collection::vec(cases(subject, For::Message), 1..6);
        let outcome = runner("runs_and_threads_change_nothing", SUBJECTS.len()).run(&batches, |batch| {
            prop_assert_eq!(runs_differ(subject, &batch).err(), None);
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{}: {failure}", subject.kind.name));
    }
}

/// Seeds whose instances were once lost, merged, taken for another or given other ids.
#[test]
fn what_once_failed() {
    for seed in [26, 50, 52, 55, 62, 64, 70, 82, 83, 91, 98, 102, 118, 143, 162, 182, 185, 186] {
        for law in LAWS {
            for subject in SUBJECTS.iter().filter(|subject| law.applies_to(subject)) {
                let case = Case { subject, instance: subject.instance(law.of, seed) };
                assert_eq!(law.judge(&case), Ok(()), "{} of {}, seed {seed}", law.name, subject.kind.name);
            }
        }
    }
}

#[test]
fn every_concept_of_a_kind_is_drawn() {
    for subject in SUBJECTS.iter() {
        let (name, dataset) = (&subject.kind.name, &subject.kind.dataset);
        let generator = subject.generator(For::Message);
        let mut undrawn: BTreeSet<&str> = dataset
            .concepts()
            .filter(|(ix, concept)| concept.in_use && generator.holding(*ix).is_some())
            .map(|(_, concept)| concept.number.as_str())
            .collect();
        assert!(!undrawn.is_empty(), "{name}");
        for seed in 0..200 {
            for (_, node, _) in subject.instance(For::Message, seed).leaves() {
                undrawn.remove(dataset.get(node.concept).number.as_str());
            }
        }
        assert!(undrawn.is_empty(), "{name}: {undrawn:?}");
    }
}
