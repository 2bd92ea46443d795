//! What is promised of any text that a reader is given: it is read or refused, and what is read keeps its promises.
//!
//! The fuzz targets ask for it of texts that libFuzzer makes, `tests/tests/fuzz_sample.rs` of a sample at every test run.

use pytree_core::{Leaf, Meta, Names, TreeSpec, Value, flatten, unflatten};
use shapes::{Dim, DynamicShapes, PathPattern, ShapeSpec, refine_dynamic_shapes_from_suggested_fixes};
use symbolic::parse_srepr;

/// Treespec JSON: what is read can be asked everything.
pub fn treespec(text: &str) {
    // Any namedtuple has as many fields as it has children, or one that is made up.
    let fields = |name: &str| (name.len() % 2 == 1).then(|| Names::from(vec!["x".into()]));
    let Ok(spec) = TreeSpec::from_json_with(text, fields) else { return };

    // No larger than the text deserves: every node takes some forty bytes of it.
    assert!(spec.num_nodes() <= 1 + text.len() / 40, "{} nodes of {} bytes", spec.num_nodes(), text.len());
    assert!(spec.depth() <= text.len());

    // What was read from a file can be written to one, and is the same then.
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

/// Sympy expressions as a `.pt2` file has them: what is read can be written and read.
pub fn srepr(text: &str) {
    let Ok(expr) = parse_srepr(text) else { return };
    let written = expr.srepr();
    assert_eq!(parse_srepr(&written).as_ref(), Ok(&expr), "{written}");
    let _ = (expr.to_string(), expr.expand());
}

/// `DynamicShapes` as JSON: what is read can be printed, written and read.
pub fn dynamic_shapes(text: &str) {
    let Ok(shapes) = serde_json::from_str::<DynamicShapes>(text) else { return };
    let written = serde_json::to_string(&shapes).expect("shapes are JSON");
    let again: DynamicShapes = serde_json::from_str(&written).expect("what is written can be read");
    assert_eq!(again, shapes);
    let _ = (shapes.to_string(), shapes.legacy().to_string());
}

/// What a user may paste: patterns of key paths, and error messages with suggested fixes.
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
