#![no_main]
//! Guests and dialogues chosen by any bytes: every runtime has to show the same.

use libfuzzer_sys::fuzz_target;
use tollgate_conformance::differential::{self, Choices};

fuzz_target!(|bytes: &[u8]| {
    let case = differential::case_file(&mut Choices::new(bytes));
    if let Err(difference) = differential::compare(&case) {
        panic!("{difference}");
    }
});
