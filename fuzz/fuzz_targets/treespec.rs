//! Reads treespec JSON. See `fuzz::treespec` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::treespec(text));
