//! Reads `DynamicShapes` as JSON. See `fuzz::dynamic_shapes` for the promises.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::dynamic_shapes(text));
