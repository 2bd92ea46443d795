//! Reads sympy expressions. See `fuzz::srepr` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::srepr(text));
