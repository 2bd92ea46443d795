//! Reads tables of weights. See `fuzz::payload` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::payload(text));
