//! Patterns of key paths and suggested fixes, as a user may paste them: see `fuzz::pattern`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::pattern(text));
