#![no_main]
//! Modules: any bytes are accepted or refused with a message, and what is accepted is what an engine will be given.

use libfuzzer_sys::fuzz_target;
use tollgate_host::module::{Baseline, CheckedModule};

fuzz_target!(|bytes: &[u8]| {
    let baseline = Baseline::ALL;
    match CheckedModule::parse(bytes, baseline) {
        Ok(module) => {
            let again = CheckedModule::parse(module.wasm(), baseline).expect("what was accepted is accepted again");
            assert_eq!(again.abi(), module.abi());
            assert!(!again.info().has_start_section);
            assert!(again.info().exports.len() >= module.info().exports.len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
