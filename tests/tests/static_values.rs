//! Static fields of every kind with every special value: a value is written and read back as it is, or refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use pytree_core::{Leaf, Meta, OwnedTree, PyTree, TreeSpec, flatten, unflatten};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// Bounds of a static field.
trait Plain: Serialize + DeserializeOwned + PartialEq + Clone + Debug {}
impl<T: Serialize + DeserializeOwned + PartialEq + Clone + Debug> Plain for T {}

#[derive(PyTree, Clone, Debug, PartialEq)]
#[pytree(family = Meta)]
struct Held<T: Plain> {
    x: i64,
    #[pytree(static)]
    value: T,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Nested<T> {
    inner: T,
    none: Option<T>,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
enum Choice<T> {
    Unit,
    One(T),
    Named { value: T },
}

/// The spec of a value, or the error.
fn spec<T: Plain>(value: &T) -> Result<TreeSpec, String>
where
    Held<T>: PyTree<Meta>,
{
    let held = Held { x: 1, value: value.clone() };
    flatten::<Meta, _>(&held).map(|flat| flat.spec).map_err(|e| e.to_string())
}

/// Whether the value comes back as it is; it must be refused otherwise.
fn comes_back<T: Plain>(value: T) -> bool
where
    Held<T>: OwnedTree<Meta>,
{
    match spec(&value) {
        Ok(spec) => {
            let back: Held<T> = unflatten([Leaf::<Meta>::Int(1)], &spec).unwrap();
            assert_eq!(format!("{:?}", back.value), format!("{value:?}"));
            let text = TreeSpec::from_json(&spec.to_json().unwrap()).unwrap();
            assert_eq!(text, spec, "{value:?}");
            true
        }
        Err(error) => {
            assert!(error.contains("a static field of `Held` cannot be written as JSON: "), "{error}");
            false
        }
    }
}

const FINITE: [f64; 9] = [0.0, -0.0, 1.5, -1.5, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, std::f64::consts::PI];
const OTHER: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

#[test]
fn floats_of_every_kind_in_every_place() {
    for (values, expected) in [(&FINITE[..], true), (&OTHER[..], false)] {
        for v in values.iter().copied() {
            assert_eq!(comes_back(v), expected, "{v}");
            assert_eq!(comes_back(Some(v)), expected, "Some({v})");
            assert_eq!(comes_back(vec![1.0, v]), expected, "in a list: {v}");
            assert_eq!(comes_back((v, 1_i64)), expected, "in a tuple: {v}");
            assert_eq!(comes_back(BTreeMap::from([("k".to_owned(), v)])), expected, "in a map: {v}");
            assert_eq!(comes_back(Nested { inner: v, none: None }), expected, "in a struct: {v}");
            assert_eq!(comes_back(Nested { inner: 1.0, none: Some(v) }), expected, "in an option of a struct: {v}");
            assert_eq!(comes_back(Choice::One(v)), expected, "in a variant: {v}");
            assert_eq!(comes_back(Choice::Named { value: v }), expected, "in a named variant: {v}");
            assert_eq!(comes_back([v; 2]), expected, "in an array: {v}");
        }
    }
    for v in [f32::MAX, f32::MIN_POSITIVE, -0.0, 0.1] {
        assert!(comes_back(v), "{v}");
    }
    for v in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(!comes_back(v) && !comes_back(vec![v]), "{v}");
    }
}

#[test]
fn other_types_at_their_borders() {
    assert!(comes_back(i64::MIN) && comes_back(i64::MAX) && comes_back(u64::MAX) && comes_back(i8::MIN));
    let _ = (comes_back(i128::MAX), comes_back(u128::MAX), comes_back(i128::MIN));
    assert!(comes_back(true) && comes_back(()) && comes_back(Vec::<i64>::new()));
    for c in ['\0', '"', '\\', '\u{7f}', 'ä', '\u{10ffff}'] {
        assert!(comes_back(c) && comes_back(format!("a{c}b")));
    }
    assert!(comes_back(String::new()) && comes_back(None::<i64>) && comes_back(Some(0_i64)));
    assert!(comes_back(Choice::<i64>::Unit) && comes_back(vec![None, Some(1_i64)]));
    // `Some(None)` is `null`, which is `None`.
    assert!(comes_back(None::<Option<i64>>) && !comes_back(Some(None::<i64>)) && comes_back(Some(Some(1_i64))));
    assert!(!comes_back(vec![Some(None::<i64>)]) && !comes_back(Some(())));
}

/// Two values that differ have two specs.
#[test]
fn specs_are_equal_only_for_equal_values() {
    let values = [0.0, 1.5, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate() {
            if let (Ok(a), Ok(b)) = (spec(a), spec(b)) {
                assert_eq!(a == b, i == j);
            }
        }
    }
    assert!(spec(&Some(f64::INFINITY)).is_err() && spec(&None::<f64>).is_ok());
}
