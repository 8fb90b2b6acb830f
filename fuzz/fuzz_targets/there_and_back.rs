//! Instances drawn from the tables: eight bytes are the seed of what is drawn, a bit of the others says of each leaf
//! whether it stays.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ooievaar::generate::{Choice, Generator};
use ooievaar_fuzz::{kind, there_and_back};

static GENERATOR: LazyLock<Generator<'static>> = LazyLock::new(|| {
    let kind = kind();
    let message = kind.hl7v3.as_ref().expect("the kind is a message");
    Generator::new(&kind.dataset, &kind.terminology, Some(message), kind.fhir.as_deref())
});

fuzz_target!(|bytes: &[u8]| {
    let Some((seed, mask)) = bytes.split_first_chunk::<8>() else { return };
    let choices = GENERATOR.choices(u64::from_be_bytes(*seed));
    let stays = |at: usize| mask.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
    let chosen: Vec<Choice> =
        choices.into_iter().enumerate().filter(|(at, _)| stays(*at)).map(|(_, choice)| choice).collect();
    there_and_back(&GENERATOR.build(&chosen));
});
