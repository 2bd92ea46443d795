//! Sympy expressions, from anybody: see `fuzz::srepr`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::srepr(text));
