//! `dynamic_shapes` as Python prints them.
#![allow(clippy::expect_used, clippy::panic, reason = "a golden that cannot be read is a failing test")]

#[path = "support/dims.rs"]
mod dims;

use pytree_core::Key;
use serde_json::Value;
use shapes::{Dim, DimError, DynamicShapes, ShapeSpec};

fn tree(spec: &Value) -> DynamicShapes {
    let items = || spec["items"].as_array().expect("items").iter();
    match spec["t"].as_str() {
        Some("tuple") => DynamicShapes::Tuple(items().map(tree).collect()),
        Some("list") => DynamicShapes::List(items().map(tree).collect()),
        Some("dict") => {
            let key = |k: &Value| match k.as_i64() {
                Some(i) => Key::Int(i),
                None => Key::from(k.as_str().expect("key").to_owned()),
            };
            DynamicShapes::Dict(items().map(|kv| (key(&kv[0]), tree(&kv[1]))).collect())
        }
        _ => DynamicShapes::Leaf(dims::shape_spec(spec)),
    }
}

#[test]
fn prints_as_pprint() {
    let path = format!("{}/tests/data/pprint_cases.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let cases = all["cases"].as_array().expect("cases");
    assert!(cases.len() >= 150);
    for case in cases {
        let shapes = tree(&case["spec"]);
        assert_eq!(shapes.to_string(), case["pprint"].as_str().expect("text"));
        assert_eq!(shapes.repr(), case["repr"].as_str().expect("text"));
        let json = serde_json::to_string(&shapes).expect("written");
        assert_eq!(serde_json::from_str::<DynamicShapes>(&json).expect("read back"), shapes);
    }
}

fn dynamic(dims: &[i64]) -> DynamicShapes {
    DynamicShapes::leaf(ShapeSpec::dims(dims.iter().map(|d| (*d, Dim::dynamic()))))
}

/// The blocks of the page on `ModelInputs` in onnx-diagnostic's gallery, written by a PyTorch of the time.
#[test]
fn prints_the_gallery_page() {
    let (x, y) = (dynamic(&[0, 1]), dynamic(&[1]));
    let named = |name: &str, spec: &DynamicShapes| (name.to_owned(), spec.clone());
    assert_eq!(
        DynamicShapes::pair([x.clone(), y.clone()], []).legacy().to_string(),
        "\
(({0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
   1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},
  {1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}),
 {})"
    );
    assert_eq!(
        DynamicShapes::pair([], [named("x", &x), named("y", &y)]).legacy().to_string(),
        "\
((),
 {'x': {0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
        1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},
  'y': {1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}})"
    );
    assert_eq!(
        DynamicShapes::pair([x], [named("y", &y)]).legacy().to_string(),
        "\
(({0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
   1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},),
 {'y': {1: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}})"
    );
    let layer = dynamic(&[0, 2, 3]);
    let layers = DynamicShapes::List(vec![layer.clone(), layer]);
    let cache = DynamicShapes::List(vec![layers.clone(), layers]);
    assert_eq!(
        DynamicShapes::pair([cache, dynamic(&[3])], []).legacy().to_string(),
        "\
(([[{0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     2: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     3: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},
    {0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     2: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     3: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}],
   [{0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     2: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     3: _DimHint(type=<_DimHintType.DYNAMIC: 3>)},
    {0: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     2: _DimHint(type=<_DimHintType.DYNAMIC: 3>),
     3: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}]],
  {3: _DimHint(type=<_DimHintType.DYNAMIC: 3>)}),
 {})"
    );
}

