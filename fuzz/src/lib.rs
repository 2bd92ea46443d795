//! The promises of the readers: any text is read or rejected, and what was read can be used and written again.
//!
//! The fuzz targets check them on texts from libFuzzer, and `tests/tests/fuzz_sample.rs` on a sample in every test run.

use pytree_core::{Leaf, Meta, Names, TreeSpec, Value, flatten, unflatten};
use shapes::{Dim, DynamicShapes, PathPattern, ShapeSpec, refine_dynamic_shapes_from_suggested_fixes};
use symbolic::parse_srepr;

/// Treespec JSON: all functions of a spec that was read work.
pub fn treespec(text: &str) {
    // A namedtuple has as many fields as children, or one made-up field.
    let fields = |name: &str| (name.len() % 2 == 1).then(|| Names::from(vec!["x".into()]));
    let Ok(spec) = TreeSpec::from_json_with(text, fields) else { return };

    // The size is bounded by the text: every node takes some forty bytes of it.
    assert!(spec.num_nodes() <= 1 + text.len() / 40, "{} nodes of {} bytes", spec.num_nodes(), text.len());
    assert!(spec.depth() <= text.len());

    // A spec that was read can be written, and reads back as the same spec.
    let written = spec.to_json().expect("a file holds neither constants nor return types");
    let again = TreeSpec::from_json_with(&written, fields).expect("what is written can be read");
    assert_eq!(again, spec);
    assert_eq!(again.to_json().as_ref(), Ok(&written));

    let paths: Vec<_> = spec.leaf_paths().collect();
    assert_eq!(paths.len(), spec.num_leaves());
    for (i, path) in paths.iter().enumerate() {
        assert_eq!(spec.leaf_path(i).as_ref(), Some(path));
        assert!(spec.at(path).is_some_and(|node| node.is_leaf()));
    }
    let _ = (spec.to_string(), spec.pprint(), paths.iter().map(ToString::to_string).collect::<String>());

    let leaves = (0..spec.num_leaves()).map(|i| Leaf::<Meta>::Int(i as i64));
    let tree: Value<Meta> = unflatten(leaves, &spec).expect("a value takes any leaves");
    let flat = flatten(&tree).expect("what was rebuilt can be read");
    assert_eq!(flat.spec, spec);
    assert!(spec.flatten_up_to(flat.root()).is_ok_and(|parts| parts.len() == flat.leaves.len()));
}

/// Sympy expressions as in a `.pt2` file: what was read can be written and read again.
pub fn srepr(text: &str) {
    let Ok(expr) = parse_srepr(text) else { return };
    let written = expr.srepr();
    assert_eq!(parse_srepr(&written).as_ref(), Ok(&expr), "{written}");
    let _ = (expr.to_string(), expr.expand());
}

/// `DynamicShapes` as JSON: what was read can be printed, written and read again.
pub fn dynamic_shapes(text: &str) {
    let Ok(shapes) = serde_json::from_str::<DynamicShapes>(text) else { return };
    let written = serde_json::to_string(&shapes).expect("shapes are JSON");
    let again: DynamicShapes = serde_json::from_str(&written).expect("what is written can be read");
    assert_eq!(again, shapes);
    let _ = (shapes.to_string(), shapes.legacy().to_string());
}

/// Texts that a user may paste: patterns of key paths, and error messages with suggested fixes.
pub fn pattern(text: &str) {
    if let Ok(pattern) = text.parse::<PathPattern>() {
        let written = pattern.to_string();
        let again: PathPattern = written.parse().expect("what is written can be read");
        assert_eq!(again, pattern, "{written}");
    }
    let dims = ["n", "m"].into_iter().zip(0..).filter_map(|(name, i)| Some((i, Dim::new(name).ok()?)));
    let shapes = DynamicShapes::Tuple(vec![DynamicShapes::Leaf(ShapeSpec::dims(dims))]);
    if let Ok(refined) = refine_dynamic_shapes_from_suggested_fixes(&format!("Suggested fixes:\n{text}"), &shapes) {
        let _ = refined.to_string();
    }
}
