//! Reads patterns of key paths and suggested fixes, which a user may paste. See `fuzz::pattern` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::pattern(text));