#[test]
fn dims_as_torch() -> Result<(), DimError> {
    let b = |min, max| Dim::with_range("b", min, max).map(|d| d.to_string());
    assert_eq!(b(0, None)?, "Dim('b', min=0)");
    assert_eq!(b(1, Some(1024))?, "Dim('b', min=1, max=1024)");
    assert_eq!(b(2, None)?, "Dim('b')");
    assert_eq!(b(2, Some(10))?, "Dim('b', max=10)");
    assert_eq!(b(-3, Some(4))?, "Dim('b', min=-3, max=4)");
    let error = |r: Result<String, DimError>| r.expect_err("refused").to_string();
    assert_eq!(error(b(4, Some(4))), "Cannot create Dim with inconsistent min=4, max=4; max must exceed min");
    assert_eq!(error(b(5, Some(4))), "Cannot create Dim with inconsistent min=5, max=4; max must exceed min");
    let name = Dim::new("a b").map(|d| d.to_string());
    assert_eq!(error(name), "Dim name must be a valid identifier, got a b");

    let dx = Dim::with_range("dx", 3, Some(10))?;
    assert_eq!(dx.affine(1, -1)?.to_string(), "dx - 1");
    assert_eq!(dx.affine(2, 1)?.affine(3, 0)?.to_string(), "6*dx + 3");
    assert_eq!(dx.affine(1, 1)?.affine(2, -1)?.to_string(), "2*dx + 1");
    assert_eq!(dx.affine(1, 0)?.to_string(), "dx");
    assert_eq!(
        dx.affine(0, 0).expect_err("refused").to_string(),
        "Attempted to multiply 0 with dx, where a positive integer was expected. (Only increasing linear operations \
         with integer coefficients are supported.)"
    );
    assert_eq!(
        dx.affine(1, -4)?.range().expect_err("refused").to_string(),
        "Expected derived min value of dx - 4 to be >= 0. Please specify an appropriate min value for dx (currently 3)."
    );
    let large = Dim::with_range("dx", 3, Some(i64::MAX - 1))?;
    assert_eq!(
        large.affine(2, 0)?.range().expect_err("refused").to_string(),
        "Expected derived max value of 2*dx to be <= 9223372036854775806. Please specify an appropriate max value for \
         dx (currently 9223372036854775806)."
    );

    let hint = |min, max| Dim::dynamic().bounded(min, max).map(|h| h.to_string());
    assert_eq!(Dim::auto().to_string(), "DimHint(AUTO)");
    assert_eq!(Dim::static_().to_string(), "DimHint(STATIC)");
    assert_eq!(hint(Some(2), Some(5))?, "DimHint(DYNAMIC, min=2, max=5)");
    assert_eq!(hint(None, Some(5))?, "DimHint(DYNAMIC, max=5)");
    assert_eq!(error(hint(Some(-1), None)), "min must be non-negative, got -1");
    assert_eq!(error(hint(None, Some(-1))), "max must be non-negative, got -1");
    assert_eq!(error(hint(Some(5), Some(4))), "min must be <= max, got min=5, max=4");
    Ok(())
}

#[test]
fn a_key_that_json_has_twice_is_refused() {
    let twice = |text: &str, cure: &str| {
        let error = serde_json::from_str::<DynamicShapes>(text).expect_err(text).to_string();
        assert!(error.contains(cure), "{text}: {error}");
    };
    twice(
        r#"{"Leaf":{"Dict":{"0":{"Int":3},"0":{"Int":4}}}}"#,
        "dimension 0 is there twice; keep one of the two specs",
    );
    twice(r#"{"Leaf":{"Dict":{"0":{"Int":3},"1":"None","0":{"Int":3}}}}"#, "dimension 0 is there twice");
    twice(
        r#"{"Dict":[["x",{"Leaf":"None"}],["x",{"Leaf":"None"}]]}"#,
        "the key 'x' is there twice; keep one of the two entries",
    );
    // Keys that are equal in Python are one key.
    twice(r#"{"Dict":[[1,{"Leaf":"None"}],[true,{"Leaf":"None"}]]}"#, "is there twice");
    twice(r#"{"Dict":[[1,{"Leaf":"None"}],[1.0,{"Leaf":"None"}]]}"#, "is there twice");
    twice(
        r#"{"Tuple":[{"Dict":[["a",{"List":[]}],["b",{"Leaf":"None"}],["a",{"List":[]}]]}]}"#,
        "the key 'a' is there twice",
    );
    // Fields of a dim, and the name of a variant.
    twice(r#"{"Leaf":{"Dict":{"0":{"Named":{"name":"a","min":0,"min":2,"max":null}}}}}"#, "duplicate field `min`");
    twice(r#"{"Leaf":{"Dict":{"0":{"Hint":{"kind":"Dynamic","kind":"Auto"}}}}}"#, "duplicate field `kind`");
    assert!(serde_json::from_str::<DynamicShapes>(r#"{"Leaf":"None","Leaf":"None"}"#).is_err());
    for once in [
        r#"{"Leaf":{"Dict":{"0":{"Int":3},"1":{"Int":3}}}}"#,
        r#"{"Dict":[["x",{"Leaf":"None"}],["y",{"Leaf":"None"}]]}"#,
    ] {
        let shapes: DynamicShapes = serde_json::from_str(once).expect(once);
        assert_eq!(serde_json::to_string(&shapes).expect("JSON"), once);
    }
}
