//! Differential fuzzing: guests and dialogues chosen by chance run on every runtime, and everything that crosses, what
//! their memory holds after each callback, and how they fail has to be the same.
//!
//! What is chosen is written as a case file, so that a failure is reproduced by saving it under `cases/`.
//!
//! ```text
//! seed or fuzzer's bytes ──> choices ──> case file ──> transcript on each runtime ──> equal?
//! ```

mod choices;
mod dialogue;
mod guest;

pub use choices::Choices;

use crate::case::Case;
use crate::{golden, run};
use anyhow::Context as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tollgate_abi::AbiVersion;

/// Seeds that every run of the suite tries: 0 to this.
pub const SEEDS: u64 = 200;

/// Versions of guests, by how often they are chosen.
const VERSIONS: [AbiVersion; 8] = [
    AbiVersion::V0_2_1,
    AbiVersion::V0_2_1,
    AbiVersion::V0_2_1,
    AbiVersion::V0_2_1,
    AbiVersion::V0_2_0,
    AbiVersion::V0_1_0,
    AbiVersion::V0_1_0,
    AbiVersion::VNext,
];

/// A case file, as the choices have it.
pub fn case_file(choices: &mut Choices) -> String {
    let abi = choices.one_of(&VERSIONS);
    dialogue::header(choices, abi) + &guest::module(choices, abi)
}

/// Runs a case file on every runtime, and compares.
///
/// # Errors
///
/// Two runtimes differ, or one panics: the first difference, and the case file.
pub fn compare(text: &str) -> Result<(), String> {
    let mut first: Option<(&str, String)> = None;
    for name in tollgate_runtimes::names() {
        let with_case =
            |what: String| format!("{what}\n\nsave this under conformance/cases/ to run it again:\n\n{text}");
        let ran = catch_unwind(AssertUnwindSafe(|| transcript(text, name)));
        let transcript = match ran {
            Ok(Ok(transcript)) => transcript,
            Ok(Err(error)) => return Err(with_case(format!("the case cannot be run on {name}: {error:#}"))),
            Err(_) => return Err(with_case(format!("the host panics on {name}; the message stands above"))),
        };
        match &first {
            None => first = Some((name, transcript)),
            Some((other, expected)) if *expected != transcript => {
                let difference = golden::difference(expected, &transcript);
                return Err(with_case(format!("- is {other}, + is {name}: {difference}")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The transcript of a case file on a runtime.
///
/// # Errors
///
/// It is no case file.
pub fn transcript(text: &str, runtime: &str) -> anyhow::Result<String> {
    let case = Case::parse("differential", Path::new("chosen.wat"), text)?.pop().context("no case")?;
    let abi = case.header.versions()?.pop().context("no version")?;
    run::transcript(&case, abi, &*tollgate_runtimes::open(runtime)?)
}

#[cfg(test)]
mod tests {
    use super::{Case, Choices, case_file};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::path::Path;
    use tollgate_host::module::{Baseline, CheckedModule};
    use tollgate_testkit::guest::assemble;

    /// What is chosen is a case file, and its guest a module that loads.
    fn check(mut choices: Choices) {
        let text = case_file(&mut choices);
        let case = Case::parse("differential", Path::new("chosen.wat"), &text).unwrap().remove(0);
        let abi = case.header.versions().unwrap()[0];
        let wat = assemble(&case.text, abi).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let checked = CheckedModule::parse(wat.as_bytes(), Baseline { simd: false, pieces: true });
        checked.unwrap_or_else(|error| panic!("{error}\n{text}"));
    }

    #[test]
    fn no_bytes_and_every_seed_make_a_case() {
        check(Choices::new(&[]));
        (0..50).for_each(|seed| check(Choices::seeded(seed)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_bytes_make_a_case(bytes in vec(any::<u8>(), 0..2000)) {
            check(Choices::new(&bytes));
        }
    }
}
