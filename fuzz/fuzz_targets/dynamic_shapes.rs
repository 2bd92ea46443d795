//! `DynamicShapes` as JSON, from anybody: see `fuzz::dynamic_shapes`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::dynamic_shapes(text));
