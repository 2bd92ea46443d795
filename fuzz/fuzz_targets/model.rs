//! Reads the JSON of programs. See `fuzz::model` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::model(text));
