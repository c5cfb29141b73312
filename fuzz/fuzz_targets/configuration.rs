#![no_main]
//! Configurations: any text is read, or refused with a message that has a place.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match tollgate_config::parse("fuzz.yaml", text) {
        Ok(parsed) => assert!(parsed.warnings.iter().all(|warning| !warning.message.is_empty())),
        Err(errors) => {
            assert!(!errors.0.is_empty());
            assert!(errors.0.iter().all(|error| !error.message.is_empty() && error.line > 0));
        }
    }
});
