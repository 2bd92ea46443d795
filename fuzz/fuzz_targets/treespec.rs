//! Treespec JSON, from anybody: see `fuzz::treespec`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::treespec(text));
