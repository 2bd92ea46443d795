//! Texts that a user may paste: patterns of key paths, and error messages with suggested fixes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shapes::{Dim, DynamicShapes, PathPattern, ShapeSpec, refine_dynamic_shapes_from_suggested_fixes};

fuzz_target!(|text: &str| {
    if let Ok(pattern) = text.parse::<PathPattern>() {
        let written = pattern.to_string();
        let again: PathPattern = written.parse().expect("what is written can be read");
        assert_eq!(again, pattern, "{written}");
    }
    let dims = ["n", "m"].into_iter().zip(0..).filter_map(|(name, i)| Some((i, Dim::new(name).ok()?.into())));
    let shapes = DynamicShapes::Tuple(vec![DynamicShapes::Leaf(ShapeSpec::dims(dims))]);
    if let Ok(refined) = refine_dynamic_shapes_from_suggested_fixes(&format!("Suggested fixes:\n{text}"), &shapes) {
        let _ = refined.to_string();
    }
});
