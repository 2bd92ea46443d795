//! Reads pickled weights of torch 2.8. See `fuzz::pickle` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::pickle(bytes));
