//! Reads `.pt2` files. See `fuzz::archive` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::archive(bytes));
