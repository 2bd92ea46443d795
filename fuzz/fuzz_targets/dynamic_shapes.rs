//! `DynamicShapes` as JSON, from anybody: read or refused, and what is read can be printed, written and read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shapes::DynamicShapes;

fuzz_target!(|text: &str| {
    let Ok(shapes) = serde_json::from_str::<DynamicShapes>(text) else { return };
    let written = serde_json::to_string(&shapes).expect("shapes are JSON");
    let again: DynamicShapes = serde_json::from_str(&written).expect("what is written can be read");
    assert_eq!(again, shapes);
    let _ = (shapes.to_string(), shapes.legacy().to_string());
});
