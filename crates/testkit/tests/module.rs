//! Bounded version of the fuzz target `module`: no bytes make the check of modules panic, and what it accepts stays
//! acceptable.

use proptest::prelude::*;
use tollgate_abi::AbiVersion;
use tollgate_host::module::{Baseline, CheckedModule};
use tollgate_testkit::{guest, native};

const BASELINE: Baseline = Baseline::ALL;

/// Modules that exercise every section that the check reads.
fn seeds() -> Vec<Vec<u8>> {
    let with_start = "(module {{prelude}} (table 1 funcref) (start $begin)\n\
        (func $begin {{proxy_log INFO \"begin\"}}) (func {{export proxy_on_request_headers}} {{CONTINUE}}))";
    let with_much_memory = "(module {{prelude}} (table 1 funcref) (data $data \"x\") (elem $none funcref)\n\
        (func {{export proxy_on_request_headers}} (drop (memory.grow (local.get 0)))\n\
        (memory.fill (local.get 0) (local.get 0) (local.get 0)) (memory.copy (local.get 0) (local.get 0) (local.get 0))\n\
        (memory.init $data (local.get 0) (local.get 0) (local.get 0)) (data.drop $data)\n\
        (table.init $none (i32.const 0) (i32.const 0) (local.get 0)) {{CONTINUE}}))";
    let guests = [with_start, with_much_memory];
    AbiVersion::ALL
        .into_iter()
        .flat_map(|abi| {
            let guests = guests.map(|guest| guest::assemble(guest, abi).expect("the guest is right"));
            guests.into_iter().chain([native::module(abi)])
        })
        .map(|text| wat::parse_str(text).expect("the text is right"))
        .collect()
}

fn check(bytes: &[u8]) {
    match CheckedModule::parse(bytes, BASELINE) {
        Ok(module) => {
            let again = CheckedModule::parse(module.wasm(), BASELINE).expect("what was accepted is accepted again");
            assert_eq!(again.abi(), module.abi());
            assert!(!again.info().has_start_section);
            assert!(again.info().exports.len() >= module.info().exports.len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[test]
fn every_seed_is_accepted() {
    for seed in seeds() {
        CheckedModule::parse(&seed, BASELINE).unwrap();
        check(&seed);
    }
}

#[test]
fn every_truncation_is_refused_or_accepted_without_a_panic() {
    for seed in seeds() {
        (0..seed.len()).for_each(|len| check(&seed[..len]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn mutations_do_not_panic(
        seed in proptest::sample::select(seeds()),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<proptest::sample::Index>(),
        inserted in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = seed;
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let at = cut.index(bytes.len());
        bytes.splice(at..at, inserted);
        check(&bytes);
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        check(&bytes);
    }

    #[test]
    fn any_text_does_not_panic(text in "\\(module[ ()a-z\"0-9$.]{0,80}") {
        check(text.as_bytes());
    }
}
